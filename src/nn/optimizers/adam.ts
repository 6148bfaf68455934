// Adam and its kin: AdamW (decoupled weight decay) and Nadam (Nesterov's momentum). The kernels keep their state without
// the factors (1 − β), and take bias corrections folded into two scalars; `scale` below is what both come from.
import { pow } from '../../core/exact.js'
import type { JsonObject } from '../../core/state.js'
import { checkNumber } from '../options.js'
import { Optimizer, RunningProduct } from './optimizer.js'
import type { OptimizerOptions } from './optimizer.js'

export interface AdamOptions extends OptimizerOptions {
  /** Memory of the mean gradient, at least 0 and below 1; default 0.9. */
  beta1?: number
  /** Memory of the mean square, at least 0 and below 1; default 0.999. */
  beta2?: number
  /** Added to the root of the bias-corrected mean square; above 0; default 1e-8. */
  epsilon?: number
}

abstract class AdamFamily extends Optimizer {
  readonly slots = 2
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  private readonly power2: RunningProduct

  constructor(
    owner: string,
    options: AdamOptions,
    defaultRate: number,
    keys: readonly string[],
    coupledDecay = true,
  ) {
    super(owner, options, defaultRate, ['beta1', 'beta2', 'epsilon', ...keys], coupledDecay)
    this.beta1 = checkNumber(owner, 'beta1', options.beta1 ?? 0.9, 'fraction')
    this.beta2 = checkNumber(owner, 'beta2', options.beta2 ?? 0.999, 'fraction')
    this.epsilon = checkNumber(owner, 'epsilon', options.epsilon ?? 1e-8, 'positive')
    const beta2 = Math.fround(this.beta2)
    this.power2 = new RunningProduct(() => beta2)
  }

  /** Writes ε, β₁ and β₂, and gives √((1 − β₂ᵗ) / (1 − β₂)), with β₂ as the kernel has it, in float32. */
  protected writeShared(step: number, out: Float32Array): number {
    const scale = Math.sqrt((1 - this.power2.at(step)) / (1 - Math.fround(this.beta2)))
    out[1] = this.epsilon * scale
    out[2] = this.beta1
    out[3] = this.beta2
    return scale
  }

  protected override ownConfig(): JsonObject {
    return { beta1: this.beta1, beta2: this.beta2, epsilon: this.epsilon }
  }
}

/**
 * m = β₁·m + (1 − β₁)·g; v = β₂·v + (1 − β₂)·g²; w −= learningRate · m̂ / (√v̂ + ε), with m̂ = m / (1 − β₁ᵗ) and
 * v̂ = v / (1 − β₂ᵗ). Learning rate 0.001 by default.
 * Source: Kingma & Ba, "Adam" (2015); PyTorch's Adam.
 */
export class Adam extends AdamFamily {
  readonly name: string = 'adam'
  readonly kernel = 5
  private readonly power1: RunningProduct

  constructor(options: AdamOptions = {}, owner = 'adam', coupledDecay = true) {
    super(owner, options, 0.001, [], coupledDecay)
    const beta1 = Math.fround(this.beta1)
    this.power1 = new RunningProduct(() => beta1)
  }

  protected writeScalars(step: number, learningRate: number, out: Float32Array): void {
    const scale = this.writeShared(step, out)
    out[0] = (learningRate * (1 - Math.fround(this.beta1)) * scale) / (1 - this.power1.at(step))
    out[4] = 1
  }
}

/**
 * Adam with decoupled weight decay: w is first multiplied by 1 − learningRate · weightDecay. Weight decay 0.01, learning
 * rate 0.001 by default.
 * Source: Loshchilov & Hutter, "Decoupled Weight Decay Regularization" (2019); PyTorch's AdamW.
 */
export class AdamW extends Adam {
  override readonly name = 'adamw'
  /** The decay that the kernel applies; `weightDecay`, which is for the coupled kind, is 0. */
  readonly decoupledWeightDecay: number

  constructor(options: AdamOptions = {}) {
    super(options, 'adamw', false)
    this.decoupledWeightDecay = options.weightDecay ?? 0.01
  }

  protected override writeScalars(step: number, learningRate: number, out: Float32Array): void {
    super.writeScalars(step, learningRate, out)
    out[4] = 1 - learningRate * this.decoupledWeightDecay
  }

  override config(): JsonObject {
    return { ...super.config(), weightDecay: this.decoupledWeightDecay }
  }
}

export interface NadamOptions extends AdamOptions {
  /** ψ of the momentum's warm-up, 0 or more; default 0.004. */
  momentumDecay?: number
}

/**
 * Adam with Nesterov's momentum, μₜ = β₁ · (1 − ½ · 0.96^(t·ψ)):
 * w −= learningRate · (μₜ₊₁ · m / (1 − μ₁…μₜ₊₁) + (1 − μₜ) · g / (1 − μ₁…μₜ)) / (√v̂ + ε). Learning rate 0.002 by default.
 * Source: Dozat, "Incorporating Nesterov Momentum into Adam" (2016); PyTorch's NAdam (as documented, and as computed
 *   since release 2.0; before, its one-tensor path multiplied μₜ in twice).
 */
export class Nadam extends AdamFamily {
  readonly name = 'nadam'
  readonly kernel = 6
  readonly momentumDecay: number
  private readonly products: RunningProduct

  constructor(options: NadamOptions = {}) {
    super('nadam', options, 0.002, ['momentumDecay'])
    this.momentumDecay = checkNumber('nadam', 'momentumDecay', options.momentumDecay ?? 0.004, 'nonNegative')
    this.products = new RunningProduct((step) => this.mu(step))
  }

  private mu(step: number): number {
    return this.beta1 * (1 - 0.5 * pow(0.96, step * this.momentumDecay))
  }

  protected writeScalars(step: number, learningRate: number, out: Float32Array): void {
    const scale = this.writeShared(step, out)
    const product = this.products.at(step)
    const next = this.mu(step + 1)
    out[0] = (learningRate * scale * (1 - Math.fround(this.beta1)) * next) / (1 - product * next)
    out[4] = (learningRate * scale * (1 - this.mu(step))) / (1 - product)
  }

  protected override ownConfig(): JsonObject {
    return { ...super.ownConfig(), momentumDecay: this.momentumDecay }
  }
}

export const adam = (options?: AdamOptions) => new Adam(options)
export const adamw = (options?: AdamOptions) => new AdamW(options)
export const nadam = (options?: NadamOptions) => new Nadam(options)
