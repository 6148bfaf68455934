// What the models of one layer share: the layer, and its weights as scikit-learn shows them.
import { matrixOf, type Matrix } from '../core/matrix.js'
import type { NamedTensor } from '../core/tensor.js'
import { Dense } from '../nn/dense.js'
import type { Layer } from '../nn/layer.js'
import type { NeuralNetworkOptions } from './neural-network.js'

/** A weight `[features, outputs]` as one row for each output: `[outputs, features]`. */
export function coefficientsOf({ data, shape }: NamedTensor): Matrix {
  const [features, outputs] = shape as [number, number]
  const rows = new Float32Array(features * outputs)
  for (let o = 0; o < outputs; o++) {
    for (let f = 0; f < features; f++) rows[o * features + f] = data[f * outputs + o]!
  }
  return matrixOf(rows, features)
}

/** The layer of such a model, its weights zero unless told otherwise; undefined where the options bring layers. */
export function oneLayer(options: NeuralNetworkOptions, outputs: number, link: string): Layer[] | undefined {
  const { init = 'zeros', l1 = 0, l2 = 0, layers } = options
  if (layers !== undefined) return undefined
  return [new Dense(outputs, { activation: link, kernelInitializer: init, kernelRegularizer: { l1, l2 } })]
}
