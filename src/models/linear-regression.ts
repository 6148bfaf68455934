// Linear regression by gradient descent on the mean squared error: the same machinery with one layer.
import type { ModelState } from '../core/state.js'
import { ArgumentError } from '../core/errors.js'
import type { Matrix } from '../core/matrix.js'
import type { Layer } from '../nn/layer.js'
import { coefficientsOf, oneLayer } from './one-layer.js'
import { NeuralNetwork, type NeuralNetworkOptions } from './neural-network.js'

export type LinearRegressionOptions = Omit<
  NeuralNetworkOptions,
  'hiddenLayers' | 'activation' | 'dropout' | 'labelSmoothing'
>

export class LinearRegression extends NeuralNetwork {
  /** Defaults: Adam at 1e-3, 10 epochs, batches of 64; initial weights zero. */
  constructor(options: LinearRegressionOptions = {}) {
    for (const key of ['hiddenLayers', 'activation', 'dropout', 'labelSmoothing'] as const) {
      if (key in options && options.layers === undefined) {
        throw new ArgumentError({
          rule: 'linear regression has one layer and no activation',
          received: key,
          remedy: "use NeuralNetwork with task: 'regression' for hidden layers",
        })
      }
    }
    super({ ...options, task: 'regression' })
  }

  /** One row of weights for each target: `[targets, features]`. */
  get coefficients(): Matrix {
    return coefficientsOf(this.weights()[0]!)
  }

  /** The bias of each target. */
  get intercept(): Float32Array {
    return this.weights()[1]!.data
  }

  /** Reads a model that `save` wrote. @throws FormatError, NotFoundError; ArgumentError for another kind of model. */
  static override async load(path: string): Promise<LinearRegression> {
    return (await super.load(path)) as LinearRegression
  }

  protected override get kind(): ModelState['kind'] {
    return 'linear-regression'
  }

  protected override layersFor(outputs: number, link: string): Layer[] {
    return oneLayer(this.options, outputs, link) ?? super.layersFor(outputs, link)
  }
}
