// The forms in which users hand over numbers, and the one form that the library works with inside: a typed array with a
// shape. Copies; never keeps a reference to the user's arrays.
import { DataError, ShapeError } from './errors.js'

/** The typed arrays that may hold samples, targets or weights. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array

/** Values in row-major order; the first number of `shape` counts rows (samples), the others shape one sample. */
export interface Tensor<T extends NumericArray = NumericArray> {
  data: T
  shape: readonly number[]
}

/** A named weight, `[in, out]` for matrices and `[out]` for biases. */
export interface NamedTensor {
  /** Layer and role, as `dense_1/weight`. */
  name: string
  shape: readonly number[]
  data: Float32Array
}

/** Samples as users write them: a tensor, or rows of numbers (nested once, or deeper for shaped samples). */
export type Samples = Tensor | readonly NumericArray[] | readonly (readonly unknown[])[]

/** Samples as `u8` or `f32` rows in row-major order. */
export interface Rows {
  data: Uint8Array | Float32Array
  rows: number
  /** Shape of one sample, `[784]` or `[28, 28]`. */
  sampleShape: number[]
  /** Numbers in one sample. */
  columns: number
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1)
}

/**
 * Samples as rows. Bytes stay bytes; everything else becomes float32.
 * @param what how messages name the argument, for example `x`.
 * @throws ShapeError for rows of unequal length or a shape that does not fit the data; DataError for no rows, and for
 *   NaN or infinite values, naming the first row and column.
 */
export function toRows(samples: Samples, what: string): Rows {
  const rows = isTensor(samples) ? fromTensor(samples, what) : fromNested(samples, what)
  if (rows.rows === 0 || rows.columns === 0) {
    throw new DataError({
      rule: `${what} has at least one row and one column`,
      received: `${String(rows.rows)} rows of ${String(rows.columns)} columns`,
      remedy: 'check how the data were selected',
    })
  }
  if (rows.data instanceof Float32Array) requireFinite(rows.data, rows.columns, what)
  return rows
}

/** Whether `value` is a `{ data, shape }` tensor. */
export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null || !('data' in value) || !('shape' in value)) return false
  return ArrayBuffer.isView(value.data) && Array.isArray(value.shape)
}

function fromTensor({ data, shape }: Tensor, what: string): Rows {
  const valid = shape.length >= 1 && shape.every((dimension) => Number.isInteger(dimension) && dimension >= 0)
  if (!valid || sizeOf(shape) !== data.length) {
    throw new ShapeError({
      rule: `the shape of ${what} multiplies to the length of its data`,
      received: `shape [${shape.join(', ')}] for ${String(data.length)} values`,
      remedy: 'pass shape as [rows, columns]',
    })
  }
  const sampleShape = shape.length === 1 ? [1] : shape.slice(1)
  return { data: toBytesOrFloats(data), rows: shape[0]!, sampleShape, columns: sizeOf(sampleShape) }
}

function toBytesOrFloats(data: NumericArray): Uint8Array | Float32Array {
  if (data instanceof Uint8Array || data instanceof Float32Array) return data
  if (data instanceof Uint8ClampedArray) return new Uint8Array(data.buffer, data.byteOffset, data.length)
  return Float32Array.from(data)
}

function fromNested(samples: readonly unknown[], what: string): Rows {
  if (!Array.isArray(samples)) {
    throw new ShapeError({
      rule: `${what} is { data, shape } or an array of rows`,
      received: typeof samples,
      remedy: 'pass { data: Float32Array, shape: [rows, columns] }',
    })
  }
  const first: unknown = samples[0]
  const sampleShape = first === undefined ? [0] : shapeOfNested(first)
  const columns = sizeOf(sampleShape)
  const bytes =
    samples.length > 0 &&
    samples.every((row) => row instanceof Uint8Array || row instanceof Uint8ClampedArray)
  const data = bytes ? new Uint8Array(samples.length * columns) : new Float32Array(samples.length * columns)
  samples.forEach((row, index) => {
    const shape = shapeOfNested(row)
    if (shape.join() !== sampleShape.join()) {
      throw new ShapeError({
        rule: `all rows of ${what} have the same shape`,
        received: `[${shape.join(', ')}] in row ${String(index)} after [${sampleShape.join(', ')}] in row 0`,
        remedy: 'pad or drop the odd rows',
      })
    }
    fill(row, data, index * columns, `${what}, row ${String(index)}`)
  })
  return { data, rows: samples.length, sampleShape, columns }
}

function shapeOfNested(row: unknown): number[] {
  if (ArrayBuffer.isView(row)) return [(row as NumericArray).length]
  if (!Array.isArray(row)) return []
  return [row.length, ...(row.length > 0 ? shapeOfNested(row[0]) : [])]
}

function fill(row: unknown, into: Uint8Array | Float32Array, at: number, where: string): number {
  if (ArrayBuffer.isView(row)) {
    into.set(row as NumericArray, at)
    return at + (row as NumericArray).length
  }
  if (Array.isArray(row))
    return row.reduce((next: number, inner: unknown) => fill(inner, into, next, where), at)
  if (typeof row !== 'number') {
    throw new DataError({
      rule: 'every value of a sample is a number',
      received: `${typeof row} (${String(row)}) in ${where}`,
      remedy: 'encode text as numbers first',
    })
  }
  into[at] = row
  return at + 1
}

function requireFinite(data: Float32Array, columns: number, what: string): void {
  // A sum is finite unless some value is not, or it overflowed: one cheap pass for the common case.
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += data[i]!
  if (Number.isFinite(sum)) return
  const bad = data.findIndex((value) => !Number.isFinite(value))
  if (bad < 0) return
  throw new DataError({
    rule: `${what} holds finite numbers only`,
    received: `${String(data[bad])} in row ${String(Math.floor(bad / columns))}, column ${String(bad % columns)}`,
    remedy: 'drop or impute missing values before training',
  })
}
