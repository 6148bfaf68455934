// RMSProp, not centred, with optional momentum.
import { checkNumber } from '../options.js'
import { Optimizer } from './optimizer.js'
import type { OptimizerOptions } from './optimizer.js'

export interface RMSPropOptions extends OptimizerOptions {
  /** Memory of the mean of squares, at least 0 and below 1; default 0.99. */
  alpha?: number
  /** Above 0; default 1e-8. */
  epsilon?: number
  /** At least 0, below 1; default 0. */
  momentum?: number
}

/**
 * v = α·v + (1 − α)·g²; w −= learningRate · g / (√v + ε); with momentum, b = momentum · b + g / (√v + ε) takes the
 * quotient's place. Learning rate 0.01 by default.
 * Source: Tieleman & Hinton (2012); PyTorch's RMSprop.
 */
export class RMSProp extends Optimizer {
  readonly name = 'rmsprop'
  readonly kernel: 3 | 7
  readonly slots: 1 | 2
  readonly alpha: number
  readonly epsilon: number
  readonly momentum: number

  constructor(options: RMSPropOptions = {}) {
    super('rmsprop', options, 0.01, ['alpha', 'epsilon', 'momentum'])
    this.alpha = checkNumber('rmsprop', 'alpha', options.alpha ?? 0.99, 'fraction')
    this.epsilon = checkNumber('rmsprop', 'epsilon', options.epsilon ?? 1e-8, 'positive')
    this.momentum = checkNumber('rmsprop', 'momentum', options.momentum ?? 0, 'fraction')
    this.kernel = this.momentum > 0 ? 7 : 3
    this.slots = this.momentum > 0 ? 2 : 1
  }

  protected writeScalars(_step: number, learningRate: number, out: Float32Array): void {
    const alpha = Math.fround(this.alpha) // what the kernel multiplies by
    const scale = 1 / Math.sqrt(1 - alpha)
    out[0] = learningRate * scale
    out[1] = this.epsilon * scale
    out[2] = alpha
    out[3] = this.momentum
  }

  protected override ownConfig() {
    return { alpha: this.alpha, epsilon: this.epsilon, momentum: this.momentum }
  }
}

export const rmsprop = (options?: RMSPropOptions) => new RMSProp(options)
