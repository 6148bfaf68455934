// Progress of training on standard error: on a terminal a bar with the curves so far below it, redrawn in place; one line an
// epoch anywhere else.
// Prints numbers only, never text of the user.
import { boxStyle, curveLines, LiveCurves, plainStyle } from './live-curves.js'

/** What a progress display writes to; `process.stderr` is one. */
export interface ProgressStream {
  write(text: string): unknown
  isTTY?: boolean
  /** Width of the terminal in characters; 80 where it is not told, or told as 0. */
  columns?: number
  /** Height of the terminal in lines; without it there are no curves. */
  rows?: number | undefined
}

export interface ProgressOptions {
  stream: ProgressStream
  epochs: number
  stepsPerEpoch: number
  /** Prints nothing at all. */
  quiet: boolean
}

export interface StepInfo {
  /** 1-based. */
  epoch: number
  /** Steps of this epoch that are done. */
  step: number
  loss: number
  /** Share of right answers, 0 to 1. */
  accuracy?: number | undefined
  samplesPerSecond: number
}

export interface EpochInfo {
  /** 1-based. */
  epoch: number
  loss: number
  accuracy?: number | undefined
  validationLoss?: number | undefined
  validationAccuracy?: number | undefined
  samplesPerSecond: number
  seconds: number
}

export interface Progress {
  /** Call after each step; cheap: it draws at most ten times a second. */
  step(info: StepInfo): void
  epochEnd(info: EpochInfo): void
  /** Takes the bar away; call when training ends in any way. */
  done(): void
}

const redrawMilliseconds = 100
/** Lines of a terminal that curves leave free at least, for the bar and what stands above it. */
const linesAbove = 6
const eraseLine = '\r\u001b[K'
const silent: Progress = { step: () => undefined, epochEnd: () => undefined, done: () => undefined }

/** A display for one run of training: a bar on a terminal that can redraw a line, otherwise lines only. */
export function createProgress({ stream, epochs, stepsPerEpoch, quiet }: ProgressOptions): Progress {
  if (quiet) return silent
  const epochEnd = (info: EpochInfo) => void stream.write(`${epochLine(info, epochs)}\n`)
  if (stream.isTTY !== true || process.env['TERM'] === 'dumb') return { ...silent, epochEnd }
  return createBar(stream, epochs, stepsPerEpoch, epochEnd)
}

function createBar(
  stream: ProgressStream,
  epochs: number,
  stepsPerEpoch: number,
  writeEpoch: (info: EpochInfo) => void,
): Progress {
  const curves = new LiveCurves(stepsPerEpoch, speaksUnicode() ? boxStyle : plainStyle)
  /** Lengths of the lines that stand there, the cursor at the end of the last. */
  let drawn: number[] = []
  let drawnAt = -Infinity
  // Where and when counting began: the first step seen, which need not be the first of the run when it is resumed.
  let begin: { at: number; steps: number } | undefined

  /** To the start of what is drawn. A terminal that became narrower has wrapped it. */
  const back = () => {
    const columns = stream.columns || 80
    const lines = drawn.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / columns)), 0)
    return lines > 1 ? `\r\u001b[${String(lines - 1)}A` : '\r'
  }
  const erase = () => {
    if (drawn.length > 1) stream.write(`${back()}\u001b[J`)
    else if (drawn.length === 1) stream.write(eraseLine)
    drawn = []
  }
  return {
    step(info) {
      const now = performance.now()
      const steps = (info.epoch - 1) * stepsPerEpoch + info.step
      begin ??= { at: now, steps }
      curves.step(info)
      if (now - drawnAt < redrawMilliseconds) return
      drawnAt = now
      const secondsPerStep = steps > begin.steps ? (now - begin.at) / 1000 / (steps - begin.steps) : undefined
      const left =
        secondsPerStep === undefined ? undefined : secondsPerStep * (epochs * stepsPerEpoch - steps)
      // One column stays free: a full line makes some terminals wrap, and the next redraw would leave it behind.
      const width = (stream.columns || 80) - 1
      const hasRoom = (stream.rows ?? 0) >= curveLines + linesAbove
      const lines = [
        barLine(info, epochs, stepsPerEpoch, left, width),
        // Room for the ^C that a terminal echoes at the cursor.
        ...(hasRoom ? curves.lines(width - 2) : []),
      ]
      const rest = drawn.length > lines.length ? '\u001b[J' : ''
      stream.write(`${back()}${lines.map((line) => `${line}\u001b[K`).join('\n')}${rest}`)
      drawn = lines.map((line) => line.length)
    },
    epochEnd(info) {
      erase()
      curves.epochEnd(info)
      writeEpoch(info)
    },
    done: erase,
  }
}

/** Whether the terminal shows more than ASCII. */
function speaksUnicode(): boolean {
  const { env, platform } = process
  return platform === 'win32' || /utf-?8/i.test(env['LC_ALL'] ?? env['LC_CTYPE'] ?? env['LANG'] ?? '')
}

/** `epoch 3/10 [=======>      ] loss 0.1234  accuracy 0.9612  41203 samples/s  0:12 left`, less where it is narrow. */
function barLine(
  info: StepInfo,
  epochs: number,
  steps: number,
  left: number | undefined,
  width: number,
): string {
  const start = `epoch ${String(info.epoch)}/${String(epochs)} `
  const texts = [`loss ${formatValue(info.loss)}`]
  if (info.accuracy !== undefined) texts.push(`accuracy ${formatValue(info.accuracy)}`)
  if (Number.isFinite(info.samplesPerSecond)) texts.push(formatSpeed(info.samplesPerSecond))
  if (left !== undefined) texts.push(`${formatTime(left)} left`)
  const narrowest = 12
  while (texts.length > 1 && start.length + narrowest + 1 + texts.join('  ').length > width) texts.pop()
  const end = ` ${texts.join('  ')}`
  const room = Math.min(40, width - start.length - end.length)
  const bar = room < narrowest ? '' : drawBar(info.step / steps, room)
  return `${start}${bar}${end}`.slice(0, Math.max(0, width))
}

/** `[====>     ]` of `width` characters. */
export function drawBar(share: number, width: number): string {
  const inner = width - 2
  const filled = Math.round(Math.min(1, Math.max(0, share)) * inner)
  const head = filled > 0 && filled < inner ? '>' : ''
  return `[${('='.repeat(filled - head.length) + head).padEnd(inner)}]`
}

function epochLine(info: EpochInfo, epochs: number): string {
  const texts = [`epoch ${String(info.epoch).padStart(String(epochs).length)}/${String(epochs)}`]
  const add = (name: string, value: number | undefined) => {
    if (value !== undefined) texts.push(`${name} ${formatValue(value)}`)
  }
  add('loss', info.loss)
  add('accuracy', info.accuracy)
  add('val loss', info.validationLoss)
  add('val accuracy', info.validationAccuracy)
  texts.push(formatSpeed(info.samplesPerSecond), `${info.seconds.toFixed(info.seconds < 10 ? 2 : 1)} s`)
  return texts.join('  ')
}

/** Four decimals; powers of ten where these would hide the number. */
function formatValue(value: number): string {
  const magnitude = Math.abs(value)
  const plain = value === 0 || (magnitude >= 1e-3 && magnitude < 1e5) || !Number.isFinite(value)
  return plain ? value.toFixed(4) : value.toExponential(3)
}

/** Whole samples a second, with thousands set apart. */
function formatSpeed(samplesPerSecond: number): string {
  return `${samplesPerSecond.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',')} samples/s`
}

/** `0:07`, `12:30` or `1:02:03`. */
export function formatTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const two = (value: number) => String(value).padStart(2, '0')
  const minutes = Math.floor(whole / 60) % 60
  const hours = Math.floor(whole / 3600)
  return hours > 0
    ? `${String(hours)}:${two(minutes)}:${two(whole % 60)}`
    : `${String(minutes)}:${two(whole % 60)}`
}
