// The rows of a trial: which set, which of its rows, cut for training and for measuring.
import { ArgumentError } from '../core/errors.js'
import { given } from '../core/given.js'
import { permutation, purposes } from '../core/philox.js'
import { toRows, type Tensor } from '../core/tensor.js'
import { catalog, type Recommended } from '../data/catalog.js'
import type { Examples } from '../data/dataset.js'
import { loadDataset } from '../data/load.js'
import { requireApart } from '../data/one-part.js'
import { pickRows, splitRows } from '../models/rows.js'
import type { DataSpec, Measure } from './job.js'

/** Rows with class numbers, or with numbers for regression. */
export interface Part {
  x: Tensor
  y: readonly number[]
}

export interface TrialData {
  name: string
  task: 'classification' | 'regression'
  /** Class numbers from 0, and what they are called; empty for regression. */
  classes: readonly number[]
  classNames: readonly string[]
  sampleShape: readonly number[]
  usual: Recommended
  train: Part
  test: Part
}

/** Rows to train on and rows to measure on. */
export interface Cut {
  train: Part
  measured: Part
}

/** Loads a set and cuts its rows. @throws ArgumentError for rows that are not there; errors of `loadDataset`. */
export async function loadTrialData(spec: DataSpec): Promise<TrialData> {
  const { dataset, dataDir, split, target, features, task, trainRows, testRows, limit } = spec
  const onePart = trainRows !== undefined && testRows !== undefined
  const set = await loadDataset(dataset, { ...given({ dataDir, split, target, features, task }), onePart })
  const length = set.train.y.length
  if (set.onlyPart !== undefined) {
    requireApart(set, parseRows(trainRows, length), parseRows(testRows, length), ['trainRows', 'testRows'])
  }
  const { name, sampleShape, classes = [] } = set
  const numbers = set.task === 'regression' ? [] : classNumbers(classes.length, set.train, set.test)
  return {
    name,
    task: set.task,
    classes: numbers,
    classNames: numbers.map((number) => classes[number] ?? String(number)),
    sampleShape,
    usual: catalog.find((entry) => entry.name === name)?.recommended ?? {},
    train: cutRows(set.train, trainRows, 'trainRows', limit),
    test: cutRows(set.test, testRows, 'testRows', undefined),
  }
}

function classNumbers(named: number, train: Examples, test: Examples): number[] {
  const most = [train, test].flatMap(({ y }) => Array.from(y)).reduce((a, b) => Math.max(a, b), 0)
  return Array.from({ length: Math.max(named, most + 1) }, (_, i) => i)
}

function cutRows({ x, y }: Examples, range: string | undefined, field: string, limit = Infinity): Part {
  const rows = y.length
  const { start, end: stop } = parseRows(range, rows)
  if (!(start < stop && stop <= rows)) {
    throw new ArgumentError({
      rule: `data.${field} lies within the ${String(rows)} rows of its part`,
      received: range ?? 'no rows',
      remedy: `write rows from 0:${String(rows)}`,
    })
  }
  const end = Math.min(stop, start + limit)
  const columns = x.data.length / rows
  const data = x.data.subarray(start * columns, end * columns)
  return {
    x: { ...x, data, shape: [end - start, ...x.shape.slice(1)] },
    y: Array.from(y.subarray(start, end)),
  }
}

/** `a:b` as numbers; what is left out is the first row, or the one after the last. */
function parseRows(range: string | undefined, rows: number): { start: number; end: number } {
  const [, first = '', last = ''] = /^(\d*):(\d*)$/.exec(range ?? ':') ?? []
  return { start: first === '' ? 0 : Number(first), end: last === '' ? rows : Number(last) }
}

/** The rows of a measure: one cut, or one for each fold. Its seed decides who goes where, the same for all trials. */
export function cutsOf(data: TrialData, measure: Measure): Cut[] {
  const { train, test } = data
  if (measure.on === 'test') return [{ train, measured: test }]
  const rows = train.y.length
  if (measure.on === 'holdout') {
    const [first, second] = splitRows(rows, measure.share, measure.seed)
    return [{ train: pick(train, first), measured: pick(train, second) }]
  }
  const { folds } = measure
  if (rows < folds) {
    throw new ArgumentError({
      rule: 'every fold has at least one row',
      received: `${String(folds)} folds of ${String(rows)} rows`,
      remedy: 'use fewer folds',
    })
  }
  const order = permutation(rows, measure.seed, purposes.split)
  return Array.from({ length: folds }, (_, fold) => ({
    train: pick(train, order.filter((_, i) => i % folds !== fold).sort()),
    measured: pick(train, order.filter((_, i) => i % folds === fold).sort()),
  }))
}

/** Sets a share of the rows aside, as `lanewise train --validation` does. */
export function setAside(part: Part, share: number, seed: number): { train: Part; validation: Part } {
  const [train, validation] = splitRows(part.y.length, share, seed)
  return { train: pick(part, train), validation: pick(part, validation) }
}

function pick({ x, y }: Part, picked: Uint32Array): Part {
  const rows = toRows(x, 'x', { missing: true })
  const { data, sampleShape } = pickRows(rows, picked)
  return {
    x: { ...x, data, shape: [picked.length, ...sampleShape] },
    y: Array.from(picked, (row) => y[row]!),
  }
}
