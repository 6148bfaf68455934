// Logistic regression: one layer with sigmoid (two classes) or softmax (more), trained by the same machinery.
import type { ModelState } from '../core/state.js'
import { ArgumentError } from '../core/errors.js'
import type { Matrix } from '../core/matrix.js'
import type { Samples } from '../core/tensor.js'
import type { Layer } from '../nn/layer.js'
import { coefficientsOf, oneLayer } from './one-layer.js'
import { NeuralNetwork, type NeuralNetworkOptions } from './neural-network.js'
import type { Targets } from './targets.js'

export type LogisticRegressionOptions = Omit<
  NeuralNetworkOptions,
  'hiddenLayers' | 'activation' | 'dropout' | 'task' | 'loss'
>

export class LogisticRegression extends NeuralNetwork {
  /** Defaults: Adam at 1e-3, 10 epochs, batches of 64; initial weights zero. */
  constructor(options: LogisticRegressionOptions = {}) {
    for (const key of ['hiddenLayers', 'activation', 'dropout', 'task', 'loss'] as const) {
      if (key in options && options.layers === undefined) {
        throw new ArgumentError({
          rule: 'logistic regression has one layer and its own loss',
          received: key,
          remedy: 'use NeuralNetwork for hidden layers or another loss',
        })
      }
    }
    super(options)
  }

  /** One row of weights for each class; a single row, of the second class, where there are two: `[outputs, features]`. */
  get coefficients(): Matrix {
    return coefficientsOf(this.weights()[0]!)
  }

  /** The bias of each row of `coefficients`. */
  get intercept(): Float32Array {
    return this.weights()[1]!.data
  }

  /** Mean cross-entropy, the cost that is minimized (penalties left out). */
  async cost(x: Samples, y: Targets): Promise<number> {
    return (await this.evaluate(x, y)).loss
  }

  /** Reads a model that `save` wrote. @throws FormatError, NotFoundError; ArgumentError for another kind of model. */
  static override async load(path: string): Promise<LogisticRegression> {
    return (await super.load(path)) as LogisticRegression
  }

  protected override get kind(): ModelState['kind'] {
    return 'logistic-regression'
  }

  protected override layersFor(outputs: number, link: string): Layer[] {
    return oneLayer(this.options, outputs, link) ?? super.layersFor(outputs, link)
  }

  protected override get binaryByOne(): boolean {
    return true
  }
}
