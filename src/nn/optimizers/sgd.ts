// Stochastic gradient descent: plain, with momentum, with Nesterov's momentum.
import { ArgumentError } from '../../core/errors.js'
import { checkNumber } from '../options.js'
import { Optimizer } from './optimizer.js'
import type { OptimizerOptions } from './optimizer.js'

/** w −= learningRate · g. Learning rate 0.01 by default. Source: PyTorch's SGD. */
export class GradientDescent extends Optimizer {
  readonly name = 'sgd'
  readonly kernel = 0
  readonly slots = 0

  constructor(options: OptimizerOptions = {}) {
    super('sgd', options, 0.01, [])
  }

  protected writeScalars(_step: number, learningRate: number, out: Float32Array): void {
    out[0] = learningRate
  }
}

export interface MomentumOptions extends OptimizerOptions {
  /** At least 0, below 1; default 0.9. */
  momentum?: number
}

abstract class WithMomentum extends Optimizer {
  readonly slots = 1
  readonly momentum: number

  constructor(owner: string, options: MomentumOptions) {
    super(owner, options, 0.01, ['momentum'])
    this.momentum = checkNumber(owner, 'momentum', options.momentum ?? 0.9, 'fraction')
  }

  protected writeScalars(_step: number, learningRate: number, out: Float32Array): void {
    out[0] = learningRate
    out[1] = this.momentum
  }

  protected override ownConfig() {
    return { momentum: this.momentum }
  }
}

/**
 * b = momentum · b + g; w −= learningRate · b. Learning rate 0.01, momentum 0.9 by default.
 * Source: Polyak (1964); PyTorch's SGD with momentum, dampening 0.
 */
export class Momentum extends WithMomentum {
  readonly name = 'momentum'
  readonly kernel = 1

  constructor(options: MomentumOptions = {}) {
    super('momentum', options)
  }
}

/**
 * b = momentum · b + g; w −= learningRate · (g + momentum · b). Learning rate 0.01, momentum 0.9 by default.
 * Source: Sutskever et al. (2013); PyTorch's SGD with nesterov.
 */
export class Nesterov extends WithMomentum {
  readonly name = 'nesterov'
  readonly kernel = 2

  constructor(options: MomentumOptions = {}) {
    super('nesterov', options)
  }
}

export interface SgdOptions extends OptimizerOptions {
  /** At least 0, below 1; default 0. */
  momentum?: number
  /** Nesterov's form of momentum; default false. */
  nesterov?: boolean
}

/**
 * Gradient descent, with momentum if that is above 0.
 * @throws ArgumentError for `nesterov` without momentum, as PyTorch does.
 */
export function sgd({ momentum, nesterov, ...options }: SgdOptions = {}): Optimizer {
  const amount = checkNumber('sgd', 'momentum', momentum ?? 0, 'fraction')
  if (nesterov && amount === 0) {
    throw new ArgumentError({
      rule: 'nesterov of sgd needs a momentum above 0',
      received: 'momentum 0',
      remedy: 'pass momentum: 0.9',
    })
  }
  if (nesterov) return new Nesterov({ ...options, momentum: amount })
  return amount > 0 ? new Momentum({ ...options, momentum: amount }) : new GradientDescent(options)
}

export const momentum = (options?: MomentumOptions) => new Momentum(options)
export const nesterov = (options?: MomentumOptions) => new Nesterov(options)
