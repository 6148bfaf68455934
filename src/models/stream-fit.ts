// Training on samples that come in chunks, for sets larger than memory. Rows gather in a window, are shuffled there and trained
// on like a set of their own, while the next window is read. So memory holds two windows: one being read, one in the engine.
// The result hangs on the seed, the window and the order of the rows, not on where chunks begin.
import type { Chunk, ChunkSource } from '../core/chunks.js'
import { ArgumentError, DivergenceError } from '../core/errors.js'
import type { JsonObject, ModelState } from '../core/state.js'
import type { NamedTensor } from '../core/tensor.js'
import type { Checkpoint, TrainingState, WindowSums } from '../core/training-state.js'
import type { Callback, FitContext, SliceResult } from './callbacks.js'
import type { CheckpointKeeper } from './checkpoints.js'
import type { Pair } from './fit-options.js'
import { fitLoop, memoriesOf, noSums, remind, type FitLoopOptions, type Kept } from './fit.js'
import { History, type EpochResult } from './history.js'
import { slotsOf } from './network.js'
import { readOn, refuse, stepsOfChunks, type StreamKept } from './resume.js'
import type { EncodedTargets } from './targets.js'
import type { TrainingRun } from './training-run.js'
import { paced } from './stream-rates.js'
import { noRows } from './stream-source.js'
import { WindowReader } from './windows.js'

export interface StreamFitOptions extends Omit<FitLoopOptions, 'run' | 'targets' | 'kept' | 'profile'> {
  source: ChunkSource
  batchSize: number
  /** Rows of a window. */
  window: number
  /** What a fit with checkpoints has beside. */
  keeping: StreamKept | undefined
  /** A chunk in the model's form. */
  pair: (chunk: Chunk) => Pair
  /** A weight for each row of a window; undefined for one each. */
  weigh: (targets: EncodedTargets) => Float32Array | undefined
  makeRun: (window: Pair, weights: Float32Array | undefined) => TrainingRun
  state: () => ModelState
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
  private readonly first: { epoch: number; step: number }
  /** Windows trained on so far: each has an order of its own. */
  private windows = 0
  /** Of the epoch under way: windows that are done, their sums, and SHA-256 over the rows before and with the present one. */
  private done = 0
  private sums = noWindows()
  private read = { before: '', now: '' }
  /** SHA-256 over the first window. */
  private firstRead = ''
  /** The window that is being trained on, and the state to go on from within it. */
  private inner: FitContext | undefined
  private within: TrainingState | undefined
  /** The training as it stood when it was broken off within a window. */
  private broken: Checkpoint | undefined
  private kept: Kept | undefined

  constructor(private readonly options: StreamFitOptions) {
    this.epochs = options.epochs
    const { epochs, steps } = options.trained
    const resumed = options.keeping?.resumed
    this.first = resumed?.first ?? { epoch: epochs, step: steps }
    const { learningRate } = options.optimizer
    if (resumed !== undefined) this.takeUp(resumed)
    if (typeof learningRate === 'number' || options.source.rows !== undefined) return
    throw new ArgumentError({
      rule: 'a learning-rate schedule spans the fit, so the number of rows of all chunks is known',
      received: 'a source without rows',
      remedy: 'give the source a rows property, or use a constant learning rate',
    })
  }

  /** Everything but weights, optimizer state, counters and what callbacks remember. */
  private takeUp(resumed: TrainingState): void {
    const { rate, history, ended, epochs, next } = resumed
    const { windows, done, sums, read, first } = resumed.stream!
    this.rateFactor = rate.factor
    this.learningRate = rate.last
    this.windows = windows
    this.done = done
    this.sums = { ...sums }
    this.read = { before: read, now: read }
    this.firstRead = first
    if (next.step > 0) this.within = resumed
    this.history.epochs.push(...(history as unknown as EpochResult[]))
    // More epochs lift an end that came early.
    if (ended !== undefined && ended !== 'epochs' && this.epochs <= epochs) this.stop(ended)
  }

  /** An estimate where windows end in shorter batches; 0 where the rows are not known. */
  get stepsPerEpoch(): number {
    return Math.ceil((this.options.source.rows ?? 0) / this.options.batchSize)
  }

  private get epochsDone(): number {
    return this.history.epochs.length
  }

  private get stepsDone(): number {
    return this.options.trained.steps - this.first.step
  }

  async run(): Promise<History> {
    const { callbacks, signal, trained, keeping } = this.options
    let reading = keeping?.resumed && !this.isOver ? await this.reopen(keeping) : undefined
    try {
      this.kept = await keeping?.begin()
      const checkpoints = this.kept?.checkpoints
      await this.call((callback) => callback.onTrainBegin?.(this))
      if (this.kept?.resumed !== undefined) remind(callbacks, this.kept.resumed.callbacks)
      while (!this.isOver) {
        const begun = reading ?? this.open()
        reading = undefined
        const result = await this.epoch(begun)
        if (result === undefined) break
        trained.epochs++
        checkpoints?.noteEpoch(result, this.options.state)
        this.history.epochs.push(result)
        for (const callback of callbacks) await callback.onEpochEnd?.(result, this)
        await checkpoints?.afterEpoch(this.epochsDone, this.stepsDone, () => this.take())
      }
      if (this.stopped !== undefined) this.history.stoppedBy = this.stopped
      if (signal?.aborted) this.history.stoppedBy = 'signal'
      await checkpoints?.finish(signal?.aborted === true, this.stepsDone, () => this.broken ?? this.take())
      await this.call((callback) => callback.onTrainEnd?.(this))
    } finally {
      if (reading !== undefined) await reading.close()
      await this.kept?.checkpoints?.settle()
    }
    return this.history
  }

  private get isOver(): boolean {
    return this.epochsDone >= this.epochs || this.stopped !== undefined
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
    // The rate of a window under way is this one; its loop only has to know that it has changed.
    this.inner?.scaleLearningRate(1)
  }

  stop(by: 'callback' | 'earlyStopping' = 'callback'): void {
    this.stopped = by
    this.inner?.stop(by)
  }

  private open(): WindowReader {
    const { source, pair, window } = this.options
    return new WindowReader(source, pair, window)
  }

  /**
   * Reads on to the place of a checkpoint, and sees that what comes on the way is what the first fit was trained on.
   * @throws ArgumentError for other rows.
   */
  private async reopen({ file }: StreamKept): Promise<WindowReader> {
    const reading = this.open()
    const others = (received: string) => refuse(file, 'is on the same chunks, in the same order', received)
    try {
      const begun = this.done + (this.within === undefined ? 0 : 1)
      let read = ''
      for (let i = 0; i < Math.max(1, begun); i++) {
        const window = await reading.present
        if (window === undefined && i === 0) throw noRows()
        if (window === undefined)
          return others(`${String(i)} windows of at least ${String(Math.max(1, begun))}`)
        if (i === this.done) this.read.before = read
        read = await readOn(read, window)
        if (i === 0 && read !== this.firstRead) others('other rows')
        if (i < this.done) reading.advance()
      }
      if (begun > 0 && read !== this.read.now) others('other rows')
      if (begun === 0) this.read = { before: '', now: '' }
      return reading
    } catch (error) {
      await reading.close()
      throw error
    }
  }

  /** All windows once, or the rest of them; undefined when it was broken off. */
  private async epoch(reading: WindowReader): Promise<EpochResult | undefined> {
    const { validate, scored, signal, weigh, makeRun } = this.options
    const checkpoints = this.kept?.checkpoints
    try {
      for (let fresh = false; ; fresh = true) {
        const window = await reading.present
        if (window === undefined) break
        if (fresh) await checkpoints?.afterSlice(this.stepsDone, () => this.take())
        const run = makeRun(window, weigh(window.targets))
        try {
          if (checkpoints !== undefined) await this.note(window)
          // The engine has its copy: the window's arrays are filled anew while it trains.
          reading.advance()
          const { epochs } = await this.train(run, window.targets)
          if (epochs.length > 0) this.count(run.rows, epochs[0]!)
        } finally {
          run.release()
        }
        if (signal?.aborted || this.stopped !== undefined) return undefined
      }
    } finally {
      await reading.close()
    }
    if (this.sums.rows === 0) throw noRows()
    const { sums } = this
    const validation = await validate?.()
    this.sums = noWindows()
    this.done = 0
    this.read = { before: '', now: '' }
    return {
      ...mean(sums),
      epoch: this.epochsDone + 1,
      ...(validation === undefined ? {} : { validationLoss: validation.loss }),
      ...(validation === undefined || !scored ? {} : { validationAccuracy: validation.score }),
    }
  }

  /** Notes what is in a window, so that a fit that goes on can tell whether it reads the same. */
  private async note(window: Pair): Promise<void> {
    this.read.now = await readOn(this.read.before, window)
    if (this.done === 0) this.firstRead = this.read.now
  }

  /** Counts a window that is done. */
  private count(rows: number, result: EpochResult): void {
    const { sums } = this
    sums.rows += rows
    sums.steps += Math.ceil(rows / this.options.batchSize)
    sums.loss += result.loss * rows
    sums.accuracy += (result.accuracy ?? 0) * rows
    sums.seconds += result.seconds
    sums.last = { ...result } as unknown as JsonObject
    this.done++
    this.windows++
    this.read.before = this.read.now
  }

  private async train(run: TrainingRun, targets: EncodedTargets): Promise<History> {
    const { trained, optimizer } = this.options
    const epoch = this.epochsDone
    const { steps: stepsBefore } = this.sums
    const resumed = this.within && windowOf(this.within, this.windows, trained.steps)
    const counters = { steps: trained.steps, epochs: this.windows }
    const firstStep = resumed?.first.step ?? trained.steps
    this.within = undefined
    this.broken = undefined
    const onSlice = async (result: SliceResult, context: FitContext) => {
      this.inner = context
      this.learningRate = context.learningRate
      trained.steps = counters.steps
      const seen = { ...result, epoch: epoch + 1, step: stepsBefore + result.step }
      for (const callback of this.options.callbacks) await callback.onSlice?.(seen, this)
    }
    try {
      return await fitLoop({
        ...this.options,
        run,
        targets,
        epochs: 1,
        optimizer: paced(optimizer, {
          offset: firstStep - this.first.step,
          epochs: this.epochs,
          stepsPerEpoch: this.stepsPerEpoch,
          factor: () => this.rateFactor,
        }),
        trained: counters,
        validate: undefined,
        callbacks: [{ onSlice }],
        kept: this.kept && {
          identity: this.kept.identity,
          checkpoints: this.kept.checkpoints && this.windowKeeper(this.kept.checkpoints, firstStep),
          resumed,
        },
        profile: false,
      })
    } catch (error) {
      throw error instanceof DivergenceError ? placed(error, epoch, stepsBefore) : error
    } finally {
      trained.steps = counters.steps
      this.inner = undefined
    }
  }

  /** The fit's checkpoints as the loop over a window sees them: what it takes is the place in the window alone. */
  private windowKeeper(checkpoints: CheckpointKeeper, firstStep: number): CheckpointKeeper {
    const before = firstStep - this.first.step
    const nothing = () => Promise.resolve()
    return {
      values: checkpoints.values,
      note: checkpoints.note,
      stepsUntilDue: (done) => checkpoints.stepsUntilDue(before + done),
      afterSlice: (done, take) => checkpoints.afterSlice(before + done, () => this.placedIn(take())),
      noteEpoch: () => undefined,
      afterEpoch: nothing,
      finish: (_aborted, _done, take) => {
        const checkpoint = take()
        if (checkpoint.training.next.step > 0) this.broken = this.placedIn(checkpoint)
        return Promise.resolve()
      },
      settle: nothing,
    }
  }

  /** The training as it stands between two windows, or after an epoch's callbacks. */
  private take(): Checkpoint {
    const { batchSize, shuffle, state, network } = this.options
    const training: TrainingState = {
      ...{ epochs: this.epochs, batchSize, shuffle, ...this.ownFields(0) },
      sums: noSums(),
      watch: { streak: 0 },
      ...this.kept!.identity,
    }
    return { model: state(), slots: slotsOf(network), training }
  }

  /** A place in a window as one in the fit. */
  private placedIn({ model, slots, training }: Checkpoint): Checkpoint {
    const { batchSize } = this.options
    const own = this.ownFields(training.next.step)
    return { model, slots, training: { ...training, ...own, epochs: this.epochs, batchSize } }
  }

  /** What of a checkpoint only the whole fit knows. @param step of the window under way that comes next. */
  private ownFields(
    step: number,
  ): Omit<TrainingState, 'epochs' | 'batchSize' | 'shuffle' | 'sums' | 'watch' | 'data' | 'engine'> {
    const { source, batchSize, window, callbacks, trained } = this.options
    const { values, note } = this.kept!.checkpoints!
    const ended = this.stopped ?? (this.epochsDone >= this.epochs ? 'epochs' : undefined)
    return {
      stepsPerEpoch: stepsOfChunks(source.rows, batchSize),
      first: this.first,
      next: { epoch: this.first.epoch + this.epochsDone, step },
      rate: { factor: this.rateFactor, last: this.learningRate },
      history: this.history.epochs.map((result) => ({ ...result }) as unknown as JsonObject),
      ...(ended === undefined ? {} : { ended }),
      callbacks: memoriesOf(callbacks),
      best: values,
      stream: {
        window,
        windows: this.windows,
        done: this.done,
        steps: trained.steps - this.first.step,
        sums: { ...this.sums },
        read: step > 0 ? this.read.now : this.read.before,
        first: this.firstRead,
      },
      note,
    }
  }

  private async call(hook: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.options.callbacks) await hook(callback)
  }
}

/** A place in a window as the loop over the window sees it, which counts from the window's beginning and knows no other. */
function windowOf(training: TrainingState, windows: number, steps: number): TrainingState {
  const { next, rate, ended, ...rest } = training
  void ended
  return {
    ...rest,
    first: { epoch: windows, step: steps - next.step },
    next: { epoch: windows, step: next.step },
    rate: { factor: 1, last: rate.last },
    history: [],
    callbacks: [],
  }
}

function noWindows(): WindowSums {
  return { rows: 0, steps: 0, loss: 0, accuracy: 0, seconds: 0 }
}

/** The epoch's figures from those of its windows. */
function mean({ rows, loss, accuracy, seconds, last }: WindowSums): EpochResult {
  const result = last as unknown as EpochResult
  return {
    ...result,
    loss: loss / rows,
    ...(result.accuracy === undefined ? {} : { accuracy: accuracy / rows }),
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
