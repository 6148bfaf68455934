// Training on samples that come in chunks, for sets larger than memory. Rows gather in a window, are shuffled there and trained
// on like a set of their own, while the next window is read. So memory holds two windows: one being read, one in the engine.
// The result hangs on the seed, the window and the order of the rows, not on where chunks begin.
import type { Chunk, ChunkSource } from '../core/chunks.js'
import { ArgumentError, DataError, DivergenceError } from '../core/errors.js'
import type { ModelState } from '../core/state.js'
import type { NamedTensor, Rows } from '../core/tensor.js'
import type { Optimizer } from '../nn/optimizers.js'
import { Schedule } from '../nn/schedules.js'
import type { Callback, FitContext, SliceResult } from './callbacks.js'
import type { FitOptions, Pair } from './fit-options.js'
import { fitLoop, type FitLoopOptions } from './fit.js'
import { History, type EpochResult } from './history.js'
import type { EncodedTargets } from './targets.js'
import type { TrainingRun } from './training-run.js'

/** Bytes of a window unless told otherwise. */
const windowBytes = 64 << 20

export interface StreamFitOptions extends Omit<FitLoopOptions, 'run' | 'targets' | 'kept' | 'profile'> {
  source: ChunkSource
  batchSize: number
  /** Rows of a window; undefined for 64 MiB of samples. */
  window: number | undefined
  /** A chunk in the model's form. */
  pair: (chunk: Chunk) => Pair
  /** A weight for each row of a window; undefined for one each. */
  weigh: (targets: EncodedTargets) => Float32Array | undefined
  makeRun: (window: Pair, weights: Float32Array | undefined) => TrainingRun
  state: () => ModelState
}

/** The chunks of an iterable or a file, and the first of them. @throws ArgumentError, DataError and what opening the file throws. */
export async function openSource(
  x: ChunkSource | string,
  y: unknown,
): Promise<{ source: ChunkSource; first: Chunk }> {
  if (y !== undefined && (typeof x !== 'string' || typeof y !== 'string')) {
    throw new ArgumentError({
      rule: 'samples that come in chunks bring their targets with them; a file has them in a column or a second file',
      received: 'targets beside the chunks',
      remedy: 'yield { x, y }, or pass the name of the target column or the path of the targets',
    })
  }
  const source =
    typeof x === 'string'
      ? await (await import('../data/file-chunks.js')).openChunks(x, y as string | undefined)
      : x
  for await (const first of source) return { source, first }
  throw noRows()
}

/** @throws ArgumentError for options that need all rows at once. */
export function requireStreamable(options: FitOptions): void {
  const whole = ['validationSplit', 'sampleWeight', 'checkpoints', 'resume', 'profile'] as const
  const odd = whole.find((name) => Boolean(options[name]))
  const { window = 1 } = options
  if (odd !== undefined) {
    throw new ArgumentError({
      rule: `${odd} needs all rows at once`,
      received: `${odd} for samples that come in chunks`,
      remedy: odd === 'validationSplit' ? 'pass validationData' : 'leave it out',
    })
  }
  if (Number.isInteger(window) && window >= 1) return
  throw new ArgumentError({
    rule: 'window is a positive integer',
    received: String(window),
    remedy: 'leave it out for as many rows as 64 MiB hold',
  })
}

/** Trains epoch by epoch, window by window. `trained` is counted up. */
export function fitStream(options: StreamFitOptions): Promise<History> {
  return new StreamFit(options).run()
}

class StreamFit implements FitContext {
  readonly epochs: number
  learningRate = 0
  private readonly history = new History()
  private rateFactor = 1
  private stopped: 'callback' | 'earlyStopping' | undefined
  private readonly firstStep: number
  /** Windows trained on so far: each has an order of its own. */
  private windows = 0
  /** The window that is being trained on. */
  private inner: FitContext | undefined

  constructor(private readonly options: StreamFitOptions) {
    this.epochs = options.epochs
    this.firstStep = options.trained.steps
    const { learningRate } = options.optimizer
    if (typeof learningRate === 'number' || options.source.rows !== undefined) return
    throw new ArgumentError({
      rule: 'a learning-rate schedule spans the fit, so the number of rows of all chunks is known',
      received: 'a source without rows',
      remedy: 'give the source a rows property, or use a constant learning rate',
    })
  }

  /** An estimate where windows end in shorter batches; 0 where the rows are not known. */
  get stepsPerEpoch(): number {
    return Math.ceil((this.options.source.rows ?? 0) / this.options.batchSize)
  }

  async run(): Promise<History> {
    const { callbacks, signal, trained } = this.options
    const epochsBefore = trained.epochs
    await this.call((callback) => callback.onTrainBegin?.(this))
    for (let epoch = 0; epoch < this.epochs && this.stopped === undefined; epoch++) {
      const result = await this.epoch(epoch)
      if (result === undefined) break
      trained.epochs = epochsBefore + epoch + 1
      this.history.epochs.push(result)
      for (const callback of callbacks) await callback.onEpochEnd?.(result, this)
    }
    if (this.stopped !== undefined) this.history.stoppedBy = this.stopped
    if (signal?.aborted) this.history.stoppedBy = 'signal'
    await this.call((callback) => callback.onTrainEnd?.(this))
    return this.history
  }

  weights(): NamedTensor[] {
    return this.options.network.weights()
  }

  setWeights(weights: readonly NamedTensor[]): void {
    if (this.inner === undefined) this.options.network.setWeights(weights)
    else this.inner.setWeights(weights)
  }

  save(path: string): Promise<void> {
    return this.options.save(path)
  }

  scaleLearningRate(factor: number): void {
    this.rateFactor *= factor
  }

  stop(by: 'callback' | 'earlyStopping' = 'callback'): void {
    this.stopped = by
    this.inner?.stop(by)
  }

  /** All windows once; undefined when it was broken off. */
  private async epoch(epoch: number): Promise<EpochResult | undefined> {
    const { validate, scored, signal } = this.options
    const parts: { rows: number; result: EpochResult }[] = []
    const windows = this.read()
    let next = windows.next()
    try {
      for (;;) {
        const { value: window } = await next
        if (window === undefined) break
        const run = this.options.makeRun(window, this.options.weigh(window.targets))
        // The engine has its copy: the window's arrays are filled anew while it trains.
        next = windows.next()
        next.catch(() => undefined)
        try {
          const { epochs } = await this.train(run, window.targets, epoch, parts)
          if (epochs.length > 0) parts.push({ rows: run.rows, result: epochs[0]! })
        } finally {
          run.release()
        }
        if (signal?.aborted || this.stopped !== undefined) return undefined
      }
    } finally {
      // What is being read ends before the file is closed.
      await next.catch(() => undefined)
      await windows.return(undefined)
    }
    if (parts.length === 0) throw noRows()
    const validation = await validate?.()
    return {
      ...mean(parts),
      epoch: epoch + 1,
      ...(validation === undefined ? {} : { validationLoss: validation.loss }),
      ...(validation === undefined || !scored ? {} : { validationAccuracy: validation.score }),
    }
  }

  private async train(
    run: TrainingRun,
    targets: EncodedTargets,
    epoch: number,
    before: readonly { rows: number; result: EpochResult }[],
  ): Promise<History> {
    const { trained, optimizer } = this.options
    const stepsBefore = before.reduce((sum, { rows }) => sum + Math.ceil(rows / this.options.batchSize), 0)
    const counters = { steps: trained.steps, epochs: this.windows++ }
    const onSlice = async (result: SliceResult, context: FitContext) => {
      this.inner = context
      this.learningRate = context.learningRate
      const seen = { ...result, epoch: epoch + 1, step: stepsBefore + result.step }
      for (const callback of this.options.callbacks) await callback.onSlice?.(seen, this)
    }
    try {
      return await fitLoop({
        ...this.options,
        run,
        targets,
        epochs: 1,
        optimizer: this.within(optimizer),
        trained: counters,
        validate: undefined,
        callbacks: [{ onSlice }],
        kept: undefined,
        profile: false,
      })
    } catch (error) {
      throw error instanceof DivergenceError ? placed(error, epoch, stepsBefore) : error
    } finally {
      trained.steps = counters.steps
      this.inner = undefined
    }
  }

  /** The optimizer, its rate as that of the whole fit at the present window. */
  private within(optimizer: Optimizer): Optimizer {
    const { learningRate } = optimizer
    const context = { totalSteps: this.epochs * this.stepsPerEpoch, stepsPerEpoch: this.stepsPerEpoch }
    const offset = this.options.trained.steps - this.firstStep
    const rateAt = (step: number) =>
      typeof learningRate === 'number' ? learningRate : learningRate.at(step, context)
    const factor = this.rateFactor
    const last = context.totalSteps - 1
    const rate = new Windowed(
      (step) => rateAt(last < 0 ? offset + step : Math.min(offset + step, last)) * factor,
    )
    return Object.create(optimizer, { learningRate: { value: rate } }) as Optimizer
  }

  /** The windows of one epoch. The arrays of one are those of the next. */
  private async *read(): AsyncGenerator<Pair, undefined> {
    const { source, pair, window, batchSize } = this.options
    let filling: Filling | undefined
    for await (const chunk of source) {
      const { rows, targets } = pair(chunk)
      const size = window ?? Math.floor(windowBytes / (rows.columns * rows.data.BYTES_PER_ELEMENT))
      filling ??= new Filling(rows, targets, Math.max(batchSize, size))
      for (let from = 0; from < rows.rows;) {
        from += filling.add(rows, targets, from)
        if (filling.isFull) yield filling.take()
      }
    }
    if (filling !== undefined && filling.rows > 0) yield filling.take()
  }

  private async call(hook: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.options.callbacks) await hook(callback)
  }
}

/** The rates of a window's steps. */
class Windowed extends Schedule {
  readonly type = 'windowed'

  constructor(private readonly rateAt: (step: number) => number) {
    super('windowed', 0, {}, [])
  }

  at(step: number): number {
    return this.rateAt(step)
  }
}

/** A window that fills with rows. */
class Filling {
  rows = 0
  private readonly data: Rows['data']
  private readonly targets: EncodedTargets['data']
  private readonly sampleShape: number[]
  private readonly columns: number
  private readonly byClass: boolean
  private readonly targetColumns: number

  /** @param rows and @param targets of the first chunk, whose kind all chunks have. */
  constructor(
    { data, columns, sampleShape }: Rows,
    targets: EncodedTargets,
    private readonly capacity: number,
  ) {
    this.columns = columns
    this.sampleShape = sampleShape
    this.byClass = targets.byClass
    this.targetColumns = targets.columns
    this.data =
      data instanceof Uint8Array ? new Uint8Array(capacity * columns) : new Float32Array(capacity * columns)
    this.targets = targets.byClass ? new Int32Array(capacity) : new Float32Array(capacity * targets.columns)
  }

  get isFull(): boolean {
    return this.rows === this.capacity
  }

  /** Takes rows of a chunk from `from` on, as many as there is room for. @returns their number. */
  add({ data, rows, columns }: Rows, targets: EncodedTargets, from: number): number {
    if (data.constructor !== this.data.constructor || columns !== this.columns) {
      throw new DataError({
        rule: 'all chunks have the same columns, and all bytes or all floats',
        received: `${data instanceof Uint8Array ? 'bytes' : 'floats'} of ${String(columns)} columns after ${this.data instanceof Uint8Array ? 'bytes' : 'floats'} of ${String(this.columns)}`,
        remedy: 'make all chunks alike',
      })
    }
    const count = Math.min(rows - from, this.capacity - this.rows)
    this.data.set(data.subarray(from * columns, (from + count) * columns), this.rows * columns)
    const width = targets.byClass ? 1 : targets.columns
    this.targets.set(targets.data.subarray(from * width, (from + count) * width), this.rows * width)
    this.rows += count
    return count
  }

  take(): Pair {
    const { rows, columns, sampleShape, byClass, targetColumns } = this
    const width = byClass ? 1 : targetColumns
    const data = this.targets.subarray(0, rows * width)
    this.rows = 0
    return {
      rows: { data: this.data.subarray(0, rows * columns), rows, columns, sampleShape },
      targets: { byClass, data, rows, columns: targetColumns } as EncodedTargets,
    }
  }
}

/** The epoch's figures from those of its windows. */
function mean(parts: readonly { rows: number; result: EpochResult }[]): EpochResult {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const average = (of: (result: EpochResult) => number) =>
    parts.reduce((sum, part) => sum + of(part.result) * part.rows, 0) / rows
  const last = parts.at(-1)!.result
  const seconds = parts.reduce((sum, { result }) => sum + result.seconds, 0)
  return {
    ...last,
    loss: average(({ loss }) => loss),
    ...(last.accuracy === undefined ? {} : { accuracy: average(({ accuracy }) => accuracy!) }),
    seconds,
    samplesPerSecond: rows / seconds,
  }
}

/** The error with its place in the epoch, not in the window. */
function placed(error: DivergenceError, epoch: number, stepsBefore: number): DivergenceError {
  const step = stepsBefore + error.step
  return new DivergenceError({
    rule: error.rule.replace(/epoch \d+, step \d+/, `epoch ${String(epoch + 1)}, step ${String(step)}`),
    ...(error.received === undefined ? {} : { received: error.received }),
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    epoch: epoch + 1,
    step,
    layer: error.layer,
    cause: error,
  })
}

function noRows(): DataError {
  return new DataError({
    rule: 'the chunks of a fit hold at least one row',
    received: 'none',
    remedy: 'pass an async iterable that can be gone through once an epoch, not one that is used up',
  })
}
