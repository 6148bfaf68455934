// One training at a time, in a worker of the library's: starts it, pauses and ends it, and gathers what there is to see.
import { FitControl, NeuralNetwork, type EpochResult, type SliceResult } from '../library.js'
import { extend, emptyCurves, type Curves } from './curves.js'
import type { Examiner } from './examiner.js'
import type { Examination, TrainingData } from './messages.js'
import { networkOptions, type Settings } from './settings.js'

/** Milliseconds between two looks at the weights while it trains. */
const mirrorMilliseconds = 200
const leastBetweenExaminations = 400
const mostBetweenExaminations = 1000
/** An examination may take this share of the time: one core of few is with it meanwhile. */
const examiningShare = 0.15

export type Phase = 'idle' | 'training' | 'paused'

export interface Progress {
  settings: Settings
  curves: Curves
  /** Means over the epoch so far. */
  slice: SliceResult | undefined
  /** Epochs done, with the fraction of the present one. */
  epoch: number
  /** Of training, pauses left out. */
  seconds: number
  threads: number | undefined
}

export interface TrainerEvents {
  phase(phase: Phase): void
  progress(progress: Progress): void
  /** The network that is being trained has other weights. */
  weights(network: NeuralNetwork): void
  examined(result: Examination, epoch: number): void
}

export class Trainer {
  phase: Phase = 'idle'
  private control = new FitControl()
  private examining: Promise<void> | undefined
  private nextExamination = 0

  constructor(
    private readonly examiner: Examiner,
    private readonly events: TrainerEvents,
  ) {}

  /** Trains from fresh weights. @returns the network with how it did, also where it was stopped. */
  async train(
    settings: Settings,
    data: TrainingData,
  ): Promise<{ network: NeuralNetwork; progress: Progress; result: Examination }> {
    this.control = new FitControl()
    const network = new NeuralNetwork(networkOptions(settings, 1 + Math.floor(Math.random() * 1e6)))
    const progress: Progress = {
      settings,
      curves: emptyCurves(settings.epochs),
      slice: undefined,
      epoch: 0,
      seconds: 0,
      threads: undefined,
    }
    const gatherer = new Gatherer(progress, data.y.length)
    this.enter('training')
    try {
      await network.fit(data.x, data.y, {
        mirrorEvery: mirrorMilliseconds,
        callbacks: [
          this.control,
          {
            onTrainBegin: ({ stepsPerEpoch }) => {
              gatherer.stepsPerEpoch = stepsPerEpoch
              this.nextExamination = 0
              this.events.weights(network)
            },
            onSlice: (result) => {
              gatherer.take(result)
              this.events.progress(progress)
              this.look(network, progress)
            },
            onEpochEnd: (result) => {
              gatherer.endEpoch(result)
              this.look(network, progress)
            },
          },
        ],
      })
      await this.examining
      const result = await this.examine(network, progress)
      return { network, progress, result }
    } finally {
      await this.examining
      this.enter('idle')
    }
  }

  /** Pauses, or goes on. */
  togglePause(): void {
    if (this.phase === 'idle') return
    const paused = this.phase === 'training'
    if (paused) this.control.pause()
    else this.control.resume()
    this.enter(paused ? 'paused' : 'training')
  }

  stop(): void {
    if (this.phase !== 'idle') this.control.stop()
  }

  private enter(phase: Phase): void {
    this.phase = phase
    this.events.phase(phase)
  }

  /** Shows the weights, and has them examined unless the last time is too near. */
  private look(network: NeuralNetwork, progress: Progress): void {
    this.events.weights(network)
    if (this.examining !== undefined || performance.now() < this.nextExamination) return
    this.examining = this.examine(network, progress).then(
      ({ milliseconds }) => {
        const pause = Math.max(leastBetweenExaminations, milliseconds / examiningShare)
        this.nextExamination = performance.now() + Math.min(pause, mostBetweenExaminations)
        this.examining = undefined
      },
      () => (this.examining = undefined), // the one at the end will tell
    )
  }

  private async examine(network: NeuralNetwork, { curves, epoch }: Progress): Promise<Examination> {
    const result = await this.examiner.examine(network.state())
    extend(curves.test.loss, epoch, result.loss)
    extend(curves.test.accuracy, epoch, result.accuracy)
    this.events.examined(result, epoch)
    return result
  }
}

/** Turns the running means of epochs into points of curves: means over the last few slices. */
class Gatherer {
  stepsPerEpoch = 1
  private before = { epoch: 0, step: 0, loss: 0, accuracy: 0 }
  /** Of epochs that are done. */
  private seconds = 0

  constructor(
    private readonly progress: Progress,
    private readonly rows: number,
  ) {}

  take(slice: SliceResult): void {
    const { progress, before } = this
    progress.slice = slice
    const { epoch, step, loss, accuracy = 0, samplesPerSecond } = slice
    const share = step / this.stepsPerEpoch
    progress.epoch = epoch - 1 + share
    progress.seconds = this.seconds + (share * this.rows) / samplesPerSecond
    const since = before.epoch === epoch ? before : { step: 0, loss: 0, accuracy: 0 }
    const steps = step - since.step
    // At most 25 points an epoch: single batches jump about.
    if (steps < this.stepsPerEpoch / 25 && step < this.stepsPerEpoch) return
    const { curves } = progress
    extend(curves.training.loss, progress.epoch, (loss * step - since.loss * since.step) / steps)
    extend(curves.training.accuracy, progress.epoch, (accuracy * step - since.accuracy * since.step) / steps)
    this.before = { epoch, step, loss, accuracy }
  }

  endEpoch({ seconds, threads }: EpochResult): void {
    this.seconds += seconds
    this.progress.seconds = this.seconds
    this.progress.threads = threads
  }
}
