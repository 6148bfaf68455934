// Elementary functions of four float32 lanes. Everything is inlined into the kernel that uses it; tables would be
// static data, so there are only polynomials. Holds no float64 functions.
//
// NaN in gives NaN out. Largest error against float64 in units of the last place, as test/assembly/math.test.ts holds
// it:
//
//   exp               1.0   0 below -87.33 (no denormals), infinity above 88.72
//   expNonPositive    1.0   the same for x <= 0 only, 0 below a given floor
//   expm1NonPositive  1.0   for x <= 0 only
//   log               0.8   denormals too; log(0) = -infinity, NaN below 0
//   sigmoid           2.1   0 below -87.33
//   tanh              2.5   exactly 1 in magnitude from 10 on
//   softplus          3.3   0 below -87.33; log1pUnit, for 0 <= x <= 1 only, is measured through it
//   erf               1.3   exactly 1 in magnitude from 4 on
//   sinTurns          3.0   sin(2 pi x), |x| < 1/4
//
// Sources: range reduction and log after Cephes (S. L. Moshier, expf and logf); log(1 + u) = 2 atanh(u / (2 + u)) and
// erf(x) = 1 - exp(-x^2) erfcx(x) (Abramowitz and Stegun 4.6, 7.1); the other coefficients are minimax fits, rounded to
// float32 one after the other with the rest fitted again.
import { madd, zero } from './lanes'

/** 1.5 * 2^23 + 127: added to a small float, leaves its nearest integer, plus 127, in the low bits of the sum. */
// @ts-ignore: decorator
@inline
const roundingShift: f32 = 12583039
// @ts-ignore: decorator
@inline
const log2e: f32 = 1.44269504
// ln 2 = 0.693359375 (nine bits, so that a multiple of it by a small integer is exact) - 2.12194440e-4.
// @ts-ignore: decorator
@inline
const ln2High: f32 = 0.693359375
// @ts-ignore: decorator
@inline
const ln2Low: f32 = -2.12194440e-4
/** Just above ln(2^-126): below it, exp would be denormal. */
// @ts-ignore: decorator
@inline
export const lowestExponent: f32 = -87.33

// @ts-ignore: decorator
@inline
function signBit(): v128 {
  return i32x4.splat(i32.MIN_VALUE)
}

/** x = n ln 2 + r: the sum n + 1.5 * 2^23 + 127, whose low bits are the exponent field of 2^n. */
// @ts-ignore: decorator
@inline
function shiftedExponent(x: v128): v128 {
  return madd(x, f32x4.splat(log2e), f32x4.splat(roundingShift))
}

/** r of x = n ln 2 + r, |r| <= 0.3475. */
// @ts-ignore: decorator
@inline
function reduced(x: v128, shifted: v128): v128 {
  const n = f32x4.sub(shifted, f32x4.splat(roundingShift))
  return madd(n, f32x4.splat(-ln2Low), madd(n, f32x4.splat(-ln2High), x))
}

/** e^r - 1 for |r| <= 0.3475. */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128): v128 {
  let q = madd(r, f32x4.splat(0.0013819031), f32x4.splat(0.008368716))
  q = madd(r, q, f32x4.splat(0.04166829))
  q = madd(r, q, f32x4.splat(0.16666521))
  q = madd(r, q, f32x4.splat(0.49999994))
  return madd(f32x4.mul(r, r), q, r)
}

/** e^x. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const capped = f32x4.pmin(x, f32x4.splat(89))
  const shifted = shiftedExponent(capped)
  const p = f32x4.add(expm1Reduced(reduced(capped, shifted)), f32x4.splat(1))
  // 2^128 has no float: the last octave is reached by doubling.
  const top = f32x4.splat(roundingShift + 127)
  const y = f32x4.mul(p, i32x4.shl(f32x4.pmin(shifted, top), 23))
  const doubled = f32x4.add(y, v128.and(y, f32x4.gt(shifted, top)))
  return v128.andnot(doubled, f32x4.lt(x, f32x4.splat(lowestExponent)))
}

/** e^x for x <= 0, and 0 where x < floor; floor >= lowestExponent. */
// @ts-ignore: decorator
@inline
export function expNonPositive(x: v128, floor: f32): v128 {
  const shifted = shiftedExponent(x)
  const p = f32x4.add(expm1Reduced(reduced(x, shifted)), f32x4.splat(1))
  return v128.andnot(f32x4.mul(p, i32x4.shl(shifted, 23)), f32x4.lt(x, f32x4.splat(floor)))
}

/** e^x - 1 for x <= 0, exact to the last places near 0 too. */
// @ts-ignore: decorator
@inline
export function expm1NonPositive(x: v128): v128 {
  const capped = f32x4.pmax(x, f32x4.splat(-30))
  const shifted = shiftedExponent(capped)
  const scale = i32x4.shl(shifted, 23)
  return madd(scale, expm1Reduced(reduced(capped, shifted)), f32x4.sub(scale, f32x4.splat(1)))
}

/** Natural logarithm. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const isDenormal = f32x4.lt(x, f32x4.splat(1.17549435e-38))
  const normal = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, isDenormal)
  // The mantissa is taken from [sqrt(1/2), sqrt(2)), so that it is 1 and the exponent 0 around 1.
  const exponent = i32x4.shr_s(i32x4.sub(normal, i32x4.splat(0x3f3504f3)), 23)
  const m = f32x4.sub(i32x4.sub(normal, i32x4.shl(exponent, 23)), f32x4.splat(1))
  const e = f32x4.sub(f32x4.convert_i32x4_s(exponent), v128.and(f32x4.splat(23), isDenormal))
  let p = madd(m, f32x4.splat(7.0376836292e-2), f32x4.splat(-1.1514610310e-1))
  p = madd(m, p, f32x4.splat(1.1676998740e-1))
  p = madd(m, p, f32x4.splat(-1.2420140846e-1))
  p = madd(m, p, f32x4.splat(1.4249322787e-1))
  p = madd(m, p, f32x4.splat(-1.6668057665e-1))
  p = madd(m, p, f32x4.splat(2.0000714765e-1))
  p = madd(m, p, f32x4.splat(-2.4999993993e-1))
  p = madd(m, p, f32x4.splat(3.3333331174e-1))
  const square = f32x4.mul(m, m)
  let y = f32x4.mul(f32x4.mul(p, m), square)
  y = madd(e, f32x4.splat(ln2Low), y)
  y = madd(square, f32x4.splat(-0.5), y)
  y = madd(e, f32x4.splat(ln2High), f32x4.add(m, y))
  const positive = f32x4.gt(x, zero())
  const infinite = v128.bitselect(x, f32x4.splat(NaN), positive)
  const special = v128.bitselect(f32x4.splat(-Infinity), infinite, f32x4.eq(x, zero()))
  return v128.bitselect(y, special, v128.and(positive, f32x4.lt(x, f32x4.splat(Infinity))))
}

/** log(1 + u) for 0 <= u <= 1, exact to the last places near 0 too. */
// @ts-ignore: decorator
@inline
export function log1pUnit(u: v128): v128 {
  const s = f32x4.div(u, f32x4.add(u, f32x4.splat(2)))
  // A tiny s has a denormal square, which is slow and makes no difference.
  const bounded = f32x4.pmax(s, f32x4.splat(1e-18))
  const square = f32x4.mul(bounded, bounded)
  let p = madd(square, f32x4.splat(0.28005895), f32x4.splat(0.28003174))
  p = madd(square, p, f32x4.splat(0.4002143))
  p = madd(square, p, f32x4.splat(0.6666642))
  p = madd(square, p, f32x4.splat(2))
  return f32x4.mul(s, p)
}

/** The numerator of a sigmoid over 1 + e, where e = exp(-|x|). */
// @ts-ignore: decorator
@inline
export function sigmoidFrom(x: v128, e: v128): v128 {
  const one = f32x4.splat(1)
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, zero())), f32x4.add(e, one))
}

/** -|x|. */
// @ts-ignore: decorator
@inline
export function negativeAbs(x: v128): v128 {
  return v128.or(x, signBit())
}

/** 1 / (1 + e^-x). */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return sigmoidFrom(x, expNonPositive(negativeAbs(x), lowestExponent))
}

/** Hyperbolic tangent: m / (2 + m) with m = e^(-2|x|) - 1, under the sign of x. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const m = expm1NonPositive(f32x4.mul(negativeAbs(x), f32x4.splat(2)))
  return v128.bitselect(x, f32x4.div(m, f32x4.add(m, f32x4.splat(2))), signBit())
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  const e = expNonPositive(negativeAbs(x), lowestExponent)
  return f32x4.add(f32x4.pmax(x, zero()), log1pUnit(e))
}

/** Error function of x, given g = exp(-x^2): a caller that needs g anyway computes it once. Exactly 1 from 4 on. */
// @ts-ignore: decorator
@inline
export function erfFrom(x: v128, g: v128): v128 {
  const magnitude = f32x4.abs(x)
  const square = f32x4.mul(x, x)
  let small = madd(square, f32x4.splat(-0.0005926858), f32x4.splat(0.004980975))
  small = madd(square, small, f32x4.splat(-0.026758712))
  small = madd(square, small, f32x4.splat(0.1128162))
  small = madd(square, small, f32x4.splat(-0.3761248))
  small = madd(square, small, f32x4.splat(0.12837915))
  small = madd(small, x, x)
  const a = f32x4.pmin(magnitude, f32x4.splat(4))
  let w = madd(a, f32x4.splat(0.0001234601), f32x4.splat(-0.0021564441))
  w = madd(a, w, f32x4.splat(0.016844856))
  w = madd(a, w, f32x4.splat(-0.07820111))
  w = madd(a, w, f32x4.splat(0.24232179))
  w = madd(a, w, f32x4.splat(-0.5347701))
  w = madd(a, w, f32x4.splat(0.8759155))
  w = madd(a, w, f32x4.splat(-1.0859765))
  w = madd(a, w, f32x4.splat(0.99348205))
  const large = f32x4.sub(f32x4.splat(1), f32x4.mul(g, w))
  const signed = v128.bitselect(x, large, signBit())
  return v128.bitselect(small, signed, f32x4.lt(magnitude, f32x4.splat(0.9375)))
}

/** Error function. */
// @ts-ignore: decorator
@inline
export function erf(x: v128): v128 {
  return erfFrom(x, expNonPositive(f32x4.neg(f32x4.mul(x, x)), lowestExponent))
}

/** Sine of x turns, sin(2 pi x), |x| <= 2^22. The cosine is that of x + 1/4. */
// @ts-ignore: decorator
@inline
export function sinTurns(x: v128): v128 {
  const r = f32x4.sub(x, f32x4.nearest(x))
  // Beyond a quarter turn, the sine of what is left to half a turn.
  const rest = f32x4.sub(v128.bitselect(r, f32x4.splat(0.5), signBit()), r)
  const t = v128.bitselect(rest, r, f32x4.gt(f32x4.abs(r), f32x4.splat(0.25)))
  const square = f32x4.mul(t, t)
  let p = madd(square, f32x4.splat(40.803658), f32x4.splat(-76.71898))
  p = madd(square, p, f32x4.splat(81.60829))
  p = madd(square, p, f32x4.splat(-41.341763))
  p = madd(square, p, f32x4.splat(6.2831855))
  return f32x4.mul(t, p)
}

/** y = sin(2 pi x), n floats, n a multiple of 4. */
export function sinTurnsArray(y: usize, x: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 16, y += 16) v128.store(y, sinTurns(v128.load(x)))
}

/** y = exp(x), n floats, n a multiple of 4. */
export function expArray(y: usize, x: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 16, y += 16) v128.store(y, exp(v128.load(x)))
}

/** y = log(x), n floats, n a multiple of 4. */
export function logArray(y: usize, x: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 16, y += 16) v128.store(y, log(v128.load(x)))
}

/** y = erf(x), n floats, n a multiple of 4. */
export function erfArray(y: usize, x: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 16, y += 16) v128.store(y, erf(v128.load(x)))
}
