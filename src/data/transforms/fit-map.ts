// The map of a column of numbers, fitted on its training values: one function for each way of scaling. A column that does not
// vary is only shifted.
import { normalProbability, normalQuantile } from '../../core/exact.js'
import type { ColumnMap } from '../../core/state.js'
import { signedLog } from './column-map.js'
import { medianOf, momentsOf, quantileOf, sorted } from './statistics.js'

/** Ways of scaling a column. */
export type Scaling = 'standard' | 'minmax' | 'robust' | 'quantile' | 'log' | 'none'
export const scalings: readonly Scaling[] = ['standard', 'minmax', 'robust', 'quantile', 'log', 'none']

export type LinearMap = ColumnMap & { type: 'linear' }
export type LogMap = ColumnMap & { type: 'log' }
type PiecewiseMap = ColumnMap & { type: 'piecewise' }

/** The map that a way of scaling makes of finite values, one at least. */
export function fitMap(scaling: Scaling, values: Float64Array): ColumnMap {
  return fits[scaling](values)
}

/** To mean 0 and standard deviation 1. */
export function standardMap(values: Float64Array): LinearMap {
  const { mean, deviation } = momentsOf(values)
  return { type: 'linear', center: mean, scale: deviation || 1 }
}

/** To 0 for the least value and 1 for the largest. */
export function minMaxMap(values: Float64Array): LinearMap {
  const center = values.reduce((least, value) => Math.min(least, value), Infinity)
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity)
  return { type: 'linear', center, scale: largest - center || 1 }
}

/** To median 0 and a distance of 1 between the quartiles, which outliers hardly move. */
export function robustMap(values: Float64Array): LinearMap {
  const ascending = sorted(values)
  const distance = quantileOf(ascending, 0.75) - quantileOf(ascending, 0.25)
  return { type: 'linear', center: medianOf(ascending), scale: distance || 1 }
}

/** The signed logarithm, to mean 0 and standard deviation 1. */
export function logMap(values: Float64Array): LogMap {
  const { mean, deviation } = momentsOf(values.map(signedLog))
  return { type: 'log', center: mean, scale: deviation || 1 }
}

/** Points of a quantile map: one for 30 rows, from 10 to 256. */
const rowsPerPoint = 30
const pointLimits = [10, 256] as const

/**
 * To a standard normal distribution: points at ranks whose normal quantiles are evenly spaced, linear between them. Ranks are
 * those of Hazen, (i + ½) / n, so that the ends stay finite; equal values share the mean of their ranks.
 */
export function normalMap(values: Float64Array): PiecewiseMap {
  const ascending = sorted(values)
  const rows = ascending.length
  const count = Math.min(Math.max(Math.round(rows / rowsPerPoint), pointLimits[0]), pointLimits[1])
  const farthest = normalQuantile(1 - 0.5 / rows)
  const from: number[] = []
  const to: number[] = []
  for (let i = 0; i < count; i++) {
    const rank = normalProbability(farthest * ((2 * i) / (count - 1) - 1))
    const value = ascending[Math.min(rows - 1, Math.max(0, Math.round(rank * rows - 0.5)))]!
    if (value === from.at(-1)) continue
    // The first and last place among the values that are equal.
    const first = bound(ascending, (other) => other < value)
    const end = bound(ascending, (other) => other <= value) - 1
    from.push(value)
    to.push(normalQuantile(((first + end) / 2 + 0.5) / rows))
  }
  return { type: 'piecewise', from, to }
}

/** How many ascending values come before the first that is not `below`. */
function bound(ascending: Float64Array, below: (other: number) => boolean): number {
  let low = 0
  let high = ascending.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (below(ascending[middle]!)) low = middle + 1
    else high = middle
  }
  return low
}

const fits: Record<Scaling, (values: Float64Array) => ColumnMap> = {
  standard: standardMap,
  minmax: minMaxMap,
  robust: robustMap,
  log: logMap,
  quantile: normalMap,
  none: () => ({ type: 'linear', center: 0, scale: 1 }),
}
