// The weights of a one-layer model as scikit-learn shows them.
import { matrixOf, type Matrix } from '../core/matrix.js'
import type { NamedTensor } from '../core/tensor.js'

/** A weight `[features, outputs]` as one row for each output: `[outputs, features]`. */
export function coefficientsOf({ data, shape }: NamedTensor): Matrix {
  const [features, outputs] = shape as [number, number]
  const rows = new Float32Array(features * outputs)
  for (let o = 0; o < outputs; o++) {
    for (let f = 0; f < features; f++) rows[o * features + f] = data[f * outputs + o]!
  }
  return matrixOf(rows, features)
}
