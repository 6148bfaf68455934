// Whether probabilities mean what they say: of the rows that are given 70 %, do 70 % come true? Bins are scikit-learn's
// (calibration_curve); the expected calibration error is that of Guo et al., "On Calibration of Modern Neural Networks" (2017).
import { MetricError } from './error.js'
import { columnsOf, isVector, tableOf, type ScoreRows } from './inputs.js'
import type { Label } from './labels.js'
import { positiveRows } from './positive.js'
import { requireProbabilities } from './probabilities.js'
import { quantileOf } from './quantile.js'

export interface CalibrationOptions {
  /** The class that one probability a row speaks for; default 1. */
  positive?: Label
  /** The class of each column, for rows of probabilities; default: all that occur in yTrue, sorted. */
  labels?: readonly Label[]
  /** Number of bins; default 10. */
  bins?: number
  /** Bins of equal width (default), or with equally many rows. */
  strategy?: 'uniform' | 'quantile'
}

export interface ReliabilityBin {
  /** Probabilities above `low` and up to `high`; the first bin holds `low` too. */
  low: number
  high: number
  /** Rows in it; bins without any are left out. */
  rows: number
  /** Mean of their probabilities. */
  predicted: number
  /** Share of them that came true. */
  observed: number
}

export interface Calibration {
  bins: ReliabilityBin[]
  /** Expected calibration error: mean of |observed - predicted|, every bin weighing as much as it has rows. */
  expectedError: number
  /** The largest |observed - predicted|. */
  maximumError: number
}

/**
 * Reliability of probabilities.
 * @param probabilities of the positive class, compared with how often it came; or rows with one for each class, of which the
 *   highest is compared with how often its class was the right one.
 * @throws MetricError for unequal lengths, values outside [0, 1], or fewer than 1 bin.
 */
export function calibration(
  yTrue: ArrayLike<Label>,
  probabilities: ArrayLike<number> | ScoreRows,
  options: CalibrationOptions = {},
): Calibration {
  const { bins: count = 10, strategy = 'uniform' } = options
  if (!Number.isInteger(count) || count < 1 || (strategy !== 'uniform' && strategy !== 'quantile')) {
    throw new MetricError({
      rule: 'bins is a positive integer and strategy uniform or quantile',
      received: `${String(count)} and ${String(strategy)}`,
      remedy: 'leave them out for 10 bins of equal width',
    })
  }
  const { p, came } = events(yTrue, probabilities, options)
  const edges = Float64Array.from({ length: count + 1 }, (_, i) => i * (1 / count))
  edges[count] = 1
  if (strategy === 'quantile') {
    const sorted = Float64Array.from(p).sort()
    edges.forEach((share, i) => (edges[i] = quantileOf(sorted, share)))
  }
  const inner = edges.subarray(1, count)
  const sums = Array.from({ length: count }, () => ({ rows: 0, p: 0, came: 0 }))
  for (let row = 0; row < p.length; row++) {
    const sum = sums[firstNotBelow(inner, p[row]!)]!
    sum.rows++
    sum.p += p[row]!
    sum.came += came[row]!
  }
  const bins = sums.flatMap((sum, i): ReliabilityBin[] => {
    if (sum.rows === 0) return []
    const { rows } = sum
    return [{ low: edges[i]!, high: edges[i + 1]!, rows, predicted: sum.p / rows, observed: sum.came / rows }]
  })
  const gaps = bins.map(({ observed, predicted }) => Math.abs(observed - predicted))
  return {
    bins,
    expectedError: bins.reduce((sum, { rows }, i) => sum + rows * gaps[i]!, 0) / p.length,
    maximumError: Math.max(...gaps),
  }
}

/** What was foretold of each row, and whether it came. */
function events(
  yTrue: ArrayLike<Label>,
  probabilities: ArrayLike<number> | ScoreRows,
  options: CalibrationOptions,
): { p: ArrayLike<number>; came: Uint8Array } {
  if (isVector(probabilities)) {
    const came = positiveRows(yTrue, probabilities, options)
    requireProbabilities(probabilities, 1)
    return { p: probabilities, came }
  }
  const table = tableOf(probabilities)
  const { of } = columnsOf(yTrue, table, options.labels)
  const { data, columns } = table
  requireProbabilities(data, columns)
  const p = new Float64Array(of.length)
  const came = new Uint8Array(of.length)
  of.forEach((own, row) => {
    let best = 0
    for (let c = 1; c < columns; c++) if (data[row * columns + c]! > data[row * columns + best]!) best = c
    p[row] = data[row * columns + best]!
    came[row] = Number(best === own)
  })
  return { p, came }
}

/** Index of the first of the ascending edges that is not below the value. */
function firstNotBelow(edges: Float64Array, value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (edges[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
