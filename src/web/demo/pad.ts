// The drawing area: pen, finger, mouse, or the keyboard; or a digit of the test set in their place.
import { side, type Stroke } from './picture.js'

type GrowingStroke = { x: number; y: number }[]

/** Of the area's side: width of a stroke, and how far an arrow key moves the pen. */
const strokeWidth = 0.07
const keyStep = 0.04

const directions: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

export interface PadEvents {
  /** What is drawn has changed; at most once a frame. */
  changed(): void
  /** A stroke is finished, or something else was put there. */
  settled(): void
}

export class Pad {
  /** What is drawn, in units of the area. */
  strokes: GrowingStroke[] = []
  /** A picture in place of strokes. */
  sample: Uint8Array | undefined
  private readonly context: CanvasRenderingContext2D
  private pointer: number | undefined
  private pen = { x: 0.5, y: 0.2, down: false, shown: false }
  private readonly held = new Set<string>()
  private frame = 0

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly events: PadEvents,
  ) {
    this.context = canvas.getContext('2d')!
    new ResizeObserver(() => this.redraw()).observe(canvas)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redraw())
    canvas.addEventListener('pointerdown', (event) => this.down(event))
    canvas.addEventListener('pointermove', (event) => this.move(event))
    for (const type of ['pointerup', 'pointercancel'] as const)
      canvas.addEventListener(type, (event) => this.up(event))
    canvas.addEventListener('keydown', (event) => this.key(event))
    canvas.addEventListener('keyup', ({ key }) => this.held.delete(key))
    canvas.addEventListener('blur', () => this.liftKeyboardPen())
    canvas.addEventListener('focus', () => this.redraw())
  }

  get isEmpty(): boolean {
    return this.strokes.length === 0 && this.sample === undefined
  }

  clear(): void {
    this.strokes = []
    this.sample = undefined
    this.pen.down = false
    this.change()
    this.events.settled()
  }

  /** Takes the last stroke back. */
  undo(): void {
    this.sample = undefined
    this.pen.down = false
    this.strokes.pop()
    this.change()
    this.events.settled()
  }

  show(sample: Uint8Array): void {
    this.strokes = []
    this.sample = sample
    this.change()
    this.events.settled()
  }

  private down(event: PointerEvent): void {
    if (this.pointer !== undefined || event.button !== 0) return
    this.pointer = event.pointerId
    this.canvas.setPointerCapture(event.pointerId)
    this.pen.down = false
    this.begin(this.place(event))
  }

  private move(event: PointerEvent): void {
    if (event.pointerId !== this.pointer) return
    const events = event.getCoalescedEvents?.() ?? []
    for (const part of events.length > 0 ? events : [event]) this.strokes.at(-1)!.push(this.place(part))
    this.change()
  }

  private up(event: PointerEvent): void {
    if (event.pointerId !== this.pointer) return
    this.pointer = undefined
    this.events.settled()
  }

  private place(event: PointerEvent): { x: number; y: number } {
    const { left, top, width, height } = this.canvas.getBoundingClientRect()
    return { x: (event.clientX - left) / width, y: (event.clientY - top) / height }
  }

  private begin(point: { x: number; y: number }): void {
    this.sample = undefined
    this.pen.shown = false
    this.strokes.push([point])
    this.change()
  }

  /** Arrows move the pen, two at once slantwise; Space puts it down and lifts it; Delete clears, Ctrl+Z takes a stroke back. */
  private key(event: KeyboardEvent): void {
    const { pen } = this
    if (event.key === 'z' && (event.ctrlKey || event.metaKey)) this.undo()
    else if (event.ctrlKey || event.metaKey || event.altKey) return
    else if (event.key in directions) {
      this.held.add(event.key)
      pen.shown = true
      const reach = event.shiftKey ? keyStep / 4 : keyStep
      for (const key of this.held) {
        const [dx, dy] = directions[key]!
        pen.x = Math.min(0.96, Math.max(0.04, pen.x + dx * reach))
        pen.y = Math.min(0.96, Math.max(0.04, pen.y + dy * reach))
      }
      if (pen.down) this.strokes.at(-1)!.push({ x: pen.x, y: pen.y })
      this.change()
    } else if (event.key === ' ') {
      if (pen.down) this.liftKeyboardPen()
      else {
        this.begin({ x: pen.x, y: pen.y })
        pen.down = true
        pen.shown = true
      }
    } else if (event.key === 'Delete' || event.key === 'Backspace') this.clear()
    else return
    event.preventDefault()
  }

  private liftKeyboardPen(): void {
    this.held.clear()
    const { down } = this.pen
    this.pen.down = false
    this.redraw()
    if (down) this.events.settled()
  }

  private change(): void {
    if (this.frame !== 0) return
    this.frame = requestAnimationFrame(() => {
      this.frame = 0
      this.redraw()
      this.events.changed()
    })
  }

  private redraw(): void {
    const { canvas, context, strokes, sample, pen } = this
    const size = Math.round(canvas.clientWidth * devicePixelRatio)
    if (size === 0) return
    if (canvas.width !== size) canvas.width = canvas.height = size
    const style = getComputedStyle(canvas)
    context.clearRect(0, 0, size, size)
    if (sample !== undefined) drawSample(context, sample, size, style.color)
    context.strokeStyle = context.fillStyle = style.color
    context.lineWidth = strokeWidth * size
    context.lineCap = context.lineJoin = 'round'
    for (const stroke of strokes) drawStroke(context, stroke, size)
    if (!pen.shown || document.activeElement !== canvas) return
    context.beginPath()
    context.arc(pen.x * size, pen.y * size, (strokeWidth / 2) * size, 0, 2 * Math.PI)
    context.lineWidth = 2 * devicePixelRatio
    context.strokeStyle = context.fillStyle = style.getPropertyValue('--accent')
    if (pen.down) context.fill()
    context.stroke()
  }
}

function drawStroke(context: CanvasRenderingContext2D, stroke: Stroke, size: number): void {
  context.beginPath()
  stroke.forEach(({ x, y }, i) => {
    if (i === 0) context.moveTo(x * size, y * size)
    context.lineTo(x * size, y * size)
  })
  context.stroke()
}

/** A picture of 28 × 28 in the colour of the ink. */
function drawSample(
  context: CanvasRenderingContext2D,
  sample: Uint8Array,
  size: number,
  color: string,
): void {
  const small = new OffscreenCanvas(side, side)
  const pixels = small.getContext('2d')!
  const image = pixels.createImageData(side, side)
  sample.forEach((value, i) => (image.data[4 * i + 3] = value))
  pixels.putImageData(image, 0, 0)
  pixels.globalCompositeOperation = 'source-in'
  pixels.fillStyle = color
  pixels.fillRect(0, 0, side, side)
  context.imageSmoothingEnabled = true
  context.imageSmoothingQuality = 'high'
  context.drawImage(small, 0, 0, size, size)
}
