// What a trial is: one training with its settings and seed, as plain data that can go to another process or machine, and what
// comes back. Nothing here runs.
import type { JsonObject } from '../core/state.js'
import type { PreprocessingOptions } from '../data/transforms/preprocessing-options.js'
import type { EpochResult } from '../models/history.js'

/** Which data, and which of its rows: the options of `lanewise train`. */
export interface DataSpec {
  /** A name of the catalogue, or the path of a folder or a CSV file. */
  dataset: string
  dataDir?: string
  split?: string
  target?: string | number
  features?: readonly (string | number)[]
  task?: 'classification' | 'regression'
  /** Rows `a:b` of the training part; default all. */
  trainRows?: string
  testRows?: string
  /** The first n of them. */
  limit?: number
}

/** Settings of one training, under the names of `lanewise train`'s options in camelCase. */
export interface TrialSettings {
  /** Default `mlp`; `layers` need no model. */
  model?: 'mlp' | 'logistic' | 'linear'
  hidden?: readonly number[]
  /** The one JSON form of an architecture, in place of `hidden`. */
  layers?: readonly JsonObject[]
  activation?: string
  init?: string
  dropout?: number
  l1?: number
  l2?: number
  /** Name, or name with settings: `adam`, `adam:beta1=0.8`. */
  optimizer?: string
  lr?: number
  momentum?: number
  schedule?: string
  weightDecay?: number
  clipNorm?: number
  clipValue?: number
  loss?: string
  labelSmoothing?: number
  classWeight?: 'balanced' | Readonly<Record<string, number>>
  augment?: string
  /** What is done to the columns of tables. */
  preprocessing?: PreprocessingOptions
  /** Of regression. */
  targetScaling?: 'standard' | 'none'
  batchSize?: number
  /** In place of the budget's. */
  epochs?: number
  /** Share of the training rows that is set aside; default 0. */
  validation?: number
  patience?: number
  numerics?: 'fast' | 'strict'
}

/** Where the figures of a trial come from: the test part; or rows that are set aside, or each of several folds, of the training part. */
export type Measure =
  | { on: 'test' }
  | { on: 'holdout'; share: number; seed: number }
  | { on: 'folds'; folds: number; seed: number }

export interface TrialJob {
  /** Names the trial's file: letters, digits, `-` and `.`. */
  id: string
  data: DataSpec
  settings: TrialSettings
  seed: number
  /** Epochs that schedules are laid out for. */
  epochs: number
  /** Ends after this many of them; default all. */
  until?: number
  /** Ends after this much time of training, whatever the epochs; what comes out then depends on the machine. */
  seconds?: number
  measure: Measure
  /** Directory of the checkpoint to go on from, and of the one to leave behind. */
  from?: string
  into?: string
  /** File to write the model to. */
  saveTo?: string
}

/** Figures over a part of the data; `loss` and those of the task. */
export type Figures = Readonly<Record<string, number>>

/** Without what depends on the machine's speed, which is in `timing`. */
export type EpochFigures = Omit<EpochResult, 'seconds' | 'samplesPerSecond' | 'threads'>

export interface TrialResult {
  id: string
  /** `diverged`: training left the range in which it can learn. */
  status: 'done' | 'diverged'
  /** Why it has no figures. */
  message?: string
  task: 'classification' | 'regression'
  /** Weights and biases. */
  parameters: number
  /** Epochs that were trained. */
  epochs: number
  /** The curves; of folds those of the first. */
  history: EpochFigures[]
  /** Figures that count: over the test part or the rows set aside; means over folds. Absent for what diverged. */
  figures?: Figures
  train?: Figures
  validation?: Figures
  /** One entry a fold. */
  folds?: Figures[]
  timing: {
    /** Of training alone, over all folds. */
    trainSeconds: number
    samplesPerSecond: number
    /** Seconds of training at the end of each epoch of the curves. */
    epochSeconds: number[]
  }
}
