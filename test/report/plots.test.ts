import { describe, expect, it } from 'vitest'
import {
  accuracyCurve,
  adaptive,
  calibrationPlot,
  confusionPlot,
  gradientNormCurve,
  learningRateCurve,
  lossCurve,
  perClassPlot,
  precisionRecallPlot,
  predictedVsTruePlot,
  ReportError,
  residualHistogram,
  residualsPlot,
  rocPlot,
  toPng,
} from '../../src/report/index.js'
import { inspectPng } from './png.js'
import { nastyNames } from './record.js'

const epochs = [1, 2, 3, 4].map((epoch) => ({
  epoch,
  loss: 1 / epoch,
  accuracy: 1 - 0.2 / epoch,
  validationLoss: 1.1 / epoch,
  validationAccuracy: 1 - 0.3 / epoch,
  learningRate: 0.01 / epoch,
  gradientNorm: 3 / epoch,
  layers: ['dense_1', 'dense_2'].map((layer, i) => ({ layer, gradientNorm: (i + 1) / epoch })),
}))
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)
const curve = (name: string) => ({
  name,
  area: 0.9,
  points: [
    [0, 0],
    [0.1, 0.9],
    [1, 1],
  ] as [number, number][],
})

describe('axes', () => {
  it.each([
    [
      'loss',
      () => lossCurve({ epochs }, 'cross-entropy (nats)'),
      ['epoch', 'cross-entropy (nats)', 'training', 'validation'],
    ],
    ['accuracy', () => accuracyCurve({ epochs }), ['epoch', 'accuracy (share of rows)', '95%']],
    ['learning rate', () => learningRateCurve({ epochs }), ['epoch', 'learning rate']],
    [
      'gradient norm',
      () => gradientNormCurve({ epochs }),
      ['epoch', 'gradient norm (L2)', 'all weights', 'dense_2'],
    ],
    [
      'confusion',
      () =>
        confusionPlot(
          [
            [9, 1],
            [0, 5],
          ],
          ['cat', 'dog'],
        ),
      ['predicted class', 'true class', 'cat', 'dog', '90.0', '10.0', '100'],
    ],
    [
      'ROC',
      () => rocPlot([curve('a'), curve('macro')]),
      ['false positive rate', 'true positive rate', 'a (area 0.9000)'],
    ],
    ['precision', () => precisionRecallPlot([curve('a')]), ['recall', 'precision']],
    [
      'calibration',
      () => calibrationPlot([{ predicted: 0.5, observed: 0.4, rows: 3 }]),
      ['confidence (probability of the answer)', 'right answers (share of rows)'],
    ],
    [
      'classes',
      () => perClassPlot([{ label: 'cat', precision: 0.9, recall: 0.8, f1: 0.85, support: 3 }]),
      ['share', 'class', 'cat', 'F1'],
    ],
    [
      'prediction',
      () =>
        predictedVsTruePlot(
          [
            [1, 2],
            [2, 2],
          ],
          'price (€)',
        ),
      ['true price (€)', 'predicted price (€)'],
    ],
    [
      'residuals',
      () =>
        residualsPlot(
          [
            [1, 2],
            [2, 2],
          ],
          'price (€)',
        ),
      ['predicted price (€)', 'residual (predicted − true)'],
    ],
    [
      'errors',
      () => residualHistogram({ low: -1, high: 1, counts: [1, 2] }, 'price (€)'),
      ['residual of price (€)', 'test rows'],
    ],
  ])('of %s are labelled', async (_, draw, expected) => {
    const svg = await draw()
    expect(texts(svg)).toEqual(expect.arrayContaining(expected))
    expect(await draw()).toBe(svg)
    expect(svg).not.toMatch(/NaN|undefined|\sid=/)
  })
})

describe('plots', () => {
  it('stand up to a single epoch, equal values and losses that are not finite', async () => {
    for (const rows of [
      epochs.slice(0, 1),
      epochs.map((row) => ({ ...row, loss: 1, validationLoss: NaN })),
    ]) {
      for (const draw of [lossCurve, accuracyCurve, learningRateCurve]) {
        const svg = await draw({ epochs: rows })
        expect(svg).not.toContain('NaN')
        expect(svg).toMatch(/<path transform="[^"]*" d="M2\.74/)
      }
    }
  })

  it('use a logarithmic axis where the loss falls far', async () => {
    const far = epochs.map((row) => ({ epoch: row.epoch, loss: 10 ** -row.epoch }))
    expect(texts(await lossCurve({ epochs: far }))).toEqual(expect.arrayContaining(['0.1', '0.01', '0.001']))
  })

  it('write names of classes as text', async () => {
    const matrix = nastyNames.map((_, i) => nastyNames.map((_, j) => Number(i === j)))
    const svg = await confusionPlot(matrix, nastyNames)
    expect(svg).toContain('&lt;script&gt;')
    expect(svg).not.toMatch(/<script|<img/)
    expect(inspectPng(await toPng(svg)).colors).toBeGreaterThan(20)
  })

  it('of many classes hold colour alone', async () => {
    const classes = Array.from({ length: 47 }, (_, i) => `c${String(i)}`)
    const matrix = classes.map((_, i) => classes.map((_, j) => (i === j ? 90 : (i + j) % 7 === 0 ? 1 : 0)))
    const svg = await confusionPlot(matrix, classes)
    expect(texts(svg).filter((text) => /^\d/.test(text))).toEqual([])
    expect(texts(svg).filter((text) => /^c\d+$/.test(text))).toHaveLength(94)
  })

  it('refuse a matrix that is not square', () => {
    expect(() => confusionPlot([[1, 2]], ['a'])).toThrow(ReportError)
  })

  it('can change to dark colours by themselves', async () => {
    const svg = adaptive(await lossCurve({ epochs }))
    expect(svg).toMatch(/^<svg [^>]*><style>@media screen and \(prefers-color-scheme: dark\)/)
  })
})
