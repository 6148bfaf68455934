// Sums in a fixed order: the same bits for any number of threads.
//   sumSquares  partial sums over chunks of `CHUNK` floats, each in float64; joined by a pairwise tree over the chunks
//   weightedSum Σ w · x over the rows of a batch, ascending, in float64
//   firstNonFinite, maxAbs  what the checking plan asks of a buffer after a failure

/** Floats in a chunk of `sumSquares`; a chunk is summed by one thread. */
export const CHUNK: i32 = 4096

/** partial[0] = Σ g² over n floats (a multiple of 16): eight float64 chains, joined in a fixed tree. */
export function sumSquares(partial: usize, g: usize, n: i32): void {
  let s0 = f64x2.splat(0), s1 = f64x2.splat(0), s2 = f64x2.splat(0), s3 = f64x2.splat(0)
  for (const end = g + ((<usize>n) << 2); g < end; g += 32) {
    const x = v128.load(g)
    const y = v128.load(g, 16)
    const x0 = f64x2.promote_low_f32x4(x)
    const x1 = f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 1))
    const y0 = f64x2.promote_low_f32x4(y)
    const y1 = f64x2.promote_low_f32x4(v128.shuffle<f64>(y, y, 1, 1))
    s0 = f64x2.add(s0, f64x2.mul(x0, x0))
    s1 = f64x2.add(s1, f64x2.mul(x1, x1))
    s2 = f64x2.add(s2, f64x2.mul(y0, y0))
    s3 = f64x2.add(s3, f64x2.mul(y1, y1))
  }
  const s = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3))
  store<f64>(partial, f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1))
}

/** Σ of `count` float64 partials by a pairwise tree; destroys them. */
export function treeSum(partials: usize, count: i32): f64 {
  if (count <= 0) return 0
  for (let width = count; width > 1; width = (width + 1) >> 1) {
    const half = width >> 1
    for (let i = 0; i < half; i++) {
      const pair = partials + ((<usize>i) << 4)
      store<f64>(partials + ((<usize>i) << 3), load<f64>(pair) + load<f64>(pair, 8))
    }
    if (width & 1) store<f64>(partials + ((<usize>half) << 3), load<f64>(partials + ((<usize>(width - 1)) << 3)))
  }
  return load<f64>(partials)
}

/** Σ weight[i] · value[i], float32 weights, float64 values, ascending. */
export function weightedSum64(weight: usize, value: usize, n: i32): f64 {
  let sum: f64 = 0
  for (let i = 0; i < n; i++) {
    sum += <f64>load<f32>(weight + ((<usize>i) << 2)) * load<f64>(value + ((<usize>i) << 3))
  }
  return sum
}

/** Σ weight[i] · value[i], both float32, summed in float64, ascending. */
export function weightedSum32(weight: usize, value: usize, n: i32): f64 {
  let sum: f64 = 0
  for (let i = 0; i < n; i++) {
    sum += <f64>load<f32>(weight + ((<usize>i) << 2)) * <f64>load<f32>(value + ((<usize>i) << 2))
  }
  return sum
}

/** The largest magnitude among n floats; infinite when one is infinite or NaN. */
export function maxAbs(x: usize, n: i32): f32 {
  let largest: f32 = 0
  for (let i = 0; i < n; i++) {
    const magnitude = abs(load<f32>(x + ((<usize>i) << 2)))
    if (!(magnitude <= f32.MAX_VALUE)) return f32.POSITIVE_INFINITY
    if (magnitude > largest) largest = magnitude
  }
  return largest
}
