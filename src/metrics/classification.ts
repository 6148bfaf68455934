// Metrics of classification over class labels: accuracy, confusion matrix, precision, recall, F1 and their averages.
// Definitions and edge cases are scikit-learn's with zero_division=0: a ratio over nothing counts as 0.
// Probabilities, thresholds and curves are not here.
import { MetricError, requirePairs } from './error.js'

/** A class: its number, or its name. One call uses one kind. */
export type Label = number | string

export interface ClassScores {
  label: Label
  /** Of the rows predicted as this class, the share that is. */
  precision: number
  /** Of the rows of this class, the share predicted so. */
  recall: number
  /** Harmonic mean of precision and recall. */
  f1: number
  /** Rows of this class. */
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

export interface LabelOptions {
  /** The classes to tell of, in this order; default: all that occur in either array, sorted. */
  labels?: readonly Label[]
}

/**
 * The classes that occur in any of the arrays, sorted: numbers by value, strings by code point.
 * @throws MetricError for labels that are neither numbers nor strings, are NaN, or mix the two kinds.
 */
export function uniqueLabels(...arrays: ArrayLike<Label>[]): Label[] {
  const seen = new Set<Label>()
  for (const labels of arrays) for (let i = 0; i < labels.length; i++) seen.add(labels[i]!)
  const unique = [...seen]
  if (unique.every((label) => typeof label === 'string')) return unique.sort(byCodePoint)
  const odd = unique.find((label) => typeof label !== 'number' || Number.isNaN(label))
  if (odd === undefined) return (unique as number[]).sort((a, b) => a - b)
  throw new MetricError({
    rule: 'labels are all numbers or all strings',
    received: `${typeof odd} ${String(odd)} among ${String(unique.length)} different labels`,
    remedy: 'convert yTrue and yPred to the same kind of label',
  })
}

// UTF-16 order differs from code point order only where a surrogate meets a character above the surrogate range.
function byCodePoint(a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/**
 * Share of rows predicted right, 0 to 1.
 * @throws MetricError for arrays of unequal length or no rows.
 */
export function accuracy(yTrue: ArrayLike<Label>, yPred: ArrayLike<Label>): number {
  requirePairs(yTrue, yPred)
  let right = 0
  for (let i = 0; i < yTrue.length; i++) if (yTrue[i] === yPred[i]) right++
  return right / yTrue.length
}

/**
 * Counts by class: row i, column j holds the rows of class i that were predicted as class j. Rows whose true or
 * predicted class is not in `labels` are left out.
 * @throws MetricError for arrays of unequal length, no rows, or labels that are empty or repeat.
 * @example confusionMatrix([0, 0, 1], [0, 1, 1]) // [[1, 1], [0, 1]]
 */
export function confusionMatrix(
  yTrue: ArrayLike<Label>,
  yPred: ArrayLike<Label>,
  options: LabelOptions = {},
): number[][] {
  const indices = indexLabels(yTrue, yPred, options)
  const matrix = Array.from(indices, () => new Array<number>(indices.size).fill(0))
  for (let i = 0; i < yTrue.length; i++) {
    const row = indices.get(yTrue[i]!)
    const column = indices.get(yPred[i]!)
    if (row !== undefined && column !== undefined) matrix[row]![column]!++
  }
  return matrix
}

/**
 * Precision, recall and F1 of every class with their averages.
 * @throws MetricError for arrays of unequal length, no rows, or labels that are empty or repeat.
 */
export function classificationScores(
  yTrue: ArrayLike<Label>,
  yPred: ArrayLike<Label>,
  options: LabelOptions = {},
): ClassificationScores {
  const indices = indexLabels(yTrue, yPred, options)
  const hits = new Float64Array(indices.size)
  const predicted = new Float64Array(indices.size)
  const support = new Float64Array(indices.size)
  for (let i = 0; i < yTrue.length; i++) {
    const row = indices.get(yTrue[i]!)
    const column = indices.get(yPred[i]!)
    if (row !== undefined) support[row]!++
    if (column !== undefined) predicted[column]!++
    if (row !== undefined && row === column) hits[row]!++
  }
  const perClass = Array.from(indices, ([label, i]) => ({
    label,
    ...scores(hits[i]!, predicted[i]!, support[i]!),
  }))
  const rows = sum(support)
  return {
    accuracy: accuracy(yTrue, yPred),
    perClass,
    macro: average(perClass, () => 1, rows),
    weighted: average(perClass, (one) => one.support, rows),
    micro: scores(sum(hits), sum(predicted), rows),
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

function scores(hits: number, predicted: number, support: number): AverageScores {
  const precision = ratio(hits, predicted)
  const recall = ratio(hits, support)
  return { precision, recall, f1: ratio(2 * precision * recall, precision + recall), support }
}

function average(
  perClass: ClassScores[],
  weigh: (one: ClassScores) => number,
  support: number,
): AverageScores {
  const weights = perClass.map(weigh)
  const mean = (of: 'precision' | 'recall' | 'f1') =>
    ratio(sum(perClass.map((one, i) => one[of] * weights[i]!)), sum(weights))
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1'), support }
}

function ratio(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator
}

function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  return total
}
