// Counted random numbers inside the core: initial weights, the order of rows, dropout masks. Every value is a function
// of its arguments and its index, never of what was drawn before, of the padding or of the split over threads. `Philox
// 4×32-10` is the generator of `src/core/philox.ts`, bit for bit, with the same float64 arithmetic behind the normal
// distribution; dropout, which needs a number per activation and step, uses a cheaper hash of (index, keys).
// Word i of a stream is word i mod 4 of the block with counter (⌊i / 4⌋, 0, step, purpose) and key (seedLow, seedHigh).
// Fills and shuffles are scalar and take any size; the dropout kernels are elementwise: n a multiple of 16, pointers
// aligned to 16 bytes.
// Sources: Salmon, Moraes, Dror & Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011); Wichura, AS 241
// (1988); Lemire, "Fast Random Integer Generation in an Interval" (2019).

import { upperHash, WEYL, weylHigh, weylLow } from './hash'

/** One block of Philox 4×32-10 for counter (c0, c1, c2, c3) and key (k0, k1), as four lanes. */
function philox(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32): v128 {
  for (let round = 0; round < 10; round++) {
    const product0 = u64(c0) * 0xd2511f53
    const product1 = u64(c2) * 0xcd9e8d57
    c0 = u32(product1 >> 32) ^ c1 ^ k0
    c1 = u32(product1)
    c2 = u32(product0 >> 32) ^ c3 ^ k1
    c3 = u32(product0)
    k0 += 0x9e3779b9
    k1 += 0xbb67ae85
  }
  let words = i32x4.splat(c0)
  words = i32x4.replace_lane(words, 1, c1)
  words = i32x4.replace_lane(words, 2, c2)
  return i32x4.replace_lane(words, 3, c3)
}

/** Writes one block, four u32 words, to `out`: also how a step's dropout keys are made. */
export function philoxBlock(out: usize, c0: i32, c1: i32, c2: i32, c3: i32, k0: i32, k1: i32): void {
  v128.store(out, philox(c0, c1, c2, c3, k0, k1))
}

/** Brings the next word of a block to lane 0. */
// @ts-ignore: decorator
@inline
function rotate(words: v128): v128 {
  return v128.shuffle<i32>(words, words, 1, 2, 3, 0)
}

/** out[i] = low + (high − low) · u(i) for i < n, u a multiple of 2⁻³² in [0, 1). */
export function fillUniform(
  out: usize, n: i32, low: f32, high: f32, seedLow: i32, seedHigh: i32, purpose: i32
): void {
  fill(out, n, 16, 0, low, high, seedLow, seedHigh, purpose, false)
}

/**
 * The same for a rows × columns matrix in panels `panelStride` bytes apart: element (r, c) gets the value of index
 * r · columns + c. Padded columns are left alone.
 */
export function fillUniformPanels(
  out: usize, rows: i32, columns: i32, panelStride: i32, low: f32, high: f32, seedLow: i32, seedHigh: i32, purpose: i32
): void {
  fill(out, rows * columns, columns, panelStride, low, high, seedLow, seedHigh, purpose, false)
}

/** out[i] = mean + deviation · z(i) for i < n, z standard normal by inversion, |z| ≤ 6.34. */
export function fillNormal(
  out: usize, n: i32, mean: f32, deviation: f32, seedLow: i32, seedHigh: i32, purpose: i32
): void {
  fill(out, n, 16, 0, mean, deviation, seedLow, seedHigh, purpose, true)
}

/** The same for a matrix in panels, as in `fillUniformPanels`. */
export function fillNormalPanels(
  out: usize, rows: i32, columns: i32, panelStride: i32, mean: f32, deviation: f32,
  seedLow: i32, seedHigh: i32, purpose: i32
): void {
  fill(out, rows * columns, columns, panelStride, mean, deviation, seedLow, seedHigh, purpose, true)
}

/** `total` values in row-major order; 16 columns in panels 0 bytes apart are a plain array. */
// @ts-ignore: decorator
@inline
function fill(
  out: usize, total: i32, columns: i32, panelStride: i32, a: f32, b: f32,
  seedLow: u32, seedHigh: u32, purpose: u32, normal: bool
): void {
  let row = 0
  let column = 0
  for (let index = 0; index < total;) {
    let words = philox(index >>> 2, 0, 0, purpose, seedLow, seedHigh)
    for (const end = min(index + 4, total); index < end; index++) {
      const word = f64(u32(i32x4.extract_lane(words, 0)))
      const value = normal
        ? f64(a) + f64(b) * normalQuantile((word + 0.5) / 4294967296)
        : f64(a) + (f64(b) - f64(a)) * (word / 4294967296)
      store<f32>(out + usize((column >> 4) * panelStride + (row << 6) + ((column & 15) << 2)), f32(value))
      words = rotate(words)
      if (++column == columns) {
        column = 0
        row++
      }
    }
  }
}

/**
 * Writes a random order of 0 … n − 1 as u32 to `out`: the one that `permutation` of `src/core/philox.ts` gives.
 * Fisher & Yates, built in place upwards; bounded integers by Lemire's method, without bias.
 */
export function shuffle(out: usize, n: i32, seedLow: i32, seedHigh: i32, purpose: i32, step: i32): void {
  let words = philox(0, 0, step, purpose, seedLow, seedHigh)
  for (let i: u32 = 0; i < u32(n); i++) {
    if ((i & 3) == 0) words = philox(i >> 2, 0, step, purpose, seedLow, seedHigh)
    const bound = i + 1
    let product = u64(u32(i32x4.extract_lane(words, 0))) * u64(bound)
    if (u32(product) < bound) {
      const refused = (u32(0) - bound) % bound
      for (let refusals: u32 = 1; u32(product) < refused; refusals++) {
        const again = philox(i >> 2, refusals, step, purpose, seedLow, seedHigh)
        product = u64(lane(again, i & 3)) * u64(bound)
      }
    }
    const j = usize(product >> 32)
    store<u32>(out + (usize(i) << 2), load<u32>(out + (j << 2)))
    store<u32>(out + (j << 2), i)
    words = rotate(words)
  }
}

function lane(words: v128, index: u32): u32 {
  for (; index > 0; index--) words = rotate(words)
  return i32x4.extract_lane(words, 0)
}

/**
 * y[i] = x[i] · scale where element firstIndex + i is kept, else 0. Kept with probability keepThreshold / 2³²
 * (an unsigned number), as the hash of (element, keyA, keyB) decides; `scale` is 1 / that probability. The keys are two
 * Philox words of (seed, layer, step). y may be x.
 */
export function dropoutForward(
  y: usize, x: usize, n: i32, firstIndex: i32, keepThreshold: i32, scale: f32, keyA: i32, keyB: i32
): void {
  maskAndScale(y, x, n, firstIndex, keepThreshold, scale, keyA, keyB)
}

/** dx = dy · scale where `dropoutForward` with the same arguments kept the element, else 0. dx may be dy. */
export function dropoutBackward(
  dx: usize, dy: usize, n: i32, firstIndex: i32, keepThreshold: i32, scale: f32, keyA: i32, keyB: i32
): void {
  maskAndScale(dx, dy, n, firstIndex, keepThreshold, scale, keyA, keyB)
}

// @ts-ignore: decorator
@inline
function maskAndScale(
  to: usize, from: usize, n: i32, firstIndex: i32, keepThreshold: i32, scale: f32, keyA: i32, keyB: i32
): void {
  const scales = f32x4.splat(scale)
  const b = i32x4.splat(keyB)
  // Hashes are compared as signed numbers, which is one instruction: both sides lose 2³¹.
  const thresholds = i32x4.splat(keepThreshold ^ i32.MIN_VALUE)
  const end = from + (usize(n) << 2)
  let start = firstIndex * WEYL + keyA
  for (; from < end; from += 32, to += 32, start += 8 * WEYL) {
    const first = i32x4.splat(start)
    const keepHigh = i32x4.gt_s(thresholds, upperHash(i32x4.add(first, weylHigh()), b))
    const keepLow = i32x4.gt_s(thresholds, upperHash(i32x4.add(first, weylLow()), b))
    const high = v128.and(f32x4.mul(v128.load(from, 16), scales), keepHigh)
    const low = v128.and(f32x4.mul(v128.load(from), scales), keepLow)
    v128.store(to, high, 16)
    v128.store(to, low)
  }
}

/** The natural logarithm of a normal positive number, operation for operation that of `src/core/exact.ts`. */
function log(x: f64): f64 {
  const bits = reinterpret<u64>(x)
  let exponent = f64(i32(bits >> 52) - 1023)
  let mantissa = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000)
  if (mantissa > 1.4142135623730951) {
    mantissa /= 2
    exponent += 1
  }
  const f = mantissa - 1
  const s = f / (2 + f)
  const z = s * s
  let series: f64 = 0
  for (let odd: f64 = 23; odd > 1; odd -= 2) series = (series + 2 / odd) * z
  const half = 0.5 * f * f
  return exponent * 0.6931471803691238 - (half - (s * (half + series) + exponent * 1.9082149292705877e-10) - f)
}

/**
 * The standard normal quantile, AS 241, operation for operation that of `src/core/exact.ts`; p from 2⁻³³ to 1 − 2⁻³³,
 * so that the far tail's branch (p < e⁻²⁵) is not needed.
 */
function normalQuantile(p: f64): f64 {
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) return q * centre(0.180625 - q * q)
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p))
  const tail = nearTail(r - 1.6)
  return q < 0 ? -tail : tail
}

function centre(x: f64): f64 {
  const top = ((((((2509.0809287301226727 * x + 33430.575583588128105) * x + 67265.770927008700853) * x
    + 45921.953931549871457) * x + 13731.693765509461125) * x + 1971.5909503065514427) * x
    + 133.14166789178437745) * x + 3.3871328727963666080
  const bottom = ((((((5226.4952788528545610 * x + 28729.085735721942674) * x + 39307.895800092710610) * x
    + 21213.794301586595867) * x + 5394.1960214247511077) * x + 687.18700749205790830) * x
    + 42.313330701600911252) * x + 1
  return top / bottom
}

function nearTail(x: f64): f64 {
  const top = ((((((7.74545014278341407640e-4 * x + 0.0227238449892691845833) * x + 0.241780725177450611770) * x
    + 1.27045825245236838258) * x + 3.64784832476320460504) * x + 5.76949722146069140550) * x
    + 4.63033784615654529590) * x + 1.42343711074968357734
  const bottom = ((((((1.05075007164441684324e-9 * x + 5.47593808499534494600e-4) * x + 0.0151986665636164571966) * x
    + 0.148103976427480074590) * x + 0.689767334985100004550) * x + 1.67638483018380384940) * x
    + 2.05319162663775882187) * x + 1
  return top / bottom
}
