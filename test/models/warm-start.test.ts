import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  adam,
  ArgumentError,
  dense,
  dropout,
  loadDataset,
  LogisticRegression,
  NeuralNetwork,
  Sequential,
  sgd,
  type OptimizerSpec,
} from '../../src/index.js'
import { gaussian } from '../assembly/kernels.js'
import { bitsOf } from '../persist/states.js'

const x = { data: gaussian(80 * 6, 1), shape: [80, 6] }
const y = Array.from({ length: 80 }, (_, i) => i % 3)
const other = Array.from({ length: 80 }, (_, i) => (i * 7) % 4)
const bits = (model: Pick<Sequential, 'weights'>) =>
  Object.fromEntries(model.weights().map(({ name, data }) => [name, bitsOf(data)]))

async function trained(optimizer: OptimizerSpec = adam({ learningRate: 0.01 })): Promise<Sequential> {
  const model = new Sequential([
    dense(9, { activation: 'relu' }),
    dropout(0.1),
    dense(7, { activation: 'tanh' }),
    dense(3, { activation: 'softmax' }),
  ])
  await model.compile({ optimizer, loss: 'crossentropy', metrics: ['accuracy'], seed: 4, threads: 1 })
  await model.fit(x, y, { epochs: 3 })
  return model
}

describe('layers that are frozen', () => {
  it.each([
    ['the first', [0]],
    ['the first two', [0, 2]],
    ['one between', [2]],
    ['the last', [3]],
    ['all', [0, 2, 3]],
  ])('%s: keep every bit, the others learn, with and without a clipped norm', async (_, frozen) => {
    for (const optimizer of [
      adam({ weightDecay: 0.01 }),
      adam({ clipNorm: 0.1, weightDecay: 0.01 }),
      sgd({ clipNorm: 1e9 }),
    ]) {
      const model = await trained(optimizer)
      for (const place of frozen) model.getLayer(place).trainable = false
      const before = bits(model)
      await model.fit(x, y, { epochs: 1, batchSize: 16 })
      const after = bits(model)
      const fixed = ['dense_1', 'dropout_1', 'dense_2', 'dense_3'].filter((_, i) => frozen.includes(i))
      for (const name of Object.keys(before)) {
        const isFixed = fixed.includes(name.split('/')[0]!)
        expect([name, JSON.stringify(after[name]) === JSON.stringify(before[name])]).toEqual([name, isFixed])
      }
    }
  })

  it('learn as if the others were constants: as a model of the rest on their outputs', async () => {
    const model = await trained(sgd({ learningRate: 0.1, clipNorm: 0.5 }))
    for (const name of ['dense_1', 'dense_2']) model.getLayer(name).trainable = false
    const base = new Sequential([dense(9, { activation: 'relu' }), dense(7, { activation: 'tanh' })])
    await base.compile({ loss: 'mse', inputShape: [6] })
    base.setWeights(model.weights().slice(0, 4))
    const features = { data: Float32Array.from((await base.predict(x)).data), shape: [80, 7] }
    const rest = new Sequential([dense(3, { activation: 'softmax' })])
    await rest.compile({
      optimizer: sgd({ learningRate: 0.1, clipNorm: 0.5 }),
      loss: 'crossentropy',
      inputShape: [7],
    })
    rest.setWeights(model.weights().slice(4))
    // Without dropout in the way: one step each in the order given.
    const whole = new Sequential([
      dense(9, { activation: 'relu', trainable: false }),
      dense(7, { activation: 'tanh', trainable: false }),
      dense(3, { activation: 'softmax' }),
    ])
    await whole.compile({
      optimizer: sgd({ learningRate: 0.1, clipNorm: 0.5 }),
      loss: 'crossentropy',
      inputShape: [6],
    })
    whole.setWeights(model.weights())
    for (let step = 0; step < 4; step++) {
      expect(await whole.trainOnBatch(x, y)).toEqual(await rest.trainOnBatch(features, y))
    }
    expect(
      whole
        .weights()
        .slice(4)
        .map(({ data }) => bitsOf(data)),
    ).toEqual(rest.weights().map(({ data }) => bitsOf(data)))
  })

  it('may be frozen and freed between single batches', async () => {
    const model = await trained()
    const layer = model.getLayer('dense_1')
    for (const trainable of [true, false, true]) {
      layer.trainable = trainable
      const before = bits(model)['dense_1/weight']
      await model.trainOnBatch(x, y)
      expect(JSON.stringify(bits(model)['dense_1/weight']) === JSON.stringify(before)).toBe(!trainable)
    }
  })

  it('are told in the file, and stay so', async () => {
    const model = await trained()
    model.getLayer('dense_2').trainable = false
    const again = await Sequential.fromState(model.state())
    expect([0, 1, 2, 3].map((place) => again.getLayer(place).trainable)).toEqual([true, true, false, true])
  })

  it('are found by name or place', async () => {
    const model = await trained()
    expect(model.getLayer('dense_2')).toBe(model.layers[2])
    expect(() => model.getLayer('dense_9')).toThrow(
      /are dense_1, dropout_1, dense_2, dense_3; received dense_9/,
    )
    expect(() => model.getLayer(4)).toThrow(ArgumentError)
  })
})

describe('another head', () => {
  it('takes the place of the last layer with weights; the model that it comes from stays as it is', async () => {
    const model = await trained()
    const before = bits(model)
    const next = await model.replaceHead(dense(4, { activation: 'softmax' }), { freeze: true })
    expect(next.weights().map(({ name, shape }) => [name, ...shape])).toEqual([
      ['dense_1/weight', 6, 9],
      ['dense_1/bias', 9],
      ['dense_2/weight', 9, 7],
      ['dense_2/bias', 7],
      ['dense_3/weight', 7, 4],
      ['dense_3/bias', 4],
    ])
    const base = ['dense_1/weight', 'dense_1/bias', 'dense_2/weight', 'dense_2/bias']
    for (const name of base) expect(bits(next)[name]).toEqual(before[name])
    const loss = (await next.evaluate(x, other)).loss
    await next.fit(x, other, { epochs: 20 })
    expect((await next.evaluate(x, other)).loss).toBeLessThan(loss)
    for (const name of base) expect(bits(next)[name]).toEqual(before[name])
    expect(bits(model)).toEqual(before)
    expect(model.getLayer(0).trainable).toBe(true)
    next.getLayer(0).trainable = true
    await next.fit(x, other)
    expect(bits(next)['dense_1/weight']).not.toEqual(before['dense_1/weight'])
  })

  it('may begin anywhere, have several layers, another loss and optimizer', async () => {
    const model = await trained()
    const next = await model.replaceHead([dense(5, { activation: 'relu' }), { type: 'dense', units: 1 }], {
      from: 'dense_2',
      loss: 'mse',
      optimizer: sgd({ learningRate: 0.05 }),
      seed: 9,
    })
    expect(next.architecture().layers.map(({ name }) => name)).toEqual([
      'dense_1',
      'dropout_1',
      'dense_2',
      'dense_3',
    ])
    expect(next.state().settings).toMatchObject({
      loss: 'mse',
      seed: 9,
      optimizer: { type: 'sgd', learningRate: 0.05 },
    })
    const targets = { data: Float32Array.from(y), shape: [80, 1] }
    const { loss } = await next.evaluate(x, targets)
    await next.fit(x, targets, { epochs: 20 })
    expect((await next.evaluate(x, targets)).loss).toBeLessThan(loss)
  })

  it('needs layers to stay', async () => {
    const model = await trained()
    const head = dense(4)
    await expect(model.replaceHead(head, { from: 'dense_1' })).rejects.toThrow(
      /keeps at least one layer with weights/,
    )
    await expect(model.replaceHead(head, { from: 'dense_7' })).rejects.toThrow(
      /are dense_1, .*received dense_7/,
    )
    await expect(new Sequential([head]).replaceHead(head)).rejects.toThrow(
      /has weights once its input shape is known/,
    )
    const logistic = new LogisticRegression({ epochs: 1 })
    await logistic.fit(x, y)
    await expect(logistic.replaceHead({ classes: [1, 2] })).rejects.toThrow(/keeps at least one layer/)
  })
})

describe('an estimator with another head', () => {
  it('answers with other classes, or numbers, and keeps its settings', async () => {
    const net = new NeuralNetwork({
      hiddenLayers: [12, 8],
      epochs: 4,
      batchSize: 20,
      seed: 3,
      labelSmoothing: 0.1,
      optimizer: adam({ learningRate: 0.01 }),
    })
    await net.fit(
      x,
      y.map((label) => `class ${String(label)}`),
    )
    const names = other.map((label) => 'abcd'[label]!)
    const next = await net.replaceHead({ classes: ['a', 'b', 'c', 'd'], batchSize: 10 })
    await next.partialFit(x, names, { epochs: 30 })
    expect(next.classes).toEqual(['a', 'b', 'c', 'd'])
    expect(await next.score(x, names)).toBeGreaterThan(0.6)
    expect(next.state().settings).toMatchObject({
      epochs: 4,
      batchSize: 10,
      seed: 3,
      loss: { name: 'crossentropy', labelSmoothing: 0.1 },
    })
    expect((await NeuralNetwork.fromState(next.state())).classes).toEqual(next.classes)
    const regression = await net.replaceHead({ task: 'regression', targets: 2, freeze: true })
    const targets = { data: gaussian(160, 5), shape: [80, 2] }
    await regression.partialFit(x, targets)
    expect(regression.state()).toMatchObject({
      kind: 'neural-network',
      outputs: { task: 'regression' },
      settings: { loss: 'mse' },
    })
    expect((await regression.predict(x))[0]).toHaveLength(2)
    expect(net.classes).toEqual(['class 0', 'class 1', 'class 2'])
    await expect(net.replaceHead()).rejects.toThrow(/is told its classes.*classes: \['a', 'b', 'c'\]/)
    await expect(net.replaceHead({ classes: ['a'] })).rejects.toThrow(/at least two classes/)
  })
})

// The example of the README, on the built-in digits: 0 to 4 stand for digits, 5 to 9 for five letters with few pictures.
describe('from digits to letters', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lanewise-warm-'))
  })
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  it('a new head learns five letters from 100 pictures, then all layers do', async () => {
    const { train, test } = await loadDataset('digits')
    const part = ({ x: all, y: labels }: typeof train, letters: boolean, most: number) => {
      const rows = [...labels.keys()].filter((row) => labels[row]! >= 5 === letters).slice(0, most)
      const data = new Uint8Array(rows.length * 784)
      rows.forEach((row, i) => {
        data.set((all.data as Uint8Array).subarray(row * 784, (row + 1) * 784), i * 784)
      })
      const names = rows.map((row) => (letters ? 'vwxyz'[labels[row]! - 5]! : labels[row]!))
      return { x: { data, shape: [rows.length, 784] }, y: names }
    }
    const digits = new NeuralNetwork({ hiddenLayers: [64], epochs: 5, seed: 1 })
    const shown = part(train, false, 2000)
    await digits.fit(shown.x, shown.y)
    await digits.save(join(folder, 'digits.safetensors'))

    const few = part(train, true, 100)
    const unseen = part(test, true, 500)
    const loaded = await NeuralNetwork.load(join(folder, 'digits.safetensors'))
    const letters = await loaded.replaceHead({
      classes: ['v', 'w', 'x', 'y', 'z'],
      freeze: true,
      optimizer: adam({ learningRate: 0.01 }),
    })
    await letters.partialFit(few.x, few.y, { epochs: 20, batchSize: 20 })
    const withHead = await letters.score(unseen.x, unseen.y)
    expect(bits(letters)['dense_1/weight']).toEqual(bits(digits)['dense_1/weight'])

    letters.model.getLayer('dense_1').trainable = true
    await letters.partialFit(few.x, few.y, { epochs: 10, batchSize: 20 })
    const tuned = await letters.score(unseen.x, unseen.y)

    expect(withHead).toBeGreaterThan(0.7)
    expect(tuned).toBeGreaterThan(withHead - 0.03)
    await letters.save(join(folder, 'letters.safetensors'))
    const again = await NeuralNetwork.load(join(folder, 'letters.safetensors'))
    expect(await again.predict(unseen.x)).toEqual(await letters.predict(unseen.x))
  })
})
