// Metrics of regression over numbers; several outputs a row come in row-major order and are averaged evenly, as in
// scikit-learn.
import { MetricError, requirePairs } from './error.js'
import { weightedMean, weightsOf, type WeightOptions } from './inputs.js'
import { quantileOf, weightedMedian } from './quantile.js'

export interface RegressionOptions extends WeightOptions {
  /** Targets in one row; default 1. The arrays are read in row-major order. */
  outputs?: number
}

/** All figures of one output, or their means over outputs. */
export interface RegressionFigures {
  mse: number
  rmse: number
  mae: number
  medianAbsoluteError: number
  maxError: number
  /** Mean absolute percentage error as a share: 0.1 is 10 %. */
  mape: number
  r2: number
  explainedVariance: number
}

/** One output: values of a row, rows, weights. */
interface Output {
  rows: number
  actual: (row: number) => number
  error: (row: number) => number
  weights: ArrayLike<number> | undefined
}

/**
 * Mean of squared errors.
 * @throws MetricError for arrays of unequal length, no values, NaN and infinite ones, or a length that is no multiple of
 *   `outputs`.
 */
export function meanSquaredError(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: RegressionOptions = {},
): number {
  return meanOverOutputs(yTrue, yPred, options, squared)
}

/**
 * Square root of the mean squared error, in the unit of the target; for several outputs the mean of each one's root.
 * @throws MetricError as meanSquaredError.
 */
export function rootMeanSquaredError(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: RegressionOptions = {},
): number {
  return meanOverOutputs(yTrue, yPred, options, (output) => Math.sqrt(squared(output)))
}

/**
 * Mean of absolute errors.
 * @throws MetricError as meanSquaredError.
 */
export function meanAbsoluteError(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: RegressionOptions = {},
): number {
  return meanOverOutputs(yTrue, yPred, options, absolute)
}

/**
 * Median of absolute errors, which outliers do not move. With weights the first error at which they reach half their sum.
 * @throws MetricError as meanSquaredError.
 */
export function medianAbsoluteError(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: RegressionOptions = {},
): number {
  return meanOverOutputs(yTrue, yPred, options, median)
}

/**
 * The largest absolute error.
 * @throws MetricError as meanSquaredError.
 */
export function maxError(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: Pick<RegressionOptions, 'outputs'> = {},
): number {
  return meanOverOutputs(yTrue, yPred, options, largest)
}

/**
 * Mean of |error| / |target| as a share: 0.1 is 10 %. Targets of 0 count as 2^-52, so that the figure becomes huge.
 * @throws MetricError as meanSquaredError.
 */
export function meanAbsolutePercentageError(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: RegressionOptions = {},
): number {
  return meanOverOutputs(yTrue, yPred, options, percentage)
}

/**
 * Coefficient of determination, 1 - Σ(y - ŷ)² / Σ(y - mean)²: 1 is perfect, 0 is as good as the mean. For several
 * outputs the mean of each one's. When all targets are equal: 1 for perfect predictions, else 0. NaN for a single
 * row, where it has no meaning.
 * @throws MetricError as meanSquaredError.
 */
export function r2Score(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: RegressionOptions = {},
): number {
  return meanOverOutputs(yTrue, yPred, options, determination)
}

/**
 * Explained variance, 1 - Var(y - ŷ) / Var(y): as R², but a constant error costs nothing. When all targets are equal: 1
 * where all errors are, else 0.
 * @throws MetricError as meanSquaredError.
 */
export function explainedVariance(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: RegressionOptions = {},
): number {
  return meanOverOutputs(yTrue, yPred, options, explained)
}

/**
 * All figures at once, and those of each output where there are several.
 * @throws MetricError as meanSquaredError.
 */
export function regressionScores(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: RegressionOptions = {},
): RegressionFigures & { perOutput: RegressionFigures[] } {
  const perOutput = outputsOf(yTrue, yPred, options).map((output): RegressionFigures => {
    const mse = squared(output)
    return {
      mse,
      rmse: Math.sqrt(mse),
      mae: absolute(output),
      medianAbsoluteError: median(output),
      maxError: largest(output),
      mape: percentage(output),
      r2: determination(output),
      explainedVariance: explained(output),
    }
  })
  const mean = (of: keyof RegressionFigures) =>
    perOutput.reduce((sum, figures) => sum + figures[of], 0) / perOutput.length
  return {
    mse: mean('mse'),
    rmse: mean('rmse'),
    mae: mean('mae'),
    medianAbsoluteError: mean('medianAbsoluteError'),
    maxError: mean('maxError'),
    mape: mean('mape'),
    r2: mean('r2'),
    explainedVariance: mean('explainedVariance'),
    perOutput,
  }
}

function squared({ rows, error, weights }: Output): number {
  return weightedMean(rows, weights, (row) => square(error(row)))
}

function absolute({ rows, error, weights }: Output): number {
  return weightedMean(rows, weights, (row) => Math.abs(error(row)))
}

function median({ rows, error, weights }: Output): number {
  const errors = Float64Array.from({ length: rows }, (_, row) => Math.abs(error(row)))
  return weights === undefined ? quantileOf(errors.sort(), 0.5) : weightedMedian(errors, weights)
}

function largest({ rows, error }: Output): number {
  let most = 0
  for (let row = 0; row < rows; row++) most = Math.max(most, Math.abs(error(row)))
  return most
}

function percentage({ rows, actual, error, weights }: Output): number {
  return weightedMean(
    rows,
    weights,
    (row) => Math.abs(error(row)) / Math.max(Math.abs(actual(row)), 2 ** -52),
  )
}

function determination({ rows, actual, error, weights }: Output): number {
  if (rows < 2) return NaN
  const mean = weightedMean(rows, weights, actual)
  return shareLeft(
    weightedMean(rows, weights, (row) => square(error(row))),
    weightedMean(rows, weights, (row) => square(actual(row) - mean)),
  )
}

function explained({ rows, actual, error, weights }: Output): number {
  const mean = weightedMean(rows, weights, actual)
  const bias = weightedMean(rows, weights, error)
  return shareLeft(
    weightedMean(rows, weights, (row) => square(error(row) - bias)),
    weightedMean(rows, weights, (row) => square(actual(row) - mean)),
  )
}

/** 1 - residual / total, finite always. */
function shareLeft(residual: number, total: number): number {
  if (total === 0) return residual === 0 ? 1 : 0
  return 1 - residual / total
}

function meanOverOutputs(
  yTrue: ArrayLike<number>,
  yPred: ArrayLike<number>,
  options: RegressionOptions,
  measure: (output: Output) => number,
): number {
  const outputs = outputsOf(yTrue, yPred, options)
  return outputs.reduce((sum, output) => sum + measure(output), 0) / outputs.length
}

function outputsOf(yTrue: ArrayLike<number>, yPred: ArrayLike<number>, options: RegressionOptions): Output[] {
  const { outputs = 1 } = options
  requireFinitePairs(yTrue, yPred)
  const rows = yTrue.length / outputs
  if (!Number.isInteger(outputs) || outputs < 1 || !Number.isInteger(rows)) {
    throw new MetricError({
      rule: 'outputs is a positive integer that divides the number of values',
      received: `${String(outputs)} for ${String(yTrue.length)} values`,
      remedy: 'pass the number of target columns',
    })
  }
  const weights = weightsOf(rows, options)
  return Array.from({ length: outputs }, (_, output) => ({
    rows,
    actual: (row) => yTrue[row * outputs + output]!,
    error: (row) => yTrue[row * outputs + output]! - yPred[row * outputs + output]!,
    weights,
  }))
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
