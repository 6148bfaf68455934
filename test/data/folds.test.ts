// Properties of the cuts of rows, over sizes and seeds: disjoint, complete, shares kept, groups never divided.
import { describe, expect, it } from 'vitest'
import { ArgumentError, DataError, ShapeError } from '../../src/core/errors.js'
import { groupKFold, groupSplit, kFold, stratifiedKFold, type RowSplit } from '../../src/data/folds.js'
import { takeRows, trainTestSplit } from '../../src/data/split.js'
import { splitByRatio, trainValidationTestSplit } from '../../src/data/split-ratio.js'

/** Numbers below `below`, the same for the same seed. */
function numbers(count: number, below: number, seed: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const h = Math.imul((i + 1) ^ Math.imul(seed + 1, 0x9e3779b1), 0x85ebca6b)
    return ((h ^ (h >>> 13)) >>> 0) % below
  })
}

const cases = Array.from({ length: 60 }, (_, i) => ({
  seed: i,
  rows: 10 + ((i * 37) % 200),
  folds: 2 + (i % 6),
  classes: numbers(10 + ((i * 37) % 200), 1 + (i % 5), i).map((n) => `class ${String(Math.min(n, 2))}`),
}))

/** Parts that are ascending, and together every row once. */
function expectParts(parts: readonly Uint32Array[], rows: number): void {
  for (const part of parts) expect(part.every((row, i) => i === 0 || row > part[i - 1])).toBe(true)
  const all = parts.flatMap((part) => [...part]).sort((a, b) => a - b)
  expect(all).toEqual(Array.from({ length: rows }, (_, row) => row))
}

function expectFolds(splits: readonly RowSplit[], rows: number): void {
  for (const { train, test } of splits) expectParts([train, test], rows)
  expectParts(
    splits.map(({ test }) => test),
    rows,
  )
}

/** Rows of each class in a part. */
function countsOf(part: Uint32Array, classes: readonly string[]): Map<string, number> {
  const counts = new Map(classes.map((name) => [name, 0]))
  for (const row of part) counts.set(classes[row], counts.get(classes[row])! + 1)
  return counts
}

describe('folds', () => {
  it('hold every row once, in parts of even size', () => {
    for (const { rows, folds, seed } of cases) {
      const splits = kFold(rows, { folds, seed })
      expect(splits).toHaveLength(folds)
      expectFolds(splits, rows)
      const sizes = splits.map(({ test }) => test.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      expect(kFold(rows, { folds, seed })).toEqual(splits)
    }
    expect(kFold(100, { seed: 1 })).not.toEqual(kFold(100, { seed: 2 }))
    const tests = kFold(7, { folds: 3, shuffle: false }).map(({ test }) => [...test])
    expect(tests).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ])
  })

  it('keep the share of each class within one row', () => {
    for (const { rows, folds, seed, classes } of cases) {
      const splits = stratifiedKFold(classes, { folds, seed })
      expectFolds(splits, rows)
      const sizes = splits.map(({ test }) => test.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      const whole = countsOf(
        Uint32Array.from(classes, (_, row) => row),
        classes,
      )
      for (const { test } of splits) {
        for (const [name, count] of countsOf(test, classes))
          expect(Math.abs(count - whole.get(name)! / folds)).toBeLessThan(1)
      }
    }
  })

  it('never divide a group', () => {
    for (const { rows, folds, seed } of cases) {
      const groups = numbers(rows, 9, seed + 100)
      const count = new Set(groups).size
      if (count < folds) continue
      const splits = groupKFold(groups, { folds, seed })
      expectFolds(splits, rows)
      const cut = groupSplit(groups, { testSize: 0.3, seed })
      expectParts([cut.train, cut.test], rows)
      for (const { train, test } of [...splits, cut]) {
        const inTrain = new Set(Array.from(train, (row) => groups[row]))
        expect(test.some((row) => inTrain.has(groups[row]))).toBe(false)
        expect(test.length).toBeGreaterThan(0)
      }
      const inTest = new Set(Array.from(cut.test, (row) => groups[row]))
      expect(inTest.size).toBe(Math.min(count - 1, Math.ceil(0.3 * count)))
    }
  })

  it('refuse what cannot be', () => {
    expect(() => kFold(10, { folds: 1 })).toThrow(ArgumentError)
    expect(() => kFold(3)).toThrow(DataError)
    expect(() => groupKFold([1, 1, 1, 2, 2], { folds: 3 })).toThrow(/2 groups for 3 parts/)
    expect(() => groupSplit([1, 1])).toThrow(DataError)
    expect(() => groupSplit([1, 2], { testSize: 1 })).toThrow(ArgumentError)
  })
})

describe('splitByRatio', () => {
  it('gives each part its share, of each class too', () => {
    for (const { rows, seed, classes } of cases) {
      const ratio = seed % 2 ? [80, 10, 10] : [3, 1]
      const total = ratio.reduce((a, b) => a + b)
      const plain = splitByRatio(rows, ratio, { seed })
      expectParts(plain, rows)
      plain.forEach((part, i) => {
        expect(Math.abs(part.length - (rows * ratio[i]) / total)).toBeLessThan(1)
      })
      const stratified = splitByRatio(rows, ratio, { seed, stratify: classes })
      expectParts(stratified, rows)
      const whole = countsOf(
        Uint32Array.from(classes, (_, row) => row),
        classes,
      )
      stratified.forEach((part, i) => {
        for (const [name, count] of countsOf(part, classes))
          expect(Math.abs(count - (whole.get(name)! * ratio[i]) / total)).toBeLessThan(1)
        expect(Math.abs(part.length - (rows * ratio[i]) / total)).toBeLessThan(2)
      })
    }
  })

  it('leaves a class of one row to the training part', () => {
    const classes = ['rare', ...Array.from({ length: 30 }, () => 'common')]
    for (let seed = 0; seed < 20; seed++)
      expect(splitByRatio(31, [80, 10, 10], { seed, stratify: classes })[0]).toContain(0)
  })

  it('refuses ratios and rows that cannot be', () => {
    expect(() => splitByRatio(10, [1])).toThrow(ArgumentError)
    expect(() => splitByRatio(10, [80, 0, 20])).toThrow(ArgumentError)
    expect(() => splitByRatio(4, [98, 1, 1])).toThrow(DataError)
    expect(() => splitByRatio(4, [1, 1], { stratify: [1] })).toThrow(ShapeError)
  })
})

describe('trainValidationTestSplit', () => {
  it('cuts samples and targets by the same rows, 80:10:10', () => {
    const columns = [{ name: 'a' }, { name: 'b', categories: ['x', 'y'] }]
    const x = { data: Float32Array.from({ length: 100 }, (_, i) => i), shape: [50, 2], columns }
    const y = Int32Array.from({ length: 50 }, (_, i) => 2 * i)
    const { train, validation, test } = trainValidationTestSplit(x, y)
    expect([train, validation, test].map((part) => part.y.length)).toEqual([40, 5, 5])
    for (const { x, y } of [train, validation, test]) {
      expect(x.columns).toBe(columns)
      expect(Array.from(y, (target) => target)).toEqual(Array.from(y, (_, i) => x.data[2 * i]))
    }
    expect(() => trainValidationTestSplit(x, [1])).toThrow(ShapeError)
    expect(trainTestSplit(x, y).test.x.columns).toBe(columns)
    expect(takeRows(x, Uint32Array.of(3)).data).toEqual(Float32Array.of(6, 7))
  })
})
