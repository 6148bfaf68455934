// Elementary functions in float64 with the same bits on every engine: only + - * / sqrt and the bits of a number.
// Engines differ in the last bits of Math.exp and its kin, so whatever reaches a weight or an input (initial weights,
// schedules, scalers, drawn digits) goes through these. Error below 1 unit in the last place, 2 for expm1 and tanh;
// special values (NaN, infinities, zeros) as in Math. Does not work on arrays: the core has kernels for those.
// Sources: the reductions and the form of log are those of Cody & Waite, "Software Manual for the Elementary
// Functions" (1980), and of FreeBSD's msun; double-double arithmetic after Dekker (1971).
import { ArgumentError } from './errors.js'

const ln2High = 0.6931471803691238 // 32 bits, so that products with an exponent are exact
const ln2Low = 1.9082149292705877e-10
const view = new DataView(new ArrayBuffer(8))

/** e to the x. */
export function exp(x: number): number {
  return expSum(x, 0)
}

/** e to the (x + tail), where tail is far smaller than x. */
function expSum(x: number, tail: number): number {
  if (Number.isNaN(x)) return NaN
  if (x > 709.79) return Infinity
  if (x < -745.14) return 0
  const [k, part] = reduceExponent(x, tail)
  return scaleByPowerOfTwo(1 + part, k)
}

/** k and p with e to the (x + tail) = 2^k · (1 + p). */
function reduceExponent(x: number, tail: number): [k: number, p: number] {
  const k = Math.floor(x / Math.LN2 + 0.5)
  const high = x - k * ln2High
  const low = k * ln2Low - tail
  const r = high - low
  const rest = high - r - low
  return [k, r + (r * r * expSeries(r) + rest)]
}

/** (e to the r − 1 − r) / r² for |r| ≤ ln 2 / 2, by Taylor's series. */
function expSeries(r: number): number {
  let sum = 0
  for (let n = 11; n >= 0; n--) sum = sum * r + inverseFactorials[n + 2]!
  return sum
}

/** e to the x, less one; keeps its relative accuracy near zero. */
export function expm1(x: number): number {
  if (x === 0) return x
  if (!(x > -40 && x < 40)) return exp(x) - 1
  const [k, part] = reduceExponent(x, 0)
  return powerOfTwo(k) * (part + (1 - powerOfTwo(-k)))
}

/** The natural logarithm. */
export function log(x: number): number {
  if (!(x > 0) || x === Infinity) return x === 0 ? -Infinity : x > 0 ? Infinity : NaN
  const { mantissa, exponent } = split(x)
  const f = mantissa - 1
  const s = f / (2 + f)
  const z = s * s
  let series = 0
  for (let n = 11; n >= 1; n--) series = (series + 2 / (2 * n + 1)) * z
  const half = 0.5 * f * f
  return exponent * ln2High - (half - (s * (half + series) + exponent * ln2Low) - f)
}

/** The natural logarithm of 1 + x; keeps its relative accuracy near zero. */
export function log1p(x: number): number {
  const sum = 1 + x
  if (sum === 1 || sum === Infinity || !(x > -1)) return sum === 1 ? x : log(sum)
  return log(sum) + (x - (sum - 1)) / sum
}

/** x to the y, with the special cases of Math.pow. */
export function pow(x: number, y: number): number {
  if (y === 0) return 1
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN
  const base = Math.abs(x)
  const integer = Number.isInteger(y)
  if (x < 0 && base !== Infinity && Number.isFinite(y) && !integer) return NaN
  const negative = (x < 0 || Object.is(x, -0)) && integer && Math.abs(y) % 2 === 1
  const magnitude = powPositive(base, y)
  return negative ? -magnitude : magnitude
}

function powPositive(base: number, y: number): number {
  if (base === 1) return Number.isFinite(y) ? 1 : NaN
  if (base === 0 || base === Infinity || !Number.isFinite(y)) return base > 1 === y > 0 ? Infinity : 0
  const exponent = Math.min(Math.max(y, -(2 ** 64)), 2 ** 64) // beyond, every base but 1 gives 0 or infinity
  const [high, low] = logDouble(base)
  const [product, rest] = twoProduct(exponent, high)
  return expSum(product, rest + exponent * low)
}

/** The sine of x radians, |x| ≤ 2²⁰. */
export function sin(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return x === 0 ? x : NaN
  const [quadrant, r, rest] = reduceAngle(x)
  const value = quadrant & 1 ? cosSeries(r, rest) : sinSeries(r, rest)
  return quadrant & 2 ? -value : value
}

/** The cosine of x radians, |x| ≤ 2²⁰. */
export function cos(x: number): number {
  if (!Number.isFinite(x)) return NaN
  const [quadrant, r, rest] = reduceAngle(x)
  const value = quadrant & 1 ? sinSeries(r, rest) : cosSeries(r, rest)
  return (quadrant + 1) & 2 ? -value : value
}

/** The hyperbolic tangent. */
export function tanh(x: number): number {
  if (x === 0 || Number.isNaN(x)) return x
  const a = Math.abs(x)
  const m = expm1(a < 0.55 ? -2 * a : 2 * a)
  const value = a < 0.55 ? -m / (m + 2) : 1 - 2 / (m + 2)
  return x < 0 ? -value : value
}

/**
 * The x below which a standard normal variable falls with probability p; ∓∞ at 0 and 1, NaN outside.
 * Source: Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution" (1988), PPND16; relative error
 * about 1e-16 for p above 1e-300.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) return q * ratio(quantileCentre, 0.180625 - q * q)
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p))
  const tail = r <= 5 ? ratio(quantileTail, r - 1.6) : ratio(quantileFarTail, r - 5)
  return q < 0 ? -tail : tail
}

/**
 * The probability that a standard normal variable falls below z. Absolute error about 1e-16.
 * Source: Marsaglia, "Evaluating the Normal Distribution", Journal of Statistical Software 11(4), 2004: the Taylor series
 * of (Φ(z) − ½) / φ(z).
 */
export function normalProbability(z: number): number {
  if (Number.isNaN(z)) return NaN
  if (Math.abs(z) > 9) return z > 0 ? 1 : 0
  let sum = z
  let term = z
  for (let k = 3, before = 0; sum !== before; k += 2) {
    before = sum
    term *= (z * z) / k
    sum += term
  }
  return 0.5 + sum * exp(-0.5 * z * z - 0.9189385332046727) // ln √(2π)
}

/** Numerator over denominator, two polynomials of degree 7, highest coefficients first. */
function ratio(coefficients: readonly number[], x: number): number {
  let top = 0
  let bottom = 0
  for (let i = 0; i < 8; i++) {
    top = top * x + coefficients[i]!
    bottom = bottom * x + coefficients[i + 8]!
  }
  return top / bottom
}

// prettier-ignore
const quantileCentre = [
  2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
  13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080,
  5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867,
  5394.1960214247511077, 687.18700749205790830, 42.313330701600911252, 1,
]
// prettier-ignore
const quantileTail = [
  7.74545014278341407640e-4, 0.0227238449892691845833, 0.241780725177450611770, 1.27045825245236838258,
  3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734,
  1.05075007164441684324e-9, 5.47593808499534494600e-4, 0.0151986665636164571966, 0.148103976427480074590,
  0.689767334985100004550, 1.67638483018380384940, 2.05319162663775882187, 1,
]
// prettier-ignore
const quantileFarTail = [
  2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.00124266094738807843860, 0.0265321895265761230930,
  0.296560571828504891230, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720,
  2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
  0.0148753612908506148525, 0.136929880922735805310, 0.599832206555887937690, 1,
]

const inverseFactorials = [1]
for (let n = 1; n <= 19; n++) inverseFactorials.push(inverseFactorials[n - 1]! / n)

/** x = mantissa · 2^exponent, with the mantissa between √½ and √2; x positive and finite. */
function split(x: number): { mantissa: number; exponent: number } {
  const normal = x < 2 ** -1022 ? x * 2 ** 54 : x
  view.setFloat64(0, normal)
  const word = view.getUint32(0)
  let exponent = (word >>> 20) - 1023 - (x === normal ? 0 : 54)
  view.setUint32(0, (word & 0xfffff) | 0x3ff00000)
  let mantissa = view.getFloat64(0)
  if (mantissa > Math.SQRT2) {
    mantissa /= 2
    exponent++
  }
  return { mantissa, exponent }
}

function scaleByPowerOfTwo(x: number, k: number): number {
  if (k > 1023) return x * 2 ** 1023 * powerOfTwo(k - 1023)
  if (k < -1022) return x * powerOfTwo(k + 1022) * 2 ** -1022
  return x * powerOfTwo(k)
}

/** 2^k from its bits, −1022 ≤ k ≤ 1023. */
function powerOfTwo(k: number): number {
  view.setUint32(0, (k + 1023) << 20)
  view.setUint32(4, 0)
  return view.getFloat64(0)
}

/** The logarithm of a positive finite number as a sum high + low, about 100 bits: 2 artanh(s), s = (m − 1)/(m + 1). */
function logDouble(x: number): [number, number] {
  const { mantissa, exponent } = split(x)
  const f = mantissa - 1
  const [d, dLow] = twoSum(mantissa, 1)
  const s = f / d
  const [p, pLow] = twoProduct(s, d)
  const sLow = (f - p - pLow - s * dLow) / d
  const [z, zRest] = twoProduct(s, s)
  const zLow = zRest + 2 * s * sLow
  let high = 0
  let low = 0
  for (let n = 15; n >= 0; n--) {
    const odd = 2 * n + 1
    const term = 1 / odd
    const [back, backLow] = twoProduct(term, odd)
    const [product, productLow] = multiplyDouble(high, low, z, zLow)
    ;[high, low] = addDouble(term, (1 - back - backLow) / odd, product, productLow)
  }
  ;[high, low] = multiplyDouble(high, low, 2 * s, 2 * sLow)
  const [scaled, scaledLow] = multiplyDouble(Math.LN2, 2.3190468138462996e-17, exponent, 0)
  return addDouble(scaled, scaledLow, high, low)
}

function twoSum(a: number, b: number): [number, number] {
  const sum = a + b
  const part = sum - a
  return [sum, a - (sum - part) + (b - part)]
}

function twoProduct(a: number, b: number): [number, number] {
  const product = a * b
  const [aHigh, aLow] = halves(a)
  const [bHigh, bLow] = halves(b)
  return [product, aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)]
}

/** A number as the sum of two of at most 26 bits. */
function halves(a: number): [number, number] {
  const c = 134217729 * a
  const high = c - (c - a)
  return [high, a - high]
}

function addDouble(a: number, aLow: number, b: number, bLow: number): [number, number] {
  const [sum, rest] = twoSum(a, b)
  return twoSum(sum, rest + aLow + bLow)
}

function multiplyDouble(a: number, aLow: number, b: number, bLow: number): [number, number] {
  const [product, rest] = twoProduct(a, b)
  return twoSum(product, rest + (a * bLow + aLow * b))
}

/** x = quadrant · π/2 + r + rest, |r| ≤ π/4. The three parts of π/2 have 33, 33 and 53 bits. */
function reduceAngle(x: number): [quadrant: number, r: number, rest: number] {
  if (Math.abs(x) > 2 ** 20) {
    throw new ArgumentError({
      rule: 'angles are at most 2^20 radians in magnitude',
      received: String(x),
      remedy: 'reduce the angle by whole turns first',
    })
  }
  const n = Math.floor(x / (Math.PI / 2) + 0.5)
  const first = x - n * 1.5707963267341256
  const [near, error] = twoSum(first, -n * 6.077100506303966e-11)
  const [r, rest] = twoSum(near, error - n * 2.0222662487959506e-21)
  return [n & 3, r, rest]
}

function sinSeries(r: number, rest: number): number {
  const z = r * r
  let sum = 0
  for (let n = 19; n >= 3; n -= 2) sum = inverseFactorials[n]! - z * sum
  return r + (rest * (1 - z / 2) - r * z * sum)
}

function cosSeries(r: number, rest: number): number {
  const z = r * r
  let sum = 0
  for (let n = 18; n >= 4; n -= 2) sum = inverseFactorials[n]! - z * sum
  const half = z / 2
  const near = 1 - half
  return near + (1 - near - half + (z * z * sum - r * rest))
}
