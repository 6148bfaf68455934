// What a fit leaves behind: one entry an epoch in each list.
import type { Hint } from './hints.js'
import type { Diagnostics, LayerDiagnostics } from './inspection.js'
import type { ProfileEntry } from './profile-table.js'

export interface EpochResult {
  /** 1-based. */
  epoch: number
  /** Mean training loss over the epoch's batches, as they were trained (with dropout, before each step's update). */
  loss: number
  /** Share of right answers over the same batches; only for losses that count them. */
  accuracy?: number
  validationLoss?: number
  validationAccuracy?: number
  /** Rate of the epoch's last step. */
  learningRate: number
  /** Of training alone, without validation. */
  seconds: number
  samplesPerSecond: number
  /** The number of threads that did most of its steps. */
  threads: number
  /** Length of the gradient by all weights after the epoch, over one batch; not after every epoch where rows are few. */
  gradientNorm?: number
  /** The same layer by layer, with the state of their units. */
  layers?: readonly LayerDiagnostics[]
}

export class History {
  readonly epochs: EpochResult[] = []
  /** Why training ended: `epochs` are done, or what stopped it. */
  stoppedBy: 'epochs' | 'earlyStopping' | 'signal' | 'callback' = 'epochs'
  /** Where the time of a step goes, when `fit` was asked for it. */
  profile?: ProfileEntry[]
  /** Where learning went wrong, the gravest first; empty where all is well, and without `hints`. */
  readonly hints: Hint[] = []
  /** What was seen of the network at the end, over some hundred training rows; not for the smallest fits. */
  final?: Diagnostics
  /** Seconds that the looks for hints took; in `trainSeconds` they are not. */
  inspectionSeconds = 0

  get loss(): number[] {
    return this.epochs.map(({ loss }) => loss)
  }

  get accuracy(): number[] {
    return this.epochs.flatMap(({ accuracy }) => accuracy ?? [])
  }

  get validationLoss(): number[] {
    return this.epochs.flatMap(({ validationLoss }) => validationLoss ?? [])
  }

  get validationAccuracy(): number[] {
    return this.epochs.flatMap(({ validationAccuracy }) => validationAccuracy ?? [])
  }

  /** Seconds of training alone. */
  get trainSeconds(): number {
    return this.epochs.reduce((sum, { seconds }) => sum + seconds, 0)
  }

  /** Rows trained per second of training. */
  get samplesPerSecond(): number {
    const rows = this.epochs.reduce(
      (sum, { samplesPerSecond, seconds }) => sum + samplesPerSecond * seconds,
      0,
    )
    return this.trainSeconds > 0 ? rows / this.trainSeconds : 0
  }
}
