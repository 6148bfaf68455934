// Metrics of regression over numbers; several outputs a row come in row-major order and are averaged evenly, as in
// scikit-learn.
import { MetricError, requirePairs } from './error.js'

export interface RegressionOptions {
  /** Targets in one row; default 1. The arrays are read in row-major order. */
  outputs?: number
}

/**
 * Mean of squared errors over all values.
 * @throws MetricError for arrays of unequal length, no values, or NaN and infinite ones.
 */
export function meanSquaredError(yTrue: ArrayLike<number>, yPred: ArrayLike<number>): number {
  requireFinitePairs(yTrue, yPred)
  return sumOver(yTrue.length, (i) => square(yTrue[i]! - yPred[i]!)) / yTrue.length
}

/**
 * Square root of the mean squared error, in the unit of the target; for several outputs the mean of each one's root.
 * @throws MetricError as meanSquaredError, and for a length that is no multiple of `outputs`.
 */
export function rootMeanSquaredError(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: RegressionOptions = {},
): number {
  return meanOverOutputs(yTrue, yPred, options, (at, rows) =>
    Math.sqrt(sumOver(rows, (row) => square(yTrue[at(row)]! - yPred[at(row)]!)) / rows),
  )
}

/**
 * Mean of absolute errors over all values.
 * @throws MetricError as meanSquaredError.
 */
export function meanAbsoluteError(yTrue: ArrayLike<number>, yPred: ArrayLike<number>): number {
  requireFinitePairs(yTrue, yPred)
  return sumOver(yTrue.length, (i) => Math.abs(yTrue[i]! - yPred[i]!)) / yTrue.length
}

/**
 * Coefficient of determination, 1 - Σ(y - ŷ)² / Σ(y - mean)²: 1 is perfect, 0 is as good as the mean. For several
 * outputs the mean of each one's. When all targets are equal: 1 for perfect predictions, else 0. NaN for a single
 * row, where it has no meaning.
 * @throws MetricError as rootMeanSquaredError.
 */
export function r2Score(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: RegressionOptions = {},
): number {
  return meanOverOutputs(yTrue, yPred, options, (at, rows) => {
    if (rows < 2) return NaN
    const mean = sumOver(rows, (row) => yTrue[at(row)]!) / rows
    const residual = sumOver(rows, (row) => square(yTrue[at(row)]! - yPred[at(row)]!))
    const total = sumOver(rows, (row) => square(yTrue[at(row)]! - mean))
    if (total === 0) return residual === 0 ? 1 : 0
    return 1 - residual / total
  })
}

function meanOverOutputs(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  { outputs = 1 }: RegressionOptions,
  ofOutput: (at: (row: number) => number, rows: number) => number,
): number {
  requireFinitePairs(yTrue, yPred)
  const rows = yTrue.length / outputs
  if (!Number.isInteger(outputs) || outputs < 1 || !Number.isInteger(rows)) {
    throw new MetricError({
      rule: 'outputs is a positive integer that divides the number of values',
      received: `${String(outputs)} for ${String(yTrue.length)} values`,
      remedy: 'pass the number of target columns',
    })
  }
  return sumOver(outputs, (output) => ofOutput((row) => row * outputs + output, rows)) / outputs
}

function requireFinitePairs(yTrue: ArrayLike<number>, yPred: ArrayLike<number>): void {
  requirePairs(yTrue, yPred)
  for (let i = 0; i < yTrue.length; i++) {
    if (Number.isFinite(yTrue[i]) && Number.isFinite(yPred[i])) continue
    throw new MetricError({
      rule: 'yTrue and yPred hold finite numbers only',
      received: `true ${String(yTrue[i])} and predicted ${String(yPred[i])} at index ${String(i)}`,
      remedy: 'drop missing values, or look for divergence in training',
    })
  }
}

function square(value: number): number {
  return value * value
}

function sumOver(count: number, term: (index: number) => number): number {
  let total = 0
  for (let i = 0; i < count; i++) total += term(i)
  return total
}
