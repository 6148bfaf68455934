import { describe, expect, it } from 'vitest'
import { activation, ArgumentError, dense, Sequential } from '../../src/index.js'
import { lossConfig, lossFrom, lossNames, type LossInput } from '../../src/nn/losses.js'
import {
  checkGradients,
  denseOf,
  formulas,
  map,
  oneHot,
  randomLabels,
  randomRows,
  rowLosses,
  softmaxOf,
} from './reference.js'
import type { Rows, RowLoss } from './reference.js'

const link = { softmax: softmaxOf, sigmoid: (z: Rows) => map(z, formulas['sigmoid']), linear: (z: Rows) => z }

/** Targets between 0 and 1, of rows that sum to 1. */
const distributions = (rows: number, columns: number): Rows =>
  softmaxOf(randomRows(rows, columns, 9)).map((row) => row.map(Math.fround))
const yesNo = (rows: number, columns: number): Rows => map(randomRows(rows, columns, 8), (v) => Number(v > 0))
const shares = (rows: number, columns: number): Rows =>
  map(map(randomRows(rows, columns, 7), formulas['sigmoid']), Math.fround)

interface LossCase {
  label: string
  loss: LossInput
  last: keyof typeof link
  rowLoss: RowLoss
  targets: (rows: number, columns: number) => { y: number[] | Rows; target: Rows }
}
const rowsOf = (make: (rows: number, columns: number) => Rows) => (rows: number, columns: number) => {
  const target = make(rows, columns)
  return { y: target, target }
}
const classes = (rows: number, columns: number) => {
  const y = randomLabels(rows, columns)
  return { y, target: oneHot(y, columns) }
}
const { crossentropy, binary, mse, mae, huber } = rowLosses
const smooth = 0.1
const cases: LossCase[] = [
  {
    label: 'cross-entropy from classes',
    loss: 'crossentropy',
    last: 'softmax',
    rowLoss: crossentropy(),
    targets: classes,
  },
  {
    label: 'cross-entropy from classes, smoothed',
    loss: { name: 'crossentropy', labelSmoothing: smooth },
    last: 'softmax',
    rowLoss: crossentropy(smooth),
    targets: classes,
  },
  {
    label: 'cross-entropy from one-hot rows',
    loss: 'crossentropy',
    last: 'softmax',
    rowLoss: crossentropy(),
    targets: (rows, columns) => rowsOf(() => classes(rows, columns).target)(rows, columns),
  },
  {
    label: 'cross-entropy from probabilities, smoothed',
    loss: { name: 'crossentropy', labelSmoothing: smooth },
    last: 'softmax',
    rowLoss: crossentropy(smooth),
    targets: rowsOf(distributions),
  },
  {
    label: 'binary cross-entropy',
    loss: 'binary-crossentropy',
    last: 'sigmoid',
    rowLoss: binary(),
    targets: rowsOf(yesNo),
  },
  {
    label: 'binary cross-entropy from shares, smoothed',
    loss: { name: 'bce', labelSmoothing: smooth },
    last: 'sigmoid',
    rowLoss: binary(smooth),
    targets: rowsOf(shares),
  },
  {
    label: 'mean squared error',
    loss: 'mse',
    last: 'linear',
    rowLoss: mse(),
    targets: rowsOf((r, c) => randomRows(r, c, 5)),
  },
  {
    label: 'mean absolute error',
    loss: 'mae',
    last: 'linear',
    rowLoss: mae(),
    targets: rowsOf((r, c) => randomRows(r, c, 5)),
  },
  {
    label: 'Huber',
    loss: 'huber',
    last: 'linear',
    rowLoss: huber(),
    targets: rowsOf((r, c) => randomRows(r, c, 5)),
  },
  {
    label: 'Huber of delta 0.3',
    loss: { name: 'huber', delta: 0.3 },
    last: 'linear',
    rowLoss: huber(0.3),
    targets: rowsOf((r, c) => randomRows(r, c, 5)),
  },
]

describe.each(['strict', 'fast'] as const)('loss and gradient, %s', (numerics) => {
  const sizes = [
    { rows: 5, columns: 3 },
    { rows: 1, columns: 10 },
    { rows: 6, columns: 17 },
  ]
  const all = cases.flatMap((test) => sizes.map((size) => ({ ...test, ...size })))

  it.each(all)('$label, $rows rows of $columns', async ({ loss, last, rowLoss, targets, rows, columns }) => {
    await checkGradients({
      numerics,
      loss,
      rowLoss,
      ...targets(rows, columns),
      x: randomRows(rows, 7, 3),
      layers: [dense(columns, { activation: last })],
      reference: ([w, b], x) => link[last](denseOf(x, w, b)),
    })
  })

  it.each(cases)('$label, with weights of the samples', async ({ loss, last, rowLoss, targets }) => {
    const rowWeights = [0.5, 0, 2, 1, 3]
    await checkGradients({
      numerics,
      loss,
      rowLoss,
      ...targets(5, 4),
      x: randomRows(5, 7, 3),
      layers: [dense(6, { activation: 'tanh' }), dense(4, { activation: last })],
      reference: ([w1, b1, w2, b2], x) => link[last](denseOf(map(denseOf(x, w1, b1), Math.tanh), w2, b2)),
      fit: { sampleWeight: rowWeights },
      rowWeights,
    })
  })

  it('multiplies weights of classes and samples', async () => {
    const y = [0, 2, 1, 2, 0]
    const sampleWeight = [1, 2, 1, 0.5, 1]
    const classWeight = { 0: 3, 2: 0.25 }
    await checkGradients({
      numerics,
      loss: 'crossentropy',
      rowLoss: crossentropy(),
      y,
      target: oneHot(y, 3),
      x: randomRows(5, 7, 3),
      layers: [dense(3, { activation: 'softmax' })],
      reference: ([w, b], x) => softmaxOf(denseOf(x, w, b)),
      fit: { sampleWeight, classWeight },
      rowWeights: [3, 0.5, 1, 0.125, 3],
    })
  })
})

describe('losses and last activations', () => {
  const x = randomRows(6, 4, 1)
  const y = randomLabels(6, 3)

  it('take outputs without activation as logits', async () => {
    await checkGradients({
      numerics: 'strict',
      loss: 'crossentropy',
      rowLoss: (z, target) => crossentropy()(softmaxOf([[...z]])[0], target),
      y,
      target: oneHot(y, 3),
      x,
      layers: [dense(3)],
      reference: ([w, b], rows) => denseOf(rows, w, b),
    })
  })

  it('take a softmax that is a layer of its own', async () => {
    await checkGradients({
      numerics: 'strict',
      loss: 'crossentropy',
      rowLoss: crossentropy(),
      y,
      target: oneHot(y, 3),
      x,
      layers: [dense(3, { activation: 'tanh' }), activation('softmax')],
      reference: ([w, b], rows) => softmaxOf(map(denseOf(rows, w, b), Math.tanh)),
    })
  })

  it.each([
    ['crossentropy', 'sigmoid', 'softmax'],
    ['crossentropy', 'relu', 'softmax'],
    ['binary-crossentropy', 'softmax', 'sigmoid'],
    ['binary-crossentropy', 'tanh', 'sigmoid'],
  ])('%s refuses %s and names %s', async (loss, last, partner) => {
    const model = new Sequential([dense(3, { activation: last })])
    await model.compile({ loss })
    const fit = model.fit(x, loss === 'crossentropy' ? y : yesNo(6, 3))
    await expect(fit).rejects.toThrow(ArgumentError)
    await expect(fit).rejects.toThrow(`set the activation of the last layer to ${partner}`)
  })
})

describe('names of losses', () => {
  it('have aliases, in any spelling', () => {
    expect(lossNames.map((name) => lossFrom(name).name)).toEqual(lossNames)
    const names = [
      'categorical_crossentropy',
      'Cross-Entropy',
      'BCE',
      'mean_squared_error',
      'mean-absolute-error',
    ]
    expect(names.map((name) => lossFrom(name).name)).toEqual([
      'crossentropy',
      'crossentropy',
      'binary-crossentropy',
      'mse',
      'mae',
    ])
  })

  it('come back from their configuration', () => {
    for (const { loss } of cases)
      expect(lossFrom(lossConfig(lossFrom(loss)) as LossInput)).toEqual(lossFrom(loss))
    expect(lossConfig(lossFrom('mse'))).toBe('mse')
  })

  it.each<[string, LossInput]>([
    ['a loss is one of crossentropy', 'mean'],
    ['a loss is one of', 'constructor'],
    ['a loss is one of', undefined as unknown as string],
    ['label smoothing is at least 0 and below 1', { name: 'crossentropy', labelSmoothing: 1 }],
    ['label smoothing is at least 0', { name: 'crossentropy', labelSmoothing: -0.1 }],
    ['label smoothing belongs to the cross-entropies', { name: 'mse', labelSmoothing: 0.1 }],
    ['the delta of the Huber loss', { name: 'huber', delta: 0 }],
    ['the delta of the Huber loss', { name: 'huber', delta: Infinity }],
  ])('are refused with "%s" for %j', (message, loss) => {
    expect(() => lossFrom(loss)).toThrow(ArgumentError)
    expect(() => lossFrom(loss)).toThrow(message)
  })
})
