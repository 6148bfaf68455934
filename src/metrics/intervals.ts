// How far a figure may be off by the luck of the draw: bootstrap intervals for any metric over test rows, Wilson's interval
// for a share, Student's for a mean over a few runs.
import { MetricError } from './error.js'
import { quantileOf } from './quantile.js'
import { randomDraws } from './random.js'
import { normalQuantile, studentQuantile } from './distributions.js'

export interface Interval {
  /** The figure itself. */
  estimate: number
  low: number
  high: number
  /** 0.95 for a 95 % interval. */
  confidence: number
}

export interface BootstrapOptions {
  /** Default 0.95. */
  confidence?: number
  /** Samples drawn; default 1000. */
  resamples?: number
  /** Default 1. The same seed gives the same interval, on every engine. */
  seed?: number
  /** `percentile` (default), or `basic`, which mirrors it around the estimate. */
  method?: 'percentile' | 'basic'
}

/**
 * Bootstrap interval of any figure that is computed over rows (Efron 1979): draws as many rows with replacement, many times,
 * and takes the quantiles of what comes out. Draws that give NaN (such as an area under a curve without positives) are left
 * out.
 * @param statistic the figure of the given rows, which may repeat. @param rows how many there are.
 * @throws MetricError for options out of range, or when no draw gives a number.
 */
export function bootstrap(
  statistic: (rows: Uint32Array) => number,
  rows: number,
  options: BootstrapOptions = {},
): Interval & { standardError: number } {
  const { resamples = 1000, seed = 1, method = 'percentile' } = options
  const confidence = requireConfidence(options.confidence)
  const tail = (1 - confidence) / 2
  requireCount(rows, 'rows')
  requireCount(resamples, 'resamples')
  if (method !== 'percentile' && (method as string) !== 'basic') {
    throw new MetricError({
      rule: 'method is percentile or basic',
      received: String(method),
      remedy: 'leave it out',
    })
  }
  const draw = randomDraws(seed)
  const picked = Uint32Array.from({ length: rows }, (_, row) => row)
  const estimate = statistic(picked)
  const drawn = new Float64Array(resamples)
  let count = 0
  for (let i = 0; i < resamples; i++) {
    for (let row = 0; row < rows; row++) picked[row] = draw(rows)
    const value = statistic(picked)
    if (!Number.isNaN(value)) drawn[count++] = value
  }
  if (count === 0) {
    throw new MetricError({
      rule: 'the figure can be computed over drawn rows',
      received: 'NaN for all of them',
      remedy: 'use more rows, or a figure that is defined for them',
    })
  }
  const values = drawn.subarray(0, count).sort()
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, count - 1)
  const [low, high] = [quantileOf(values, tail), quantileOf(values, 1 - tail)]
  return {
    estimate,
    low: method === 'basic' ? 2 * estimate - high : low,
    high: method === 'basic' ? 2 * estimate - low : high,
    confidence,
    standardError: Math.sqrt(variance),
  }
}

/**
 * Bootstrap interval of a metric over pairs of true and predicted values.
 * @example bootstrapMetric(accuracy, test.y, await net.predict(test.x)) // { estimate, low, high, … }
 * @throws MetricError as bootstrap, and for arrays of unequal length.
 */
export function bootstrapMetric<T, P>(
  metric: (yTrue: T[], yPred: P[]) => number,
  yTrue: ArrayLike<T>,
  yPred: ArrayLike<P>,
  options: BootstrapOptions = {},
): Interval & { standardError: number } {
  if (yTrue.length !== yPred.length) {
    throw new MetricError({
      rule: 'yTrue and yPred have the same length',
      received: `${String(yTrue.length)} and ${String(yPred.length)}`,
      remedy: 'pass one prediction for each row',
    })
  }
  const left = new Array<T>(yTrue.length)
  const right = new Array<P>(yTrue.length)
  return bootstrap(
    (rows) => {
      rows.forEach((row, i) => {
        left[i] = yTrue[row]!
        right[i] = yPred[row]!
      })
      return metric(left, right)
    },
    yTrue.length,
    options,
  )
}

/**
 * Interval of a share such as accuracy, from counts alone (Wilson 1927): good for shares near 0 and 1 too.
 * @throws MetricError unless 0 ≤ successes ≤ total, total ≥ 1.
 */
export function wilsonInterval(
  successes: number,
  total: number,
  options: { confidence?: number } = {},
): Interval {
  const confidence = requireConfidence(options.confidence)
  requireCount(total, 'total')
  if (!(successes >= 0 && successes <= total)) {
    throw new MetricError({
      rule: 'successes are from 0 to total',
      received: `${String(successes)} of ${String(total)}`,
      remedy: 'pass counts',
    })
  }
  const z = normalQuantile((1 + confidence) / 2)
  const share = successes / total
  const scale = 1 + (z * z) / total
  const center = share + (z * z) / (2 * total)
  const half = z * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total))
  return {
    estimate: share,
    low: Math.max(0, (center - half) / scale),
    high: Math.min(1, (center + half) / scale),
    confidence,
  }
}

/**
 * Interval of the mean of a few independent figures, such as one accuracy a seed (Student's t). A single figure gives no
 * interval: low and high are NaN.
 * @throws MetricError for no figures, or some that are not finite.
 */
export function meanInterval(values: ArrayLike<number>, options: { confidence?: number } = {}): Interval {
  const confidence = requireConfidence(options.confidence)
  const all = Array.from(values)
  requireCount(all.length, 'the number of values')
  if (!all.every(Number.isFinite)) {
    throw new MetricError({
      rule: 'values are finite',
      received: all.join(', '),
      remedy: 'leave out runs that failed',
    })
  }
  const mean = all.reduce((a, b) => a + b, 0) / all.length
  if (all.length === 1) return { estimate: mean, low: NaN, high: NaN, confidence }
  const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1)
  const half = studentQuantile((1 + confidence) / 2, all.length - 1) * Math.sqrt(variance / all.length)
  return { estimate: mean, low: mean - half, high: mean + half, confidence }
}

function requireConfidence(confidence = 0.95): number {
  if (confidence > 0 && confidence < 1) return confidence
  throw new MetricError({
    rule: 'confidence is between 0 and 1',
    received: String(confidence),
    remedy: 'use 0.95 for a 95 % interval',
  })
}

function requireCount(value: number, what: string): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new MetricError({
    rule: `${what} is a positive integer`,
    received: String(value),
    remedy: 'pass 1 or more',
  })
}
