// What the kernels over rows of panels share: column masks, and maxima and sums over lanes. Everything is inlined.
// Holds no kernels.
//
// A row's columns are walked eight at a time, in pairs of vectors; the order of every sum depends on the columns alone,
// so a row's result has the same bits whichever rows are computed with it.

/** Column numbers first … first + 3. */
// @ts-ignore: decorator
@inline
export function columnIndex(first: i32): v128 {
  return i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3))
}

/** The largest lane, in all lanes. */
// @ts-ignore: decorator
@inline
export function largestLane(v: v128): v128 {
  const pairs = f32x4.pmax(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1))
  return f32x4.pmax(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2))
}

/** The smallest int32 lane. */
// @ts-ignore: decorator
@inline
export function smallestLane(v: v128): i32 {
  const pairs = i32x4.min_s(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1))
  return min(i32x4.extract_lane(pairs, 0), i32x4.extract_lane(pairs, 1))
}

/** Adds the four float32 lanes of v to the two float64 lanes of sums. */
// @ts-ignore: decorator
@inline
export function addPromoted(sums: v128, v: v128): v128 {
  const upper = f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1))
  return f64x2.add(sums, f64x2.add(f64x2.promote_low_f32x4(v), upper))
}

/** The sum of both float64 lanes. */
// @ts-ignore: decorator
@inline
export function totalOf(sums: v128): f64 {
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1)
}

/** The largest of a row's columns, in all lanes; a NaN does not count. row is the address of column 0. */
// @ts-ignore: decorator
@inline
export function rowMaximum(row: usize, panelStride: i32, columns: i32): v128 {
  const bound = i32x4.splat(columns)
  const lowest = f32x4.splat(-Infinity)
  let upper = lowest
  let lower = lowest
  for (let c = 0; c < columns; c += 8) {
    const at = row + <usize>(c >> 4) * panelStride + ((c & 8) << 2)
    const zUpper = v128.bitselect(v128.load(at, 16), lowest, i32x4.lt_s(columnIndex(c + 4), bound))
    const zLower = v128.bitselect(v128.load(at), lowest, i32x4.lt_s(columnIndex(c), bound))
    upper = f32x4.pmax(upper, zUpper)
    lower = f32x4.pmax(lower, zLower)
  }
  return largestLane(f32x4.pmax(lower, upper))
}
