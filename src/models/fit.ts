// The training loop: epochs of slices of at most 30 ms, between which the event loop, callbacks and an abort signal have their
// turn. Slicing changes no bit of the result.
import { StateError } from '../core/errors.js'
import { turn } from '../core/turn.js'
import type { NamedTensor } from '../core/tensor.js'
import type { Optimizer } from '../nn/optimizers.js'
import type { Callback, FitContext, SliceResult } from './callbacks.js'
import { constantLoss, DivergenceWatch, type Place } from './divergence.js'
import { History, type EpochResult } from './history.js'
import type { Evaluation } from './inference-run.js'
import type { Network } from './network.js'
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
  /** Whether to time the operations of a step at the end. */
  profile: boolean
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
  private stopping = false
  private stepsOfSlice = 1
  private readonly threads: ThreadChoice
  private readonly totalSteps: number
  private readonly firstStep: number
  private readonly firstEpoch: number
  private shuffledEpoch = -1
  /** The step that comes next. */
  private place: Place

  constructor(private readonly options: FitLoopOptions) {
    const { network, run, loss, targets, epochs, trained } = options
    this.epochs = epochs
    this.threads = new ThreadChoice(options.threads, options.fixedThreads)
    this.stepsPerEpoch = run.stepsPerEpoch
    this.totalSteps = epochs * run.stepsPerEpoch
    this.firstStep = trained.steps
    this.firstEpoch = trained.epochs
    this.place = { epoch: this.firstEpoch, step: 0, globalStep: this.firstStep }
    this.watch = new DivergenceWatch(network, constantLoss(loss, targets), this.place)
  }

  async run(): Promise<History> {
    const { network, threads, callbacks, signal } = this.options
    network.engine.openSession(threads)
    try {
      await this.call((callback) => callback.onTrainBegin?.(this))
      for (let epoch = 0; epoch < this.epochs && !this.stopping; epoch++) {
        const result = await this.epoch(epoch)
        if (result === undefined) break
        this.history.epochs.push(result)
        for (const callback of callbacks) await callback.onEpochEnd?.(result, this)
      }
      if (signal?.aborted) this.history.stoppedBy = 'signal'
      await this.call((callback) => callback.onTrainEnd?.(this))
      if (this.options.profile) this.history.profile = profile(network, this.options.run)
    } finally {
      network.engine.closeSession()
    }
    return this.history
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
    this.stopping = true
    this.history.stoppedBy = by
  }

  /** One epoch; undefined when it was broken off. */
  private async epoch(index: number): Promise<EpochResult | undefined> {
    const { run, trained, validate, scored, signal } = this.options
    const epoch = this.firstEpoch + index
    const sums = { loss: 0, score: 0, weight: 0, rows: 0 }
    /** Steps by number of threads. */
    const ranWith = new Map<number, number>()
    let seconds = 0
    let began = performance.now()
    this.order(epoch)
    for (let step = 0; step < run.stepsPerEpoch;) {
      if (signal?.aborted || this.stopping) return undefined
      const choice = this.threads.next(
        Math.min(this.options.network.engine.threads, this.options.threads),
        sliceTarget,
      )
      // At most four times as many as before: the first steps of a run are the slowest, and the machine's speed varies.
      const count = Math.min(choice.steps, 4 * this.stepsOfSlice, sliceSteps, run.stepsPerEpoch - step)
      this.stepsOfSlice = count
      run.prepare(step, count, trained.steps, (i) => this.rateOf(trained.steps + i))
      const sliceBegan = performance.now()
      const ran = await this.runSlice(count, choice.threads)
      ranWith.set(ran, (ranWith.get(ran) ?? 0) + count)
      this.threads.report(ran, count, performance.now() - sliceBegan)
      this.account({ epoch, step, globalStep: trained.steps }, count, sums)
      this.learningRate = this.rateOf(trained.steps + count - 1)
      step += count
      trained.steps += count
      const ended = step === run.stepsPerEpoch
      this.place = { epoch: ended ? epoch + 1 : epoch, step: ended ? 0 : step, globalStep: trained.steps }
      this.watch.keep(this.place)
      await turn()
      const spent = (performance.now() - began) / 1000
      seconds += spent
      const soFar: SliceResult = {
        epoch: index + 1,
        step,
        loss: sums.loss / sums.weight,
        ...(scored ? { accuracy: sums.score / sums.weight } : {}),
        samplesPerSecond: sums.rows / seconds,
      }
      for (const callback of this.options.callbacks) {
        const waiting = callback.onSlice?.(soFar, this)
        if (waiting !== undefined) await waiting
      }
      began = performance.now()
    }
    trained.epochs++
    const validation = await validate?.()
    return {
      epoch: index + 1,
      loss: sums.loss / sums.weight,
      ...(scored ? { accuracy: sums.score / sums.weight } : {}),
      ...(validation === undefined ? {} : { validationLoss: validation.loss }),
      ...(validation === undefined || !scored ? {} : { validationAccuracy: validation.score }),
      learningRate: this.learningRate,
      seconds,
      samplesPerSecond: sums.rows / seconds,
      threads: [...ranWith].reduce((a, b) => (b[1] > a[1] ? b : a))[0],
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

  private account(
    place: Place,
    count: number,
    sums: { loss: number; score: number; weight: number; rows: number },
  ): void {
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

/** Keeps two trainings, or a training and a change of weights, from using one model at once. */
export class Lock {
  private held = false

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.require()
    this.held = true
    try {
      return await work()
    } finally {
      this.held = false
    }
  }

  /** @throws StateError while a training is going on. */
  require(): void {
    if (!this.held) return
    throw new StateError({
      rule: 'a model does one training at a time',
      received: 'a second call while fit is going on',
      remedy: 'await the first one, or stop it with an AbortSignal',
    })
  }
}
