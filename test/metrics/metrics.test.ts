// Metrics against scikit-learn's values (test/golden/metrics.py), and what they refuse.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  accuracy,
  balancedAccuracy,
  classificationReport,
  classificationScores,
  cohensKappa,
  confusionMatrix,
  explainedVariance,
  matthewsCorrelation,
  maxError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  medianAbsoluteError,
  MetricError,
  r2Score,
  regressionScores,
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
    weight: number[] | null
    accuracy: number
    confusion: number[][]
    normalized: Record<'true' | 'pred' | 'all', number[][]>
    fBeta: Record<string, { perClass: number[]; macro: number; weighted: number; micro: number }>
    balanced: number
    adjusted: number | '-Infinity' | null
    matthews: number
    kappa: (number | null)[]
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
    weight: number[] | null
    mse: number
    rmse: number
    mae: number
    medianAbsoluteError: number
    maxError: number
    mape: number
    r2: number | null
    explainedVariance: number
  }[]
}

const golden = JSON.parse(readFileSync(new URL('../golden/metrics.json', import.meta.url), 'utf8')) as Golden

function expectClose(actual: number | undefined, expected: number | null): void {
  if (expected === null) {
    expect(actual).toBeNaN()
    return
  }
  expect(Math.abs(actual! - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)))
}

function expectAllClose(actual: readonly (number | undefined)[], expected: readonly (number | null)[]): void {
  expect(actual).toHaveLength(expected.length)
  actual.forEach((value, i) => {
    expectClose(value, expected[i])
  })
}

const weightOf = ({ weight }: { weight: number[] | null }) =>
  weight === null ? {} : { sampleWeight: weight }

describe.each(golden.classification)('classification: $name', (example) => {
  const { true: yTrue, pred } = example
  const weight = weightOf(example)
  const options = { ...(example.labels === null ? {} : { labels: example.labels }), ...weight }
  const names = example.names === null ? {} : { targetNames: example.names }

  it('counts like scikit-learn', () => {
    expect(confusionMatrix(yTrue, pred, options)).toEqual(example.confusion)
    expectClose(accuracy(yTrue, pred, weight), example.accuracy)
    for (const normalize of ['true', 'pred', 'all'] as const) {
      const matrix = confusionMatrix(yTrue, pred, { ...options, normalize })
      expectAllClose(matrix.flat(), example.normalized[normalize].flat())
    }
  })

  it('scores like scikit-learn', () => {
    const scores = classificationScores(yTrue, pred, options)
    expect(scores.perClass.map(({ support }) => support)).toEqual(example.support)
    for (const of of ['precision', 'recall', 'f1'] as const) {
      const values = scores.perClass.map((one) => one[of])
      expectAllClose(values, example[of])
    }
    for (const kind of ['macro', 'weighted', 'micro'] as const) {
      const of: AverageScores = scores[kind]
      expectAllClose([of.precision, of.recall, of.f1], example[kind])
    }
  })

  it.each(['0', '0.5', '2'])('weighs recall by beta %s like scikit-learn', (beta) => {
    const scores = classificationScores(yTrue, pred, { ...options, beta: Number(beta) })
    const expected = example.fBeta[beta]
    const values = scores.perClass.map(({ fBeta }) => fBeta)
    expectAllClose(values, expected.perClass)
    for (const kind of ['macro', 'weighted', 'micro'] as const)
      expectClose(scores[kind].fBeta, expected[kind])
  })

  it('agrees like scikit-learn', () => {
    expectClose(balancedAccuracy(yTrue, pred, weight), example.balanced)
    const adjusted = balancedAccuracy(yTrue, pred, { ...weight, adjusted: true })
    if (example.adjusted === '-Infinity') expect(adjusted).toBe(-Infinity)
    else expectClose(adjusted, example.adjusted)
    expectClose(matthewsCorrelation(yTrue, pred, weight), example.matthews)
    const kappas = [{}, { weights: 'linear' as const }, { weights: 'quadratic' as const }].map((weights) =>
      cohensKappa(yTrue, pred, { ...weight, ...weights }),
    )
    expectAllClose(kappas, example.kappa)
  })

  it('prints like scikit-learn', () => {
    const { digits } = example
    const report = classificationReport(yTrue, pred, { ...options, ...names, digits })
    expect(report).toBe(example.report)
  })
})

describe.each(golden.regression)('regression: $name', ({ true: yTrue, pred, ...expected }) => {
  it('measures like scikit-learn', () => {
    const options = { outputs: expected.outputs, ...weightOf(expected) }
    expectClose(meanSquaredError(yTrue, pred, options), expected.mse)
    expectClose(rootMeanSquaredError(yTrue, pred, options), expected.rmse)
    expectClose(meanAbsoluteError(yTrue, pred, options), expected.mae)
    expectClose(medianAbsoluteError(yTrue, pred, options), expected.medianAbsoluteError)
    expectClose(maxError(yTrue, pred, options), expected.maxError)
    expectClose(meanAbsolutePercentageError(yTrue, pred, options), expected.mape)
    expectClose(r2Score(yTrue, pred, options), expected.r2)
    expectClose(explainedVariance(yTrue, pred, options), expected.explainedVariance)
  })

  it('gives all figures at once', () => {
    const { perOutput, ...means } = regressionScores(yTrue, pred, {
      outputs: expected.outputs,
      ...weightOf(expected),
    })
    expect(perOutput).toHaveLength(expected.outputs)
    for (const [name, value] of Object.entries(means)) {
      expectClose(value, expected[name as keyof typeof means])
      const mean = perOutput.reduce((sum, one) => sum + one[name as keyof typeof means], 0) / perOutput.length
      expect(mean).toBe(value)
    }
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
    expect(() => classificationScores([0], [0], { beta: -1 })).toThrow(/beta is 0 or more; received -1/)
    expect(() => confusionMatrix([0], [0], { normalize: 'rows' as 'true' })).toThrow(/received rows/)
    expect(() => cohensKappa([0], [0], { weights: 'cubic' as 'linear' })).toThrow(/received cubic/)
  })

  it.each([
    [[1], '1 for 2 rows'],
    [[1, -1], '-1 at index 1'],
    [[NaN, 1], 'NaN at index 0'],
    [[0, 0], 'zeros only'],
  ])('weights %o', (sampleWeight, received) => {
    for (const metric of [...classification, balancedAccuracy, cohensKappa, ...regression]) {
      expect(() => metric([0, 1], [0, 1], { sampleWeight })).toThrow(received)
    }
  })
})
