import { describe, expect, it } from 'vitest'
import { gaussian, variants } from './kernels.js'
import type { Bench } from './kernels.js'

const offsets = [0, 16, 48]

/** The order that `sumSquares` promises: eight chains, then (0 + 2) + (4 + 6) and (1 + 3) + (5 + 7), then both. */
function squaresInEight(values: Float32Array): number {
  const chains = new Float64Array(8)
  values.forEach((value, i) => (chains[i % 8] += value * value))
  const half = (first: number) => chains[first] + chains[first + 2] + (chains[first + 4] + chains[first + 6])
  return half(0) + half(1)
}

/** Neighbours are added pairwise, an odd one goes up a level as it is. */
function pairwise(values: number[]): number {
  if (values.length <= 1) return values[0] ?? 0
  const next: number[] = []
  for (let i = 0; i < values.length; i += 2) {
    next.push(i + 1 < values.length ? values[i] + values[i + 1] : values[i])
  }
  return pairwise(next)
}

describe.each(variants())('reductions, $variant', (bench: Bench) => {
  const { core } = bench

  function putDoubles(values: number[]): number {
    const at = bench.alloc(values.length * 8)
    bench.f64(at, values.length).set(values)
    return at
  }

  it.each([0, 16, 32, 48, 144, 1008, 4080, 4096])('sumSquares of %d floats, in its fixed order', (n) => {
    for (const offset of offsets) {
      bench.reset()
      // Magnitudes far apart, so that another order of the sums would show in their last bits.
      const values = gaussian(n, n + 1).map((value, i) => value * 7 ** ((i * 5) % 11))
      const g = bench.put(values, offset)
      const partial = bench.alloc(8)
      bench.f64(partial, 1)[0] = NaN
      core.sumSquares(partial, g, n)
      const actual = bench.f64(partial, 1)[0]
      expect(actual).toBe(squaresInEight(values))
      const plain = values.reduce((sum, value) => sum + value * value, 0)
      expect(Math.abs(actual - plain)).toBeLessThanOrEqual(1e-13 * plain)
      bench.checkCanaries()
    }
  })

  it('sumSquares neither overflows nor underflows as float32 would', () => {
    bench.reset()
    const g = bench.put(Float32Array.from({ length: 32 }, (_, i) => (i < 16 ? 3e38 : 1e-40)))
    const partial = bench.alloc(8)
    core.sumSquares(partial, g, 16)
    expect(bench.f64(partial, 1)[0] / (16 * Math.fround(3e38) ** 2)).toBeCloseTo(1, 12)
    core.sumSquares(partial, g + 64, 16)
    expect(bench.f64(partial, 1)[0] / (16 * Math.fround(1e-40) ** 2)).toBeCloseTo(1, 12)
  })

  it('treeSum joins 0 to 70 partials pairwise', () => {
    for (let count = 0; count <= 70; count++) {
      bench.reset()
      const values = Array.from(gaussian(count, count + 1), (value, i) => value / 3 ** (i % 5))
      const at = putDoubles(values)
      const sum = core.treeSum(at, count)
      expect(sum).toBe(pairwise(values))
      expect(sum).toBeCloseTo(
        values.reduce((a, b) => a + b, 0),
        12,
      )
      bench.checkCanaries()
    }
  })

  it.each([0, 1, 2, 7, 32, 1000])('weightedSum64 and weightedSum32 over %d rows, ascending', (n) => {
    bench.reset()
    const weights = gaussian(n, 1).map(Math.abs)
    const floats = gaussian(n, 2)
    const doubles = Array.from(floats, (value) => value / 3)
    const w = bench.put(weights, 4)
    const ascending = (values: ArrayLike<number>) => weights.reduce((sum, weight, i) => sum + weight * values[i], 0)
    expect(core.weightedSum64(w, putDoubles(doubles), n)).toBe(ascending(doubles))
    expect(core.weightedSum32(w, bench.put(floats, 12), n)).toBe(ascending(floats))
  })

  it.each([1, 3, 16, 1000])('maxAbs finds the largest magnitude of %d floats, wherever it stands', (n) => {
    for (const at of [0, n >> 1, n - 1]) {
      for (const largest of [-9, 9]) {
        bench.reset()
        const x = bench.put(gaussian(n, 3))
        bench.f32(x, n)[at] = largest
        expect(core.maxAbs(x, n)).toBe(9)
      }
    }
  })

  it('maxAbs is infinite when a value is infinite or NaN, and zero of nothing', () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      for (const at of [0, 20, 32]) {
        bench.reset()
        const x = bench.put(gaussian(33, 3))
        bench.f32(x, 33)[at] = value
        expect(core.maxAbs(x, 33)).toBe(Infinity)
      }
    }
    bench.reset()
    const x = bench.put([-3.4028234663852886e38, 5])
    expect(core.maxAbs(x, 2)).toBe(3.4028234663852886e38)
    expect(core.maxAbs(x, 0)).toBe(0)
    expect(core.maxAbs(bench.put([-0, 0]), 2)).toBe(0)
  })
})
