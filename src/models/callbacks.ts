// Callbacks of a fit: plain objects with any of the hooks, and the built-in ones. They run between slices, never in a plan.
import { ArgumentError, FormatError } from '../core/errors.js'
import type { JsonObject } from '../core/state.js'
import type { NamedTensor } from '../core/tensor.js'
import type { Hint } from './hints.js'
import type { EpochResult } from './history.js'

/** What callbacks see of the fit and may do to it. */
export interface FitContext {
  /** Epochs of this fit. */
  readonly epochs: number
  readonly stepsPerEpoch: number
  /** Copies of the present weights. */
  weights(): NamedTensor[]
  setWeights(weights: readonly NamedTensor[]): void
  /** Writes the model to a file (format by extension). */
  save(path: string): Promise<void>
  /** Multiplies the learning rate of all later steps. */
  scaleLearningRate(factor: number): void
  /** The rate of the last step. */
  readonly learningRate: number
  /** Ends the fit after this hook. */
  stop(by?: 'callback' | 'earlyStopping'): void
}

/** Progress after a slice of steps. */
export interface SliceResult {
  /** 1-based. */
  epoch: number
  /** Steps done in this epoch. */
  step: number
  /** Steps of this slice: the last ones of these. */
  steps: number
  /** Means over the epoch so far. */
  loss: number
  accuracy?: number
  samplesPerSecond: number
}

/** What a callback remembers, for a checkpoint. */
export interface CallbackState {
  /** Plain data. */
  values: JsonObject
  weights?: readonly NamedTensor[]
}

export interface Callback {
  /** Names it in checkpoints; needed where it has a `state`. */
  readonly name?: string
  /** What a checkpoint has to keep so that a resumed fit goes on as if never interrupted. */
  state?(): CallbackState
  /** Takes back what `state` gave; called after `onTrainBegin` when a fit is resumed. */
  restore?(state: CallbackState): void
  onTrainBegin?(context: FitContext): void | Promise<void>
  onSlice?(result: SliceResult, context: FitContext): void | Promise<void>
  onEpochEnd?(result: EpochResult, context: FitContext): void | Promise<void>
  /**
   * Called after an epoch with what goes wrong so far, the gravest first, when that has changed since it was last told. What
   * holds in the end is in `history.hints`. Not for fits with `hints: false` or `background: true`.
   */
  onHints?(hints: readonly Hint[]): void
  /** Called at the end, however it came, but for errors. */
  onTrainEnd?(context: FitContext): void | Promise<void>
}

/** How checkpoints name a callback that remembers something. */
export function nameOf({ name }: Callback): string {
  return name ?? 'callback'
}

/** A figure of an epoch to watch. */
export type Monitor = 'loss' | 'accuracy' | 'validationLoss' | 'validationAccuracy'

/** Watches a figure for improvement; the default is the validation loss, or the loss without validation. */
export class Watch {
  best: number | undefined
  /** Epochs without improvement. */
  waited = 0

  constructor(
    private readonly monitor: Monitor | undefined,
    private readonly minDelta: number,
  ) {}

  /** Whether this epoch is the best so far. */
  improved(result: EpochResult): boolean {
    const monitor = this.monitor ?? (result.validationLoss === undefined ? 'loss' : 'validationLoss')
    const value = result[monitor]
    if (value === undefined) {
      throw new ArgumentError({
        rule: 'a callback monitors a figure that the fit reports',
        received: monitor,
        remedy: 'pass validationSplit or validationData, or monitor loss',
      })
    }
    const up = monitor === 'accuracy' || monitor === 'validationAccuracy'
    const better =
      this.best === undefined || (up ? value > this.best + this.minDelta : value < this.best - this.minDelta)
    if (better) this.best = value
    this.waited = better ? 0 : this.waited + 1
    return better
  }

  /** What it remembers, as plain data. */
  get values(): JsonObject {
    return { ...(this.best === undefined ? {} : { best: this.best }), waited: this.waited }
  }

  /** Takes back what `values` gave. @throws FormatError for anything else. */
  set values({ best, waited }: JsonObject) {
    const valid = best === undefined || typeof best === 'number'
    if (!valid || typeof waited !== 'number' || !Number.isSafeInteger(waited) || waited < 0) {
      throw new FormatError({
        rule: 'a checkpoint tells the best figure of a callback, and the epochs since, as numbers',
        received: JSON.stringify({ best, waited }).slice(0, 100),
        remedy: 'use an earlier checkpoint of the run',
      })
    }
    this.best = best
    this.waited = waited
  }
}

/**
 * Stops when a figure has not improved for `patience` epochs; the model then has, always, the weights of its best epoch.
 * @param options.patience default 3. @param options.monitor default `validationLoss`, or `loss` without validation.
 * @param options.minDelta the least change that counts; default 0.
 */
export function earlyStopping(
  options: { patience?: number; monitor?: Monitor; minDelta?: number } = {},
): Callback {
  const { patience = 3, monitor, minDelta = 0 } = options
  requireInteger(patience, 0, 'the patience of early stopping')
  let watch = new Watch(monitor, minDelta)
  let best: NamedTensor[] | undefined
  return {
    name: 'earlyStopping',
    state: () => ({ values: watch.values, ...(best === undefined ? {} : { weights: best }) }),
    restore({ values, weights = [] }) {
      watch.values = values
      best = weights.length === 0 ? undefined : [...weights]
    },
    onTrainBegin() {
      watch = new Watch(monitor, minDelta)
      best = undefined
    },
    onEpochEnd(result, context) {
      if (watch.improved(result)) best = context.weights()
      if (watch.waited >= Math.max(1, patience)) context.stop('earlyStopping')
    },
    onTrainEnd(context) {
      if (best !== undefined) context.setWeights(best)
    },
  }
}

/**
 * Saves the model after each epoch, or only when a figure improved. To go on with an interrupted training, `checkpoints` of
 * `fit` is needed: it keeps the training's state too.
 * @param path file to write; `{epoch}` in it becomes the epoch's number. @param options.saveBestOnly default true.
 */
export function checkpoint(
  path: string,
  options: { monitor?: Monitor; saveBestOnly?: boolean } = {},
): Callback {
  const { monitor, saveBestOnly = true } = options
  const watch = new Watch(monitor, 0)
  return {
    name: 'checkpoint',
    state: () => ({ values: watch.values }),
    restore({ values }) {
      watch.values = values
    },
    async onEpochEnd(result, context) {
      if (!saveBestOnly || watch.improved(result))
        await context.save(path.replaceAll('{epoch}', String(result.epoch)))
    },
  }
}

/** Writes one line an epoch to a CSV file; the file grows as training goes. */
export function csvLogger(path: string): Callback {
  let lines: string[] = []
  return {
    name: 'csvLogger',
    state: () => ({ values: { lines: [...lines] } }),
    restore({ values }) {
      lines = Array.isArray(values['lines']) ? values['lines'].map(String) : lines
    },
    onTrainBegin() {
      lines = [historyHeader]
    },
    async onEpochEnd(result) {
      lines.push(historyLine(result))
      const { writeFileAtomic } = await import('../persist/atomic.js')
      await writeFileAtomic(path, lines.join('\n') + '\n')
    },
  }
}

const columns = [
  'epoch',
  'loss',
  'accuracy',
  'validationLoss',
  'validationAccuracy',
  'learningRate',
  'seconds',
  'samplesPerSecond',
  'gradientNorm',
] as const

/** The header of `history.csv`. */
export const historyHeader = columns.join(',')

/** One epoch as a line of `history.csv`; figures that the fit does not report stay empty. */
export function historyLine(result: EpochResult): string {
  return columns.map((column) => String(result[column] ?? '')).join(',')
}

/**
 * Multiplies the learning rate by `factor` when a figure has not improved for `patience` epochs.
 * Defaults are PyTorch's ReduceLROnPlateau: factor 0.1, patience 10, threshold 0 here; `minLearningRate` 0.
 */
export function reduceOnPlateau(
  options: {
    factor?: number
    patience?: number
    monitor?: Monitor
    minDelta?: number
    minLearningRate?: number
  } = {},
): Callback {
  const { factor = 0.1, patience = 10, monitor, minDelta = 0, minLearningRate = 0 } = options
  requireInteger(patience, 0, 'the patience of reduceOnPlateau')
  if (!(factor > 0 && factor < 1)) {
    throw new ArgumentError({
      rule: 'the factor of reduceOnPlateau is between 0 and 1',
      received: String(factor),
      remedy: '0.5 halves the rate',
    })
  }
  let watch = new Watch(monitor, minDelta)
  return {
    name: 'reduceOnPlateau',
    state: () => ({ values: watch.values }),
    restore({ values }) {
      watch.values = values
    },
    onTrainBegin() {
      watch = new Watch(monitor, minDelta)
    },
    onEpochEnd(result, context) {
      if (watch.improved(result) || watch.waited <= patience) return
      watch.waited = 0
      const { learningRate } = context
      if (learningRate > minLearningRate)
        context.scaleLearningRate(Math.max(factor, minLearningRate / learningRate))
    },
  }
}

/** Calls a function after each slice and each epoch, for progress displays. */
export function progress(hooks: Pick<Callback, 'onSlice' | 'onEpochEnd'>): Callback {
  return hooks
}

function requireInteger(value: number, least: number, what: string): void {
  if (Number.isInteger(value) && value >= least) return
  throw new ArgumentError({
    rule: `${what} is an integer of at least ${String(least)}`,
    received: String(value),
    remedy: 'give a number of epochs',
  })
}
