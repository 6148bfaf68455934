import { describe, expect, it } from 'vitest'
import { random, ulps, variants } from './kernels.js'
import { erf, sigmoid, softplus } from './reference.js'

const smallestNormal = 2 ** -126
const lowestExponent = Math.fround(-87.33)
const specials = [0, -0, 2 ** -149, -(2 ** -149), 2 ** -127, -(2 ** -127), smallestNormal, 1, -1, Infinity, -Infinity, NaN]

/** About n floats of [from, to]: evenly spaced ones with jitter, and for ranges that touch 0 logarithmic ones down to denormals. */
function dense(from: number, to: number, n = 200_000): Float32Array {
  const next = random(5)
  const values = Array.from({ length: n }, (_, i) => from + ((to - from) * (i + next())) / n)
  for (let e = -149; e < 10; e += 1 / 128) {
    for (const v of [2 ** e, -(2 ** e)]) if (v >= from && v <= to) values.push(v)
  }
  values.push(from, to)
  while (values.length % 16 !== 0) values.push(to)
  return Float32Array.from(values)
}

/** Bit patterns of all magnitudes, positive ones: every exponent, 512 mantissas each. */
function everyExponent(): Float32Array {
  const bits = new Uint32Array(255 * 512)
  const next = random(6)
  for (let i = 0; i < bits.length; i++) bits[i] = Math.floor(i / 512) * 2 ** 23 + Math.floor(next() * 2 ** 23)
  return new Float32Array(bits.buffer)
}

describe.each(variants())('elementary functions, $variant', (bench) => {
  const { core } = bench
  type Kernel = (y: number, x: number, n: number) => number
  function run(kernel: Kernel, x: Float32Array): Float32Array {
    bench.reset()
    const from = bench.put(x)
    const to = bench.alloc(x.byteLength)
    kernel(to, from, x.length)
    bench.checkCanaries()
    return bench.f32(to, x.length).slice()
  }

  /** Largest error in units of the last place, and where. */
  function worst(kernel: Kernel, reference: (x: number) => number, x: Float32Array) {
    const y = run(kernel, x)
    let error = 0
    let at = NaN
    x.forEach((value, i) => {
      const e = ulps(y[i]!, reference(value))
      if (!(e <= error)) [error, at] = [e, value]
    })
    return { error, at }
  }

  const elu: Kernel = (y, x, n) => core.eluForward(y, x, n, 1)

  it.each([
    ['exp', core.expArray, (x: number) => (x < lowestExponent ? 0 : Math.exp(x)), dense(-100, 88.72), 1],
    ['exp beyond', core.expArray, (x: number) => (x < 0 ? 0 : Infinity), Float32Array.of(88.73, 89, 90, 1e3, 1e30, -87.34, -200, -1e30), 0],
    ['log', core.logArray, Math.log, everyExponent(), 0.8],
    ['log around 1', core.logArray, Math.log, dense(0.5, 2), 0.8],
    ['expm1, by elu', elu, (x: number) => Math.expm1(x), dense(-100, 0), 1],
    ['expm1 near 0, by elu', elu, (x: number) => Math.expm1(x), dense(-1.5, 0), 1],
    ['sigmoid', core.sigmoidForward, (x: number) => (x < lowestExponent ? 0 : sigmoid(x)), dense(-100, 100), 2.1],
    ['sigmoid near 0', core.sigmoidForward, sigmoid, dense(-2, 2), 2.1],
    ['tanh', core.tanhForward, Math.tanh, dense(-12, 12), 2.5],
    ['tanh near 0', core.tanhForward, Math.tanh, dense(-1.5, 1.5), 2.5],
    ['softplus', core.softplusForward, (x: number) => (x < lowestExponent ? 0 : softplus(x)), dense(-100, 100), 3.3],
    ['softplus near 0', core.softplusForward, softplus, dense(-3, 3), 3.3],
    ['erf', core.erfArray, erf, dense(-5, 5, 50_000), 1.3],
    ['erf near 0', core.erfArray, erf, dense(-1.1, 1.1, 50_000), 1.3],
    ['sinTurns', core.sinTurnsArray, (x: number) => Math.sin(2 * Math.PI * x), dense(-0.25, 0.25), 3],
  ] as const)('%s errs by no more than stated', (_, kernel, reference, x, bound) => {
    const { error, at } = worst(kernel, reference, x)
    expect(error, `at ${String(at)}`).toBeLessThanOrEqual(bound)
  })

  it.each([
    ['exp', core.expArray, Math.exp],
    ['log', core.logArray, Math.log],
    ['erf', core.erfArray, erf],
    ['sigmoid', core.sigmoidForward, sigmoid],
    ['tanh', core.tanhForward, Math.tanh],
    ['softplus', core.softplusForward, softplus],
  ] as const)('%s of zeros, denormals, infinities and NaN', (_, kernel, reference) => {
    const x = Float32Array.from([...specials, 0, 0, 0, 0])
    const y = run(kernel, x)
    specials.forEach((value, i) => {
      expect(ulps(y[i]!, reference(value)), `at ${String(value)}`).toBeLessThanOrEqual(3.5)
    })
  })

  it('keeps every NaN a NaN, whatever its payload', () => {
    const x = new Float32Array(Uint32Array.of(0x7fc00000, 0xffc00000, 0x7fc00001, 0xffffffff, 0x7fd55555, 0x7fc001ff, 0x7fffffff, 0xffc12345).buffer)
    for (const kernel of [core.expArray, core.logArray, core.erfArray, core.sigmoidForward, core.tanhForward, core.softplusForward, elu, core.geluForward, core.geluTanhForward, core.siluForward, core.reluForward]) {
      expect([...run(kernel, x)].every(Number.isNaN), kernel.name).toBe(true)
    }
  })

  it('saturates exactly', () => {
    expect([...run(core.tanhForward, Float32Array.of(10, -10, 1e30, -1e30, 0, 0, 0, 0)).subarray(0, 4)]).toEqual([1, -1, 1, -1])
    expect([...run(core.erfArray, Float32Array.of(4, -4, 1e30, -1e30))]).toEqual([1, -1, 1, -1])
  })

  it('sinTurns keeps its place over many turns, and is exact at half turns', () => {
    const x = dense(-1000, 1000, 20_000)
    const y = run(core.sinTurnsArray, x)
    x.forEach((turns, i) => {
      expect(Math.abs(y[i]! - Math.sin(2 * Math.PI * (turns % 1)))).toBeLessThan(4e-7)
    })
    const whole = run(core.sinTurnsArray, Float32Array.of(0, 0.5, -0.5, 1, 7.5, 0.25, 0.75, -0.25))
    expect([...whole].map((value) => Math.round(value * 1e6) / 1e6 + 0)).toEqual([0, 0, 0, 0, 0, 1, -1, -1])
  })

  it('gives no denormals from normal inputs', () => {
    const x = dense(-110, 0, 40_000).filter((v) => Math.abs(v) >= smallestNormal)
    const even = x.subarray(0, x.length & ~7)
    for (const kernel of [core.expArray, core.sigmoidForward, core.softplusForward]) {
      const denormal = run(kernel, even).find((y) => y !== 0 && Math.abs(y) < smallestNormal)
      expect(denormal).toBeUndefined()
    }
  })
})
