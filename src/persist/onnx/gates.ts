// GELU and SiLU, which most exporters write as products: x · sigmoid(x), ½ x · (1 + erf(x / √2)), ½ x · (1 + tanh(√(2/π) (x +
// 0.044715 x³))). A product of a linear x with a gate over the same layer is told by its coefficients.
// Source: Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016.
import {
  combine,
  every,
  identity,
  minus,
  over,
  scaled,
  times,
  type Atom,
  type Coefficient,
  type Polynomial,
} from './values.js'

/** Constants that were rounded, or written with six digits. */
const tolerance = 1e-5
const tanhFactor = Math.sqrt(2 / Math.PI)
const cubeFactor = 0.044715

/** The product of two values that have not one base; undefined where it is none of these activations. */
export function gated(p: Polynomial, q: Polynomial, node: string): Polynomial | undefined {
  return product(p, q, node) ?? product(q, p, node)
}

/** x is o₁ · base + o₀, the gate g₁ · f(argument) + g₀. */
function product(x: Polynomial, gate: Polynomial, node: string): Polynomial | undefined {
  const { base } = gate
  if (base.kind !== 'activation' || base.argument.base !== x.base) return undefined
  if (x.coefficients.length !== 2 || gate.coefficients.length !== 2) return undefined
  const [g0, g1] = gate.coefficients as [Coefficient, Coefficient]
  const isSum = close(g0, g1)
  const { argument } = base
  if (base.name === 'sigmoid' && every(g0, (value) => value === 0)) {
    return linear('silu', x, argument, g1, node)
  }
  if (base.name === 'erf' && isSum)
    return linear('gelu', x, scaled(argument, Math.SQRT2), combine(g1, 2, times), node)
  if (base.name === 'tanh' && isSum) return byTanh(x, argument, combine(g1, 2, times), node)
  return undefined
}

/** factor · x · Φ(y), for x a multiple of y: a multiple of y · Φ(y). */
function linear(
  name: string,
  x: Polynomial,
  y: Polynomial,
  factor: Coefficient,
  node: string,
): Polynomial | undefined {
  const ratio = combine(x.coefficients[1]!, y.coefficients[1]!, over)
  if (!isMultiple(x, y, ratio)) return undefined
  return activation(name, x, y, combine(ratio, factor, times), factor, node)
}

function byTanh(
  x: Polynomial,
  argument: Polynomial,
  factor: Coefficient,
  node: string,
): Polynomial | undefined {
  const cube = argument.coefficients[3]
  if (cube === undefined) return undefined
  const third = combine(x.coefficients[1]!, 3, (value, power) => value ** power * tanhFactor * cubeFactor)
  const ratio = combine(cube, third, (a, b) => Math.cbrt(a / b))
  const y = scaled(x, ratio)
  if (!every(ratio, Number.isFinite)) return undefined
  // tanhFactor · (y + cubeFactor · y³), by its coefficients in the base.
  const [y0, y1] = y.coefficients as [Coefficient, Coefficient]
  const expected = [0, 1, 2, 3].map((power) => {
    const binomial = [1, 3, 3, 1][power]! * cubeFactor
    const cubed = combine(y0, y1, (a, b) => binomial * a ** (3 - power) * b ** power)
    const own = power === 0 ? y0 : power === 1 ? y1 : 0
    return combine(own, cubed, (a, b) => tanhFactor * (a + b))
  })
  if (!expected.every((value, power) => close(argument.coefficients[power]!, value, 10))) return undefined
  return activation('gelu-tanh', x, y, combine(factor, ratio, over), factor, node)
}

/** `multiple` · f(y); where that is 1 but for rounding, y is taken from x, whose weights then keep their bits. */
function activation(
  name: string,
  x: Polynomial,
  y: Polynomial,
  multiple: Coefficient,
  factor: Coefficient,
  node: string,
): Polynomial {
  const isOne = close(multiple, 1)
  const base: Atom = { kind: 'activation', name, parameter: 0, argument: isOne ? scaled(x, factor) : y, node }
  const whole = identity(base, x.shape)
  return isOne ? whole : scaled(whole, multiple)
}

function isMultiple(x: Polynomial, y: Polynomial, ratio: Coefficient): boolean {
  if (y.coefficients.length !== 2 || !every(ratio, Number.isFinite)) return false
  return close(x.coefficients[0]!, combine(y.coefficients[0]!, ratio, times))
}

function close(a: Coefficient, b: Coefficient, times = 1): boolean {
  const size = combine(
    a,
    b,
    (left, right) => tolerance * times * Math.max(1e-3, Math.abs(left), Math.abs(right)),
  )
  return every(
    combine(combine(a, b, minus), size, (gap, allowed) => Math.abs(gap) - allowed),
    (excess) => excess <= 0,
  )
}
