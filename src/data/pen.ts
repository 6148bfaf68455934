// Draws strokes of a pen into a small grey image: a smooth line through the points, widened by the pen's radius, with
// soft edges. Coverage is a function of the distance to the line, so edges are anti-aliased without drawing larger
// first. Only + - * / and square roots: the same bits on every engine.

/** A line of pen positions in pixels; `radius` has one value a position. */
export interface PenLine {
  x: Float64Array
  y: Float64Array
  radius: Float64Array
  length: number
}

/** Positions a span between two points. */
const stepsPerSpan = 7

/**
 * Positions along the Catmull-Rom spline through the points of a stroke (x, y, x, y, …); a repeated point is a
 * corner. Both ends are positions. Source: Catmull & Rom, "A Class of Local Interpolating Splines" (1974).
 * @param visit called with each position and the way along the stroke, 0 to 1.
 */
export function walkSpline(
  points: ArrayLike<number>,
  visit: (x: number, y: number, along: number) => void,
): void {
  const last = points.length / 2 - 1
  const at = (point: number, axis: number) => points[2 * Math.min(Math.max(point, 0), last) + axis]!
  visit(at(0, 0), at(0, 1), 0)
  for (let span = 0; span < last; span++) {
    if (at(span, 0) === at(span + 1, 0) && at(span, 1) === at(span + 1, 1)) continue
    for (let step = 1; step <= stepsPerSpan; step++) {
      const t = step / stepsPerSpan
      const x = catmullRom(at(span - 1, 0), at(span, 0), at(span + 1, 0), at(span + 2, 0), t)
      const y = catmullRom(at(span - 1, 1), at(span, 1), at(span + 1, 1), at(span + 2, 1), t)
      visit(x, y, (span + t) / last)
    }
  }
}

function catmullRom(before: number, from: number, to: number, after: number, t: number): number {
  const cubic = 3 * (from - to) + after - before
  const square = 2 * before - 5 * from + 4 * to - after
  return from + 0.5 * t * (to - before + t * (square + t * cubic))
}

/**
 * Raises `ink` to what a line leaves: at each pixel (radius - distance to the line), where that is more than
 * -softness.
 * @param ink size × size, row-major; starts at -Infinity or anything below -softness.
 */
export function drawLine(ink: Float64Array, size: number, line: PenLine, softness: number): void {
  for (let i = 0; i + 1 < line.length; i++) {
    const x = line.x[i]!
    const y = line.y[i]!
    const dx = line.x[i + 1]! - x
    const dy = line.y[i + 1]! - y
    const radius = line.radius[i]!
    const growth = line.radius[i + 1]! - radius
    const inverse = 1 / (dx * dx + dy * dy + 1e-12)
    const reach = Math.max(radius, radius + growth) + softness
    const reachSquared = reach * reach
    const top = Math.max(0, Math.ceil(Math.min(y, y + dy) - reach))
    const bottom = Math.min(size - 1, Math.floor(Math.max(y, y + dy) + reach))
    const left = Math.max(0, Math.ceil(Math.min(x, x + dx) - reach))
    const right = Math.min(size - 1, Math.floor(Math.max(x, x + dx) + reach))
    for (let row = top; row <= bottom; row++) {
      const py = row - y
      for (let column = left; column <= right; column++) {
        const px = column - x
        const along = Math.min(Math.max((px * dx + py * dy) * inverse, 0), 1)
        const ex = px - along * dx
        const ey = py - along * dy
        const squared = ex * ex + ey * ey
        if (squared >= reachSquared) continue
        const depth = radius + along * growth - Math.sqrt(squared)
        const pixel = row * size + column
        if (depth > ink[pixel]!) ink[pixel] = depth
      }
    }
  }
}
