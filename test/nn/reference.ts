// A reference for training: networks written out in float64 with the host's Math, gradients of their loss by central
// differences, and the gradient that the real training plan used, recovered from what one SGD step did to the weights.
import { expect } from 'vitest'
import { Sequential, sgd, type CompileOptions, type FitOptions, type Targets } from '../../src/index.js'

import { gaussian } from '../assembly/kernels.js'

/** A layer, or its JSON form. */
export type LayerInput = ConstructorParameters<typeof Sequential>[0][number]

/** A matrix as rows of float64. */
export type Rows = number[][]

/** Outputs of a network for weights (each flat, row-major, in the order of `weights()`) and samples. */
export type Reference = (weights: Float64Array[], x: Rows) => Rows

/** x · w + b. */
export function denseOf(x: Rows, w: Float64Array, b?: Float64Array): Rows {
  const outputs = w.length / x[0].length
  return x.map((row) =>
    Array.from({ length: outputs }, (_, o) =>
      row.reduce((sum, value, i) => sum + value * w[i * outputs + o], b?.[o] ?? 0),
    ),
  )
}

export const map = (x: Rows, f: (value: number) => number): Rows =>
  x.map((row) => row.map((value) => f(value)))

export function softmaxOf(x: Rows): Rows {
  return x.map((row) => {
    const largest = Math.max(...row)
    const powers = row.map((value) => Math.exp(value - largest))
    const sum = powers.reduce((a, b) => a + b)
    return powers.map((power) => power / sum)
  })
}

/** The error function by its Maclaurin series, exact to 1e-13 where |x| < 4. */
export function erf(x: number): number {
  let term = x
  let sum = x
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

/** Formulas of the activations, as PyTorch's documentation has them. */
export const formulas: Record<string, (x: number) => number> = {
  linear: (x) => x,
  relu: (x) => Math.max(0, x),
  'leaky-relu': (x) => (x > 0 ? x : 0.01 * x),
  elu: (x) => (x > 0 ? x : Math.exp(x) - 1),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  'gelu-tanh': (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  silu: (x) => x / (1 + Math.exp(-x)),
  softplus: (x) => Math.log1p(Math.exp(x)),
}

/** Loss of each row from outputs and targets of the same shape. */
export type RowLoss = (output: readonly number[], target: readonly number[]) => number

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

/** Formulas of the losses on probabilities or predictions; PyTorch's, label smoothing included. */
export const rowLosses = {
  crossentropy:
    (smoothing = 0): RowLoss =>
    (p, target) =>
      -p.reduce((sum, value, i) => {
        return sum + ((1 - smoothing) * target[i] + smoothing / p.length) * Math.log(value)
      }, 0),
  binary:
    (smoothing = 0): RowLoss =>
    (p, target) =>
      mean(
        p.map((value, i) => {
          const t = target[i] * (1 - smoothing) + smoothing / 2
          return -t * Math.log(value) - (1 - t) * Math.log(1 - value)
        }),
      ),
  mse: (): RowLoss => (y, target) => mean(y.map((value, i) => (value - target[i]) ** 2)),
  mae: (): RowLoss => (y, target) => mean(y.map((value, i) => Math.abs(value - target[i]))),
  huber:
    (delta = 1): RowLoss =>
    (y, target) =>
      mean(
        y.map((value, i) => {
          const distance = Math.abs(value - target[i])
          return distance <= delta ? distance ** 2 / 2 : delta * (distance - delta / 2)
        }),
      ),
}

/** Central differences of `loss` at `weights`; with h = 1e-5 good to about nine digits. */
export function differences(
  loss: (weights: Float64Array[]) => number,
  weights: Float64Array[],
): Float64Array[] {
  const h = 1e-5
  return weights.map((weight) =>
    weight.map((value, i) => {
      weight[i] = value + h
      const above = loss(weights)
      weight[i] = value - h
      const below = loss(weights)
      weight[i] = value
      return (above - below) / (2 * h)
    }),
  )
}

/** Rows of normal random numbers, exact in float32. */
export function randomRows(rows: number, columns: number, seed: number): Rows {
  const values = Float32Array.from(gaussian(rows * columns, seed))
  return Array.from({ length: rows }, (_, r) => Array.from(values.subarray(r * columns, (r + 1) * columns)))
}

/** One-hot rows. */
export function oneHot(labels: readonly number[], classes: number): Rows {
  return labels.map((label) => Array.from({ length: classes }, (_, c) => Number(c === label)))
}

/** Class numbers that do not repeat in a simple pattern. */
export function randomLabels(rows: number, classes: number): number[] {
  return Array.from({ length: rows }, (_, r) => (r * 7 + 3) % classes)
}

export interface GradientCase {
  layers: readonly LayerInput[]
  /** Samples, flat or shaped; as rows for the reference. */
  x: Rows
  shape?: readonly number[]
  y: Targets
  /** What the reference compares its outputs with. */
  target: Rows
  loss: CompileOptions['loss']
  rowLoss: RowLoss
  reference: Reference
  /** Added to the mean loss: penalties. */
  penalty?: (weights: Float64Array[]) => number
  numerics: 'strict' | 'fast'
  fit?: FitOptions
  /** Weights of the rows in the mean. */
  rowWeights?: readonly number[]
  optimizer?: Parameters<typeof sgd>[0]
  seed?: number
  /** Relative to the largest gradient of the tensor; default 2e-6. */
  tolerance?: number
}

/** A step this long leaves nothing of the weight's rounding in the difference. */
const learningRate = 256

/** A built model whose weights, biases too, are random, and copies of them in float64. */
export async function randomModel(
  layers: readonly LayerInput[],
  options: CompileOptions & { inputShape: readonly number[] },
): Promise<{ model: Sequential; weights: Float64Array[] }> {
  const model = new Sequential(layers)
  await model.compile(options)
  const weights = model.weights().map(({ name, shape, data }, i) => {
    const scale = shape.length === 2 ? 1 / Math.sqrt(shape[0]) : 0.3
    return { name, shape, data: Float32Array.from(gaussian(data.length, 100 + i), (value) => value * scale) }
  })
  model.setWeights(weights)
  return { model, weights: weights.map(({ data }) => Float64Array.from(data)) }
}

/** The gradient of the real plan, and the reference's, for one batch; the loss that was told, and the reference's. */
export async function gradients(test: GradientCase) {
  const { layers, x, loss, numerics, reference, target, rowLoss, penalty = () => 0 } = test
  const inputShape = test.shape ?? [x[0].length]
  const { model, weights } = await randomModel(layers, {
    optimizer: sgd({ learningRate, ...test.optimizer }),
    loss,
    numerics,
    seed: test.seed ?? 1,
    threads: 1,
    inputShape,
  })
  const rowWeights = test.rowWeights ?? x.map(() => 1)
  const total = rowWeights.reduce((a, b) => a + b)
  const dataLoss = (given: Float64Array[]) =>
    reference(given, x).reduce((sum, row, r) => sum + rowWeights[r] * rowLoss(row, target[r]), 0) / total
  const expected = differences((given) => dataLoss(given) + penalty(given), weights)
  const samples = { data: Float32Array.from(x.flat()), shape: [x.length, ...inputShape] }
  let told: number
  if (test.fit === undefined) told = (await model.trainOnBatch(samples, test.y)).loss
  else {
    const options = { epochs: 1, batchSize: x.length, shuffle: false, ...test.fit }
    told = (await model.fit(samples, test.y, options)).loss[0]
  }
  const rate = test.optimizer?.learningRate ?? learningRate
  const actual = model
    .weights()
    .map(({ data }, i) => Float64Array.from(data, (after, j) => (weights[i][j] - after) / (rate as number)))
  return { model, weights, actual, expected, told, expectedLoss: dataLoss(weights) }
}

/** Expects plan and reference to agree in loss and in the gradient of every weight. */
export async function checkGradients(test: GradientCase): Promise<void> {
  const { actual, expected, told, expectedLoss } = await gradients(test)
  expect(Math.abs(told - expectedLoss) / Math.max(1e-3, Math.abs(expectedLoss))).toBeLessThan(2e-6)
  expect(actual).toHaveLength(expected.length)
  const largest = Math.max(...expected.flatMap((gradient) => Array.from(gradient, Math.abs)))
  expect(largest).toBeGreaterThan(1e-4)
  actual.forEach((gradient, i) => {
    expectClose(gradient, expected[i], (test.tolerance ?? 2e-6) * largest, `weight ${String(i)}`)
  })
}

/** Expects every value to be within `most` of the expected one. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  most: number,
  what = 'values',
): void {
  expect(actual).toHaveLength(expected.length)
  let worst = 0
  let at = 0
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(actual[i] - expected[i])
    if (distance <= worst) continue
    worst = Number.isNaN(distance) ? Infinity : distance
    at = i
  }
  const seen = `${String(actual[at])} for ${String(expected[at])}`
  expect(worst, `${what} at ${String(at)}: ${seen}`).toBeLessThanOrEqual(most)
}
