// Learning rate schedules: the learning rate as a function of the step. Pure functions of (step, context), so that a run
// resumes bit for bit; only exact arithmetic, so that every engine computes the same rates.
// Lengths are in steps (batches) or epochs; what is left out spans the whole run. After its length a schedule stays at its
// last value. Reduce-on-plateau is not here: it hangs on the validation loss and is a callback of the training loop.
import { ArgumentError } from '../core/errors.js'
import { cos, pow } from '../core/exact.js'
import type { JsonObject } from '../core/state.js'
import { checkKeys, checkNumber, checkOptional, parseSpec, unknownName } from './options.js'

/** What a schedule may know about the run. */
export interface ScheduleContext {
  /** Steps of the whole run, epochs × steps per epoch. */
  totalSteps: number
  stepsPerEpoch: number
}

/** Base of all schedules. */
export abstract class Schedule {
  abstract readonly type: string
  /** The base rate: where decays start, and the peak of those that warm up. */
  readonly learningRate: number
  protected readonly options: JsonObject

  constructor(owner: string, learningRate: number, options: object, keys: readonly string[]) {
    checkKeys(owner, options, keys)
    this.learningRate = checkNumber(owner, 'learningRate', learningRate, 'nonNegative')
    this.options = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  }

  /** The learning rate of a step, counted from 0. */
  abstract at(step: number, context: ScheduleContext): number

  /** `{ type, learningRate, … }`, which `scheduleFrom` reads. */
  config(): JsonObject {
    return { type: this.type, learningRate: this.learningRate, ...this.options }
  }
}

/** A stretch of the run, in steps or in epochs; not both. */
class Stretch {
  private readonly steps: number | undefined
  private readonly epochs: number | undefined

  constructor(
    owner: string,
    name: string,
    steps: unknown,
    epochs: unknown,
    rule: 'positive' | 'nonNegative',
  ) {
    this.steps = checkOptional(owner, `${name}Steps`, steps, rule)
    this.epochs = checkOptional(owner, `${name}Epochs`, epochs, rule)
    if (this.steps !== undefined && this.epochs !== undefined) {
      throw new ArgumentError({
        rule: `${owner} takes ${name}Steps or ${name}Epochs, not both`,
        received: `${String(this.steps)} steps and ${String(this.epochs)} epochs`,
        remedy: 'leave one of them out',
      })
    }
  }

  in(context: ScheduleContext, otherwise: number): number {
    return this.steps ?? (this.epochs === undefined ? otherwise : this.epochs * context.stepsPerEpoch)
  }
}

/** Options that decaying schedules share. */
export interface DecayOptions {
  /** Length in steps, above 0; default: the whole run. */
  decaySteps?: number
  /** Length in epochs, instead of `decaySteps`. */
  decayEpochs?: number
}

const decayKeys = ['decaySteps', 'decayEpochs']

/** A schedule whose rate hangs on step / decaySteps alone. */
abstract class Decay extends Schedule {
  private readonly length: Stretch

  constructor(owner: string, learningRate: number, options: DecayOptions, keys: readonly string[]) {
    super(owner, learningRate, options, [...decayKeys, ...keys])
    this.length = new Stretch(owner, 'decay', options.decaySteps, options.decayEpochs, 'positive')
  }

  at(step: number, context: ScheduleContext): number {
    return this.rate(step / this.length.in(context, this.defaultLength(context)))
  }

  protected defaultLength(context: ScheduleContext): number {
    return Math.max(1, context.totalSteps)
  }

  /** The rate after `decays` decay lengths. */
  protected abstract rate(decays: number): number
}

/** The same rate at every step. */
export class Constant extends Schedule {
  readonly type = 'constant'

  constructor(learningRate: number) {
    super('the constant schedule', learningRate, {}, [])
  }

  at(): number {
    return this.learningRate
  }
}

export interface StepDecayOptions extends DecayOptions {
  /** What the rate is multiplied by at each drop; above 0; default 0.1. */
  factor?: number
}

/**
 * learningRate · factor^⌊step / decaySteps⌋. Without a length there are two drops, after each third of the run.
 * Source: PyTorch's StepLR (gamma 0.1), which counts epochs: `decayEpochs`.
 */
export class StepDecay extends Decay {
  readonly type = 'step'
  readonly factor: number

  constructor(learningRate: number, options: StepDecayOptions = {}) {
    super('the step schedule', learningRate, options, ['factor'])
    this.factor = checkNumber('the step schedule', 'factor', options.factor ?? 0.1, 'positive')
  }

  protected override defaultLength(context: ScheduleContext): number {
    return Math.max(1, Math.ceil(context.totalSteps / 3))
  }

  protected rate(decays: number): number {
    return this.learningRate * pow(this.factor, Math.floor(decays))
  }
}

export interface RateDecayOptions extends DecayOptions {
  /** Above 0; the default stands with each schedule. */
  decayRate?: number
  /** Whether the rate falls once a decay length instead of every step; default false. */
  staircase?: boolean
}

/**
 * learningRate · decayRate^(step / decaySteps); decayRate 0.1 by default, so a run ends at a tenth.
 * Source: Keras's ExponentialDecay; PyTorch's ExponentialLR is `decayEpochs: 1, staircase: true`.
 */
export class ExponentialDecay extends Decay {
  readonly type = 'exponential'
  readonly decayRate: number
  private readonly staircase: boolean

  constructor(learningRate: number, options: RateDecayOptions = {}) {
    super('the exponential schedule', learningRate, options, ['decayRate', 'staircase'])
    this.decayRate = checkNumber(
      'the exponential schedule',
      'decayRate',
      options.decayRate ?? 0.1,
      'positive',
    )
    this.staircase = checkFlag('the exponential schedule', 'staircase', options.staircase)
  }

  protected rate(decays: number): number {
    return this.learningRate * pow(this.decayRate, this.staircase ? Math.floor(decays) : decays)
  }
}

/**
 * learningRate / (1 + decayRate · step / decaySteps); decayRate 1 by default, so a run ends at half.
 * Source: Keras's InverseTimeDecay.
 */
export class InverseTimeDecay extends Decay {
  readonly type = 'inverse-time'
  readonly decayRate: number
  private readonly staircase: boolean

  constructor(learningRate: number, options: RateDecayOptions = {}) {
    super('the inverse-time schedule', learningRate, options, ['decayRate', 'staircase'])
    this.decayRate = checkNumber('the inverse-time schedule', 'decayRate', options.decayRate ?? 1, 'positive')
    this.staircase = checkFlag('the inverse-time schedule', 'staircase', options.staircase)
  }

  protected rate(decays: number): number {
    return this.learningRate / (1 + this.decayRate * (this.staircase ? Math.floor(decays) : decays))
  }
}

export interface PolynomialDecayOptions extends DecayOptions {
  /** The last rate; default 0. */
  end?: number
  /** Exponent, above 0; default 1, a straight line. */
  power?: number
}

/**
 * (learningRate − end) · (1 − step / decaySteps)^power + end.
 * Source: Keras's PolynomialDecay; PyTorch's PolynomialLR (its end is 0).
 */
export class PolynomialDecay extends Decay {
  readonly type = 'polynomial'
  readonly end: number
  readonly power: number

  constructor(learningRate: number, options: PolynomialDecayOptions = {}) {
    super('the polynomial schedule', learningRate, options, ['end', 'power'])
    this.end = checkNumber('the polynomial schedule', 'end', options.end ?? 0, 'nonNegative')
    this.power = checkNumber('the polynomial schedule', 'power', options.power ?? 1, 'positive')
  }

  protected rate(decays: number): number {
    return (this.learningRate - this.end) * pow(1 - Math.min(decays, 1), this.power) + this.end
  }
}

export interface CosineDecayOptions extends DecayOptions {
  /** The last rate; default 0. PyTorch's eta_min; Keras's alpha · learningRate. */
  end?: number
  /** Length of a linear rise before the decay; default 0. */
  warmupSteps?: number
  /** The same in epochs, instead of `warmupSteps`. */
  warmupEpochs?: number
  /** Rate at step 0 if there is a warm-up; default 0. */
  warmupStart?: number
}

/**
 * end + (learningRate − end) · (1 + cos(π · step / decaySteps)) / 2, after a linear rise to `learningRate`; the decay spans
 * what the warm-up leaves of the run.
 * Source: Loshchilov & Hutter, "SGDR" (2017); Keras's CosineDecay (its warmup_target is our learningRate); PyTorch's
 *   CosineAnnealingLR in closed form.
 */
export class CosineDecay extends Schedule {
  readonly type = 'cosine'
  readonly end: number
  readonly warmupStart: number
  private readonly warmup: Stretch
  private readonly length: Stretch

  constructor(learningRate: number, options: CosineDecayOptions = {}) {
    const owner = 'the cosine schedule'
    super(owner, learningRate, options, [...decayKeys, 'end', 'warmupSteps', 'warmupEpochs', 'warmupStart'])
    this.end = checkNumber(owner, 'end', options.end ?? 0, 'nonNegative')
    this.warmupStart = checkNumber(owner, 'warmupStart', options.warmupStart ?? 0, 'nonNegative')
    this.warmup = new Stretch(owner, 'warmup', options.warmupSteps, options.warmupEpochs, 'nonNegative')
    this.length = new Stretch(owner, 'decay', options.decaySteps, options.decayEpochs, 'positive')
  }

  at(step: number, context: ScheduleContext): number {
    const warmup = this.warmup.in(context, 0)
    if (step < warmup) return this.warmupStart + (this.learningRate - this.warmupStart) * (step / warmup)
    const length = this.length.in(context, Math.max(1, context.totalSteps - warmup))
    return anneal(this.learningRate, this.end, Math.min((step - warmup) / length, 1))
  }
}

export interface OneCycleOptions {
  /** Share of the run spent rising; default 0.3 (PyTorch's pct_start). */
  warmupShare?: number
  /** learningRate / divFactor is the first rate; above 0; default 25. */
  divFactor?: number
  /** First rate / finalDivFactor is the last rate; above 0; default 10000. */
  finalDivFactor?: number
}

/**
 * Rises from learningRate / divFactor to learningRate and falls to learningRate / (divFactor · finalDivFactor), both along
 * half a cosine, over the whole run. Does not change momentum.
 * Source: Smith & Topin, "Super-Convergence" (2018); PyTorch's OneCycleLR with two phases and cycle_momentum off.
 */
export class OneCycle extends Schedule {
  readonly type = 'one-cycle'
  readonly warmupShare: number
  readonly divFactor: number
  readonly finalDivFactor: number

  constructor(learningRate: number, options: OneCycleOptions = {}) {
    const owner = 'the one-cycle schedule'
    super(owner, learningRate, options, ['warmupShare', 'divFactor', 'finalDivFactor'])
    this.warmupShare = checkNumber(owner, 'warmupShare', options.warmupShare ?? 0.3, 'share')
    this.divFactor = checkNumber(owner, 'divFactor', options.divFactor ?? 25, 'positive')
    this.finalDivFactor = checkNumber(owner, 'finalDivFactor', options.finalDivFactor ?? 1e4, 'positive')
  }

  at(step: number, { totalSteps }: ScheduleContext): number {
    const first = this.learningRate / this.divFactor
    const peak = Math.max(this.warmupShare * totalSteps - 1, 0)
    const last = totalSteps - 1
    if (step < peak) return anneal(first, this.learningRate, step / peak)
    const share = last > peak ? Math.min((step - peak) / (last - peak), 1) : 0
    return anneal(this.learningRate, first / this.finalDivFactor, share)
  }
}

/** From `start` to `end` along half a cosine. */
function anneal(start: number, end: number, share: number): number {
  return end + ((start - end) / 2) * (1 + cos(Math.PI * share))
}

function checkFlag(owner: string, option: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false
  throw new ArgumentError({
    rule: `${option} of ${owner} is true or false`,
    received: typeof value === 'string' ? `"${value}"` : String(value),
    remedy: `leave ${option} out for false`,
  })
}

export const constant = (learningRate: number) => new Constant(learningRate)
export const stepDecay = (learningRate: number, options?: StepDecayOptions) =>
  new StepDecay(learningRate, options)
export const exponentialDecay = (learningRate: number, options?: RateDecayOptions) =>
  new ExponentialDecay(learningRate, options)
export const inverseTimeDecay = (learningRate: number, options?: RateDecayOptions) =>
  new InverseTimeDecay(learningRate, options)
export const polynomialDecay = (learningRate: number, options?: PolynomialDecayOptions) =>
  new PolynomialDecay(learningRate, options)
export const cosineDecay = (learningRate: number, options?: CosineDecayOptions) =>
  new CosineDecay(learningRate, options)
export const oneCycle = (learningRate: number, options?: OneCycleOptions) =>
  new OneCycle(learningRate, options)

const makers: Record<string, (learningRate: number, options: JsonObject) => Schedule> = {
  constant: (learningRate, options) => {
    checkKeys('the constant schedule', options, [])
    return constant(learningRate)
  },
  step: stepDecay,
  exponential: exponentialDecay,
  'inverse-time': inverseTimeDecay,
  polynomial: polynomialDecay,
  cosine: cosineDecay,
  'one-cycle': oneCycle,
}

/** The names that `scheduleFrom` knows. */
export const scheduleNames = Object.keys(makers)

/**
 * A schedule from its configuration, from text (`cosine`, `cosine:warmup-steps=500,end=1e-5`), or itself.
 * @param learningRate the base rate where the configuration has none.
 * @throws ArgumentError for an unknown name or option, a value out of range, or no base rate.
 */
export function scheduleFrom(from: Schedule | JsonObject | string, learningRate?: number): Schedule {
  if (from instanceof Schedule) return from
  const { type, learningRate: own, ...options } = typeof from === 'string' ? parseSpec(from) : from
  const maker = typeof type === 'string' && Object.hasOwn(makers, type) ? makers[type] : undefined
  if (maker === undefined) return unknownName('a schedule', type, scheduleNames)
  return maker((own ?? learningRate) as number, options)
}
