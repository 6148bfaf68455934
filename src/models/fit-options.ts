// What `fit` takes, and what it makes of samples, targets and weights: rows to train on and rows set aside.
import { ArgumentError, ShapeError } from '../core/errors.js'
import type { Rows, Samples } from '../core/tensor.js'
import type { TrainingState } from '../core/training-state.js'
import type { AugmentationSpec } from '../data/augmentation.js'
import type { Callback } from './callbacks.js'
import type { CheckpointOptions } from './checkpoints.js'
import { pickRows, pickTargets, splitRows } from './rows.js'
import { labelsOf, rowWeights, type EncodedTargets, type Label, type Targets } from './targets.js'

export interface FitOptions {
  /** Default 1. */
  epochs?: number
  /** Default 32. */
  batchSize?: number
  /** Default true; the order depends on seed and epoch only. */
  shuffle?: boolean
  /** Samples and targets that are evaluated after each epoch. */
  validationData?: readonly [Samples, Targets]
  /** Share of the rows that is set aside for that, chosen by the seed; default 0. */
  validationSplit?: number
  /** A non-negative weight for each row. */
  sampleWeight?: ArrayLike<number>
  /** A non-negative weight for each class; 1 for those left out. */
  classWeight?: Readonly<Record<Label, number>>
  callbacks?: readonly Callback[]
  /** The model's augmentation from here on; `none` for none. */
  augment?: AugmentationSpec
  /** Ends training after the present slice; the model keeps the weights it has then. */
  signal?: AbortSignal
  /** Prints a line an epoch to the console; default false. */
  verbose?: boolean
  /** Writes checkpoints while training goes on, to go on from with `resume`; default none. */
  checkpoints?: CheckpointOptions
  /**
   * Goes on with an interrupted fit, bit for bit as if it had not been: the path of a checkpoint, or of a directory for the
   * newest in it; or true for that of `checkpoints` if it has one, else a new fit. Data, settings and callbacks are those of
   * the first fit; `epochs`, `batchSize`, `shuffle` and `window` are the checkpoint's by default, and `epochs` may be more.
   * Chunks are read again up to the place, and have to be the same in the same order.
   */
  resume?: string | boolean
  /**
   * Trains in a worker of its own, so that this thread stays free; with the same bits. The model can predict meanwhile, with the
   * weights of the last epoch. Always so in browsers; default false elsewhere.
   */
  background?: boolean
  /**
   * Of a fit in the background: milliseconds after which this thread has the present weights again, within epochs too, for
   * predictions meanwhile and for callbacks. Default: it has those of the last epoch.
   */
  mirrorEvery?: number
  /** Of samples that come in chunks: rows that are shuffled together; default as many as 64 MiB hold. */
  window?: number
  /** Looks for what goes wrong in training, into `history.hints`; default true. Not for samples that come in chunks. */
  hints?: boolean
  /** Times each operation of a step after training, into `history.profile`; default false. */
  profile?: boolean
}

/** Rows with their targets, in the model's form. */
export interface Pair {
  rows: Rows
  targets: EncodedTargets
}

/** What a fit trains on, and what it validates with. */
export interface FitData extends Pair {
  /** A weight for each row; undefined for one each. */
  weights: Float32Array | undefined
  held: Pair | undefined
}

/**
 * The rows of a fit, after those for validation are set aside.
 * @param all the rows and targets that were passed. @param y their targets as the user wrote them.
 * @param pair turns samples and targets into the model's form. @param seed chooses the rows that are set aside.
 * @throws ArgumentError, ShapeError for options that do not fit the rows.
 */
export function fitData(
  all: Pair,
  y: Targets,
  options: FitOptions,
  pair: (x: Samples, y: Targets) => Pair,
  seed: number,
): FitData {
  const { validationData, validationSplit = 0, sampleWeight, classWeight } = options
  const weights = rowWeights(all.rows.rows, labelsOf(y), sampleWeight, classWeight)
  if (validationData !== undefined) return { ...all, weights, held: pair(...validationData) }
  if (validationSplit === 0) return { ...all, weights, held: undefined }
  const [training, validation] = splitRows(all.rows.rows, validationSplit, seed)
  return {
    rows: pickRows(all.rows, training),
    targets: pickTargets(all.targets, training),
    weights: weights && Float32Array.from(training, (row) => weights[row]!),
    held: { rows: pickRows(all.rows, validation), targets: pickTargets(all.targets, validation) },
  }
}

/** Options that decide what is trained, with their defaults. @param resumed what they are by default when a fit goes on. */
export function fitSettings(
  { epochs, batchSize, shuffle }: FitOptions,
  resumed: TrainingState | undefined,
): { epochs: number; batchSize: number; shuffle: boolean } {
  const settings = {
    epochs: epochs ?? resumed?.epochs ?? 1,
    batchSize: batchSize ?? resumed?.batchSize ?? 32,
    shuffle: shuffle ?? resumed?.shuffle ?? true,
  }
  requireCount(settings.epochs, 'epochs')
  requireCount(settings.batchSize, 'batchSize')
  return settings
}

/** @throws ArgumentError unless it is positive. */
export function requireInterval(milliseconds: number | undefined): void {
  if (milliseconds === undefined || milliseconds > 0) return
  throw new ArgumentError({
    rule: 'mirrorEvery is a positive number of milliseconds',
    received: String(milliseconds),
    remedy: 'leave it out for the weights of each epoch',
  })
}

/** @throws ArgumentError unless it is an integer of at least 1. */
function requireCount(value: number, what: string): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new ArgumentError({
    rule: `${what} is a positive integer`,
    received: String(value),
    remedy: 'give 1 or more',
  })
}

/** @throws ShapeError unless both numbers of rows are the same. */
export function requireSameRows(samples: number, targets: number): void {
  if (samples === targets) return
  throw new ShapeError({
    rule: 'x and y have the same number of rows',
    received: `${String(samples)} and ${String(targets)}`,
    remedy: 'check how they were cut',
  })
}

/** A line an epoch on the console. */
export const consoleLines: Callback = {
  onEpochEnd(result, { epochs }) {
    const figures = [
      `loss ${result.loss.toFixed(4)}`,
      ...(result.accuracy === undefined ? [] : [`accuracy ${result.accuracy.toFixed(4)}`]),
      ...(result.validationLoss === undefined ? [] : [`validation loss ${result.validationLoss.toFixed(4)}`]),
      ...(result.validationAccuracy === undefined
        ? []
        : [`validation accuracy ${result.validationAccuracy.toFixed(4)}`]),
    ]
    console.log(`epoch ${String(result.epoch)}/${String(epochs)}: ${figures.join(', ')}`)
  },
}
