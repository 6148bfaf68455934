// How the work of one operation is shared among threads: units in a fixed order, cut into contiguous ranges of equal size.
// Operations over the same panels and rows cut alike, so that one may follow the other without a barrier.

/** Rows that stay together. */
export const ROW_UNIT: i32 = 2
/** Weight rows that stay together in a gradient. */
export const FEATURE_UNIT: i32 = 16

/** First unit of thread `t` of `threads`, of `total`; that of `t + 1` is its end. */
// @ts-ignore: decorator
@inline
export function share(total: i32, t: i32, threads: i32): i32 {
  return <i32>((<u64>total * <u64>t) / <u64>threads)
}

/** Number of panels of 16 that hold `columns`. */
// @ts-ignore: decorator
@inline
export function panelsOf(columns: i32): i32 {
  return (columns + 15) >> 4
}

/** Number of units that hold `rows`, `unit` a power of two. */
// @ts-ignore: decorator
@inline
export function unitsOf(rows: i32, unit: i32): i32 {
  return (rows + unit - 1) / unit
}
