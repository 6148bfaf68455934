// What becomes of a number in a column: the three maps of a fitted table, in float64 with the same bits on every engine.
import { expm1, log1p } from '../../core/exact.js'
import type { ColumnMap } from '../../core/state.js'

/** `map` as a function. */
export function mapOf(map: ColumnMap): (x: number) => number {
  if (map.type === 'piecewise') return (x) => interpolate(x, map.from, map.to)
  const { center, scale } = map
  if (map.type === 'linear') return (x) => (x - center) / scale
  return (x) => (signedLog(x) - center) / scale
}

/** sign(x) · ln(1 + |x|): the logarithm of large numbers of either sign, nearly x itself near zero. */
export function signedLog(x: number): number {
  return x < 0 ? -log1p(-x) : log1p(x)
}

/** What `signedLog` makes y. */
export function signedExp(y: number): number {
  return y < 0 ? -expm1(-y) : expm1(y)
}

/**
 * The value at x of the line through points, constant before the first and after the last.
 * @param from ascending. @param to as many.
 */
export function interpolate(x: number, from: ArrayLike<number>, to: ArrayLike<number>): number {
  const last = from.length - 1
  if (!(x > from[0]!)) return to[0]!
  if (x >= from[last]!) return to[last]!
  let low = 0
  let high = last
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (from[middle]! <= x) low = middle
    else high = middle
  }
  const share = (x - from[low]!) / (from[high]! - from[low]!)
  return to[low]! + share * (to[high]! - to[low]!)
}
