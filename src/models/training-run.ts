// Training data in linear memory, the plan that trains on them, and the running of its steps in slices. Order, masks and
// scalars of every step are functions of seed, epoch and step, so any slicing gives the same bits.
import { movesPixels, placeAugmentation, type Augmentation, type PictureShape } from '../core/augmentation.js'
import { philox4x32, purposes, seedWords } from '../core/philox.js'
import { entryBytes, stepBytes, stepDoubles, stepWords } from '../core/operations.js'
import {
  compilePlan,
  takesLists,
  type AugmentSource,
  type DataSource,
  type LossSpec,
  type Plan,
  type UpdateSpec,
} from '../core/plan.js'
import type { Preprocessing } from '../core/state.js'
import type { Rows } from '../core/tensor.js'
import { lossSpec, type Loss } from '../nn/losses.js'
import type { Optimizer } from '../nn/optimizers.js'
import { lossInput } from './heads.js'
import type { Network } from './network.js'
import { isSparse, placePreprocessing, placeTable } from './preprocessing.js'
import type { EncodedTargets } from './targets.js'

/** Steps of a slice at most. */
export const sliceSteps = 256

export interface TrainingOptions {
  rows: Rows
  targets: EncodedTargets
  /** A weight for each row; undefined for one each. */
  weights: Float32Array | undefined
  preprocessing: Preprocessing
  batchSize: number
  optimizer: Optimizer
  loss: Loss
  threads: number
  /** How the rows are changed on their way into a batch, and what shape of picture they have. */
  augment?: { changes: Augmentation; shape: PictureShape } | undefined
}

/** Multiplications and additions of an epoch from which on finding the fastest tile pays: some tenth of a second. */
const workForTiming = 5e9

/** Bytes that are listed at a time. */
const listingBytes = 1 << 20

/** What came of steps, each a weighted mean over its batch: loss, and score (share of right answers). */
export interface StepResults {
  losses: Float64Array
  scores: Float64Array
}

export class TrainingRun {
  readonly rows: number
  readonly batchSize: number
  readonly stepsPerEpoch: number
  readonly plan: Plan
  /** The loss as the core computes it: over rows of targets where mixtures make such of classes. */
  readonly loss: LossSpec
  private readonly order: number
  private readonly steps: number
  private readonly cleanups: (() => void)[] = []
  readonly source: DataSource
  private readonly scalars = new Float32Array(8)
  private readonly stepResults = {
    losses: new Float64Array(sliceSteps),
    scores: new Float64Array(sliceSteps),
  }
  private readonly draws: boolean
  /** Names of the weights that the plan leaves as they are. */
  private readonly frozen: string

  constructor(
    private readonly network: Network,
    private readonly options: TrainingOptions,
  ) {
    const { rows, targets, weights, optimizer, loss, threads } = options
    const { arena } = network.engine
    this.frozen = namesOf(network.frozen())
    this.rows = rows.rows
    this.batchSize = Math.min(options.batchSize, rows.rows)
    this.stepsPerEpoch = Math.ceil(this.rows / this.batchSize)
    const { augment } = options
    const isBytes = rows.data instanceof Uint8Array
    const listed =
      takesLists(network.graph) && isSparse(rows, options.preprocessing, growthBy(augment?.changes))
    // Pictures that are changed are listed batch by batch.
    const kept = listed && augment === undefined
    const data = kept ? this.placeLists(rows) : this.place(rows.data)
    const targetAddress = this.place(targets.data)
    const weightAddress = weights === undefined ? 0 : this.place(weights)
    this.order = this.own(this.rows * 4)
    this.steps = this.own(sliceSteps * stepBytes)
    const { scale, shift, release } = listed
      ? placeTable(arena, options.preprocessing)
      : placePreprocessing(arena, options.preprocessing, rows.columns)
    this.cleanups.push(release)
    this.source = {
      address: data,
      kind: kept ? 'lists' : isBytes ? 'bytes' : 'floats',
      order: this.order,
      targets: targetAddress,
      weights: weightAddress,
      scale,
      shift,
      ...(augment === undefined ? {} : { augment: this.placeAugment(augment, isBytes, listed) }),
    }
    this.loss = lossSpec(loss, targets.byClass && augment?.changes.mixup === undefined)
    this.plan = compilePlan(arena, {
      graph: network.graph,
      output: lossInput(network.output, loss),
      store: network.store,
      source: this.source,
      capacity: this.batchSize,
      loss: this.loss,
      update: updateSpec(optimizer, network),
      threads,
      tile: network.engine.tile(network.workPerRow * this.rows > workForTiming),
    })
    this.draws = network.graph.nodes.some(({ kind }) => kind === 'dropout')
    this.keepOrder()
  }

  private placeAugment(
    { changes, shape }: NonNullable<TrainingOptions['augment']>,
    isBytes: boolean,
    listed: boolean,
  ): AugmentSource {
    const { spec, scratchBytes, release } = placeAugmentation(
      this.network.engine.arena,
      changes,
      shape,
      isBytes,
    )
    this.cleanups.push(release)
    const { byClass } = this.options.targets
    return { spec, scratchBytes, listed, mixup: changes.mixup?.alpha, byClass }
  }

  /** Lists the non-zero bytes of all rows as pairs, in chunks through a small buffer. @returns the address of the row starts. */
  private placeLists({ data, rows, columns }: Rows): number {
    const { arena, core } = this.network.engine
    const chunkRows = Math.max(1, Math.floor(listingBytes / columns))
    const buffer = arena.allocate(chunkRows * columns, false)
    const chunks = function* (): Generator<{ first: number; count: number }> {
      for (let first = 0; first < rows; first += chunkRows) {
        const count = Math.min(chunkRows, rows - first)
        arena
          .u8(buffer, count * columns)
          .set((data as Uint8Array).subarray(first * columns, (first + count) * columns))
        yield { first, count }
      }
    }
    let entries = 0
    for (const { count } of chunks()) entries += core.countPairs(buffer, count * columns)
    const starts = this.own((rows + 1) * 4, false)
    let list = this.own(entries * entryBytes, false)
    for (const { first, count } of chunks())
      list = core.listPairsOfRows(list, starts + first * 4, buffer, count, columns)
    arena.release(buffer, chunkRows * columns)
    return starts
  }

  /** Replaces the data by others of the same kind and number of rows. */
  refill(rows: Rows, targets: EncodedTargets): void {
    const { arena } = this.network.engine
    const bytes = (array: Uint8Array | Float32Array | Int32Array) =>
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    arena.u8(this.source.address, rows.data.byteLength).set(bytes(rows.data))
    arena.u8(this.source.targets, targets.data.byteLength).set(bytes(targets.data))
  }

  /** Whether `refill` with these would do. */
  fits(options: TrainingOptions): boolean {
    if (this.source.kind === 'lists' || this.options.augment?.changes !== options.augment?.changes)
      return false
    const { rows, targets, weights, optimizer, loss, preprocessing } = this.options
    return (
      rows.rows === options.rows.rows &&
      rows.data.constructor === options.rows.data.constructor &&
      targets.byClass === options.targets.byClass &&
      weights === options.weights &&
      optimizer === options.optimizer &&
      loss === options.loss &&
      preprocessing === options.preprocessing &&
      this.frozen === namesOf(this.network.frozen()) &&
      this.options.batchSize === options.batchSize
    )
  }

  /** Rows in the order in which they were given. */
  keepOrder(): void {
    const order = this.network.engine.arena.u32(this.order, this.rows)
    for (let i = 0; i < order.length; i++) order[i] = i
  }

  /** Rows in the order of this epoch (0-based). */
  shuffle(epoch: number): void {
    const [low, high] = seedWords(this.network.seed)
    this.network.engine.core.shuffle(this.order, this.rows, low, high, purposes.shuffle, epoch)
  }

  /** Rows of step `step` of an epoch. */
  rowsOf(step: number): number {
    return Math.min(this.batchSize, this.rows - step * this.batchSize)
  }

  /**
   * Prepares steps [from, from + count) of an epoch.
   * @param globalStep steps of the optimizer before them. @param learningRate of each step, by its place among them.
   */
  prepare(from: number, count: number, globalStep: number, learningRate: (i: number) => number): void {
    const { arena } = this.network.engine
    const words = arena.u32(this.steps, (count * stepBytes) / 4)
    const floats = arena.f32(this.steps, (count * stepBytes) / 4)
    const key = seedWords(this.network.seed)
    for (let i = 0; i < count; i++) {
      const at = (i * stepBytes) / 4
      const rows = this.rowsOf(from + i)
      words[at + stepWords.rows] = rows
      words[at + stepWords.first] = (from + i) * this.batchSize
      if (this.draws) {
        const [keyA, keyB] = philox4x32([0, 0, globalStep + i, purposes.dropout], key)
        words[at + stepWords.keyA] = keyA
        words[at + stepWords.keyB] = keyB
      }
      if (this.options.augment !== undefined) {
        const [keyA, keyB] = philox4x32([0, 0, globalStep + i, purposes.augmentation], key)
        words[at + stepWords.augmentKeyA] = keyA
        words[at + stepWords.augmentKeyB] = keyB
      }
      floats[at + stepWords.inverseRows] = 1 / rows
      floats[at + stepWords.gradientScale] = 1
      floats[at + stepWords.gradientNorm] = 0
      this.options.optimizer.scalars(globalStep + i + 1, learningRate(i), this.scalars)
      floats.set(this.scalars, at + stepWords.scalars)
    }
  }

  /** Runs the prepared steps with at most `threads` of the session's threads. @returns how many there were. */
  run(count: number, threads?: number): Promise<number> {
    return this.network.engine.run(this.plan, this.steps, count, threads)
  }

  /** Runs one operation of prepared step `i`, on this thread. */
  runOperation(address: number, i: number): void {
    this.network.engine.core.runOperation(address, this.steps + i * stepBytes, 0, 1)
  }

  /** Runs one prepared step operation by operation, on this thread, and asks after each whether to go on. */
  runChecked(check: (operation: Plan['operations'][number]) => boolean): void {
    for (const operation of this.plan.operations) {
      this.runOperation(operation.address, 0)
      if (!check(operation)) return
    }
  }

  /** What came of the prepared and run steps; overwritten by the next call. */
  results(count: number): StepResults {
    const doubles = this.network.engine.arena.f64(this.steps, (count * stepBytes) / 8)
    const { losses, scores } = this.stepResults
    for (let i = 0; i < count; i++) {
      const at = (i * stepBytes) / 8
      // The weight is 0 where no row of the batch counts: such a step has no loss and changes only what decays.
      const weight = doubles[at + stepDoubles.weight]! || 1
      losses[i] = doubles[at + stepDoubles.loss]! / weight
      scores[i] = doubles[at + stepDoubles.score]! / weight
    }
    return this.stepResults
  }

  /** Sum of the weights of the rows of step `step` of this epoch: what its mean loss counts for in that of the epoch. */
  weightOf(step: number): number {
    const { weights } = this.options
    const rows = this.rowsOf(step)
    if (weights === undefined) return rows
    const order = this.network.engine.arena.u32(this.order, this.rows)
    let sum = 0
    for (let i = 0; i < rows; i++) sum += weights[order[step * this.batchSize + i]!]!
    return sum
  }

  /** Gives its memory back. */
  release(): void {
    this.plan.release()
    for (const cleanup of this.cleanups) cleanup()
  }

  private place(array: Uint8Array | Float32Array | Int32Array): number {
    const address = this.own(array.byteLength, false)
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    this.network.engine.arena.u8(address, bytes.length).set(bytes)
    return address
  }

  private own(bytes: number, zeroed = true): number {
    const { arena } = this.network.engine
    const address = arena.allocate(bytes, zeroed)
    this.cleanups.push(() => {
      arena.release(address, bytes)
    })
    return address
  }
}

/** How many times as many values that are not zero there will be, roughly: pictures get softer edges, mixtures have those of both. */
function growthBy(changes: Augmentation | undefined): number {
  if (changes === undefined) return 1
  if (changes.noise !== undefined) return Infinity
  return (movesPixels(changes) ? 1.3 : 1) * (changes.mixup === undefined ? 1 : 2)
}

function namesOf(names: ReadonlySet<string>): string {
  return [...names].join()
}

function updateSpec(optimizer: Optimizer, network: Network): UpdateSpec {
  return {
    kernel: optimizer.kernel,
    weightDecay: optimizer.weightDecay,
    clipValue: optimizer.clipValue ?? Infinity,
    clipNorm: optimizer.clipNorm ?? Infinity,
    frozen: network.frozen(),
  }
}
