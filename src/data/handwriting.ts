// A hand that writes: turns a digit's style into pen lines, every time a little differently, and draws them. Points
// waver, the whole is bent, slanted and turned, the pen presses more or less; then it is scaled and centred. Which
// digit, which style, and what the ink looks like is the work of digits.ts. Exact arithmetic only, so that every
// engine draws the same bits.
import type { CountedRandom } from '../core/philox.js'
import type { Stroke, Style } from './digit-shapes.js'
import { drawLine, walkSpline } from './pen.js'
import type { PenLine } from './pen.js'

/** Rows and columns of an image. */
export const imageSize = 28

/** Random numbers of one image, in the order of use. */
export class Draws {
  private index = 0
  constructor(private readonly random: CountedRandom) {}

  uniform(): number {
    return this.random.uniform(this.index++)
  }

  /** Between `low` and `high`. */
  between(low: number, high: number): number {
    return low + this.uniform() * (high - low)
  }

  /** Normal with the given deviation, cut at 2.5 of it: no hand is odder than that. */
  normal(deviation: number): number {
    return deviation * Math.min(Math.max(this.random.normal(this.index++), -2.5), 2.5)
  }

  /** A nonzero 32-bit state for a small generator. */
  word(): number {
    return this.random.u32(this.index++) | 1
  }
}

/** Room for one image, used again for the next. */
export interface Sheet {
  lines: PenLine[]
  /** Pen lines in use. */
  count: number
  ink: Float64Array
  softness: number
}

export function newSheet(): Sheet {
  const line = () => ({
    x: new Float64Array(128),
    y: new Float64Array(128),
    radius: new Float64Array(128),
    length: 0,
  })
  return { lines: [line(), line()], count: 0, ink: new Float64Array(imageSize * imageSize), softness: 0 }
}

/** Draws one digit in a style; leaves at each pixel of `sheet.ink` how deep it lies in a line, -softness outside. */
export function drawStyle(sheet: Sheet, style: Style, draw: Draws): void {
  const bend = chooseBend(draw)
  const pen = draw.between(0.75, 1.9)
  sheet.softness = draw.between(0.45, 0.85)
  sheet.count = style.strokes.length
  style.strokes.forEach((stroke, i) => {
    traceStroke(sheet.lines[i]!, wobble(stroke, draw), bend, pen, draw)
  })
  place(sheet, pen, draw)
  sheet.ink.fill(-sheet.softness)
  for (let i = 0; i < sheet.count; i++) drawLine(sheet.ink, imageSize, sheet.lines[i]!, sheet.softness)
}

/** Moves the points of a stroke as an unsure hand does; a corner stays one. */
function wobble(stroke: Stroke, draw: Draws): Float64Array {
  const points = Float64Array.from(stroke)
  for (let i = 0; i < points.length; i += 2) {
    const corner = i > 0 && stroke[i] === stroke[i - 2] && stroke[i + 1] === stroke[i - 1]
    points[i] = corner ? points[i - 2]! : points[i]! + draw.normal(0.042)
    points[i + 1] = corner ? points[i - 1]! : points[i + 1]! + draw.normal(0.036)
  }
  return points
}

type Bend = (x: number, y: number) => readonly [x: number, y: number]

/** A map of the box: width, slant, turn and a quadratic part that bends and swells. */
function chooseBend(draw: Draws): Bend {
  const width = 0.72 * (1 + draw.normal(0.16))
  const slant = 0.12 + draw.normal(0.22)
  // The tangent of half the angle gives sine and cosine without either.
  const half = draw.normal(0.055)
  const cosine = (1 - half * half) / (1 + half * half)
  const sine = (2 * half) / (1 + half * half)
  const [xx, xy, yy] = [draw.normal(0.18), draw.normal(0.22), draw.normal(0.18)]
  const [vxx, vxy, vyy] = [draw.normal(0.14), draw.normal(0.18), draw.normal(0.14)]
  return (x, y) => {
    const u = x - 0.5
    const v = y - 0.5
    const p = width * (u + xx * u * u + xy * u * v + yy * v * v) - slant * v
    const q = v + vxx * u * u + vxy * u * v + vyy * v * v
    return [cosine * p - sine * q, sine * p + cosine * q]
  }
}

/** Pen positions along a stroke, in the bent box; the radius follows a pressure that changes on the way. */
function traceStroke(line: PenLine, points: Float64Array, bend: Bend, pen: number, draw: Draws): void {
  const [start, middle, end] = [draw.normal(0.14), draw.normal(0.1), draw.normal(0.16)]
  line.length = 0
  walkSpline(points, (x, y, along) => {
    const [p, q] = bend(x, y)
    const pressure =
      along < 0.5 ? start + 2 * along * (middle - start) : middle + (2 * along - 1) * (end - middle)
    line.x[line.length] = p
    line.y[line.length] = q
    line.radius[line.length] = pen * (1 + pressure)
    line.length++
  })
}

/** Scales the lines to fit 20 × 20 pixels and puts their centre of mass near the middle of the image. */
function place(sheet: Sheet, pen: number, draw: Draws): void {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  let [mass, massX, massY] = [1e-9, 0, 0]
  for (let i = 0; i < sheet.count; i++) {
    const { x, y, length } = sheet.lines[i]!
    for (let j = 0; j < length; j++) {
      left = Math.min(left, x[j]!)
      right = Math.max(right, x[j]!)
      top = Math.min(top, y[j]!)
      bottom = Math.max(bottom, y[j]!)
      if (j === 0) continue
      const dx = x[j]! - x[j - 1]!
      const dy = y[j]! - y[j - 1]!
      const piece = Math.sqrt(dx * dx + dy * dy)
      mass += piece
      massX += (piece * (x[j]! + x[j - 1]!)) / 2
      massY += (piece * (y[j]! + y[j - 1]!)) / 2
    }
  }
  const scale = ((20 - 2 * pen) * draw.between(0.86, 1.04)) / Math.max(right - left, bottom - top)
  const shiftX = (imageSize - 1) / 2 + draw.normal(0.75) - (scale * massX) / mass
  const shiftY = (imageSize - 1) / 2 + draw.normal(0.75) - (scale * massY) / mass
  for (let i = 0; i < sheet.count; i++) {
    const { x, y, length } = sheet.lines[i]!
    for (let j = 0; j < length; j++) {
      x[j] = scale * x[j]! + shiftX
      y[j] = scale * y[j]! + shiftY
    }
  }
}
