// The shortest decimal of a float32: fewest digits that come back to the same bits through `Math.fround(Number(text))`.
// Not for float64, whose shortest decimal the engine's own `String(x)` is.
import { DataError } from '../core/errors.js'

/** 10⁰ to 10²², all exact in float64. */
const powers = Array.from({ length: 23 }, (_, exponent) => Number(`1e${String(exponent)}`))

/** Digits that are enough for every float32. */
const enoughDigits = 9

/**
 * The shortest decimal of the float32 `x`, −0 included, in the form of a JSON number.
 *
 * A candidate is an integer of at most nine digits times or divided by a power of ten up to 10²²; both are exact in
 * float64, so one operation rounds the candidate just as `Number(text)` would (Clinger 1990, "How to read floating
 * point numbers accurately"). Magnitudes outside 1e-13 … 1e22 go through the engine's own digits.
 * @param where how the message names the value, for example `dense_1/weight[3]`.
 * @throws DataError for NaN and infinities, which JSON cannot hold.
 */
export function decimalOfFloat32(x: number, where: string): string {
  if (!Number.isFinite(x)) {
    throw new DataError({
      rule: 'params.txt holds finite weights only',
      received: `${String(x)} in ${where}`,
      remedy: 'train again from finite weights, or with a smaller learning rate',
    })
  }
  if (x === 0) return Object.is(x, -0) ? '-0' : '0'
  const magnitude = Math.abs(x)
  const nearby = magnitude >= 1e-13 && magnitude < 1e22 ? scaled(magnitude) : printed(magnitude)
  return x < 0 ? `-${String(nearby)}` : String(nearby)
}

/** The float64 nearest to the shortest decimal of `x`, which `String` prints with just these digits. */
function scaled(x: number): number {
  let exponent = x < 1 ? -13 : 0
  while (x >= powerOfTen(exponent + 1)) exponent++
  for (let digits = 1; digits <= enoughDigits; digits++) {
    const shift = digits - 1 - exponent
    const whole = shift < 0 ? x / powers[-shift]! : x * powers[shift]!
    const near = Math.round(whole)
    const other = near > whole ? near - 1 : near + 1
    for (const integer of [near, other]) {
      const candidate = shift < 0 ? integer * powers[-shift]! : integer / powers[shift]!
      if (Math.fround(candidate) === x) return candidate
    }
  }
  return x
}

function powerOfTen(exponent: number): number {
  return exponent < 0 ? 1 / powers[-exponent]! : powers[exponent]!
}

/** The same through the engine's digits, which is slow: where six digits do not do, fewer are not tried. */
function printed(x: number): number {
  const first = withDigits(x, 6) === undefined ? 7 : 1
  for (let digits = first; digits <= enoughDigits; digits++) {
    const candidate = withDigits(x, digits)
    if (candidate !== undefined) return candidate
  }
  return x
}

function withDigits(x: number, digits: number): number | undefined {
  const [mantissa, exponent] = x.toExponential(digits - 1).split('e') as [string, string]
  const integer = Number(mantissa.replace('.', ''))
  const tail = String(Number(exponent) - digits + 1)
  // Below a power of two the interval that rounds to x is half as wide: a decimal above may be the shorter one.
  return [integer, integer + 1]
    .map((near) => Number(`${String(near)}e${tail}`))
    .find((candidate) => Math.fround(candidate) === x)
}
