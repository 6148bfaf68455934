// Linear least squares, solved directly in float64: QR by Householder's reflections, a block of rows at a time, so that the
// memory is that of a square of the columns. Columns that are combinations of others (all categories of a one-hot column are)
// get the weights of least norm, measured on standardized columns.
// Sources: Golub & Van Loan, "Matrix Computations", 4th ed., sections 5.2 (Householder QR), 5.4 (column pivoting) and
// 5.5 (rank-deficient least squares); updating a triangle by rows as in section 6.5.
import { ShapeError } from '../core/errors.js'
import { turn } from '../core/turn.js'

export interface LeastSquaresProblem {
  /** Row-major, rows × columns; `value` says what stands for an entry, by column. */
  x: ArrayLike<number>
  value: (entry: number, column: number) => number
  columns: number
  /** Row-major, rows × targets. */
  y: ArrayLike<number>
  targets: number
  /** A weight for each row; undefined for one each. */
  weights: ArrayLike<number> | undefined
  /** Penalty: l2 · Σw² is added to the mean of squares over rows and targets; the intercepts are free of it. */
  l2: number
  /** Ends the work by an exception. */
  signal: AbortSignal | undefined
}

export interface LeastSquaresSolution {
  /** columns × targets, row-major. */
  weights: Float64Array
  /** One for each target. */
  intercepts: Float64Array
}

/** Relative size below which a direction of the standardized columns is nothing but the rounding of float32. */
const tolerance = 2 ** -23
/** Multiplications of a block of rows: some milliseconds, after which others have their turn. */
const blockWork = 4e6

/** The weights and intercepts with the least (weighted) mean of squared errors, plus the penalty. */
export async function leastSquares(problem: LeastSquaresProblem): Promise<LeastSquaresSolution> {
  const { x, y, columns, targets, weights, value, l2, signal } = problem
  const rows = y.length / targets
  if (x.length !== rows * columns) {
    throw new ShapeError({
      rule: 'x and y have the same number of rows',
      received: `${String(x.length / columns)} and ${String(rows)}`,
      remedy: 'check how they were cut',
    })
  }
  const { mean, deviation, total } = moments(problem, rows)
  const width = columns + targets
  const triangle = new Float64Array(columns * width)
  const blockRows = Math.min(rows, Math.max(16, Math.floor(blockWork / (columns * width))))
  const block = new Float64Array(Math.max(blockRows, 1) * width)
  for (let first = 0; first < rows; first += blockRows) {
    signal?.throwIfAborted()
    const count = Math.min(blockRows, rows - first)
    for (let i = 0; i < count; i++) {
      const row = first + i
      const root = Math.sqrt(weights?.[row] ?? 1)
      for (let c = 0; c < columns; c++) {
        const centred = value(x[row * columns + c]!, c) - mean[c]!
        block[i * width + c] = deviation[c] === 0 ? 0 : (root * centred) / deviation[c]!
      }
      for (let t = 0; t < targets; t++) {
        block[i * width + columns + t] = root * (y[row * targets + t]! - mean[columns + t]!)
      }
    }
    absorb(triangle, block, count, columns, width)
    await turn()
  }
  if (l2 > 0) {
    // The penalty is that of one more row for each column, with a target of 0.
    for (let c = 0; c < columns; c++) {
      if (deviation[c] === 0) continue
      const row = new Float64Array(width)
      row[c] = Math.sqrt(total * targets * l2) / deviation[c]!
      absorb(triangle, row, 1, columns, width)
    }
  }
  const solution = solveTriangle(triangle, columns, targets)
  const intercepts = mean.slice(columns)
  for (let c = 0; c < columns; c++) {
    for (let t = 0; t < targets; t++) {
      const at = c * targets + t
      solution[at] = deviation[c] === 0 ? 0 : solution[at]! / deviation[c]!
      intercepts[t]! -= solution[at]! * mean[c]!
    }
  }
  return { weights: solution, intercepts }
}

/** Weighted means of columns and targets, deviations of the columns (0 for those that do not vary), and the sum of weights. */
function moments({ x, y, columns, targets, weights, value }: LeastSquaresProblem, rows: number) {
  const mean = new Float64Array(columns + targets)
  const deviation = new Float64Array(columns)
  let total = 0
  for (let row = 0; row < rows; row++) {
    const weight = weights?.[row] ?? 1
    total += weight
    for (let c = 0; c < columns; c++) mean[c]! += weight * value(x[row * columns + c]!, c)
    for (let t = 0; t < targets; t++) mean[columns + t]! += weight * y[row * targets + t]!
  }
  for (let i = 0; i < mean.length; i++) mean[i]! /= total
  for (let row = 0; row < rows; row++) {
    const weight = weights?.[row] ?? 1
    for (let c = 0; c < columns; c++) {
      const centred = value(x[row * columns + c]!, c) - mean[c]!
      deviation[c]! += weight * centred * centred
    }
  }
  for (let c = 0; c < columns; c++) {
    const size = Math.sqrt(deviation[c]! / total)
    deviation[c] = size > Math.abs(mean[c]!) * 1e-12 ? size : 0
  }
  return { mean, deviation, total }
}

/** Brings the columns of `block`, `count` rows, to zero by reflections with the rows of the triangle above it. */
function absorb(
  triangle: Float64Array,
  block: Float64Array,
  count: number,
  columns: number,
  width: number,
): void {
  const sums = new Float64Array(width)
  for (let k = 0; k < columns; k++) {
    let squares = 0
    for (let i = 0; i < count; i++) squares += block[i * width + k]! * block[i * width + k]!
    if (squares === 0) continue
    const diagonal = k * width + k
    const head = triangle[diagonal]!
    const norm = Math.sqrt(head * head + squares)
    const pivot = head > 0 ? head + norm : head - norm
    const factor = 2 / (pivot * pivot + squares)
    for (let j = k; j < width; j++) sums[j] = pivot * triangle[k * width + j]!
    for (let i = 0; i < count; i++) {
      const v = block[i * width + k]!
      if (v === 0) continue
      for (let j = k, at = i * width + k; j < width; j++, at++) sums[j]! += v * block[at]!
    }
    for (let j = k; j < width; j++) {
      sums[j]! *= factor
      triangle[k * width + j]! -= pivot * sums[j]!
    }
    for (let i = 0; i < count; i++) {
      const v = block[i * width + k]!
      if (v === 0) continue
      for (let j = k + 1, at = i * width + k + 1; j < width; j++, at++) block[at]! -= v * sums[j]!
      block[i * width + k] = 0
    }
  }
}

/** The least-norm solution of the triangular system with its right sides beside it: columns × targets. */
function solveTriangle(triangle: Float64Array, columns: number, targets: number): Float64Array {
  const width = columns + targets
  const { rank, order } = pivot(triangle, columns, width)
  // The rows of the trapezoid as columns: their QR turns the least-norm problem into a triangular one.
  const tall = new Float64Array(columns * rank)
  for (let r = 0; r < rank; r++)
    for (let c = r; c < columns; c++) tall[c * rank + r] = triangle[r * width + c]!
  const reflections = reflect(tall, columns, rank)
  const solution = new Float64Array(columns * targets)
  for (let t = 0; t < targets; t++) {
    const v = new Float64Array(columns)
    for (let r = 0; r < rank; r++) {
      let sum = triangle[r * width + columns + t]!
      for (let j = 0; j < r; j++) sum -= tall[j * rank + r]! * v[j]!
      v[r] = sum / tall[r * rank + r]!
    }
    for (const { from, vector, factor } of reflections.toReversed()) {
      let sum = 0
      for (let i = from; i < columns; i++) sum += vector[i]! * v[i]!
      for (let i = from; i < columns; i++) v[i]! -= factor * sum * vector[i]!
    }
    order.forEach((column, place) => {
      solution[column * targets + t] = v[place]!
    })
  }
  return solution
}

/** QR with column pivoting of the triangle, in place. @returns its rank, and which column stands at each place. */
function pivot(a: Float64Array, columns: number, width: number): { rank: number; order: number[] } {
  const order = Array.from({ length: columns }, (_, i) => i)
  let largest = 0
  for (let k = 0; k < columns; k++) {
    const sizes = order.map((_, c) => (c < k ? -1 : columnNorm(a, k, columns, width, c)))
    const best = sizes.reduce((best, size, c) => (size > sizes[best]! ? c : best), k)
    if (k === 0) largest = sizes[best]!
    if (!(sizes[best]! > tolerance * largest)) return { rank: k, order }
    for (let r = 0; r < columns; r++) {
      const held = a[r * width + k]!
      a[r * width + k] = a[r * width + best]!
      a[r * width + best] = held
    }
    ;[order[k], order[best]] = [order[best]!, order[k]!]
    reflectColumn(a, columns, width, k)
  }
  return { rank: columns, order }
}

function columnNorm(a: Float64Array, from: number, rows: number, width: number, column: number): number {
  let squares = 0
  for (let r = from; r < rows; r++) squares += a[r * width + column]! * a[r * width + column]!
  return Math.sqrt(squares)
}

interface Reflection {
  from: number
  vector: Float64Array
  factor: number
}

/** QR of a, rows × width, in place. @returns the reflections in order. */
function reflect(a: Float64Array, rows: number, width: number): Reflection[] {
  return Array.from({ length: width }, (_, k) => reflectColumn(a, rows, width, k))
}

/** Brings column k to zero below the diagonal, by a reflection of the rows from k on. */
function reflectColumn(a: Float64Array, rows: number, width: number, k: number): Reflection {
  const vector = new Float64Array(rows)
  const norm = columnNorm(a, k, rows, width, k)
  for (let r = k; r < rows; r++) vector[r] = a[r * width + k]!
  vector[k]! += vector[k]! > 0 ? norm : -norm
  let squares = 0
  for (let r = k; r < rows; r++) squares += vector[r]! * vector[r]!
  const factor = squares === 0 ? 0 : 2 / squares
  for (let c = k; c < width; c++) {
    let sum = 0
    for (let r = k; r < rows; r++) sum += vector[r]! * a[r * width + c]!
    for (let r = k; r < rows; r++) a[r * width + c]! -= factor * sum * vector[r]!
  }
  return { from: k, vector, factor }
}
