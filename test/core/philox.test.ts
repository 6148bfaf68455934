import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/core/errors.js'
import { CountedRandom, permutation, philox4x32, seedWords } from '../../src/core/philox.js'

/** Chi-square of counts against a uniform expectation, less its degrees of freedom, in standard deviations. */
function chiSquareDeviations(counts: ArrayLike<number>): number {
  const cells = Array.from(counts)
  const expected = cells.reduce((sum, n) => sum + n, 0) / cells.length
  const chi = cells.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
  return (chi - (cells.length - 1)) / Math.sqrt(2 * (cells.length - 1))
}

describe('philox4x32', () => {
  it('gives the known answers published with Random123', () => {
    const all = 0xffffffff
    expect(philox4x32([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8])
    expect(philox4x32([all, all, all, all], [all, all])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ])
    expect(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ])
  })
})

describe('CountedRandom', () => {
  it('is a function of its index, whatever the order of drawing', () => {
    const forward = new CountedRandom(2 ** 40 + 3, 7, 5)
    const ascending = Array.from({ length: 50 }, (_, i) => forward.u32(i))
    const backward = new CountedRandom(2 ** 40 + 3, 7, 5)
    const descending = Array.from({ length: 50 }, (_, i) => backward.u32(49 - i)).reverse()
    expect(descending).toEqual(ascending)
    expect(ascending.slice(4, 8)).toEqual(philox4x32([1, 0, 5, 7], [3, 256]))
  })

  it('changes with seed (low and high word), purpose and step', () => {
    const streams = [
      new CountedRandom(1, 1, 0),
      new CountedRandom(2, 1, 0),
      new CountedRandom(1 + 2 ** 32, 1, 0),
      new CountedRandom(1, 2, 0),
      new CountedRandom(1, 1, 1),
    ]
    expect(new Set(streams.map((stream) => stream.u32(0))).size).toBe(streams.length)
  })

  it('is uniform', () => {
    const random = new CountedRandom(1, 1)
    const counts = new Uint32Array(100)
    let sum = 0
    for (let i = 0; i < 100000; i++) {
      const u = random.uniform(i)
      expect(u >= 0 && u < 1).toBe(true)
      counts[Math.floor(u * 100)]!++
      sum += u
    }
    expect(Math.abs(sum / 100000 - 0.5)).toBeLessThan(0.003)
    expect(Math.abs(chiSquareDeviations(counts))).toBeLessThan(4)
  })

  it('is normal in its first four moments', () => {
    const random = new CountedRandom(1, 1)
    const moments = [0, 0, 0, 0]
    const n = 100000
    for (let i = 0; i < n; i++) moments.forEach((_, k) => (moments[k]! += random.normal(i) ** (k + 1) / n))
    expect(Math.abs(moments[0]!)).toBeLessThan(0.013)
    expect(Math.abs(moments[1]! - 1)).toBeLessThan(0.02)
    expect(Math.abs(moments[2]!)).toBeLessThan(0.05)
    expect(Math.abs(moments[3]! - 3)).toBeLessThan(0.15)
  })

  it('draws integers without bias, also where half of the words are refused', () => {
    const random = new CountedRandom(3, 1)
    const counts = new Uint32Array(7)
    for (let i = 0; i < 70000; i++) counts[random.integer(i, 7)]!++
    expect(Math.abs(chiSquareDeviations(counts))).toBeLessThan(4)
    const bound = 3 * 2 ** 30
    const thirds = new Uint32Array(3)
    for (let i = 0; i < 30000; i++) {
      const value = random.integer(i, bound)
      expect(value < bound).toBe(true)
      thirds[Math.floor(value / 2 ** 30)]!++
    }
    expect(Math.abs(chiSquareDeviations(thirds))).toBeLessThan(4)
    expect(random.integer(9, 2 ** 32)).toBe(random.u32(9))
    expect(random.integer(9, 1)).toBe(0)
  })

  it('refuses bad seeds', () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53])
      expect(() => new CountedRandom(seed, 1)).toThrow(ArgumentError)
    expect(seedWords(2 ** 53 - 1)).toEqual([2 ** 32 - 1, 2 ** 21 - 1])
  })
})

describe('permutation', () => {
  it('holds every number once and depends on every argument', () => {
    const order = permutation(1000, 1, 2, 3)
    expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    expect(permutation(1000, 1, 2, 3)).toEqual(order)
    for (const other of [
      permutation(1000, 2, 2, 3),
      permutation(1000, 1, 3, 3),
      permutation(1000, 1, 2, 4),
    ]) {
      expect(other).not.toEqual(order)
    }
    expect(permutation(0, 1, 2)).toHaveLength(0)
    expect(Array.from(permutation(1, 1, 2))).toEqual([0])
  })

  it('gives all orders of four equally often', () => {
    const counts = new Map<string, number>()
    for (let step = 0; step < 24000; step++) {
      const order = permutation(4, 1, 1, step).join()
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    expect(Math.abs(chiSquareDeviations([...counts.values()]))).toBeLessThan(4)
  })
})
