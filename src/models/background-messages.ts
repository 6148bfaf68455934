// What the two sides of a fit in the background say to each other: plain data that can be copied from thread to thread.
import * as errors from '../core/errors.js'
import type { ModelState } from '../core/state.js'
import type { NamedTensor, Tensor } from '../core/tensor.js'
import type { Checkpoint } from '../core/training-state.js'
import type { Numerics } from '../core/wasm.js'
import type { SliceResult } from './callbacks.js'
import type { EpochResult, History } from './history.js'

/** A fit as plain data. Samples are rows in the model's form, targets class numbers or rows of numbers. */
export interface FitJob {
  state: ModelState
  overrides: { threads?: number; numerics: Numerics }
  training: TrainingCounters
  x: Tensor
  y: Int32Array | Tensor
  sampleWeight?: Float32Array
  validationData?: readonly [Tensor, Int32Array | Tensor]
  epochs: number
  batchSize: number
  shuffle: boolean
  profile: boolean
  hints: boolean
  /** Milliseconds between two messages of weights within an epoch; absent for none. */
  mirrorEvery?: number
}

/** What a model knows of its training beside weights and settings. */
export interface TrainingCounters {
  slots: Checkpoint['slots']
  trained: { steps: number; epochs: number }
}

type PlainHistory = Pick<History, 'profile' | 'hints' | 'final' | 'inspectionSeconds'>

/** A model as a fit leaves it. */
export interface Outcome extends TrainingCounters {
  weights: NamedTensor[]
  history: Pick<History, 'epochs' | 'stoppedBy'> & Partial<PlainHistory>
}

export type ToWorker =
  | { type: 'fit'; job: FitJob }
  /** The callbacks of the epoch's end are done. */
  | { type: 'continue' }
  | { type: 'abort' }
  | { type: 'stop'; by: 'callback' | 'earlyStopping' }
  | { type: 'pause'; paused: boolean }
  | { type: 'scale'; factor: number }
  | { type: 'weights'; weights: readonly NamedTensor[] }

export type FromWorker =
  /** It listens. */
  | { type: 'ready' }
  | { type: 'begin'; stepsPerEpoch: number }
  | { type: 'slice'; result: SliceResult; learningRate: number }
  /** Within an epoch. */
  | { type: 'mirror'; weights: NamedTensor[] }
  | { type: 'epoch'; result: EpochResult; learningRate: number; weights: NamedTensor[] }
  | { type: 'warning'; message: string }
  | { type: 'done'; outcome: Outcome }
  | { type: 'failed'; error: ErrorData; outcome: Outcome | undefined }

/** One end of the line between two threads. */
export interface Port<Out, In> {
  post(message: Out, transfer?: readonly ArrayBuffer[]): void
  listen(handler: (message: In) => void): void
}

export interface ErrorData {
  name: string
  message: string
  /** Parts of an error that was thrown on purpose. */
  parts?: Record<string, unknown>
}

export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message } = error
  if (!(error instanceof errors.LanewiseError)) return { name, message }
  const { rule, received, remedy } = error
  const place =
    error instanceof errors.DivergenceError
      ? { epoch: error.epoch, step: error.step, layer: error.layer, hints: error.hints }
      : {}
  return { name: error.constructor.name, message, parts: { rule, received, remedy, ...place } }
}

/** The error on the other side, of the same class. */
export function errorFrom({ name, message, parts }: ErrorData): Error {
  const type = (errors as unknown as Record<string, new (parts: unknown) => Error>)[name]
  if (parts === undefined || type === undefined) return Object.assign(new Error(message), { name })
  return new type(Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)))
}
