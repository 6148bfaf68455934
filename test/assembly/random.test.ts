import { describe, expect, it } from 'vitest'
import { normalQuantile } from '../../src/core/exact.js'
import { CountedRandom, permutation, philox4x32, seedWords } from '../../src/core/philox.js'
import { fromPanels, random, variants } from './kernels.js'
import type { Bench } from './kernels.js'

const seed = 2 ** 41 + 12345
const [seedLow, seedHigh] = seedWords(seed)
const purpose = 0x01000002

describe.each(variants())('Philox and what it fills, $variant', (bench: Bench) => {
  const { core } = bench

  it('gives the blocks of philox4x32', () => {
    bench.reset()
    const out = bench.alloc(16)
    const next = random(3)
    const word = () => Math.floor(next() * 2 ** 32)
    for (let i = 0; i < 100; i++) {
      const counter = [word(), word(), word(), word()] as [number, number, number, number]
      const key = [word(), word()] as [number, number]
      core.philoxBlock(out, ...counter, ...key)
      expect(Array.from(bench.i32(out, 4), (v) => v >>> 0)).toEqual(philox4x32(counter, key))
    }
    bench.checkCanaries()
  })

  it.each([0, 1, 3, 4, 17, 1001])('fills %d values that are functions of their index', (n) => {
    bench.reset()
    const uniform = bench.alloc(n * 4, 4)
    const normal = bench.alloc(n * 4, 8)
    core.fillUniform(uniform, n, -0.05, 0.07, seedLow, seedHigh, purpose)
    core.fillNormal(normal, n, 0.5, 0.02, seedLow, seedHigh, purpose)
    const reference = new CountedRandom(seed, purpose)
    const [low, high, deviation] = [-0.05, 0.07, 0.02].map(Math.fround) as [number, number, number]
    for (let i = 0; i < n; i++) {
      expect(bench.f32(uniform, n)[i]).toBe(Math.fround(low + (high - low) * reference.uniform(i)))
      expect(bench.f32(normal, n)[i]).toBe(Math.fround(0.5 + deviation * reference.normal(i)))
    }
    bench.checkCanaries()
  })

  it.each([
    [7, 10, 7],
    [5, 16, 9],
    [3, 50, 4],
    [1, 1, 1],
  ])('fills a %d × %d matrix in panels like a plain array', (rows, columns, capacity) => {
    bench.reset()
    const size = Math.ceil(columns / 16) * capacity * 16
    const plain = bench.alloc(rows * columns * 4)
    const panels = bench.alloc(size * 4)
    const fills = [
      [core.fillUniform, core.fillUniformPanels],
      [core.fillNormal, core.fillNormalPanels],
    ] as const
    for (const [fill, fillPanels] of fills) {
      fill(plain, rows * columns, -1, 2, seedLow, seedHigh, purpose)
      fillPanels(panels, rows, columns, capacity * 64, -1, 2, seedLow, seedHigh, purpose)
      const held = bench.f32(panels, size)
      expect(fromPanels(held, rows, columns, capacity)).toEqual(bench.f32(plain, rows * columns).slice())
      expect(held.filter((v) => v !== 0)).toHaveLength(rows * columns) // padding untouched
    }
    bench.checkCanaries()
  })

  it('reaches the tails of the normal distribution', () => {
    bench.reset()
    const n = 1 << 20
    const out = bench.alloc(n * 4)
    core.fillNormal(out, n, 0, 1, 1, 0, 1)
    const values = bench.f32(out, n)
    const beyond = (limit: number) => values.reduce((count, v) => count + (Math.abs(v) > limit ? 1 : 0), 0) / n
    expect(beyond(1)).toBeCloseTo(0.3173, 2)
    expect(beyond(3)).toBeCloseTo(0.0027, 3)
    expect(beyond(4)).toBeGreaterThan(0.00003)
    expect(values.every((v) => Math.abs(v) <= -normalQuantile(2 ** -33))).toBe(true)
  })

  // 2²⁰ rows: some 64 words are refused and replaced.
  it.each([0, 1, 2, 3, 5, 60000, 1 << 20])('shuffles %d rows as permutation does', (n) => {
    bench.reset()
    const out = bench.alloc(n * 4, 4)
    core.shuffle(out, n, seedLow, seedHigh, 77, 9)
    const order = new Uint32Array(bench.memory.buffer, out, n)
    const expected = permutation(n, seed, 77, 9)
    expect(order.findIndex((v, i) => v !== expected[i])).toBe(-1)
    expect(new Set(expected).size).toBe(n)
    bench.checkCanaries()
  })
})

describe.each(variants())('dropout, $variant', (bench: Bench) => {
  const { core } = bench
  const half = 2 ** 31
  const keys = (step: number) => philox4x32([0, 0, step, 0x03000000], [1, 0])

  /** The mask of n elements as ones and zeros. */
  function mask(n: number, keep: number, step: number, first = 0): Float32Array {
    bench.reset()
    const x = bench.put(new Float32Array(n).fill(1))
    const y = bench.alloc(n * 4)
    core.dropoutForward(y, x, n, first, Math.round(keep * 2 ** 32), 1, keys(step)[0], keys(step)[1])
    bench.checkCanaries()
    return bench.f32(y, n).slice()
  }

  /** Correlation of two masks, in standard deviations of its estimate under independence. */
  function correlation(a: Float32Array, b: Float32Array): number {
    const n = a.length
    const meanA = a.reduce((sum, v) => sum + v, 0) / n
    const meanB = b.reduce((sum, v) => sum + v, 0) / n
    let both = 0
    for (let i = 0; i < n; i++) both += (a[i]! - meanA) * (b[i]! - meanB)
    return both / n / Math.sqrt(meanA * (1 - meanA) * meanB * (1 - meanB)) / Math.sqrt(1 / n)
  }

  it('scales what it keeps and zeroes the rest, NaN too, forward and backward alike', () => {
    bench.reset()
    const n = 16 * 37
    const values = Float32Array.from({ length: n }, (_, i) => i - 100.5)
    values[3] = NaN
    const x = bench.put(values, 16)
    const y = bench.alloc(n * 4, 32)
    const dx = bench.alloc(n * 4)
    const rest = [n, 1000, 0xb3333333, 1.25, 123, -456] as const
    core.dropoutForward(y, x, ...rest)
    core.dropoutBackward(dx, x, ...rest)
    const out = bench.f32(y, n)
    out.forEach((v, i) => expect(v === 0 || Object.is(v, Math.fround(values[i]! * 1.25))).toBe(true))
    expect(bench.f32(dx, n)).toEqual(out)
    core.dropoutForward(x, x, ...rest)
    expect(bench.f32(x, n)).toEqual(out) // in place
    bench.checkCanaries()
  })

  it('decides by element, so that splits change nothing', () => {
    const whole = mask(4096, 0.7, 3, 64)
    const parts = [mask(1024, 0.7, 3, 64), mask(16, 0.7, 3, 64 + 1024), mask(3056, 0.7, 3, 64 + 1040)]
    expect(Float32Array.from(parts.flatMap((part) => Array.from(part)))).toEqual(whole)
  })

  it.each([0.1, 0.5, 0.8, 0.999])('keeps a share of %d', (keep) => {
    const n = 1 << 20
    const deviation = Math.sqrt((keep * (1 - keep)) / n)
    for (const step of [0, 1, 2, 1000]) {
      const kept = mask(n, keep, step).reduce((sum, v) => sum + v, 0)
      expect(Math.abs(kept / n - keep)).toBeLessThan(4.5 * deviation)
    }
  })

  it('does not correlate elements at any near distance', () => {
    const n = 1 << 19
    const m = mask(n + 4096, 0.5, 8)
    for (const lag of [1, 2, 3, 4, 5, 8, 15, 16, 17, 32, 64, 128, 256, 512, 784, 1024, 2048, 4096]) {
      expect(Math.abs(correlation(m.subarray(0, n), m.subarray(lag, lag + n))), `lag ${lag}`).toBeLessThan(4.5)
    }
  })

  it('does not correlate steps, nor keys of which one agrees', () => {
    const n = 1 << 18
    const withKeys = (a: number, b: number) => {
      bench.reset()
      const x = bench.put(new Float32Array(n).fill(1))
      core.dropoutForward(x, x, n, 0, half, 1, a, b)
      return bench.f32(x, n).slice()
    }
    const [a, b] = keys(1)
    const first = withKeys(a, b)
    for (let step = 2; step < 32; step++) {
      const [c, d] = keys(step)
      expect(Math.abs(correlation(first, withKeys(c, d))), `step ${step}`).toBeLessThan(4.5)
      expect(Math.abs(correlation(first, withKeys(a, d))), `second key of step ${step}`).toBeLessThan(4.5)
      expect(Math.abs(correlation(first, withKeys(c, b))), `first key of step ${step}`).toBeLessThan(4.5)
    }
  })

  it('spreads the bytes of eight neighbouring decisions evenly (chi-square)', () => {
    const n = 1 << 20
    const counts = new Uint32Array(256)
    const m = mask(n, 0.5, 5)
    for (let i = 0; i < n; i += 8) {
      let byte = 0
      for (let k = 0; k < 8; k++) byte |= m[i + k]! << k
      counts[byte]!++
    }
    const expected = n / 8 / 256
    const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(Math.abs(chi - 255) / Math.sqrt(510)).toBeLessThan(4)
  })
})
