// What a loaded data set is: the same form whatever files it came from.
import type { Tensor } from '../core/tensor.js'

/** Samples with what is known about each: `x.shape` is [rows, columns], `y` has one value a row. */
export interface Examples {
  x: Tensor<Uint8Array | Float32Array>
  /** Class numbers from 0, or regression targets. */
  y: Uint8Array | Int32Array | Float32Array
}

export interface Dataset {
  name: string
  /** Of a set that is cut in several ways: which one this is. */
  split?: string
  task: 'classification' | 'regression'
  train: Examples
  test: Examples
  /** Shape of one sample, `[28, 28]`; multiplies to the columns of `x`. */
  sampleShape: number[]
  /** What to call class 0, 1, …; absent for regression and for folders that the catalogue does not know. */
  classes?: string[]
  /** What the numbers of a regression are, and in what unit, where that is known: `MedHouseVal`, `100,000 $`. */
  targetName?: string
  targetUnit?: string
  /** Of a set of which only one part was there (see LoadOptions.onePart): which. `train` and `test` are then the same rows. */
  onlyPart?: 'train' | 'test'
  /** One line for people: what was read from where. */
  source: string
  /** Lines for people about choices that were made: which of several forms was taken, … */
  notes?: string[]
}
