import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  ArgumentError,
  LinearRegression,
  LogisticRegression,
  NeuralNetwork,
  type Label,
  type NamedTensor,
} from '../../src/index.js'
import { adam, dense, sgd } from '../../src/index.js'
import { denseOf, expectClose, map, randomRows, softmaxOf, type Rows } from '../nn/reference.js'

/** Points around centres that are far apart, class by class in turn. */
function blobs(rows: number, classes: number, seed: number): { x: Rows; labels: number[] } {
  const noise = randomRows(rows, 2, seed)
  const labels = Array.from({ length: rows }, (_, row) => row % classes)
  const x = noise.map(([a, b], row) => {
    const angle = (2 * Math.PI * labels[row]) / classes
    return [3 * Math.cos(angle) + 0.3 * a, 3 * Math.sin(angle) + 0.3 * b]
  })
  return { x, labels }
}
const names = ['cat', 'dog', 'emu', 'fox']
const { x, labels } = blobs(120, 4, 1)
const two = labels.map((label) => label % 2)

/** Mean cross-entropy of probabilities. */
const cost = (p: readonly ArrayLike<number>[], classes: readonly number[]) =>
  classes.reduce((sum, label, row) => sum - Math.log(p[row][label]), 0) / classes.length

const sumsToOne = (p: readonly Float32Array[]) => {
  for (const row of p) {
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 6)
  }
}

describe('NeuralNetwork', () => {
  const net = () =>
    new NeuralNetwork({
      hiddenLayers: [16, 8],
      epochs: 40,
      batchSize: 16,
      optimizer: adam({ learningRate: 0.01 }),
    })

  it('has the layers that were asked for', async () => {
    const wide = new NeuralNetwork({
      hiddenLayers: [5, 4],
      activation: 'tanh',
      dropout: 0.2,
      l2: 0.1,
      epochs: 1,
    })
    await wide.fit(x, labels)
    const { layers } = wide.model.architecture()
    expect(layers.map(({ type, units, rate, activation }) => [type, units ?? rate, activation])).toEqual([
      ['dense', 5, 'tanh'],
      ['dropout', 0.2, undefined],
      ['dense', 4, 'tanh'],
      ['dropout', 0.2, undefined],
      ['dense', 4, 'softmax'],
    ])
    expect(layers[0]).toMatchObject({
      kernelInitializer: { type: 'he-normal' },
      kernelRegularizer: { l2: 0.1 },
    })
    expect(layers[4]).toMatchObject({ kernelInitializer: { type: 'glorot-uniform' } })
  })

  it.each<[string, Label[]]>([
    ['numbers', labels],
    ['numbers with gaps', labels.map((label) => 10 * label - 7)],
    ['names', labels.map((label) => names[label])],
  ])('learns labels that are %s', async (_, y) => {
    const made = net()
    const history = await made.fit(x, y)
    expect(history.accuracy.at(-1)).toBe(1)
    expect(await made.predict(x)).toEqual(y)
    expect(made.classes).toEqual(y.slice(0, 4))
    expect(await made.score(x, y)).toBe(1)
    expect(
      await made.score(
        x,
        y.map(() => y[0]),
      ),
    ).toBe(0.25)
    const p = await made.predictProba(x)
    expect(p.shape).toEqual([120, 4])
    sumsToOne(p)
    expect((await made.evaluate(x, y)).loss).toBeCloseTo(cost(p, labels), 5)
  })

  it('takes typed arrays, one-hot rows and booleans as labels', async () => {
    const plain = net()
    await plain.fit(x, labels)
    const oneHot = labels.map((label) => [0, 1, 2, 3].map((c) => Number(c === label)))
    const column = { data: Int32Array.from(labels), shape: [120, 1] }
    for (const y of [Uint8Array.from(labels), column, oneHot]) {
      const made = net()
      await made.fit(x, y)
      expect(made.weights()).toEqual(plain.weights())
      expect(await made.predict(x)).toEqual(labels)
      expect(await made.score(x, y)).toBe(1)
    }
    const yes = net()
    await yes.fit(x, two.map(Boolean))
    expect(await yes.predict(x)).toEqual(two)
  })

  it('learns several yes/no columns', async () => {
    const y = labels.map((label) => [Number(label < 2), Number(label % 2 === 0), 1])
    const made = net()
    await made.fit(x, y)
    expect(await made.predict(x)).toEqual(y)
    expect(await made.score(x, y)).toBe(1)
    const p = await made.predictProba(x)
    expect(p.shape).toEqual([120, 3])
    expect(Math.min(...p.map((row) => row[2]))).toBeGreaterThan(0.9)
  })

  it('learns one or more regression targets', async () => {
    const one = x.map(([a, b]) => a * b)
    const more = x.map(([a, b]) => [a * b, a - b])
    const regressor = () =>
      new NeuralNetwork({
        task: 'regression',
        hiddenLayers: [32],
        epochs: 200,
        batchSize: 16,
        optimizer: adam({ learningRate: 0.01 }),
      })
    const single = regressor()
    await single.fit(x, one)
    const predicted = (await single.predict(x)) as number[]
    expect(predicted).toHaveLength(120)
    expect(typeof predicted[0]).toBe('number')
    const r2 = await single.score(x, one)
    expect(r2).toBeGreaterThan(0.95)
    const mean = one.reduce((a, b) => a + b) / 120
    const residual = one.reduce((sum, v, i) => sum + (v - predicted[i]) ** 2, 0)
    expect(r2).toBeCloseTo(1 - residual / one.reduce((sum, v) => sum + (v - mean) ** 2, 0), 5)
    expect(await single.evaluate(x, one)).toMatchObject({
      r2: expect.closeTo(r2, 6) as number,
      mse: expect.closeTo(residual / 120, 5) as number,
    })
    const double = regressor()
    await double.fit(x, more)
    const rows = (await double.predict(x)) as number[][]
    expect([rows.length, rows[0].length]).toEqual([120, 2])
    expect(await double.score(x, more)).toBeGreaterThan(0.95)
  })

  it('flattens shaped samples, and scales bytes', async () => {
    const pixels = Uint8Array.from({ length: 60 * 16 }, (_, i) =>
      Math.floor(i / 16) % 3 === (i % 16) % 3 ? 255 : 0,
    )
    const y = Array.from({ length: 60 }, (_, row) => row % 3)
    const made = net()
    await made.fit({ data: pixels, shape: [60, 4, 4] }, y)
    expect(await made.score({ data: pixels, shape: [60, 4, 4] }, y)).toBe(1)
    const scaled = net()
    await scaled.fit({ data: Float32Array.from(pixels, (v) => v * Math.fround(1 / 255)), shape: [60, 16] }, y)
    expect(scaled.weights()).toEqual(made.weights())
  })

  it('starts anew with fit, and goes on with partialFit', async () => {
    const [once, twice] = [net(), net()]
    await once.fit(x, labels, { epochs: 4 })
    await twice.fit(x, labels, { epochs: 3 })
    await twice.partialFit(x, labels)
    expect(twice.weights()).toEqual(once.weights())
    await twice.fit(x, labels, { epochs: 4 })
    expect(twice.weights()).toEqual(once.weights())
  })

  it('learns classes by parts when they are told before', async () => {
    const made = net()
    const y = labels.map((label) => names[label])
    const part = (wanted: (row: number) => boolean) => {
      const rows = labels.flatMap((_, row) => (wanted(row) ? [row] : []))
      return [rows.map((row) => x[row]), rows.map((row) => y[row])] as const
    }
    const parts = [part((row) => labels[row] < 2), part((row) => labels[row] >= 2)]
    for (let round = 0; round < 60; round++) {
      for (const [samples, targets] of parts) await made.partialFit(samples, targets, { classes: names })
    }
    expect(made.classes).toEqual(names)
    expect(await made.score(x, y)).toBe(1)
  })

  it('weighs classes by their labels', async () => {
    const options = { hiddenLayers: [], epochs: 30, optimizer: sgd({ learningRate: 0.5 }), batchSize: 120 }
    const same = x.map(() => [1, 1])
    const y = labels.map((label) => names[label])
    const made = new NeuralNetwork(options)
    await made.fit(same, y, { classWeight: { cat: 6, emu: 2, fox: 1, dog: 1 } })
    // Of equal samples the likeliest class is that of the largest weight, in proportion.
    const [p] = await made.predictProba([[1, 1]])
    expectClose(p, [0.6, 0.1, 0.2, 0.1], 0.01)
    expect(await made.predict([[1, 1]])).toEqual(['cat'])
  })

  it('evaluates validation data by their labels', async () => {
    const y = labels.map((label) => names[label])
    const history = await net().fit(x, y, { validationData: [x, y] })
    expect(history.validationAccuracy.at(-1)).toBe(1)
  })

  it('takes layers and losses of its user', async () => {
    const made = new NeuralNetwork({
      layers: [dense(12, { activation: 'gelu' }), { type: 'dense', units: 4, activation: 'softmax' }],
      epochs: 100,
    })
    await made.fit(x, labels)
    expect(await made.score(x, labels)).toBe(1)
    const huber = new NeuralNetwork({ task: 'regression', loss: 'huber', hiddenLayers: [], epochs: 1 })
    await huber.fit(x, labels)
    expect(huber.state().settings['loss']).toEqual({ name: 'huber', delta: 1 })
  })

  it('gives the outputs of one row synchronously', async () => {
    const made = net()
    await made.fit(x, labels)
    const p = await made.predictProba(x)
    const into = new Float32Array(4)
    expect(made.predictSync(Float32Array.from(x[7]), into)).toBe(into)
    expect(into).toEqual(p[7])
  })
})

describe('LogisticRegression', () => {
  const settings = {
    epochs: 1500,
    batchSize: 120,
    optimizer: sgd({ learningRate: 0.5, momentum: 0.9 }),
    l2: 0.01,
  }

  /** Gradient of cost + l2 · Σw², in float64, where the fit ended. */
  function gradientAt(weights: NamedTensor[], predict: (z: Rows) => Rows, target: Rows): number[] {
    const [w, b] = weights.map(({ data }) => Float64Array.from(data))
    const p = predict(denseOf(x, w, b))
    const dz = p.map((row, r) => row.map((v, c) => (v - target[r][c]) / 120))
    const outputs = target[0].length
    const dw = [0, 1].flatMap((i) =>
      Array.from({ length: outputs }, (_, o) => {
        return dz.reduce((sum, row, r) => sum + row[o] * x[r][i], 0.02 * w[i * outputs + o])
      }),
    )
    return [...dw, ...Array.from({ length: outputs }, (_, o) => dz.reduce((sum, row) => sum + row[o], 0))]
  }

  it('of several classes finds the optimum', async () => {
    const model = new LogisticRegression(settings)
    const y = labels.map((label) => names[label])
    await model.fit(x, y)
    expect(await model.predict(x)).toEqual(y)
    expect(await model.score(x, y)).toBe(1)
    expect(model.coefficients.shape).toEqual([4, 2])
    expect(model.intercept).toHaveLength(4)
    const target = labels.map((label) => [0, 1, 2, 3].map((c) => Number(c === label)))
    const gradient = gradientAt(model.weights(), softmaxOf, target)
    expectClose(
      gradient,
      gradient.map(() => 0),
      1e-5,
    )
    const p = await model.predictProba(x)
    sumsToOne(p)
    expect(await model.cost(x, y)).toBeCloseTo(cost(p, labels), 5)
    // The row of a class points towards its centre.
    expect(model.coefficients[0][0]).toBeGreaterThan(0.5)
    expect(model.coefficients[1][1]).toBeGreaterThan(0.5)
  })

  it('of two classes has one output, and finds the optimum', async () => {
    const model = new LogisticRegression(settings)
    const side = x.map(([a, b]) => Number(a + b > 0.2))
    const y = side.map((v) => (v === 1 ? 'right' : 'left'))
    await model.fit(x, y)
    expect(model.classes).toEqual(['left', 'right'])
    expect(await model.predict(x)).toEqual(y)
    expect(model.coefficients.shape).toEqual([1, 2])
    expect(model.intercept).toHaveLength(1)
    const sigmoid = (z: Rows) => map(z, (v) => 1 / (1 + Math.exp(-v)))
    const gradient = gradientAt(
      model.weights(),
      sigmoid,
      side.map((v) => [v]),
    )
    expectClose(gradient, [0, 0, 0], 1e-5)
    const p = await model.predictProba(x)
    expect(p.shape).toEqual([120, 2])
    sumsToOne(p)
    expect(await model.cost(x, y)).toBeCloseTo(cost(p, side), 5)
    expect(await model.score(x, y)).toBe(1)
  })

  it('weighs classes of two by their labels', async () => {
    const model = new LogisticRegression({ epochs: 300, batchSize: 120, optimizer: sgd({ learningRate: 1 }) })
    await model.fit(
      x.map(() => [0, 0]),
      two.map((v) => (v ? 'b' : 'a')),
      { classWeight: { b: 3 } },
    )
    const [p] = await model.predictProba([[0, 0]])
    expectClose(p, [0.25, 0.75], 0.01)
  })

  it('starts at zero, so that any seed ends in the same place', async () => {
    const of = async (seed: number) => {
      const model = new LogisticRegression({ epochs: 3, batchSize: 120, seed })
      await model.fit(x, labels, { shuffle: false })
      return model.weights()
    }
    expect(await of(1)).toEqual(await of(2))
  })
})

describe('LinearRegression', () => {
  const samples = randomRows(200, 5, 9)
  const w = [1.5, -2, 0, 0.25, 3]
  const y = samples.map((row) => row.reduce((sum, v, i) => sum + v * w[i], 0.75))
  const optimizer = adam({ learningRate: 0.05 })

  it('recovers the coefficients of one target', async () => {
    const model = new LinearRegression({ epochs: 300, batchSize: 50, optimizer })
    await model.fit(samples, y)
    expect(model.coefficients.shape).toEqual([1, 5])
    expectClose(model.coefficients[0], w, 1e-3)
    expectClose(model.intercept, [0.75], 1e-3)
    expect(await model.score(samples, y)).toBeGreaterThan(0.99999)
    expect(model.classes).toBeUndefined()
  })

  it('recovers those of several targets', async () => {
    const model = new LinearRegression({ epochs: 300, batchSize: 50, optimizer })
    await model.fit(
      samples,
      y.map((v, row) => [v, -samples[row][1]]),
    )
    expect(model.coefficients.shape).toEqual([2, 5])
    expectClose(model.coefficients[0], w, 1e-3)
    expectClose(model.coefficients[1], [0, -1, 0, 0, 0], 1e-3)
    expectClose(model.intercept, [0.75, 0], 1e-3)
  })

  it('shrinks them with l2 to those of ridge regression', async () => {
    const l2 = 0.5
    const model = new LinearRegression({
      epochs: 600,
      batchSize: 200,
      optimizer: sgd({ learningRate: 0.1 }),
      l2,
    })
    await model.fit(samples, y)
    const found = Float64Array.from(model.coefficients[0])
    const error = samples.map(
      (row, r) => row.reduce((sum, v, i) => sum + v * found[i], model.intercept[0]) - y[r],
    )
    const gradient = w.map((_, i) => {
      return error.reduce((sum, e, r) => sum + (2 * e * samples[r][i]) / 200, 2 * l2 * found[i])
    })
    expectClose(gradient, [0, 0, 0, 0, 0], 1e-4)
    expect(found[4]).toBeLessThan(2.5)
  })
})

describe('options and files of estimators', () => {
  it.each([
    ['optimizer', { optimizer: 'adamax' }],
    ['activation', { activation: 'reluu' }],
    ['init', { init: 'he' }],
    ['epochs', { epochs: 0 }],
    ['batch size', { batchSize: 1.5 }],
  ])('a wrong %s is told at once', (_, options) => {
    expect(() => new NeuralNetwork(options)).toThrow(ArgumentError)
  })

  it('a file is loaded as the kind that it holds, or as a NeuralNetwork', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lanewise-kinds-'))
    try {
      const path = join(folder, 'model.safetensors')
      const model = new LogisticRegression({ epochs: 1 })
      const rows = { data: Float32Array.from({ length: 40 }, (_, i) => Math.sin(i)), shape: [20, 2] }
      await model.fit(
        rows,
        Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 'no' : 'yes')),
      )
      await model.save(path)
      const probabilities = await model.predictProba(rows)
      expect(probabilities.shape).toEqual([20, 2])
      for (const loaded of [await LogisticRegression.load(path), await NeuralNetwork.load(path)]) {
        expect((await loaded.predictProba(rows)).data).toEqual(probabilities.data)
      }
      await expect(LinearRegression.load(path)).rejects.toThrow(ArgumentError)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
