// Metrics of predicted probabilities: log-loss, Brier score, top-k accuracy. Definitions are scikit-learn's. Curves over a
// threshold are in curves.ts, reliability in calibration.ts.
import { MetricError } from './error.js'
import {
  columnsOf,
  isVector,
  tableOf,
  weightedMean,
  weightsOf,
  type ColumnOptions,
  type ScoreRows,
} from './inputs.js'
import { positiveRows, type PositiveOptions } from './positive.js'
import type { Label } from './labels.js'

/** Options of a metric that takes one probability a row (that of `positive`), or a row of them (one a class of `labels`). */
export interface ProbabilityOptions extends ColumnOptions, PositiveOptions {}

/**
 * Mean of -log(probability of the true class). Probabilities are first moved into [ε, 1 - ε], ε the machine epsilon of their
 * type (float32 or float64), and scaled to a sum of 1, so that a wrong certainty costs much but not infinitely.
 * @param probabilities of the positive class, or rows with one for each class.
 * @throws MetricError for unequal lengths, values outside [0, 1], or classes that are not those of the columns.
 */
export function logLoss(
  yTrue: ArrayLike<Label>,
  probabilities: ArrayLike<number> | ScoreRows,
  options: ProbabilityOptions = {},
): number {
  const epsilon = isFloat32(probabilities) ? 2 ** -23 : 2 ** -52
  const clip = (p: number) => Math.min(1 - epsilon, Math.max(epsilon, p))
  if (isVector(probabilities)) {
    const isPositive = positiveRows(yTrue, probabilities, options)
    requireProbabilities(probabilities, 1)
    return weightedMean(yTrue.length, weightsOf(yTrue.length, options), (row) => {
      const p = clip(probabilities[row]!)
      return -Math.log(isPositive[row] === 1 ? p : 1 - p)
    })
  }
  const table = tableOf(probabilities)
  const { of } = columnsOf(yTrue, table, options.labels)
  const { data, columns } = table
  requireProbabilities(data, columns)
  return weightedMean(yTrue.length, weightsOf(yTrue.length, options), (row) => {
    const first = row * columns
    let sum = 0
    for (let c = 0; c < columns; c++) sum += clip(data[first + c]!)
    return -Math.log(clip(data[first + of[row]!]!) / sum)
  })
}

/**
 * Mean squared distance of the probabilities from what came true: (p - 1)² or p² for one probability a row (0 to 1), the sum
 * of these over the classes for rows of them (0 to 2, Brier 1950). Smaller is better.
 * @throws MetricError as logLoss.
 */
export function brierScore(
  yTrue: ArrayLike<Label>,
  probabilities: ArrayLike<number> | ScoreRows,
  options: ProbabilityOptions = {},
): number {
  if (isVector(probabilities)) {
    const isPositive = positiveRows(yTrue, probabilities, options)
    requireProbabilities(probabilities, 1)
    return weightedMean(yTrue.length, weightsOf(yTrue.length, options), (row) => {
      return (isPositive[row]! - probabilities[row]!) ** 2
    })
  }
  const table = tableOf(probabilities)
  const { of } = columnsOf(yTrue, table, options.labels)
  const { data, columns } = table
  requireProbabilities(data, columns)
  return weightedMean(yTrue.length, weightsOf(yTrue.length, options), (row) => {
    let sum = 0
    for (let c = 0; c < columns; c++) sum += (Number(c === of[row]) - data[row * columns + c]!) ** 2
    return sum
  })
}

/**
 * Share of rows whose true class has one of the `k` highest scores. Of equal scores the later column counts as higher.
 * @param scores rows with one score for each class: probabilities or logits. @param k 1 or more.
 * @throws MetricError for a k below 1, unequal lengths, or classes that are not those of the columns.
 */
export function topKAccuracy(
  yTrue: ArrayLike<Label>,
  scores: ScoreRows,
  k: number,
  options: ColumnOptions = {},
): number {
  if (!Number.isInteger(k) || k < 1) {
    throw new MetricError({ rule: 'k is a positive integer', received: String(k), remedy: 'use 5, say' })
  }
  const table = tableOf(scores)
  const { of } = columnsOf(yTrue, table, options.labels)
  const { data, columns } = table
  return weightedMean(yTrue.length, weightsOf(yTrue.length, options), (row) => {
    const first = row * columns
    const own = data[first + of[row]!]!
    let ahead = 0
    for (let c = 0; c < columns; c++) {
      const score = data[first + c]!
      if (score > own || (score === own && c > of[row]!)) ahead++
    }
    return ahead < k ? 1 : 0
  })
}

/** @throws MetricError for a value outside [0, 1]. */
export function requireProbabilities(data: ArrayLike<number>, columns: number): void {
  for (let i = 0; i < data.length; i++) {
    if (data[i]! >= 0 && data[i]! <= 1) continue
    throw new MetricError({
      rule: 'probabilities are from 0 to 1',
      received: `${String(data[i])} in row ${String(Math.floor(i / columns))}`,
      remedy: 'pass the result of predictProba, not logits',
    })
  }
}

function isFloat32(scores: ArrayLike<number> | ScoreRows): boolean {
  if ('data' in scores) return scores.data instanceof Float32Array
  return scores instanceof Float32Array || (scores[0] as unknown) instanceof Float32Array
}
