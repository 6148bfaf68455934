// Results with rows: an array of rows that is a tensor at the same time, so that `p[3][7]` and `p.data` both work.
import type { Tensor } from './tensor.js'

/** Rows of float32, and a tensor `[rows, columns]` over the same values. */
export type Matrix = Float32Array<ArrayBuffer>[] & Tensor<Float32Array<ArrayBuffer>>

/** Wraps row-major values; the rows are views on them. */
export function matrixOf(data: Float32Array<ArrayBuffer>, columns: number): Matrix {
  const rows = data.length / columns
  const views = Array.from({ length: rows }, (_, r) => data.subarray(r * columns, (r + 1) * columns))
  const hidden = { enumerable: false, configurable: true }
  Object.defineProperty(views, 'data', { ...hidden, value: data })
  Object.defineProperty(views, 'shape', { ...hidden, value: [rows, columns] })
  return views as Matrix
}
