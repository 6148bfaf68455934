import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/core/errors.js'
import {
  cos,
  exp,
  expm1,
  log,
  log1p,
  normalProbability,
  normalQuantile,
  pow,
  sin,
  tanh,
} from '../../src/core/exact.js'
import { random } from '../assembly/kernels.js'

/** Distance in units of the last float64 place of `expected`. */
function ulps(actual: number, expected: number): number {
  if (Object.is(actual, expected)) return 0
  if (!Number.isFinite(actual) || !Number.isFinite(expected)) return Infinity
  const exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(expected) || 2 ** -1022)))
  return Math.abs(actual - expected) / 2 ** (exponent - 52)
}

function worst(
  of: (x: number) => number,
  reference: (x: number) => number,
  from: number,
  to: number,
): number {
  const next = random(5)
  let most = 0
  for (let i = 0; i < 20000; i++) {
    const x = from + (to - from) * next()
    most = Math.max(most, ulps(of(x), reference(x)))
  }
  return most
}

describe('elementary functions against Math', () => {
  // The limits hold Math's own error too: V8's tanh is up to 1.9 ulp off.
  it.each<[string, (x: number) => number, (x: number) => number, number, number]>([
    ['exp', exp, Math.exp, -1, 1],
    ['exp', exp, Math.exp, -740, 709.7],
    ['expm1', expm1, Math.expm1, -1e-3, 1e-3],
    ['expm1', expm1, Math.expm1, -2, 2],
    ['log', log, Math.log, 1e-310, 1e-300],
    ['log', log, Math.log, 0.5, 2],
    ['log', log, Math.log, 0, 1e6],
    ['log', log, Math.log, 0, 1e300],
    ['log1p', log1p, Math.log1p, -1e-9, 1e-9],
    ['log1p', log1p, Math.log1p, -0.9, 10],
    ['sin', sin, Math.sin, -4, 4],
    ['sin', sin, Math.sin, -(2 ** 20), 2 ** 20],
    ['cos', cos, Math.cos, -4, 4],
    ['cos', cos, Math.cos, -(2 ** 20), 2 ** 20],
    ['tanh', tanh, Math.tanh, -1e-4, 1e-4],
    ['tanh', tanh, Math.tanh, -3, 3],
    ['tanh', tanh, Math.tanh, -25, 25],
  ])('%s is as accurate as Math (case %#)', (name, of, reference, from, to) => {
    expect(worst(of, reference, from, to)).toBeLessThanOrEqual(
      name === 'tanh' ? 3 : name === 'expm1' ? 2 : 1.5,
    )
  })

  it('pow is within 2 ulp, for large exponents too', () => {
    const next = random(9)
    let most = 0
    for (let i = 0; i < 20000; i++) {
      const x = i % 2 ? next() * 4 : 1 + (next() - 0.5) / 1000
      const y = i % 2 ? (next() - 0.5) * 600 : (next() - 0.5) * 1e6
      const expected = Math.pow(x, y)
      if (expected > 1e-300 && expected < 1e300) most = Math.max(most, ulps(pow(x, y), expected))
    }
    expect(most).toBeLessThanOrEqual(2)
    expect(pow(0.1, 3)).toBeCloseTo(0.001, 18)
    expect(pow(3, 20)).toBe(3486784401)
  })

  it('keeps accuracy near multiples of pi/2', () => {
    for (let n = 1; n < 600000; n += 1237) {
      const x = n * (Math.PI / 2)
      expect(ulps(sin(x), Math.sin(x))).toBeLessThanOrEqual(2)
      expect(ulps(cos(x), Math.cos(x))).toBeLessThanOrEqual(2)
    }
  })

  it('treats special values as Math does', () => {
    const odd = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 2 ** 70, -(2 ** 70), 1e-320]
    const pairs: [(x: number) => number, (x: number) => number][] = [
      [exp, Math.exp],
      [expm1, Math.expm1],
      [log, Math.log],
      [log1p, Math.log1p],
      [tanh, Math.tanh],
    ]
    for (const x of odd) {
      for (const [of, reference] of pairs)
        expect(ulps(of(x), reference(x)), `${of.name}(${x})`).toBeLessThanOrEqual(2)
      for (const y of odd) expect(ulps(pow(x, y), Math.pow(x, y)), `pow(${x}, ${y})`).toBeLessThanOrEqual(2)
    }
    for (const x of [NaN, Infinity, -Infinity, 0, -0]) {
      expect(sin(x)).toBe(Math.sin(x))
      expect(cos(x)).toBe(Math.cos(x))
    }
    expect(() => sin(2e6)).toThrow(ArgumentError)
  })

  it('has these bits on every engine', () => {
    expect([exp(1.1), log(1.1), pow(0.9, 7.3), sin(1.1), cos(1.1), tanh(0.7), normalQuantile(0.01)]).toEqual([
      3.0041660239464334, 0.09531017980432493, 0.46341524735355144, 0.8912073600614354, 0.4535961214255773,
      0.6043677771171634, -2.3263478740408408,
    ])
  })
})

describe('normalProbability', () => {
  it('is what normalQuantile inverts, and symmetric', () => {
    for (let i = 1; i < 2000; i++) {
      const p = i / 2000
      expect(Math.abs(normalProbability(normalQuantile(p)) - p)).toBeLessThan(1e-15)
    }
    // Table 26.1 of Abramowitz & Stegun.
    expect(normalProbability(0)).toBe(0.5)
    expect(normalProbability(1)).toBeCloseTo(0.841344746068543, 14)
    expect(normalProbability(3)).toBeCloseTo(0.99865010196837, 14)
    expect(normalProbability(-4)).toBeCloseTo(3.167124183e-5, 14)
    expect([normalProbability(40), normalProbability(-Infinity)]).toEqual([1, 0])
    expect(normalProbability(NaN)).toBeNaN()
  })
})

describe('normalQuantile', () => {
  it('agrees with SciPy 1.10 (norm.ppf)', () => {
    const table: [number, number][] = [
      [0.5, 0],
      [0.975, 1.959963984540054],
      [0.01, -2.3263478740408408],
      [0.2, -0.8416212335729142],
      [1e-12, -7.034483825301131],
      [1e-100, -21.273453560965322],
      [2 ** -33, -6.3379577545537895],
    ]
    for (const [p, x] of table)
      expect(Math.abs(normalQuantile(p) - x)).toBeLessThanOrEqual(4e-16 * Math.abs(x))
    expect(normalQuantile(0)).toBe(-Infinity)
    expect(normalQuantile(1)).toBe(Infinity)
    expect(normalQuantile(-0.1)).toBeNaN()
    expect(normalQuantile(NaN)).toBeNaN()
  })
})
