// Intervals and tests of differences against SciPy's values (test/golden/metrics.py), and what they refuse.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  accuracy,
  bootstrap,
  bootstrapMetric,
  mcNemarTest,
  meanInterval,
  MetricError,
  pairedPermutationTest,
  pairedTTest,
  rocAuc,
  wilcoxonTest,
  wilsonInterval,
} from '../../src/metrics/index.js'

interface Golden {
  bootstrap: {
    values: number[]
    seed: number
    resamples: number
    confidence: number
    estimate: number
    low: number
    high: number
    standardError: number
  }[]
  paired: {
    name: string
    first: number[]
    second: number[]
    t: [number | null, number | null]
    wilcoxon: [number, number] | null
    permutation: [number, number] | null
  }[]
  mcnemar: { b: number; c: number; exact: number; statistic: number; approximate: number }[]
  wilson: { successes: number; total: number; confidence: number; low: number; high: number }[]
  meanInterval: { values: number[]; confidence: number; low: number; high: number }[]
}

const golden = JSON.parse(readFileSync(new URL('../golden/metrics.json', import.meta.url), 'utf8')) as Golden

function expectClose(actual: number, expected: number | null): void {
  if (expected === null) expect(actual).toBeNaN()
  else
    expect(Math.abs(actual - expected)).toBeLessThanOrEqual(
      1e-10 * Math.min(1, Math.abs(expected) || 1) + 1e-15,
    )
}

const mean = (values: number[]) => (rows: Uint32Array) => rows.reduce((sum, row) => sum + values[row], 0) / rows.length // prettier-ignore

describe('bootstrap', () => {
  it.each(golden.bootstrap)('draws what its seed $seed says', ({ values, ...expected }) => {
    const { seed, resamples, confidence } = expected
    const result = bootstrap(mean(values), values.length, { seed, resamples, confidence })
    for (const name of ['estimate', 'low', 'high', 'standardError'] as const)
      expectClose(result[name], expected[name])
    const basic = bootstrap(mean(values), values.length, { seed, resamples, confidence, method: 'basic' })
    expectClose(basic.low, 2 * expected.estimate - expected.high)
    expectClose(basic.high, 2 * expected.estimate - expected.low)
  })

  it('covers the accuracy of many rows as Wilson does', () => {
    const yTrue = Uint8Array.from({ length: 2000 }, (_, i) => i % 10)
    const yPred = yTrue.map((label, i) => (i % 25 === 0 ? (label + 1) % 10 : label))
    const drawn = bootstrapMetric<number, number>(accuracy, yTrue, yPred)
    const counted = wilsonInterval(1920, 2000)
    expect(drawn.estimate).toBe(0.96)
    expect(drawn.low).toBeCloseTo(counted.low, 2)
    expect(drawn.high).toBeCloseTo(counted.high, 2)
    expect(drawn.standardError).toBeCloseTo(Math.sqrt((0.96 * 0.04) / 2000), 3)
  })

  it('leaves out draws without a value', () => {
    const result = bootstrapMetric<number, number>(rocAuc, [0, 1, 1], [0.2, 0.3, 0.1], { resamples: 50 })
    expect(result.low).toBeGreaterThanOrEqual(0)
    expect(result.high).toBeLessThanOrEqual(1)
    expect(() => bootstrapMetric<number, number>(rocAuc, [1, 1], [0.2, 0.3])).toThrow(/NaN for all of them/)
  })
})

describe('intervals from formulas', () => {
  it.each(golden.wilson)('Wilson: $successes of $total', ({ successes, total, confidence, low, high }) => {
    const interval = wilsonInterval(successes, total, { confidence })
    expect(interval.estimate).toBe(successes / total)
    expectClose(interval.low, low)
    expectClose(interval.high, high)
  })

  it.each(golden.meanInterval)('Student: $values', ({ values, confidence, low, high }) => {
    const interval = meanInterval(values, { confidence })
    expect(interval.low).toBeCloseTo(low, 10)
    expect(interval.high).toBeCloseTo(high, 10)
  })

  it('gives none for a single value', () => {
    expect(meanInterval([0.9])).toEqual({ estimate: 0.9, low: NaN, high: NaN, confidence: 0.95 })
  })
})

describe.each(golden.mcnemar)('McNemar: $b against $c', ({ b, c, ...expected }) => {
  const yTrue = new Array<number>(b + c + 3).fill(1)
  const first = yTrue.map((_, i) => Number(i < b || i >= b + c))
  const second = yTrue.map((_, i) => Number(i >= b))

  it('equals the binomial and the chi-squared distribution', () => {
    const exact = mcNemarTest(yTrue, first, second, { exact: true })
    expect(exact).toMatchObject({ onlyFirst: b, onlySecond: c, exact: true, statistic: Math.min(b, c) })
    expectClose(exact.pValue, expected.exact)
    const approximate = mcNemarTest(yTrue, first, second, { exact: false })
    expectClose(approximate.statistic, expected.statistic)
    expectClose(approximate.pValue, expected.approximate)
    expect(mcNemarTest(yTrue, first, second).exact).toBe(b + c < 25)
  })
})

describe.each(golden.paired)('pairs: $name', ({ first, second, t, wilcoxon, permutation }) => {
  it('compares like SciPy', () => {
    const student = pairedTTest(first, second)
    expectClose(student.statistic, t[0])
    expectClose(student.pValue, t[1])
    const ranks = wilcoxonTest(first, second)
    expectClose(ranks.statistic, wilcoxon?.[0] ?? 0)
    expectClose(ranks.pValue, wilcoxon?.[1] ?? 1)
    const flips = pairedPermutationTest(first, second)
    expect(flips.exact).toBe(first.length <= 16)
    if (permutation === null) expect(Math.abs(flips.pValue - student.pValue)).toBeLessThan(0.03)
    else {
      expectClose(flips.statistic, permutation[0])
      expectClose(flips.pValue, permutation[1])
    }
  })
})

describe('a single pair', () => {
  it('shows no difference to be real', () => {
    expect(pairedTTest([0.5], [0.6]).pValue).toBeNaN()
    expect(wilcoxonTest([0.5], [0.6]).pValue).toBe(1)
    expect(pairedPermutationTest([0.5], [0.6]).pValue).toBe(1)
  })
})

describe('what they refuse', () => {
  it.each([
    ['a confidence of 95', () => meanInterval([1, 2], { confidence: 95 }), /received 95/],
    ['no values', () => meanInterval([]), /the number of values.*received 0/],
    ['values that are not finite', () => meanInterval([1, NaN]), /received 1, NaN/],
    ['more successes than trials', () => wilsonInterval(11, 10), /received 11 of 10/],
    ['no rows', () => bootstrap(() => 1, 0), /rows is a positive integer; received 0/],
    ['no draws', () => bootstrap(() => 1, 2, { resamples: 0 }), /resamples.*received 0/],
    ['a seed that is no integer', () => bootstrap(() => 1, 2, { seed: 0.5 }), /received 0.5/],
    [
      'an unknown method',
      () => bootstrap(() => 1, 2, { method: 'bca' as 'basic' }),
      /percentile or basic; received bca/,
    ],
    ['unequal lengths', () => bootstrapMetric<number, number>(accuracy, [1], [1, 2]), /received 1 and 2/],
    ['unequal pairs', () => wilcoxonTest([1, 2], [1]), /received 2 and 1 values/],
    ['pairs that are not finite', () => pairedTTest([1, NaN], [1, 2]), /some not finite/],
    ['other rows', () => mcNemarTest([1, 0], [1], [1, 0]), /2 labels, 1 and 2 predictions/],
    [
      'no resamples',
      () => pairedPermutationTest(Array(20).fill(1), Array(20).fill(2), { resamples: 0 }),
      /received 0/,
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(MetricError)
    expect(call).toThrow(message)
  })
})
