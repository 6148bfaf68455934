// What `compile` settles: its options, their checks, and how many threads follow from them.
import { ArgumentError } from '../core/errors.js'
import { defaultThreads } from '../core/pool.js'
import { canShare } from '../core/threads.js'
import { revectorize, type Numerics } from '../core/wasm.js'
import {
  augmentationFrom,
  pictureShape,
  type AugmentationSpec,
  type SettledAugmentation,
} from '../data/augmentation.js'
import { lossFrom, type Loss, type LossInput } from '../nn/losses.js'
import { optimizerFrom, type Optimizer } from '../nn/optimizers.js'
import type { Network } from './network.js'
import type { TrainingOptions } from './training-run.js'

export interface CompileOptions {
  /** Default Adam with its defaults. */
  optimizer?: OptimizerSpec
  loss: LossInput
  /** `accuracy` (cross-entropies), `mse`, `rmse`, `mae`, `r2`; `evaluate` reports them beside the loss. */
  metrics?: readonly MetricName[]
  /** Integer from 0 to 2^53 - 1; default 1. */
  seed?: number
  /** Default: what the machine has, fewer for small work. The result does not depend on it. */
  threads?: number
  /** Default `fast`. */
  numerics?: Numerics
  /**
   * Lets the engine use 256-bit vectors (Node 24 or later on x64; experimental in V8, for the whole process, with the same
   * bits). Choose it with the first model. Default false.
   */
  revectorize?: boolean
  /** How rows are changed at random on their way into a batch, in training only; default none. */
  augment?: AugmentationSpec
  /** Shape of one sample, to have weights before the first fit. */
  inputShape?: readonly number[]
}

/** A name, a configuration, or an optimizer. */
export type OptimizerSpec = Parameters<typeof optimizerFrom>[0]

export type MetricName = 'accuracy' | 'mse' | 'rmse' | 'mae' | 'r2'
const metricNames: readonly MetricName[] = ['accuracy', 'mse', 'rmse', 'mae', 'r2']

/** What compile settled. */
export interface Compiled {
  optimizer: Optimizer
  loss: Loss
  metrics: readonly MetricName[]
  seed: number
  threads: number | undefined
  numerics: Numerics
  augmentation: SettledAugmentation | undefined
}

/** Checks the options and fills in defaults. @throws ArgumentError for an unknown name or a value out of range. */
export function settle(options: CompileOptions): Compiled {
  const { metrics = [], seed = 1, threads, numerics = 'fast' } = options
  const unknown = metrics.find((metric) => !metricNames.includes(metric))
  if (unknown !== undefined) {
    throw new ArgumentError({
      rule: `a metric is one of ${metricNames.join(', ')}`,
      received: String(unknown),
      remedy: 'check the spelling',
    })
  }
  if (numerics !== 'fast' && numerics !== 'strict') {
    throw new ArgumentError({
      rule: 'numerics is fast or strict',
      received: String(numerics),
      remedy: 'use fast',
    })
  }
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 64)) {
    throw new ArgumentError({
      rule: 'threads is an integer from 1 to 64',
      received: String(threads),
      remedy: 'leave it out to use what the machine has',
    })
  }
  if (options.revectorize === true) revectorize()
  return {
    optimizer: optimizerFrom(options.optimizer ?? 'adam'),
    loss: lossFrom(options.loss),
    metrics,
    seed,
    threads,
    numerics,
    augmentation: augmentationFrom(options.augment),
  }
}

/** What changing a pixel at random is worth, roughly, in multiplications and additions. */
const workPerPixel = 60
/** Work of a step, in multiplications and additions, below which another thread does not pay. */
const workPerThread = 400_000

/** The threads asked for; else those of the machine, as far as a step has work for them. */
export function threadsFor({ threads, augmentation }: Compiled, network: Network, batchSize: number): number {
  if (!canShare()) return 1
  if (threads !== undefined) return threads
  const perRow =
    network.workPerRow + (augmentation === undefined ? 0 : workPerPixel * network.graph.input.columns)
  const work = batchSize * perRow + 16 * network.store.count
  return Math.max(1, Math.min(defaultThreads(), Math.floor(work / workPerThread)))
}

/** What training takes from it, for samples of a shape. */
export function runSettings(
  { optimizer, loss, augmentation }: Compiled,
  sampleShape: readonly number[],
): Pick<TrainingOptions, 'optimizer' | 'loss' | 'augment'> {
  const augment = augmentation && {
    changes: augmentation.changes,
    shape: pictureShape(augmentation, sampleShape),
  }
  return { optimizer, loss, augment }
}
