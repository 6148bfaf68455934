// `--split-ratio`: all rows of a set pooled and split anew. The split depends on nothing but the set and the ratio, so that
// `evaluate` finds the rows that `train` has left aside, whatever its seed.
import type { NumericArray } from '../core/tensor.js'
import type { Examples } from '../data/dataset.js'
import { takeRows } from '../data/split.js'
import { splitByRatio } from '../data/split-ratio.js'
import type { DataOptions } from './data.js'
import { conflict } from './optimizer.js'

export interface Parts {
  train: Examples
  /** Of a split in three parts. */
  validation?: Examples
  test: Examples
}

/**
 * The parts of a set, or with `--split-ratio` new ones out of all its rows; by class for classification.
 * @throws ArgumentError together with ranges of rows; DataError when a part would be empty.
 */
export function splitAnew(
  { train, test }: Parts,
  { splitRatio, trainRows, testRows }: DataOptions,
  task: string,
): Parts {
  if (splitRatio === undefined) return { train, test }
  if (trainRows !== undefined || testRows !== undefined)
    conflict(
      '--split-ratio',
      trainRows === undefined ? '--test-rows' : '--train-rows',
      'leave one of them out',
    )
  const { columns } = train.x
  const x = {
    data: joined(train.x.data, test.x.data),
    shape: [train.y.length + test.y.length, ...train.x.shape.slice(1)],
    ...(columns === undefined ? {} : { columns }),
  }
  const y = joined(train.y, test.y)
  const stratify = task === 'classification' ? { stratify: y } : {}
  const parts = splitByRatio(y.length, splitRatio, stratify).map((rows): Examples => {
    return { x: takeRows(x, rows), y: takeRows(y, rows) }
  })
  const [first, second, third] = parts as [Examples, Examples, Examples | undefined]
  return third === undefined
    ? { train: first, test: second }
    : { train: first, validation: second, test: third }
}

/** Two arrays of one type after each other. */
function joined<T extends NumericArray>(a: T, b: T): T {
  const values = new (a.constructor as new (length: number) => T)(a.length + b.length)
  values.set(a)
  values.set(b, a.length)
  return values
}
