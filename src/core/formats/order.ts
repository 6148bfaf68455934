// Arrays in the order of rows (C: the last index runs fastest) from and to the order of columns (Fortran: the first).
import type { NumericArray } from '../tensor.js'

type ArrayType = new (length: number) => NumericArray

/** Values in row order, of an array that holds them in column order. */
export function toRowOrder<T extends NumericArray>(data: T, shape: readonly number[]): T {
  const out = new (data.constructor as ArrayType)(data.length) as T
  visit(shape, (row, column) => {
    out[row] = data[column]!
  })
  return out
}

/** Values in column order, of an array that holds them in row order. */
export function toColumnOrder<T extends NumericArray>(data: T, shape: readonly number[]): T {
  const out = new (data.constructor as ArrayType)(data.length) as T
  visit(shape, (row, column) => {
    out[column] = data[row]!
  })
  return out
}

/** Calls for each element, in row order, with its place in row order and in column order. */
function visit(shape: readonly number[], each: (row: number, column: number) => void): void {
  const size = shape.reduce((product, dimension) => product * dimension, 1)
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, d) => product * d, 1))
  const last = shape.length - 1
  if (last < 1) {
    for (let i = 0; i < size; i++) each(i, i)
    return
  }
  const index = new Array<number>(shape.length).fill(0)
  const [inner, stride] = [shape[last]!, strides[last]!]
  let start = 0
  for (let row = 0; row < size; row += inner) {
    for (let i = 0, column = start; i < inner; i++, column += stride) each(row + i, column)
    for (let axis = last - 1; axis >= 0; axis--) {
      start += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      start -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
}
