// Metrics against scikit-learn's values (test/golden/metrics.py), and what they refuse.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  accuracy,
  classificationReport,
  classificationScores,
  confusionMatrix,
  meanAbsoluteError,
  meanSquaredError,
  MetricError,
  r2Score,
  rootMeanSquaredError,
  uniqueLabels,
} from '../../src/metrics/index.js'
import type { AverageScores, Label } from '../../src/metrics/index.js'

type Triple = [precision: number, recall: number, f1: number]

interface Golden {
  classification: {
    name: string
    true: Label[]
    pred: Label[]
    labels: Label[] | null
    names: string[] | null
    digits: number
    accuracy: number
    confusion: number[][]
    precision: number[]
    recall: number[]
    f1: number[]
    support: number[]
    macro: Triple
    weighted: Triple
    micro: Triple
    report: string
  }[]
  regression: {
    name: string
    outputs: number
    true: number[]
    pred: number[]
    mse: number
    rmse: number
    mae: number
    r2: number | null
  }[]
}

const golden = JSON.parse(readFileSync(new URL('../golden/metrics.json', import.meta.url), 'utf8')) as Golden

function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)))
}

describe.each(golden.classification)('classification: $name', (example) => {
  const labels = example.labels === null ? {} : { labels: example.labels }
  const names = example.names === null ? {} : { targetNames: example.names }

  it('counts like scikit-learn', () => {
    expect(confusionMatrix(example.true, example.pred, labels)).toEqual(example.confusion)
    expect(accuracy(example.true, example.pred)).toBe(example.accuracy)
  })

  it('scores like scikit-learn', () => {
    const scores = classificationScores(example.true, example.pred, labels)
    expect(scores.perClass.map(({ support }) => support)).toEqual(example.support)
    for (const of of ['precision', 'recall', 'f1'] as const) {
      scores.perClass.forEach((one, i) => {
        expectClose(one[of], example[of][i])
      })
    }
    for (const kind of ['macro', 'weighted', 'micro'] as const) {
      const of: AverageScores = scores[kind]
      const actual: Triple = [of.precision, of.recall, of.f1]
      actual.forEach((value, i) => {
        expectClose(value, example[kind][i])
      })
    }
  })

  it('prints like scikit-learn', () => {
    const { digits } = example
    const report = classificationReport(example.true, example.pred, { ...labels, ...names, digits })
    expect(report).toBe(example.report)
  })
})

describe.each(golden.regression)('regression: $name', ({ true: yTrue, pred, ...expected }) => {
  it('measures like scikit-learn', () => {
    const { outputs } = expected
    expectClose(meanSquaredError(yTrue, pred), expected.mse)
    expectClose(rootMeanSquaredError(yTrue, pred, { outputs }), expected.rmse)
    expectClose(meanAbsoluteError(yTrue, pred), expected.mae)
    const r2 = r2Score(yTrue, pred, { outputs })
    if (expected.r2 === null) expect(r2).toBeNaN()
    else expectClose(r2, expected.r2)
  })
})

describe('labels', () => {
  it('may stand in typed arrays of different types', () => {
    const yTrue = Uint8Array.of(0, 1, 2, 2)
    const yPred = Int32Array.of(0, 2, 2, 2)
    expect(accuracy(yTrue, yPred)).toBe(0.75)
    expect(confusionMatrix(yTrue, yPred)).toEqual([
      [1, 0, 0],
      [0, 0, 1],
      [0, 0, 2],
    ])
  })

  it('sort by value and by code point', () => {
    expect(uniqueLabels([10, 9, -1], [9, 100])).toEqual([-1, 9, 10, 100])
    expect(uniqueLabels(['b', 'B', '\u{1f600}', '\uff21', 'b1'])).toEqual([
      'B',
      'b',
      'b1',
      '\uff21',
      '\u{1f600}',
    ])
  })

  it('are of one kind', () => {
    expect(() => confusionMatrix([0, 1], ['0', '1'])).toThrow(/string 0 among 4 different labels/)
    expect(() => classificationReport([0, NaN], [0, 1])).toThrow(/number NaN among 3 different labels/)
  })
})

describe('what metrics refuse', () => {
  const classification = [accuracy, confusionMatrix, classificationScores, classificationReport]
  const regression = [meanSquaredError, rootMeanSquaredError, meanAbsoluteError, r2Score]

  it.each([...classification, ...regression])('no rows or unequal lengths: %o', (metric) => {
    expect(() => metric([], [])).toThrow(MetricError)
    expect(() => metric([], [])).toThrow(RangeError)
    expect(() => metric([1, 2], [1])).toThrow(
      'yTrue and yPred have the same length, at least 1; received 2 true and 1 predicted values; ' +
        'pass one prediction for each row',
    )
  })

  it.each(regression)('values that are not finite: %o', (metric) => {
    expect(() => metric([1, 2], [1, NaN])).toThrow(/predicted NaN at index 1/)
    expect(() => metric([Infinity, 2], [1, 2])).toThrow(/true Infinity and predicted 1 at index 0/)
  })

  it('options out of their range', () => {
    expect(() => confusionMatrix([0], [0], { labels: [] })).toThrow(/at least one class.*received \[\]/)
    expect(() => classificationScores([0], [0], { labels: [0, 0] })).toThrow(/received \[0, 0\]/)
    expect(() => classificationReport([0], [0], { digits: -1 })).toThrow(/received -1/)
    expect(() => classificationReport([0], [0], { digits: 1.5 })).toThrow(MetricError)
    expect(() => classificationReport([0, 1], [0, 1], { targetNames: ['zero'] })).toThrow(
      /1 names for 2 classes/,
    )
    expect(() => r2Score([1, 2, 3], [1, 2, 3], { outputs: 2 })).toThrow(/2 for 3 values/)
    expect(() => rootMeanSquaredError([1, 2], [1, 2], { outputs: 0 })).toThrow(MetricError)
  })
})
