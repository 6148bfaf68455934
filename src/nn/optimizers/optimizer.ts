// What all optimizers share: learning rate, weight decay, clipping, and the contract with the kernels of
// `assembly/optimizers.ts`. An optimizer holds settings only; state lives in the model's memory, one or two slots beside each
// weight. The training loop applies clipping and coupled weight decay (`adjustGradient`).
import { ArgumentError } from '../../core/errors.js'
import type { JsonObject } from '../../core/state.js'
import { checkKeys, checkNumber, checkOptional } from '../options.js'
import { Schedule } from '../schedules.js'
import type { ScheduleContext } from '../schedules.js'

/** Options that every optimizer takes. */
export interface OptimizerOptions {
  /** Number, 0 or more, or a schedule; the default stands with each optimizer. */
  learningRate?: number | Schedule
  /** λ: weights are pulled towards zero. Added to the gradient as λ·w, as PyTorch's; decoupled in AdamW. Default 0. */
  weightDecay?: number
  /** Gradients are clamped to ±clipValue; default: not at all. */
  clipValue?: number
  /** All gradients together are scaled down to this Euclidean norm; default: not at all. */
  clipNorm?: number
}

/** Steps from one flush of tiny state to the next. */
const flushPeriod = 16

const sharedKeys = ['learningRate', 'weightDecay', 'clipValue', 'clipNorm']

/** Base of all optimizers. */
export abstract class Optimizer {
  /** The name by which `optimizerFrom` and the command line know it. */
  abstract readonly name: string
  /** `kind` of the core's `optimizerStep`. */
  abstract readonly kernel: number
  /** Numbers of state per weight, all zero at the start. */
  abstract readonly slots: 0 | 1 | 2
  readonly learningRate: number | Schedule
  /** Coupled weight decay, for `adjustGradient`; 0 in AdamW, which decays inside its kernel. */
  readonly weightDecay: number
  readonly clipValue: number | undefined
  readonly clipNorm: number | undefined

  /** @throws ArgumentError for an unknown option or a value out of range. */
  constructor(
    owner: string,
    options: OptimizerOptions,
    defaultRate: number,
    keys: readonly string[],
    coupledDecay = true,
  ) {
    checkKeys(owner, options, [...sharedKeys, ...keys])
    this.learningRate = checkRate(owner, options.learningRate ?? defaultRate)
    const weightDecay = checkNumber(owner, 'weightDecay', options.weightDecay ?? 0, 'nonNegative')
    this.weightDecay = coupledDecay ? weightDecay : 0
    this.clipValue = checkOptional(owner, 'clipValue', options.clipValue, 'positive')
    this.clipNorm = checkOptional(owner, 'clipNorm', options.clipNorm, 'positive')
  }

  /** The learning rate of a step, counted from 0. */
  learningRateAt(step: number, context: ScheduleContext): number {
    return typeof this.learningRate === 'number' ? this.learningRate : this.learningRate.at(step, context)
  }

  /**
   * Writes the kernel's eight scalars of one step: a function of the arguments only.
   * @param step counted from 1, since the state was zero.
   * @param out at least 8 words.
   */
  scalars(step: number, learningRate: number, out: Float32Array): void {
    out.fill(0, 0, 7)
    // Below it, state is flushed to zero. It takes many steps from there to where numbers become slow.
    out[7] = step % flushPeriod === 0 ? 1e-30 : 0
    this.writeScalars(step, learningRate, out)
  }

  protected abstract writeScalars(step: number, learningRate: number, out: Float32Array): void

  /** `{ type, learningRate, … }` with every setting, which `optimizerFrom` reads. */
  config(): JsonObject {
    const rate = this.learningRate
    return {
      type: this.name,
      learningRate: typeof rate === 'number' ? rate : rate.config(),
      ...this.ownConfig(),
      weightDecay: this.weightDecay,
      ...(this.clipValue === undefined ? {} : { clipValue: this.clipValue }),
      ...(this.clipNorm === undefined ? {} : { clipNorm: this.clipNorm }),
    }
  }

  protected ownConfig(): JsonObject {
    return {}
  }
}

function checkRate(owner: string, rate: unknown): number | Schedule {
  if (rate instanceof Schedule) return rate
  if (typeof rate === 'object') {
    throw new ArgumentError({
      rule: `learningRate of ${owner} is a number or a schedule`,
      received: 'another object',
      remedy: 'pass cosineDecay(0.001) or the like',
    })
  }
  return checkNumber(owner, 'learningRate', rate, 'nonNegative')
}

/**
 * A product f(1) · f(2) · … · f(t) of factors below 1, by repeated multiplication (Math.pow differs between engines). Goes
 * on from the last t that was asked for, or starts again; so its value hangs on t only. Below 1e-300 it is 0.
 */
export class RunningProduct {
  private step = 0
  private product = 1

  constructor(private readonly factor: (step: number) => number) {}

  at(t: number): number {
    if (t < this.step) {
      this.step = 0
      this.product = 1
    }
    while (this.step < t && this.product > 0) {
      const product = this.product * this.factor(++this.step)
      this.product = product < 1e-300 ? 0 : product
    }
    return this.product
  }
}
