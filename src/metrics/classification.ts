// Metrics of classification over class labels: accuracy, confusion matrix, precision, recall, F1 and their averages.
// Definitions and edge cases are scikit-learn's with zero_division=0: a ratio over nothing counts as 0.
// Probabilities, thresholds and curves are not here.
import { MetricError, requirePairs } from './error.js'
import { weightedMean, weightsOf, type WeightOptions } from './inputs.js'
import { uniqueLabels, type Label } from './labels.js'

export interface ClassScores {
  label: Label
  /** Of the rows predicted as this class, the share that is. */
  precision: number
  /** Of the rows of this class, the share predicted so. */
  recall: number
  /** Harmonic mean of precision and recall. */
  f1: number
  /** Weighted harmonic mean, (1 + β²) · precision · recall / (β² · precision + recall); only where `beta` was asked for. */
  fBeta?: number
  /** Rows of this class, or the sum of their weights. */
  support: number
}

/** Averages over classes; support is the number of rows of all of them. */
export type AverageScores = Omit<ClassScores, 'label'>

export interface ClassificationScores {
  /** Share of all rows whose prediction equals the label, whatever `labels` says. */
  accuracy: number
  /** One entry a class, in the order of `labels`. */
  perClass: ClassScores[]
  /** Every class weighs the same. */
  macro: AverageScores
  /** Every class weighs as much as it has rows. */
  weighted: AverageScores
  /** Counts of all classes pooled first; equals accuracy when `labels` holds every class that occurs. */
  micro: AverageScores
}

export interface LabelOptions extends WeightOptions {
  /** The classes to tell of, in this order; default: all that occur in either array, sorted. */
  labels?: readonly Label[]
}

export interface ScoreOptions extends LabelOptions {
  /** Adds F-beta: recall counts `beta` times as much as precision. 0 or more, Infinity for recall alone. */
  beta?: number
}

export interface ConfusionOptions extends LabelOptions {
  /** Divides by the sum of each row (`true`), of each column (`pred`) or of all; an empty one becomes zeros. */
  normalize?: 'true' | 'pred' | 'all'
}

/**
 * Share of rows predicted right, 0 to 1.
 * @throws MetricError for arrays of unequal length or no rows.
 */
export function accuracy(
  yTrue: ArrayLike<Label>,
  yPred: ArrayLike<Label>,
  options: WeightOptions = {},
): number {
  requirePairs(yTrue, yPred)
  const weights = weightsOf(yTrue.length, options)
  return weightedMean(yTrue.length, weights, (row) => (yTrue[row] === yPred[row] ? 1 : 0))
}

/**
 * Counts by class: row i, column j holds the rows of class i that were predicted as class j, or the sum of their
 * weights. Rows whose true or predicted class is not in `labels` are left out.
 * @throws MetricError for arrays of unequal length, no rows, or labels that are empty or repeat.
 * @example confusionMatrix([0, 0, 1], [0, 1, 1]) // [[1, 1], [0, 1]]
 */
export function confusionMatrix(
  yTrue: ArrayLike<Label>,
  yPred: ArrayLike<Label>,
  options: ConfusionOptions = {},
): number[][] {
  const { normalize } = options
  const indices = indexLabels(yTrue, yPred, options)
  const weights = weightsOf(yTrue.length, options)
  const matrix = Array.from(indices, () => new Array<number>(indices.size).fill(0))
  for (let i = 0; i < yTrue.length; i++) {
    const row = indices.get(yTrue[i]!)
    const column = indices.get(yPred[i]!)
    if (row !== undefined && column !== undefined) matrix[row]![column]! += weights?.[i] ?? 1
  }
  if (normalize === undefined) return matrix
  if (normalize === 'true') return matrix.map((row) => row.map((count) => ratio(count, sum(row))))
  if (normalize === 'pred') {
    const totals = matrix.map((_, column) => sum(matrix.map((row) => row[column]!)))
    return matrix.map((row) => row.map((count, column) => ratio(count, totals[column]!)))
  }
  if ((normalize as string) !== 'all') {
    throw new MetricError({
      rule: 'normalize is true, pred or all',
      received: String(normalize),
      remedy: 'leave it out for counts',
    })
  }
  const all = sum(matrix.map(sum))
  return matrix.map((row) => row.map((count) => ratio(count, all)))
}

/**
 * Precision, recall and F1 of every class with their averages.
 * @throws MetricError for arrays of unequal length, no rows, labels that are empty or repeat, or a beta below 0.
 */
export function classificationScores(
  yTrue: ArrayLike<Label>,
  yPred: ArrayLike<Label>,
  options: ScoreOptions = {},
): ClassificationScores {
  const { beta } = options
  if (beta !== undefined && !(beta >= 0)) {
    throw new MetricError({ rule: 'beta is 0 or more', received: String(beta), remedy: 'use 1 for F1' })
  }
  const indices = indexLabels(yTrue, yPred, options)
  const weights = weightsOf(yTrue.length, options)
  const hits = new Float64Array(indices.size)
  const predicted = new Float64Array(indices.size)
  const support = new Float64Array(indices.size)
  for (let i = 0; i < yTrue.length; i++) {
    const row = indices.get(yTrue[i]!)
    const column = indices.get(yPred[i]!)
    const weight = weights?.[i] ?? 1
    if (row !== undefined) support[row]! += weight
    if (column !== undefined) predicted[column]! += weight
    if (row !== undefined && row === column) hits[row]! += weight
  }
  const perClass = Array.from(indices, ([label, i]) => ({
    label,
    ...scores(hits[i]!, predicted[i]!, support[i]!, beta),
  }))
  const rows = sum(support)
  return {
    accuracy: accuracy(yTrue, yPred, options),
    perClass,
    macro: average(perClass, () => 1, rows),
    weighted: average(perClass, (one) => one.support, rows),
    micro: scores(sum(hits), sum(predicted), rows, beta),
  }
}

function indexLabels(
  yTrue: ArrayLike<Label>,
  yPred: ArrayLike<Label>,
  options: LabelOptions,
): Map<Label, number> {
  requirePairs(yTrue, yPred)
  const present = uniqueLabels(yTrue, yPred)
  const labels = options.labels ?? present
  const indices = new Map(labels.map((label, index) => [label, index]))
  if (indices.size === labels.length && labels.length > 0) return indices
  throw new MetricError({
    rule: 'labels names at least one class, each once',
    received: `[${labels.join(', ')}]`,
    remedy: 'pass every class once or leave labels out',
  })
}

function scores(hits: number, predicted: number, support: number, beta: number | undefined): AverageScores {
  const precision = ratio(hits, predicted)
  const recall = ratio(hits, support)
  const f1 = fScore(precision, recall, 1)
  const more = beta === undefined ? {} : { fBeta: fScore(precision, recall, beta) }
  return { precision, recall, f1, ...more, support }
}

function fScore(precision: number, recall: number, beta: number): number {
  if (beta === Infinity) return recall
  return ratio((1 + beta * beta) * precision * recall, beta * beta * precision + recall)
}

function average(
  perClass: ClassScores[],
  weigh: (one: ClassScores) => number,
  support: number,
): AverageScores {
  const weights = perClass.map(weigh)
  const mean = (of: 'precision' | 'recall' | 'f1' | 'fBeta') =>
    ratio(sum(perClass.map((one, i) => one[of]! * weights[i]!)), sum(weights))
  const more = perClass.some(({ fBeta }) => fBeta !== undefined) ? { fBeta: mean('fBeta') } : {}
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1'), ...more, support }
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator
}

function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  return total
}
