// Adagrad.
import { checkNumber } from '../options.js'
import { Optimizer } from './optimizer.js'
import type { OptimizerOptions } from './optimizer.js'

export interface AdagradOptions extends OptimizerOptions {
  /** Above 0; default 1e-10. */
  epsilon?: number
}

/**
 * v += g²; w −= learningRate · g / (√v + ε). Learning rate 0.01 by default.
 * Source: Duchi, Hazan & Singer (2011); PyTorch's Adagrad.
 */
export class Adagrad extends Optimizer {
  readonly name = 'adagrad'
  readonly kernel = 4
  readonly slots = 1
  readonly epsilon: number

  constructor(options: AdagradOptions = {}) {
    super('adagrad', options, 0.01, ['epsilon'])
    this.epsilon = checkNumber('adagrad', 'epsilon', options.epsilon ?? 1e-10, 'positive')
  }

  protected writeScalars(_step: number, learningRate: number, out: Float32Array): void {
    out[0] = learningRate
    out[1] = this.epsilon
  }

  protected override ownConfig() {
    return { epsilon: this.epsilon }
  }
}

export const adagrad = (options?: AdagradOptions) => new Adagrad(options)
