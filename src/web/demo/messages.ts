// What the page and its examiner say to each other. The examiner is a worker that holds the data, so that neither loading nor
// testing takes time from the page.
import type { ModelState } from '../library.js'
import type { SetName } from './settings.js'

export type Request =
  | { id: number; type: 'load'; set: SetName }
  /** Tests a model on the test digits of the set that was loaded last. */
  | { id: number; type: 'examine'; state: Pick<ModelState, 'architecture' | 'weights' | 'preprocessing'> }

export type Reply =
  | { id: number; type: 'loaded'; data: TrainingData }
  | { id: number; type: 'examined'; result: Examination }
  | { id: number; type: 'failed'; message: string }

export interface TrainingData {
  set: SetName
  /** Bytes, [rows, 784], and the digits. */
  x: { data: Uint8Array; shape: number[] }
  y: Uint8Array
  testRows: number
  /** A few test digits of each class, 784 bytes each. */
  samples: Uint8Array[][]
}

/** How a model does on the test digits. */
export interface Examination {
  loss: number
  accuracy: number
  /** confusion[10 · truth + reading]: digits. */
  confusion: Uint32Array
  /** Wrong readings, the surest first. */
  mistakes: Mistake[]
  milliseconds: number
}

export interface Mistake {
  picture: Uint8Array
  truth: number
  reading: number
  /** Its probability. */
  share: number
}
