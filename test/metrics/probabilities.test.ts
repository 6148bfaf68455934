// Metrics of scores and probabilities against scikit-learn's values (test/golden/metrics.py), and what they refuse.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  areaUnder,
  averagePrecision,
  averagePrecisionByClass,
  brierScore,
  calibration,
  logLoss,
  MetricError,
  precisionRecallCurve,
  rocAuc,
  rocAucByClass,
  rocCurve,
  topKAccuracy,
} from '../../src/metrics/index.js'
import type { OneVsRest } from '../../src/metrics/index.js'

type Value = number | null
type Averages = Record<'macro' | 'weighted' | 'micro', Value> & { None: Value[] }

interface Golden {
  binary: {
    name: string
    true: number[]
    score: number[]
    weight: number[] | null
    roc: { fpr: Value[]; tpr: Value[]; thresholds: number[]; points: number }
    area: Value
    pr: { precision: number[]; recall: number[]; thresholds: number[] }
    averagePrecision: number
    prArea: number
    logLoss?: number
    brier?: number
    calibration?: Record<'uniform' | 'quantile', Record<string, [observed: number[], predicted: number[]]>>
  }[]
  multiclass: {
    name: string
    true: number[]
    probability: number[][]
    labels: number[]
    weight: number[] | null
    logLoss: number
    brier: number
    topK: number[] | null
    auc: Averages | null
    averagePrecision: Averages
    ece: [expected: number, maximum: number]
  }[]
}

const golden = JSON.parse(readFileSync(new URL('../golden/metrics.json', import.meta.url), 'utf8')) as Golden

function expectClose(actual: number, expected: Value | undefined): void {
  if (expected === null || expected === undefined) expect(actual).toBeNaN()
  else expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)))
}

function expectAllClose(actual: readonly number[], expected: readonly Value[]): void {
  expect(actual).toHaveLength(expected.length)
  actual.forEach((value, i) => {
    expectClose(value, expected[i])
  })
}

const weightOf = ({ weight }: { weight: number[] | null }) =>
  weight === null ? {} : { sampleWeight: weight }

describe.each(golden.binary)('one class against the rest: $name', (example) => {
  const { true: yTrue, score } = example
  const weight = weightOf(example)

  it('draws the ROC curve like scikit-learn', () => {
    const curve = rocCurve(yTrue, score, weight)
    expectAllClose(curve.falsePositiveRate, example.roc.fpr)
    expectAllClose(curve.truePositiveRate, example.roc.tpr)
    expect(curve.thresholds).toEqual([Infinity, ...example.roc.thresholds])
    expectClose(curve.area, example.area)
    expectClose(rocAuc(yTrue, score, weight), example.area)
    const whole = rocCurve(yTrue, score, { ...weight, dropIntermediate: false })
    expect(whole.thresholds).toHaveLength(example.roc.points)
    expectClose(whole.area, example.area)
  })

  it('draws the precision-recall curve like scikit-learn', () => {
    const curve = precisionRecallCurve(yTrue, score, weight)
    expectAllClose(curve.precision, example.pr.precision)
    expectAllClose(curve.recall, example.pr.recall)
    expect(curve.thresholds).toEqual(example.pr.thresholds)
    expectClose(curve.averagePrecision, example.averagePrecision)
    expectClose(averagePrecision(yTrue, score, weight), example.averagePrecision)
    expectClose(areaUnder(curve.recall, curve.precision), example.prArea)
  })

  if (example.logLoss !== undefined)
    it('rates probabilities like scikit-learn', () => {
      expectClose(logLoss(yTrue, score, weight), example.logLoss)
      expectClose(brierScore(yTrue, score, weight), example.brier)
      const both = score.map((p) => [1 - p, p])
      expectClose(logLoss(yTrue, both, { labels: [0, 1], ...weight }), example.logLoss)
      expectClose(brierScore(yTrue, both, { labels: [0, 1], ...weight }), 2 * example.brier!)
    })

  if (example.calibration !== undefined)
    it('bins probabilities like scikit-learn', () => {
      for (const strategy of ['uniform', 'quantile'] as const) {
        for (const [bins, [observed, predicted]] of Object.entries(example.calibration![strategy])) {
          const result = calibration(yTrue, score, { strategy, bins: Number(bins) })
          const seen = result.bins.map((bin) => bin.observed)
          const told = result.bins.map((bin) => bin.predicted)
          expectAllClose(seen, observed)
          expectAllClose(told, predicted)
          expect(result.bins.reduce((sum, { rows }) => sum + rows, 0)).toBe(score.length)
        }
      }
    })
})

describe.each(golden.multiclass)('every class: $name', (example) => {
  const { true: yTrue, probability, labels } = example
  const options = { labels, ...weightOf(example) }
  const expectAverages = (actual: OneVsRest, expected: Averages) => {
    for (const kind of ['macro', 'weighted', 'micro'] as const) expectClose(actual[kind], expected[kind])
    const values = actual.perClass.map(({ value }) => value)
    expectAllClose(values, expected.None)
    expect(actual.perClass.map(({ label }) => label)).toEqual(labels)
  }

  it('rates probabilities like scikit-learn', () => {
    expectClose(logLoss(yTrue, probability, options), example.logLoss)
    expectClose(brierScore(yTrue, probability, options), example.brier)
    example.topK?.forEach((expected, i) => {
      expectClose(topKAccuracy(yTrue, probability, i + 1, options), expected)
    })
  })

  it('measures areas like scikit-learn', () => {
    const areas = rocAucByClass(yTrue, probability, options)
    if (example.auc === null) expect(areas.macro).toBeNaN()
    else expectAverages(areas, example.auc)
    expectAverages(averagePrecisionByClass(yTrue, probability, options), example.averagePrecision)
  })

  it('measures the expected calibration error', () => {
    const { expectedError, maximumError } = calibration(yTrue, probability, { labels, bins: 15 })
    expectClose(expectedError, example.ece[0])
    expectClose(maximumError, example.ece[1])
  })

  it('takes row-major values of any type', () => {
    const shape = [probability.length, labels.length]
    const table = { data: Float64Array.from(probability.flat()), shape }
    expect(logLoss(yTrue, table, options)).toBe(logLoss(yTrue, probability, options))
    const singles = { data: Float32Array.from(table.data), shape }
    expect(Math.abs(logLoss(yTrue, singles, options) - example.logLoss)).toBeLessThan(
      example.name === 'certain' ? 20 : 1e-6,
    )
  })
})

describe('names of classes', () => {
  it('may stand for the positive class', () => {
    const words = ['cat', 'dog', 'dog', 'bird']
    const scores = [0.1, 0.7, 0.4, 0.5]
    expect(rocAuc(words, scores, { positive: 'dog' })).toBe(0.75)
    expect(brierScore(words, scores, { positive: 'dog' })).toBeCloseTo((0.01 + 0.09 + 0.36 + 0.25) / 4, 12)
    expect(() => rocAuc(words, scores)).toThrow(/the label "cat" and no positive/)
  })

  it('stand for columns in sorted order, or in that of labels', () => {
    const words = ['cat', 'dog', 'cat']
    const p = [
      [0.9, 0.1],
      [0.2, 0.8],
      [0.6, 0.4],
    ]
    const expected = -(Math.log(0.9) + Math.log(0.8) + Math.log(0.6)) / 3
    expect(logLoss(words, p)).toBeCloseTo(expected, 12)
    const swapped = p.map(([a, b]) => [b, a])
    expect(logLoss(words, swapped, { labels: ['dog', 'cat'] })).toBeCloseTo(expected, 12)
  })
})

describe('what these metrics refuse', () => {
  const p = [
    [0.5, 0.5],
    [0.1, 0.9],
  ]
  it.each([
    ['another number of rows', () => logLoss([0, 1, 1], p), /2 rows for 3 labels/],
    ['another number of columns', () => rocAucByClass([0, 0], p), /2 columns for the classes 0;/],
    ['a label without a column', () => topKAccuracy([0, 2], p, 1, { labels: [0, 1] }), /received 2 in row 1/],
    ['rows of unequal length', () => brierScore([0, 1], [[0.5, 0.5], [1]]), /1 in row 1, 2 in the first/],
    [
      'a shape that does not fit',
      () => brierScore([0, 1], { data: [1, 2, 3], shape: [2, 2] }),
      /\[2, 2\] with 3/,
    ],
    ['values that are no probabilities', () => logLoss([0, 1], [0.5, 1.5]), /received 1.5 in row 1/],
    ['logits', () => calibration([0, 1], [-0.5, 0.5]), /not logits/],
    ['scores that are not finite', () => rocCurve([0, 1], [0.5, NaN]), /received NaN at index 1/],
    ['rows that are not finite', () => rocAucByClass([0, 1], [[0, 1], [NaN, 1]]), /NaN in row 1/], // prettier-ignore
    ['no rows', () => rocCurve([], []), /0 scores for 0 labels/],
    ['a k of 0', () => topKAccuracy([0, 1], p, 0), /received 0/],
    ['no bins', () => calibration([0, 1], [0.5, 0.5], { bins: 0 }), /received 0 and uniform/],
    ['a curve of one point', () => areaUnder([1], [1]), /received 1 and 1 values/],
    ['an x that turns back', () => areaUnder([0, 1, 0.5], [0, 0, 0]), /an x that turns back/],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(MetricError)
    expect(call).toThrow(message)
  })
})
