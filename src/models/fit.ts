// The training loop: epochs of slices of at most 30 ms, between which the event loop, callbacks and an abort signal have their
// turn. Slicing changes no bit of the result.
import { turn } from '../core/turn.js'
import type { JsonObject, ModelState } from '../core/state.js'
import type { NamedTensor } from '../core/tensor.js'
import type { CallbackMemory, Checkpoint, EpochSums, TrainingState } from '../core/training-state.js'
import type { Optimizer } from '../nn/optimizers.js'
import { nameOf, type Callback, type FitContext, type SliceResult } from './callbacks.js'
import type { CheckpointKeeper } from './checkpoints.js'
import { constantLoss, DivergenceWatch, type Place } from './divergence.js'
import { History, type EpochResult } from './history.js'
import type { Evaluation } from './inference-run.js'
import { slotsOf, type Network } from './network.js'
import type { EncodedTargets } from './targets.js'
import { profile } from './profile.js'
import { ThreadChoice } from './thread-choice.js'
import { sliceSteps, type TrainingRun } from './training-run.js'
import type { Loss } from '../nn/losses.js'

/** What a slice aims at, in milliseconds: well under the 30 that it may take. */
const sliceTarget = 15

export interface FitLoopOptions {
  network: Network
  run: TrainingRun
  optimizer: Optimizer
  loss: Loss
  targets: EncodedTargets
  epochs: number
  shuffle: boolean
  /** The most threads to use; all of them when that many were asked for. */
  threads: number
  fixedThreads: boolean
  /** Steps and epochs that the model has been trained for before; they count on. */
  trained: { steps: number; epochs: number }
  /** Whether the loss counts right answers. */
  scored: boolean
  /** Validation after each epoch. */
  validate: (() => Promise<Evaluation>) | undefined
  callbacks: readonly Callback[]
  signal: AbortSignal | undefined
  save: (path: string) => Promise<void>
  state: () => ModelState
  /** What a fit with checkpoints has beside. */
  kept: Kept | undefined
  /** Whether to time the operations of a step at the end. */
  profile: boolean
}

export interface Kept {
  checkpoints: CheckpointKeeper | undefined
  /** What a checkpoint has to know of data and engine. */
  identity: Pick<TrainingState, 'data' | 'engine'>
  /** The state to go on from; weights and optimizer state are in the network already. */
  resumed: TrainingState | undefined
}

/** Trains. `trained` is counted up; the weights of callbacks' choice are in the network when it returns. */
export async function fitLoop(options: FitLoopOptions): Promise<History> {
  return new FitLoop(options).run()
}

class FitLoop implements FitContext {
  readonly epochs: number
  readonly stepsPerEpoch: number
  learningRate = 0
  private readonly history = new History()
  private readonly watch: DivergenceWatch
  private rateFactor = 1
  /** Who ended the fit before its epochs were done. */
  private stopped: 'callback' | 'earlyStopping' | undefined
  private stepsOfSlice = 1
  private readonly threads: ThreadChoice
  private readonly totalSteps: number
  private readonly firstStep: number
  private readonly firstEpoch: number
  private shuffledEpoch = -1
  /** The step that comes next. */
  private place: Place
  /** Of the epoch under way. */
  private sums = noSums()

  constructor(private readonly options: FitLoopOptions) {
    const { network, run, loss, targets, epochs, trained } = options
    const resumed = options.kept?.resumed
    this.epochs = epochs
    this.threads = new ThreadChoice(options.fixedThreads)
    this.stepsPerEpoch = run.stepsPerEpoch
    this.totalSteps = epochs * run.stepsPerEpoch
    const first = resumed?.first ?? { epoch: trained.epochs, step: trained.steps }
    this.firstStep = first.step
    this.firstEpoch = first.epoch
    this.place = { epoch: trained.epochs, step: resumed?.next.step ?? 0, globalStep: trained.steps }
    this.watch = new DivergenceWatch(network, constantLoss(loss, targets), this.place, first.epoch)
    if (resumed !== undefined) this.takeUp(resumed)
  }

  /** Everything but weights, optimizer state, counters and what callbacks remember. */
  private takeUp({ rate, sums, watch, history, ended, epochs }: TrainingState): void {
    this.rateFactor = rate.factor
    this.learningRate = rate.last
    this.sums = { ...sums, threads: [...sums.threads] }
    this.watch.state = watch
    this.history.epochs.push(...(history as unknown as EpochResult[]))
    // More epochs lift an end that came early.
    if (ended === undefined || ended === 'epochs' || this.epochs > epochs) return
    this.stop(ended)
  }

  async run(): Promise<History> {
    const { network, threads, callbacks, signal, kept } = this.options
    const checkpoints = kept?.checkpoints
    network.engine.openSession(threads)
    try {
      await this.call((callback) => callback.onTrainBegin?.(this))
      if (kept?.resumed !== undefined) remind(callbacks, kept.resumed.callbacks)
      while (this.epochsDone < this.epochs && this.stopped === undefined) {
        const result = await this.epoch()
        if (result === undefined) break
        checkpoints?.noteEpoch(result, this.options.state)
        this.history.epochs.push(result)
        for (const callback of callbacks) await callback.onEpochEnd?.(result, this)
        await checkpoints?.afterEpoch(this.epochsDone, this.stepsDone, () => this.take())
      }
      if (signal?.aborted) this.history.stoppedBy = 'signal'
      await checkpoints?.finish(signal?.aborted === true, this.stepsDone, () => this.take())
      await this.call((callback) => callback.onTrainEnd?.(this))
      if (this.options.profile) this.history.profile = profile(network, this.options.run)
    } finally {
      network.engine.closeSession()
      await checkpoints?.settle()
    }
    return this.history
  }

  /** Of this fit. */
  private get epochsDone(): number {
    return this.place.epoch - this.firstEpoch
  }

  private get stepsDone(): number {
    return this.place.globalStep - this.firstStep
  }

  /** The training as it stands, copied. Between slices, and after an epoch's callbacks. */
  private take(): Checkpoint {
    const { run, network, shuffle, callbacks, kept, state } = this.options
    const { epoch, step } = this.place
    const ended = this.stopped ?? (this.epochsDone >= this.epochs ? 'epochs' : undefined)
    const training: TrainingState = {
      epochs: this.epochs,
      batchSize: run.batchSize,
      shuffle,
      stepsPerEpoch: this.stepsPerEpoch,
      first: { epoch: this.firstEpoch, step: this.firstStep },
      next: { epoch, step },
      rate: { factor: this.rateFactor, last: this.learningRate },
      sums: structuredClone(this.sums),
      watch: this.watch.state,
      history: this.history.epochs.map((result) => ({ ...result }) as unknown as JsonObject),
      ...(ended === undefined ? {} : { ended }),
      callbacks: memoriesOf(callbacks),
      best: kept!.checkpoints!.values,
      ...kept!.identity,
      note: kept!.checkpoints!.note,
    }
    return { model: state(), slots: slotsOf(network), training }
  }

  weights(): NamedTensor[] {
    return this.options.network.weights()
  }

  setWeights(weights: readonly NamedTensor[]): void {
    this.options.network.setWeights(weights)
    this.watch.keep(this.place, true)
  }

  save(path: string): Promise<void> {
    return this.options.save(path)
  }

  scaleLearningRate(factor: number): void {
    this.rateFactor *= factor
    this.watch.keep(this.place, true)
  }

  stop(by: 'callback' | 'earlyStopping' = 'callback'): void {
    this.stopped = by
    this.history.stoppedBy = by
  }

  /** One epoch, or the rest of one; undefined when it was broken off. */
  private async epoch(): Promise<EpochResult | undefined> {
    const { run, trained, validate, scored, signal } = this.options
    const checkpoints = this.options.kept?.checkpoints
    const { epoch } = this.place
    const number = this.epochsDone + 1
    const { sums } = this
    let began = performance.now()
    this.order(epoch)
    for (let step = this.place.step; step < run.stepsPerEpoch;) {
      if (signal?.aborted || this.stopped !== undefined) return undefined
      const choice = this.threads.next(
        Math.min(this.options.network.engine.threads, this.options.threads),
        sliceTarget,
      )
      // At most four times as many as before: the first steps of a run are the slowest, and the machine's speed varies.
      const count = Math.min(
        choice.steps,
        4 * this.stepsOfSlice,
        sliceSteps,
        run.stepsPerEpoch - step,
        checkpoints?.stepsUntilDue(this.stepsDone) ?? Infinity,
      )
      this.stepsOfSlice = count
      run.prepare(step, count, trained.steps, (i) => this.rateOf(trained.steps + i))
      const sliceBegan = performance.now()
      const ran = await this.runSlice(count, choice.threads)
      countThreads(sums, ran, count)
      this.threads.report(ran, count, performance.now() - sliceBegan)
      this.account({ epoch, step, globalStep: trained.steps }, count)
      this.learningRate = this.rateOf(trained.steps + count - 1)
      step += count
      trained.steps += count
      const ended = step === run.stepsPerEpoch
      this.place = { epoch: ended ? epoch + 1 : epoch, step: ended ? 0 : step, globalStep: trained.steps }
      this.watch.keep(this.place)
      await turn()
      const spent = (performance.now() - began) / 1000
      sums.seconds += spent
      const soFar: SliceResult = {
        epoch: number,
        step,
        steps: count,
        loss: sums.loss / sums.weight,
        ...(scored ? { accuracy: sums.score / sums.weight } : {}),
        samplesPerSecond: sums.rows / sums.seconds,
      }
      for (const callback of this.options.callbacks) {
        const waiting = callback.onSlice?.(soFar, this)
        if (waiting !== undefined) await waiting
      }
      if (!ended) await checkpoints?.afterSlice(this.stepsDone, () => this.take())
      began = performance.now()
    }
    trained.epochs++
    const validation = await validate?.()
    this.sums = noSums()
    return {
      epoch: number,
      loss: sums.loss / sums.weight,
      ...(scored ? { accuracy: sums.score / sums.weight } : {}),
      ...(validation === undefined ? {} : { validationLoss: validation.loss }),
      ...(validation === undefined || !scored ? {} : { validationAccuracy: validation.score }),
      learningRate: this.learningRate,
      seconds: sums.seconds,
      samplesPerSecond: sums.rows / sums.seconds,
      threads: sums.threads.reduce((a, b) => (b[1] > a[1] ? b : a))[0],
    }
  }

  private async runSlice(count: number, threads: number): Promise<number> {
    try {
      return await this.options.run.run(count, threads)
    } catch (error) {
      // A worker died within a step: some weights have taken it, some not.
      this.goBack()
      throw error
    }
  }

  /** Back to the last good weights, and the steps that they have taken. */
  private goBack(): void {
    const { globalStep, epoch } = this.watch.restore()
    this.options.trained.steps = globalStep
    this.options.trained.epochs = epoch
  }

  private order(epoch: number): void {
    if (epoch === this.shuffledEpoch) return
    if (this.options.shuffle) this.options.run.shuffle(epoch)
    this.shuffledEpoch = epoch
  }

  private rateOf(globalStep: number): number {
    const { learningRate } = this.options.optimizer
    if (typeof learningRate === 'number') return learningRate * this.rateFactor
    // Steps that came before this fit do not count: a schedule spans the fit.
    const context = { totalSteps: this.totalSteps, stepsPerEpoch: this.stepsPerEpoch }
    return learningRate.at(globalStep - this.firstStep, context) * this.rateFactor
  }

  private account(place: Place, count: number): void {
    const { sums } = this
    const { run } = this.options
    const results = run.results(count)
    for (let i = 0; i < count; i++) {
      const loss = results.losses[i]!
      const reason = this.watch.look(loss)
      if (reason !== undefined) {
        const failed = { epoch: place.epoch, step: place.step + i, globalStep: place.globalStep + i, loss }
        const error = this.watch.explain(run, failed, (at) => {
          this.order(at.epoch)
          run.prepare(at.step, 1, at.globalStep, () => this.rateOf(at.globalStep))
        })
        this.goBack()
        throw error
      }
      const weight = run.weightOf(place.step + i)
      sums.loss += loss * weight
      sums.score += results.scores[i]! * weight
      sums.weight += weight
      sums.rows += run.rowsOf(place.step + i)
    }
  }

  private async call(hook: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.options.callbacks) await hook(callback)
  }
}

/** What callbacks remember, copied. */
export function memoriesOf(callbacks: readonly Callback[]): CallbackMemory[] {
  return callbacks.flatMap((callback): CallbackMemory[] => {
    if (callback.state === undefined) return []
    const { values, weights = [] } = callback.state()
    return [{ name: nameOf(callback), values: structuredClone(values), weights: [...weights] }]
  })
}

/** Gives callbacks back what they remembered. */
export function remind(callbacks: readonly Callback[], memories: readonly CallbackMemory[]): void {
  const remembering = callbacks.filter(({ state }) => state !== undefined)
  remembering.forEach((callback, i) => callback.restore?.(memories[i]!))
}

export function noSums(): EpochSums {
  return { loss: 0, score: 0, weight: 0, rows: 0, seconds: 0, threads: [] }
}

function countThreads({ threads }: EpochSums, ran: number, steps: number): void {
  const entry = threads.find(([number]) => number === ran)
  if (entry === undefined) threads.push([ran, steps])
  else entry[1] += steps
}
