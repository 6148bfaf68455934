// Cuts rows in a training and a test part, as scikit-learn's train_test_split: seeded, shuffled, stratified when
// asked.
import { ArgumentError, DataError, ShapeError } from '../core/errors.js'
import { permutation, purposes } from '../core/philox.js'
import { byValue } from './folds.js'
import { isTensor, sizeOf } from '../core/tensor.js'
import type { NumericArray, Tensor } from '../core/tensor.js'

/** What can be cut by rows: a tensor, a typed array with one value a row, or an array with one entry a row. */
export type Splittable = Tensor | NumericArray | readonly unknown[]

export interface SplitOptions {
  /** Share of the test part, above 0 and below 1, rounded up; or, from 1, its number of rows. Default 0.25. */
  testSize?: number
  /** Decides who goes where; default 1. */
  seed?: number
  /** Classes, one a row: both parts get the same share of each, as near as whole rows allow. Default: no such care. */
  stratify?: ArrayLike<number | string>
  /** Whether rows are mixed before the cut; default true. Without it the test part is the last rows. */
  shuffle?: boolean
}

export interface Split<X, Y> {
  train: { x: X; y: Y }
  test: { x: X; y: Y }
}

/**
 * Cuts `x` and `y` by the same rows. The parts are copies of the same kinds as what was passed in (nested rows are
 * copied one deep).
 * @throws ShapeError for unequal numbers of rows; ArgumentError for options out of range; DataError when a part would
 *   be empty or a class has less than two rows to stratify by.
 * @example const { train, test } = trainTestSplit(x, y, { testSize: 0.2, seed: 7, stratify: y.data })
 */
export function trainTestSplit<X extends Splittable, Y extends Splittable>(
  x: X,
  y: Y,
  options: SplitOptions = {},
): Split<X, Y> {
  const { testSize = 0.25, seed = 1, stratify, shuffle = true } = options
  const rows = countRows(x, 'x')
  requireRows(countRows(y, 'y'), rows, 'y')
  const testRows = countTestRows(testSize, rows)
  if (stratify !== undefined) requireRows(stratify.length, rows, 'stratify')
  if (stratify !== undefined && !shuffle) {
    throw new ArgumentError({
      rule: 'a stratified split is shuffled',
      received: 'stratify with shuffle: false',
      remedy: 'leave out one of them',
    })
  }
  const order = shuffle
    ? permutation(rows, seed, purposes.split)
    : Uint32Array.from({ length: rows }, (_, i) => i)
  const inTest =
    stratify === undefined ? lastRows(order, testRows) : lastRowsByClass(order, testRows, stratify)
  const train = order.filter((row) => inTest[row] === 0)
  const test = order.filter((row) => inTest[row] === 1)
  return {
    train: { x: takeRows(x, train), y: takeRows(y, train) },
    test: { x: takeRows(x, test), y: takeRows(y, test) },
  }
}

/** Rows of data that can be cut. @throws ShapeError for anything else. */
export function countRows(data: Splittable, what: string): number {
  if (!isTensor(data)) {
    if (Array.isArray(data) || ArrayBuffer.isView(data)) return data.length
    throw new ShapeError({
      rule: `${what} is a tensor, a typed array or an array with one entry a row`,
      received: data === null ? 'null' : typeof data,
      remedy: 'pass { data, shape } or an array',
    })
  }
  const rows = data.shape[0]
  if (rows !== undefined && sizeOf(data.shape) === data.data.length) return rows
  throw new ShapeError({
    rule: `the shape of ${what} multiplies to the length of its data`,
    received: `shape [${data.shape.join(', ')}] for ${String(data.data.length)} values`,
    remedy: 'pass shape as [rows, columns]',
  })
}

function requireRows(received: number, rows: number, what: string): void {
  if (received === rows) return
  throw new ShapeError({
    rule: `${what} has one entry for each row of x`,
    received: `${String(received)} entries for ${String(rows)} rows`,
    remedy: 'pass data of the same rows',
  })
}

function countTestRows(testSize: number, rows: number): number {
  if (!(testSize > 0) || (testSize >= 1 && !Number.isInteger(testSize))) {
    throw new ArgumentError({
      rule: 'testSize is a share above 0 and below 1, or a number of rows',
      received: String(testSize),
      remedy: 'pass 0.25 for a quarter',
    })
  }
  const testRows = testSize < 1 ? Math.ceil(testSize * rows) : testSize
  if (testRows < rows && testRows > 0) return testRows
  throw new DataError({
    rule: 'both parts of a split have at least one row',
    received: `${String(testRows)} test rows of ${String(rows)}`,
    remedy: 'pass more rows or another testSize',
  })
}

function lastRows(order: Uint32Array, count: number): Uint8Array {
  const inTest = new Uint8Array(order.length)
  for (const row of order.subarray(order.length - count)) inTest[row] = 1
  return inTest
}

// Each class gives its share of test rows rounded down; what is left goes to the largest fractions, then to the
// classes that came first.
function lastRowsByClass(
  order: Uint32Array,
  testRows: number,
  classes: ArrayLike<number | string>,
): Uint8Array {
  const groups = byValue(classes, order)
  for (const [name, members] of groups) {
    if (members.length >= 2) continue
    throw new DataError({
      rule: 'every class to stratify by has at least two rows',
      received: `1 row of class ${String(name)}`,
      remedy: 'drop the class or split without stratify',
    })
  }
  if (testRows < groups.size || order.length - testRows < groups.size) {
    throw new DataError({
      rule: 'each part of a stratified split has at least as many rows as there are classes',
      received: `${String(order.length - testRows)} and ${String(testRows)} rows for ${String(groups.size)} classes`,
      remedy: 'pass more rows or another testSize',
    })
  }
  const shares = [...groups.values()].map((members) => {
    const numerator = members.length * testRows
    return { members, count: Math.floor(numerator / order.length), fraction: numerator % order.length }
  })
  const left = testRows - shares.reduce((total, { count }) => total + count, 0)
  const byFraction = shares.toSorted((a, b) => b.fraction - a.fraction)
  for (const share of byFraction.slice(0, left)) share.count++
  const inTest = new Uint8Array(order.length)
  for (const { members, count } of shares)
    for (const row of members.slice(members.length - count)) inTest[row] = 1
  return inTest
}

/** The given rows of `data`, in that order, as data of the same kind: a copy. */
export function takeRows<T extends Splittable>(data: T, rows: Uint32Array): T
export function takeRows(data: Splittable, rows: Uint32Array): Splittable {
  if (isTensor(data)) {
    const columns = sizeOf(data.shape.slice(1))
    const info = data.columns === undefined ? {} : { columns: data.columns }
    return {
      data: takeValues(data.data, columns, rows),
      shape: [rows.length, ...data.shape.slice(1)],
      ...info,
    }
  }
  if (ArrayBuffer.isView(data)) return takeValues(data as NumericArray, 1, rows)
  return Array.from(rows, (row) => copyEntry((data as readonly unknown[])[row]))
}

function takeValues(data: NumericArray, columns: number, rows: Uint32Array): NumericArray {
  const values = new (data.constructor as new (length: number) => NumericArray)(rows.length * columns)
  rows.forEach((row, i) => {
    values.set(data.subarray(row * columns, (row + 1) * columns), i * columns)
  })
  return values
}

function copyEntry(entry: unknown): unknown {
  return Array.isArray(entry) || ArrayBuffer.isView(entry) ? (entry as NumericArray).slice() : entry
}
