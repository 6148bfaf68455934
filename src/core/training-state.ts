// A training that is under way as plain data: what a checkpoint holds beside the model, so that it goes on bit for bit as if
// it had never been interrupted. Order of rows, dropout masks and the scalars of every step are functions of seed, epoch
// and step, so counters are enough for them. Holds no behaviour.
import type { JsonObject, ModelState } from './state.js'
import type { NamedTensor } from './tensor.js'
import type { Numerics } from './wasm.js'

export interface Checkpoint {
  /** The model as it stands, saved as any other. */
  model: ModelState
  /** The optimizer's state: for each of its slots a tensor of every weight's name and shape. */
  slots: NamedTensor[][]
  training: TrainingState
}

export interface TrainingState {
  /** Options of the fit. */
  epochs: number
  batchSize: number
  shuffle: boolean
  stepsPerEpoch: number
  /** The model's counters when the fit began: epochs, and steps of the optimizer. */
  first: { epoch: number; step: number }
  /** The step that comes next: 0-based epoch (on from `first`) and step in it. */
  next: { epoch: number; step: number }
  /** What callbacks made of the learning rate, as a factor, and the rate of the last step. */
  rate: { factor: number; last: number }
  sums: EpochSums
  /** Where samples come in chunks: the place in them; `next.step`, `sums` and `watch` are then those of the window under way. */
  stream?: StreamPlace
  /** The divergence watch: the loss that others are held against, and steps in a row far above it. */
  watch: { reference?: number; streak: number }
  /** One entry for each epoch that is done. */
  history: JsonObject[]
  /** Why the fit has ended; absent while it goes on. */
  ended?: 'epochs' | 'earlyStopping' | 'callback'
  /** Callbacks that remember something, in their order. */
  callbacks: CallbackMemory[]
  /** The best epoch so far by the figure that is watched. */
  best: JsonObject
  data: DataIdentity
  /** The variant that ran, and the SHA-256 of its binary: with others the last bits may differ. */
  engine: { numerics: Numerics; core: string }
  /** Data of the program that trains, for its own use. */
  note: JsonObject
}

/** Sums over the steps of the epoch under way. */
export interface EpochSums {
  /** Of loss and score, each times the weight of its batch. */
  loss: number
  score: number
  weight: number
  rows: number
  seconds: number
  /** Steps by number of threads. */
  threads: [threads: number, steps: number][]
}

export interface CallbackMemory {
  name: string
  values: JsonObject
  weights: NamedTensor[]
}

/** How far a fit on chunks has come: windows are read, trained on and left behind, in the order of the chunks. */
export interface StreamPlace {
  /** Rows of a full window. */
  window: number
  /** Windows that were trained on to their end: in the whole fit, and in the epoch under way. */
  windows: number
  done: number
  /** Steps of the fit, over all windows. */
  steps: number
  /** Sums over the windows of the epoch that are done. */
  sums: WindowSums
  /** SHA-256 over the epoch's rows so far, with those of a window under way; empty where the epoch has not begun. */
  read: string
  /** The same over the first window of an epoch. */
  first: string
}

/** What an epoch's figures are made of: sums over windows, each times its rows, and the figures of the last one. */
export interface WindowSums {
  rows: number
  steps: number
  loss: number
  accuracy: number
  seconds: number
  last?: JsonObject
}

/**
 * Tells whether other data are the same: SHA-256 of the values, as the core reads them, and of types and shapes. Of samples that
 * come in chunks only their kind: what is in them shows when they are read (`StreamPlace`).
 */
export interface DataIdentity {
  /** 0 where they are not known, of chunks. */
  rows: number
  columns: number
  samples: string
  targets: string
  /** Of sample and class weights; absent where all count the same. */
  weights?: string
  validation?: string
}
