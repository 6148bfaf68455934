// A drawing as MNIST would hold it: 28 × 28 bytes, the ink scaled into a box of 20 × 20 by its longer side, its centre of mass
// in the middle of the picture, edges soft. Computed from the strokes themselves, so that a small drawing gives strokes as
// sharp as a large one. Source of the form: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".

/** A place on the drawing area, whose sides are 1. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** Points that the pen went through without being lifted; one for a dot. */
export type Stroke = readonly Point[]

/** Pixels of a side. */
export const side = 28
const box = 20
/** Half the width of a stroke, and of the soft edge of it, in pixels. */
const penRadius = 1.25
const softness = 0.75
/** A drawing smaller than this share of the area is not blown up any further. */
const smallest = 0.15

/** @returns 784 bytes, white ink on black; all zero without strokes. */
export function pictureOf(strokes: readonly Stroke[]): Uint8Array<ArrayBuffer> {
  const points = strokes.flat()
  if (points.length === 0) return new Uint8Array(side * side)
  const [left, right] = extent(points.map(({ x }) => x))
  const [top, bottom] = extent(points.map(({ y }) => y))
  const scale = (box - 2 * penRadius) / Math.max(right - left, bottom - top, smallest)
  const placed = (dx: number, dy: number) =>
    strokes.map((stroke) =>
      stroke.map(({ x, y }) => ({
        x: (x - (left + right) / 2) * scale + dx,
        y: (y - (top + bottom) / 2) * scale + dy,
      })),
    )
  const middle = side / 2
  const { x, y } = centreOfMass(ink(placed(middle, middle)))
  return Uint8Array.from(ink(placed(2 * middle - x, 2 * middle - y)), (share) => Math.round(255 * share))
}

function extent(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  )
}

/** The share of ink in each pixel, from its distance to the nearest stroke. */
function ink(strokes: readonly Stroke[]): Float32Array {
  const squares = new Float32Array(side * side).fill(Infinity)
  for (const stroke of strokes) {
    stroke.forEach((point, i) => {
      reach(squares, stroke[i - 1] ?? point, point)
    })
  }
  return squares.map((square) => {
    const t = Math.min(1, Math.max(0, (penRadius + softness - Math.sqrt(square)) / (2 * softness)))
    return t * t * (3 - 2 * t)
  })
}

/** Lowers squared distances to those to the line from a to b, where it is near. */
function reach(squares: Float32Array, a: Point, b: Point): void {
  const margin = penRadius + softness
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const length = dx * dx + dy * dy
  const firstRow = Math.max(0, Math.floor(Math.min(a.y, b.y) - margin))
  const lastRow = Math.min(side - 1, Math.floor(Math.max(a.y, b.y) + margin))
  const firstColumn = Math.max(0, Math.floor(Math.min(a.x, b.x) - margin))
  const lastColumn = Math.min(side - 1, Math.floor(Math.max(a.x, b.x) + margin))
  for (let row = firstRow; row <= lastRow; row++) {
    for (let column = firstColumn; column <= lastColumn; column++) {
      const [px, py] = [column + 0.5 - a.x, row + 0.5 - a.y]
      const along = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length))
      const square = (px - along * dx) ** 2 + (py - along * dy) ** 2
      const at = row * side + column
      if (square < squares[at]!) squares[at] = square
    }
  }
}

function centreOfMass(shares: Float32Array): Point {
  let [mass, x, y] = [0, 0, 0]
  shares.forEach((share, at) => {
    mass += share
    x += share * ((at % side) + 0.5)
    y += share * (Math.floor(at / side) + 0.5)
  })
  return { x: x / mass, y: y / mass }
}
