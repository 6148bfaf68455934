// What the metrics of this room take beside labels: sample weights, and scores or probabilities as rows. Checks and reads
// them; computes nothing.
import { uniqueLabels, type Label } from './labels.js'
import { MetricError } from './error.js'

export interface WeightOptions {
  /** A weight for each row, 0 or more; default 1 each. A weight of 2 counts as the row twice. */
  sampleWeight?: ArrayLike<number>
}

/** A row of scores (probabilities, logits) for each sample: nested rows, or row-major values with `[rows, columns]`. */
export type ScoreRows =
  ArrayLike<ArrayLike<number>> | { readonly data: ArrayLike<number>; readonly shape: readonly number[] }

export interface ColumnOptions extends WeightOptions {
  /** The class of each column; default: all that occur in yTrue, sorted. */
  labels?: readonly Label[]
}

/** Scores of samples, by class. */
export interface Table {
  data: ArrayLike<number>
  rows: number
  columns: number
}

/**
 * The weights of `rows` rows; undefined for one each.
 * @throws MetricError unless there is one a row, finite and not negative, with a sum above 0.
 */
export function weightsOf(rows: number, { sampleWeight }: WeightOptions): ArrayLike<number> | undefined {
  if (sampleWeight === undefined) return undefined
  const { length } = sampleWeight
  let sum = 0
  let bad: string | undefined
  for (let i = 0; i < length && bad === undefined; i++) {
    const weight = sampleWeight[i]!
    if (!Number.isFinite(weight) || weight < 0) bad = `${String(weight)} at index ${String(i)}`
    sum += weight
  }
  if (bad === undefined && length === rows && sum > 0) return sampleWeight
  throw new MetricError({
    rule: 'sampleWeight has one finite number a row, none below 0, not all 0',
    received: bad ?? (length === rows ? 'zeros only' : `${String(length)} for ${String(rows)} rows`),
    remedy: 'pass a weight for each row, or leave it out',
  })
}

/** Σ weight · term over rows, divided by Σ weight. */
export function weightedMean(
  rows: number,
  weights: ArrayLike<number> | undefined,
  term: (row: number) => number,
): number {
  let sum = 0
  if (weights === undefined) {
    for (let row = 0; row < rows; row++) sum += term(row)
    return sum / rows
  }
  let total = 0
  for (let row = 0; row < rows; row++) {
    sum += weights[row]! * term(row)
    total += weights[row]!
  }
  return sum / total
}

/** Whether `scores` is one number a sample. */
export function isVector(scores: ArrayLike<number> | ScoreRows): scores is ArrayLike<number> {
  return !('data' in scores) && typeof scores[0] === 'number'
}

/** @throws MetricError for rows of unequal length, or values that are not finite. */
export function tableOf(scores: ScoreRows): Table {
  if ('data' in scores) {
    const { data, shape } = scores
    const [rows = 0, columns = 0] = shape
    if (shape.length !== 2 || data.length !== rows * columns) {
      throw new MetricError({
        rule: 'scores have the shape [rows, columns], and as many values',
        received: `[${shape.join(', ')}] with ${String(data.length)} values`,
        remedy: 'pass the result of predictProba, or rows of numbers',
      })
    }
    requireFinite(data, columns)
    return { data, rows, columns }
  }
  const rows = scores.length
  const columns = scores[0]?.length ?? 0
  const data = new Float64Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    if (scores[row]!.length !== columns) {
      throw new MetricError({
        rule: 'rows of scores have one number for each class',
        received: `${String(scores[row]!.length)} in row ${String(row)}, ${String(columns)} in the first`,
        remedy: 'pass the result of predictProba, or rows of equal length',
      })
    }
    data.set(scores[row]!, row * columns)
  }
  requireFinite(data, columns)
  return { data, rows, columns }
}

/** The column of a class, as the curves take it. */
export function columnOf({ data, rows, columns }: Table, column: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => data[row * columns + column]!)
}

/**
 * The classes of a table's columns and the column of each row's class.
 * @throws MetricError unless there are as many classes as columns, and every label is one of them.
 */
export function columnsOf(
  yTrue: ArrayLike<Label>,
  { rows, columns }: Table,
  labels: readonly Label[] = uniqueLabels(yTrue),
): { labels: readonly Label[]; of: Uint32Array } {
  if (yTrue.length !== rows || rows === 0) {
    throw new MetricError({
      rule: 'there is one row of scores for each label, at least 1',
      received: `${String(rows)} rows for ${String(yTrue.length)} labels`,
      remedy: 'pass the scores of the same samples',
    })
  }
  const indices = new Map(labels.map((label, column) => [label, column]))
  if (indices.size !== columns || labels.length !== columns) {
    throw new MetricError({
      rule: 'there is one class for each column of scores',
      received: `${String(columns)} columns for the classes ${labels.slice(0, 12).join(', ')}${labels.length > 12 ? ', …' : ''}`,
      remedy: 'pass labels, the class of each column, when some do not occur in yTrue',
    })
  }
  const of = new Uint32Array(rows)
  for (let row = 0; row < rows; row++) {
    const column = indices.get(yTrue[row]!)
    if (column === undefined) {
      throw new MetricError({
        rule: 'every label is the class of a column',
        received: `${JSON.stringify(yTrue[row])} in row ${String(row)}`,
        remedy: 'pass labels with every class that occurs',
      })
    }
    of[row] = column
  }
  return { labels, of }
}

function requireFinite(data: ArrayLike<number>, columns: number): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue
    throw new MetricError({
      rule: 'scores are finite numbers',
      received: `${String(data[i])} in row ${String(Math.floor(i / columns))}`,
      remedy: 'look for divergence in training',
    })
  }
}
