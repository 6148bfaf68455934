import { describe, expect, it } from 'vitest'
import {
  adam,
  ArgumentError,
  DataError,
  dense,
  LanewiseError,
  LinearRegression,
  LogisticRegression,
  NeuralNetwork,
  Sequential,
  ShapeError,
  StateError,
  type CompileOptions,
  type FitOptions,
  type NeuralNetworkOptions,
  type Samples,
  type Targets,
} from '../../src/index.js'
import { randomRows } from '../nn/reference.js'

const x = randomRows(12, 3, 1)
const y = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]
const data = (values: number[], shape: number[]): Samples => ({ data: Float32Array.from(values), shape })

type Kind = typeof ArgumentError | typeof DataError | typeof ShapeError | typeof StateError

/** Expects an error of that kind that has all its parts and says so. */
async function expectError(kind: Kind, message: string, call: () => unknown): Promise<void> {
  let error: unknown
  try {
    await call()
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(kind)
  const { rule, received, remedy, code, message: text } = error as LanewiseError
  expect(text).toContain(message)
  for (const part of [rule, received, remedy]) {
    expect(part).toBeTruthy()
    expect(text).toContain(part)
  }
  expect(code).toMatch(/^ERR_[A-Z]+$/)
}

async function compiled(options: Partial<CompileOptions> = {}, last = 'softmax'): Promise<Sequential> {
  const model = new Sequential([dense(3, { activation: last })])
  await model.compile({ loss: 'crossentropy', ...options })
  return model
}

/** `x`, `y` and options that no one can use. */
const fits: [string, Kind, Samples, Targets, FitOptions?][] = [
  [
    'x holds finite numbers only; received NaN in row 1, column 2',
    DataError,
    [
      [1, 2, 3],
      [1, 2, NaN],
    ],
    [0, 1],
  ],
  ['received Infinity in row 0, column 0', DataError, data([Infinity, 0, 0, 1], [2, 2]), [0, 1]],
  ['received Infinity', DataError, { data: Float64Array.of(1e300, 0), shape: [2, 1] }, [0, 1]],
  [
    'all rows of x have the same shape; received [2] in row 1 in place of [3]',
    ShapeError,
    [
      [1, 2, 3],
      [1, 2],
    ],
    [0, 1],
  ],
  [
    'all rows of x have the same shape',
    ShapeError,
    [
      [
        [1, 2],
        [3, 4],
      ],
      [[1, 2], [3]],
    ],
    [0, 1],
  ],
  [
    'same shape',
    ShapeError,
    [
      [[1, 2], [3]],
      [[1, 2], [3]],
    ],
    [0, 1],
  ],
  ['x has at least one row', DataError, [], []],
  ['x has at least one row', DataError, data([], [0, 3]), []],
  ['at least one row and one column', DataError, data([], [2, 0]), [0, 1]],
  ['the shape of x multiplies to the length', ShapeError, data([1, 2, 3], [2, 2]), [0, 1]],
  ['the shape of x', ShapeError, data([1, 2], [-1, -2]), [0, 1]],
  ['every value of a sample is a number', DataError, [['1', 2]] as unknown as Samples, [0]],
  ['every value of a sample is a number', DataError, [[null]] as unknown as Samples, [0]],
  ['x is { data, shape } or an array of rows', ShapeError, 7 as unknown as Samples, [0]],
  ['x is { data, shape } or an array of rows', ShapeError, undefined as unknown as Samples, [0]],
  [
    'x is { data, shape } or an array of rows',
    ShapeError,
    { data: [1, 2], shape: [1, 2] } as unknown as Samples,
    [0],
  ],
  ['x and y have the same number of rows; received 12 and 11', ShapeError, x, y.slice(1)],
  ['a class number is an integer from 0 to 2', DataError, x, y.map((label) => label + 1)],
  ['a class number is an integer', DataError, x, y.map((label) => label - 1)],
  ['a class number is an integer', DataError, x, y.map((label) => label + 0.5)],
  ['received null in row 0', DataError, x, [null, ...y.slice(1)] as unknown as Targets],
  ['received "cat" in row 0', DataError, x, ['cat', ...y.slice(1)] as Targets],
  ['one column for each', ShapeError, x, y.map(() => [0, 1])],
  ['sum to 1; received a sum of 2', DataError, x, y.map(() => [1, 1, 0])],
  ['from 0 to 1; received -1', DataError, x, y.map(() => [-1, 1, 1])],
  ['y holds finite numbers only; received NaN', DataError, x, y.map(() => [NaN, 1, 0])],
  ['y is a list of labels or numbers', ShapeError, x, undefined as unknown as Targets],
  ['epochs is a positive integer; received 0', ArgumentError, x, y, { epochs: 0 }],
  ['epochs is a positive integer', ArgumentError, x, y, { epochs: 1.5 }],
  ['batchSize is a positive integer; received -8', ArgumentError, x, y, { batchSize: -8 }],
  ['batchSize is a positive integer', ArgumentError, x, y, { batchSize: NaN }],
  ['validationSplit is between 0 and 1', ArgumentError, x, y, { validationSplit: 1 }],
  ['validationSplit is between 0 and 1', ArgumentError, x, y, { validationSplit: -0.1 }],
  ['validationSplit is between 0 and 1', ArgumentError, x, y, { validationSplit: NaN }],
  ['leaves rows on both sides; received 0.01 of 12 rows', ArgumentError, x, y, { validationSplit: 0.01 }],
  [
    'the model takes samples of shape [3]',
    ShapeError,
    x,
    y,
    { validationData: [randomRows(2, 4, 1), [0, 1]] },
  ],
  ['same number of rows', ShapeError, x, y, { validationData: [x, [0, 1]] }],
  ['sampleWeight has one number a row', ArgumentError, x, y, { sampleWeight: [1, 2] }],
  ['non-negative numbers, not all 0', ArgumentError, x, y, { sampleWeight: y.map((v) => v - 1) }],
  ['zeros only', ArgumentError, x, y, { sampleWeight: y.map(() => 0) }],
  ['received NaN in row 0', ArgumentError, x, y, { sampleWeight: y.map(() => NaN) }],
  [
    'classWeight goes with one label a row',
    ArgumentError,
    x,
    y.map(() => [1, 0, 0]),
    { classWeight: { 0: 1 } },
  ],
]

describe('Sequential', () => {
  it.each(fits)('fit says: %s', async (message, kind, samples, targets, options) => {
    const model = await compiled()
    await expectError(kind, message, () => model.fit(samples, targets, options))
    // And is not broken by it: unless it was built for another shape, it trains.
    const fresh = await compiled({ inputShape: [3] })
    await expectError(kind, '', () => fresh.fit(samples, targets, options))
    await fresh.fit(x, y)
  })

  it.each<[string, Kind, Partial<CompileOptions>]>([
    ['a loss is one of crossentropy', ArgumentError, { loss: 'logloss' }],
    ['a loss is one of', ArgumentError, { loss: undefined as unknown as string }],
    ['an optimizer is one of sgd, momentum', ArgumentError, { optimizer: 'adamax' }],
    [
      'learningRate of adam is a finite number, 0 or more; received -1',
      ArgumentError,
      { optimizer: 'adam:learningRate=-1' },
    ],
    ['a metric is one of accuracy, mse', ArgumentError, { metrics: ['auc' as 'mse'] }],
    ['a seed is an integer from 0', ArgumentError, { seed: -1, inputShape: [3] }],
    ['a seed is an integer from 0', ArgumentError, { seed: 1.5, inputShape: [3] }],
    ['threads is an integer from 1 to 64; received 0', ArgumentError, { threads: 0 }],
    ['threads is an integer from 1 to 64', ArgumentError, { threads: 65 }],
    ['numerics is fast or strict; received exact', ArgumentError, { numerics: 'exact' as 'fast' }],
    ['an input shape is a list of positive integers', ArgumentError, { inputShape: [-3] }],
    ['an input shape is a list of positive integers', ArgumentError, { inputShape: [] }],
  ])('compile says: %s', (message, kind, options) => expectError(kind, message, () => compiled(options)))

  it('says that a call came too early', async () => {
    const plain = new Sequential([dense(3)])
    const model = await compiled()
    const row = new Float32Array(3)
    for (const call of [
      () => plain.fit(x, y),
      () => plain.trainOnBatch(x, y),
      () => plain.evaluate(x, y),
      () => plain.predict(x),
      () => plain.weights(),
      () => plain.state(),
      () => model.predict(x),
      () => model.predictSync(row, row),
      () => model.evaluate(x, y),
      () => model.weights(),
      () => model.parameterCount,
    ]) {
      await expectError(StateError, '', call)
    }
    await expectError(StateError, 'a model is compiled before fit', () => plain.fit(x, y))
    await model.fit(x, y)
    model.close()
    await expectError(StateError, '', () => model.predict(x))
    await expectError(StateError, 'compiled before fit', () => model.fit(x, y))
  })

  it('says that data do not fit the model', async () => {
    const model = await compiled()
    await model.fit(x, y)
    const wide = randomRows(12, 4, 1)
    for (const call of [
      () => model.fit(wide, y),
      () => model.trainOnBatch(wide, y),
      () => model.predict(wide),
      () => model.evaluate(wide, y),
    ]) {
      await expectError(ShapeError, 'the model takes samples of shape [3]; received [4]', call)
    }
    const into = new Float32Array(3)
    await expectError(ShapeError, '3 inputs and room for 3 outputs; received 4 and 3', () =>
      model.predictSync(new Float32Array(4), into),
    )
    await expectError(ShapeError, 'received 3 and 2', () => model.predictSync(into, new Float32Array(2)))
  })

  it('takes all weights or none', async () => {
    const model = await compiled({ inputShape: [3] })
    const before = model.weights()
    const [weight, bias] = before
    const changed = { ...weight, data: weight.data.map((v) => v + 1) }
    const cases: [string, Parameters<Sequential['setWeights']>[0]][] = [
      ['the model has 2 weights and biases; received 1', [changed]],
      ['dense_1/bias has shape [3]; received [4]', [changed, { shape: [4], data: new Float32Array(4) }]],
      ['dense_1/weight has shape [3, 3]', [{ ...changed, shape: [9] }, bias]],
      ['with 8 values', [{ ...changed, data: new Float32Array(8) }, bias]],
      [
        'dense_1/bias are finite; received NaN at index 1',
        [changed, { ...bias, data: Float32Array.of(0, NaN, 0) }],
      ],
    ]
    for (const [message, weights] of cases) {
      await expectError(ShapeError, message, () => {
        model.setWeights(weights)
      })
      expect(model.weights()).toEqual(before)
    }
  })

  it('refuses targets of other losses', async () => {
    const binary = await compiled({ loss: 'binary-crossentropy' }, 'sigmoid')
    await expectError(DataError, 'from 0 to 1; received 2 in row 0', () =>
      binary.fit(
        x,
        y.map(() => [2, 0, 1]),
      ),
    )
    const mse = await compiled({ loss: 'mse' }, 'linear')
    await expectError(DataError, 'targets of this loss are numbers; received "a"', () =>
      mse.fit(
        x,
        y.map(() => 'a'),
      ),
    )
    await expectError(ShapeError, "each of the model's 3 outputs; received 1 columns", () => mse.fit(x, y))
  })
})

describe('estimators', () => {
  it.each<[string, Kind, NeuralNetworkOptions]>([
    [
      'task is classification or regression; received cluster',
      ArgumentError,
      { task: 'cluster' as 'regression' },
    ],
    ['the units of a dense layer is a positive integer', ArgumentError, { hiddenLayers: [0] }],
    ['a dropout rate is at least 0 and below 1', ArgumentError, { dropout: 1 }],
    ['an activation is one of', ArgumentError, { activation: 'rellu' }],
    ['an initializer is one of', ArgumentError, { init: 'xavier-ish' }],
    ['a loss is one of', ArgumentError, { loss: 'logloss' }],
    ['an optimizer is one of', ArgumentError, { optimizer: 'adamax' }],
    ['learningRate of sgd', ArgumentError, { optimizer: { type: 'sgd', learningRate: -1 } }],
    ['l2 is a non-negative number', ArgumentError, { l2: -1 }],
    ['label smoothing is at least 0', ArgumentError, { labelSmoothing: 2 }],
    ['epochs is a positive integer', ArgumentError, { epochs: 0 }],
    ['batchSize is a positive integer', ArgumentError, { batchSize: 0 }],
    ['a seed is an integer', ArgumentError, { seed: -4 }],
    ['threads is an integer', ArgumentError, { threads: 1.5 }],
  ])('say, at the latest in fit: %s', (message, kind, options) =>
    expectError(kind, message, () => new NeuralNetwork(options).fit(x, y)),
  )

  it('refuse what belongs to others', async () => {
    await expectError(
      ArgumentError,
      'received hiddenLayers',
      () => new LinearRegression({ hiddenLayers: [3] } as object),
    )
    await expectError(ArgumentError, 'received loss', () => new LogisticRegression({ loss: 'mse' } as object))
    const regression = new NeuralNetwork({ task: 'regression' })
    await regression.fit(x, y)
    await expectError(StateError, 'predictProba is for classifiers', () => regression.predictProba(x))
  })

  it('say that a call came before fit', async () => {
    for (const net of [new NeuralNetwork(), new LogisticRegression(), new LinearRegression()]) {
      for (const call of [
        () => net.predict(x),
        () => net.score(x, y),
        () => net.evaluate(x, y),
        () => net.weights(),
        () => net.save('never.txt'),
      ]) {
        await expectError(StateError, 'a model is fitted before it is used', call)
      }
    }
  })

  it('say what is wrong with labels', async () => {
    const net = () => new NeuralNetwork({ hiddenLayers: [], epochs: 1 })
    await expectError(DataError, 'at least two classes; received only 7', () =>
      net().fit(
        x,
        y.map(() => 7),
      ),
    )
    await expectError(DataError, 'at least two classes; received only "a"', () =>
      net().fit(
        x,
        y.map(() => 'a'),
      ),
    )
    await expectError(DataError, 'a label is a finite number or a string; received NaN', () =>
      net().fit(x, [NaN, ...y.slice(1)]),
    )
    await expectError(DataError, 'hold 0 and 1; received 2 in row 0, column 1', () =>
      net().fit(
        x,
        y.map(() => [0, 2]),
      ),
    )
    await expectError(ShapeError, 'same number of rows', () => net().fit(x, y.slice(2)))
    await expectError(ShapeError, 'y is a list of labels', () =>
      net().fit(x, undefined as unknown as Targets),
    )
    await expectError(ShapeError, 'y is a list of labels', () =>
      new LinearRegression().fit(x, undefined as unknown as Targets),
    )
    const fitted = net()
    await fitted.fit(x, y)
    await expectError(DataError, "one of the model's 3 classes (0, 1, 2); received 3", () =>
      fitted.score(
        x,
        y.map(() => 3),
      ),
    )
    await expectError(DataError, 'received "0" in row 0', () => fitted.partialFit(x, y.map(String)))
    await expectError(ShapeError, 'the labels have 3 columns; received 2', () =>
      fitted.score(
        x,
        y.map(() => [1, 0]),
      ),
    )
    await expectError(ShapeError, 'the model takes samples of shape [3]', () =>
      fitted.predict(randomRows(2, 5, 1)),
    )
  })
})

it('errors keep their cause and their class name', () => {
  const cause = new Error('below')
  const error = new ArgumentError({ rule: 'a rule', received: 'this', remedy: 'do that', cause })
  expect([error.name, error.message, error.cause]).toEqual([
    'ArgumentError',
    'a rule; received this; do that',
    cause,
  ])
  expect(() => adam({ learningRate: -1 })).toThrow(LanewiseError)
})
