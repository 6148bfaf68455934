// trainTestSplit: complete, deterministic, stratified, for every kind of data.
import { describe, expect, it } from 'vitest'
import { ArgumentError, DataError, ShapeError } from '../../src/core/errors.js'
import { trainTestSplit } from '../../src/data/split.js'

const numbers = Array.from({ length: 103 }, (_, i) => i)
const tensor = { data: Float32Array.from({ length: 206 }, (_, i) => i), shape: [103, 2] }

function classes(sizes: Record<string, number>): string[] {
  return Object.entries(sizes).flatMap(([name, size]) => new Array<string>(size).fill(name))
}

function count(labels: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  return counts
}

describe('trainTestSplit', () => {
  it('puts every row in one part, x beside its y', () => {
    const { train, test } = trainTestSplit(tensor, numbers)
    expect(train.x.shape).toEqual([77, 2])
    expect(test.x.shape).toEqual([26, 2])
    expect([...train.y, ...test.y].sort((a, b) => a - b)).toEqual(numbers)
    for (const { x, y } of [train, test])
      expect([...x.data]).toEqual(y.flatMap((row) => [2 * row, 2 * row + 1]))
  })

  it('mixes the rows by the seed alone', () => {
    const one = trainTestSplit(numbers, numbers, { seed: 1 })
    expect(one).toEqual(trainTestSplit(numbers, numbers))
    expect(one.train.y.slice(0, 8)).toEqual([67, 87, 64, 65, 34, 56, 5, 84])
    expect(one).not.toEqual(trainTestSplit(numbers, numbers, { seed: 2 }))
    expect(one.train.y).not.toEqual([...one.train.y].sort((a, b) => a - b))
  })

  it('gives every row the same chance', () => {
    const chosen = new Array<number>(20).fill(0)
    const rows = numbers.slice(0, 20)
    for (let seed = 0; seed < 2000; seed++)
      for (const row of trainTestSplit(rows, rows, { seed }).test.y) chosen[row]++
    // 2000 draws at 1/4: the standard deviation is 19.4
    for (const times of chosen) expect(Math.abs(times - 500)).toBeLessThan(100)
  })

  it('takes the last rows without shuffle', () => {
    const { train, test } = trainTestSplit(numbers, numbers, { testSize: 3, shuffle: false })
    expect(train.x).toEqual(numbers.slice(0, 100))
    expect(test.x).toEqual([100, 101, 102])
  })

  it.each([
    [0.25, 103, 26],
    [0.5, 3, 2],
    [0.01, 3, 1],
    [1, 3, 1],
    [2, 3, 2],
  ])('takes testSize %d of %i rows as %i', (testSize, rows, expected) => {
    const { test, train } = trainTestSplit(numbers.slice(0, rows), numbers.slice(0, rows), { testSize })
    expect([train.y.length, test.y.length]).toEqual([rows - expected, expected])
  })

  it('keeps the kind of the data and copies them', () => {
    const bytes = { data: Uint8Array.of(1, 2, 3, 4), shape: [4, 1, 1] }
    const rows = [[1], [2], [3], [4]]
    const { train } = trainTestSplit(bytes, rows, { testSize: 1, shuffle: false })
    expect(train.x).toEqual({ data: Uint8Array.of(1, 2, 3), shape: [3, 1, 1] })
    train.y[0][0] = 9
    train.x.data[0] = 9
    expect(rows[0][0]).toBe(1)
    expect(bytes.data[0]).toBe(1)
    const { test } = trainTestSplit(Int32Array.of(1, 2), ['a', 'b'], { testSize: 1, shuffle: false })
    expect(test).toEqual({ x: Int32Array.of(2), y: ['b'] })
  })

  it.each([
    [{ a: 40, b: 40, c: 20 }, 0.25, { a: 10, b: 10, c: 5 }],
    [{ a: 90, b: 9, c: 4 }, 26, { a: 23, b: 2, c: 1 }],
    [{ a: 5, b: 5, c: 5 }, 4, { a: 2, b: 1, c: 1 }],
    [{ a: 2, b: 2 }, 0.5, { a: 1, b: 1 }],
  ])('stratifies %o by %d', (sizes, testSize, expected) => {
    const y = classes(sizes)
    for (const seed of [1, 2]) {
      const { train, test } = trainTestSplit(y, y, { testSize, seed, stratify: y })
      expect(count(test.y)).toEqual(expected)
      expect(train.y.length + test.y.length).toBe(y.length)
    }
  })

  it('mixes rows within and across classes when it stratifies', () => {
    const y = classes({ a: 50, b: 50 })
    const rows = numbers.slice(0, 100)
    const { train } = trainTestSplit(rows, y, { stratify: y, seed: 3 })
    expect(train.x).not.toEqual([...train.x].sort((a, b) => a - b))
    expect(new Set(train.y.slice(0, 20)).size).toBe(2)
    expect(train.x.map((row) => y[row])).toEqual(train.y)
  })

  it('refuses what cannot be split', () => {
    expect(() => trainTestSplit(tensor, [1, 2])).toThrow(ShapeError)
    expect(() => trainTestSplit(tensor, [1, 2])).toThrow(/2 entries for 103 rows/)
    expect(() => trainTestSplit({ data: Uint8Array.of(1), shape: [2] }, [1, 2])).toThrow(/shape \[2\] for 1/)
    expect(() => trainTestSplit('ab' as never, [1, 2])).toThrow(/received string/)
    for (const testSize of [0, -0.5, 1.5, NaN])
      expect(() => trainTestSplit([1, 2], [1, 2], { testSize })).toThrow(ArgumentError)
    expect(() => trainTestSplit([1], [1])).toThrow(DataError)
    expect(() => trainTestSplit([1, 2], [1, 2], { testSize: 2 })).toThrow(/2 test rows of 2/)
    expect(() => trainTestSplit([1, 2], [1, 2], { seed: -1 })).toThrow(ArgumentError)
    const stratify = ['a', 'a', 'b']
    expect(() => trainTestSplit([1, 2, 3], stratify, { stratify })).toThrow(/1 row of class b/)
    expect(() => trainTestSplit([1, 2, 3], stratify, { stratify: ['a'] })).toThrow(/stratify has one entry/)
    const four = ['a', 'a', 'b', 'b']
    expect(() => trainTestSplit(four, four, { stratify: four, testSize: 1 })).toThrow(/3 and 1 rows for 2/)
    expect(() => trainTestSplit(four, four, { stratify: four, shuffle: false })).toThrow(ArgumentError)
  })
})
