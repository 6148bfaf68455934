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
  /** Of a table `[rows, columns]`: what each column is. There a missing value is NaN. */
  columns?: readonly ColumnInfo[]
}

/** A column of a table. */
export interface ColumnInfo {
  name: string
  /** Of a column of words: what value 0, 1, … stands for. Absent for numbers. */
  categories?: readonly string[]
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
 * @param options.missing whether values may be missing (NaN) or not finite, as in tables; default false.
 * @throws ShapeError for rows of unequal length or a shape that does not fit the data; DataError for no rows, and for
 *   NaN or infinite values, naming the first row and column.
 */
export function toRows(samples: Samples, what: string, options: { missing?: boolean } = {}): Rows {
  const rows = isTensor(samples) ? fromTensor(samples, what) : fromNested(samples, what)
  if (rows.rows === 0 || rows.columns === 0) {
    throw new DataError({
      rule: `${what} has at least one row and one column`,
      received: `${String(rows.rows)} rows of ${String(rows.columns)} columns`,
      remedy: 'check how the data were selected',
    })
  }
  if (rows.data instanceof Float32Array && options.missing !== true)
    requireFinite(rows.data, rows.columns, what)
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
    fill(row, { data, at: index * columns, shape: sampleShape, what, index })
  })
  return { data, rows: samples.length, sampleShape, columns }
}

function shapeOfNested(row: unknown): number[] {
  if (ArrayBuffer.isView(row)) return [(row as NumericArray).length]
  if (!Array.isArray(row)) return []
  return [row.length, ...(row.length > 0 ? shapeOfNested(row[0]) : [])]
}

/** Where one row goes, and what its form has to be. */
interface Destination {
  data: Uint8Array | Float32Array
  at: number
  shape: readonly number[]
  what: string
  index: number
}

/** Writes a row, or a part of one. */
function fill(part: unknown, into: Destination): void {
  const { data, at, shape } = into
  const [length, ...inner] = shape
  if (Array.isArray(part) && part.length === length) {
    const values: readonly unknown[] = part
    if (inner.length > 0) {
      const size = sizeOf(inner)
      values.forEach((value, i) => {
        fill(value, { ...into, at: at + i * size, shape: inner })
      })
      return
    }
    for (let i = 0; i < length; i++) data[at + i] = requireNumber(values[i], into)
    return
  }
  if (ArrayBuffer.isView(part) && inner.length === 0 && (part as NumericArray).length === length) {
    data.set(part as NumericArray, at)
    return
  }
  if (Array.isArray(part) || ArrayBuffer.isView(part) || length !== undefined) {
    if (part === null || (typeof part !== 'object' && typeof part !== 'number')) requireNumber(part, into)
    throw new ShapeError({
      rule: `all rows of ${into.what} have the same shape`,
      received: `[${shapeOfNested(part).join(', ')}] in row ${String(into.index)} in place of [${shape.join(', ')}]`,
      remedy: 'pad or drop the odd rows',
    })
  }
  data[at] = requireNumber(part, into)
}

function requireNumber(value: unknown, { what, index }: Destination): number {
  if (typeof value === 'number') return value
  throw new DataError({
    rule: 'every value of a sample is a number',
    received: `${typeof value} (${String(value)}) in ${what}, row ${String(index)}`,
    remedy: 'encode text as numbers first',
  })
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
