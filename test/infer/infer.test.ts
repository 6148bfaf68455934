// Models that predict and no more: the bits of the library under strict numerics, for every task and form of input.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { load, modelFromState, InferenceModel } from '../../src/infer/index.js'
import {
  dense,
  FormatError,
  loadDataset,
  LogisticRegression,
  NeuralNetwork,
  NotFoundError,
  readCsv,
  Sequential,
  type Samples,
  type Targets,
} from '../../src/index.js'
import { encodeModel } from '../../src/persist/model.js'
import { random } from '../assembly/kernels.js'

const next = random(5)
const floats = (rows: number, columns: number) => ({
  data: Float32Array.from({ length: rows * columns }, () => 4 * next() - 2),
  shape: [rows, columns],
})
const x = floats(60, 21)
const row = (i: number) => x.data.subarray(21 * i, 21 * i + 21)
const numbers = Array.from({ length: 60 }, (_, i) => row(i)[0]! * 30 + 100 + next())
const usual = { epochs: 2, numerics: 'strict', threads: 1 } as const

let digits: { x: { data: Uint8Array; shape: readonly number[] }; y: Targets }
let folder: string
beforeAll(async () => {
  const { train } = await loadDataset('digits')
  const data = train.x.data.slice(0, 200 * 784) as Uint8Array
  digits = { x: { data, shape: [200, 784] }, y: Array.from(train.y).slice(0, 200) }
  folder = await mkdtemp(join(tmpdir(), 'lanewise-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** The same from both, bit for bit. */
async function expectSame(net: NeuralNetwork, samples: Samples, single?: Uint8Array | Float32Array) {
  const model = await modelFromState(net.state())
  expect(model.task).toBe(net.task)
  expect(model.classes).toEqual(net.classes)
  expect(model.features).toEqual(net.features)
  expect(await model.predict(samples)).toEqual(await net.predict(samples))
  if (net.task === 'classification') {
    const [mine, its] = [await model.predictProba(samples), await net.predictProba(samples)]
    expect(mine.data).toEqual(its.data)
    expect(mine.shape).toEqual(its.shape)
  } else {
    await expect(model.predictProba(samples)).rejects.toThrow(/for classifiers/)
  }
  if (single === undefined) return
  const into = () => new Float32Array(model.outputs)
  expect(model.predictSync(single, into())).toEqual(net.predictSync(single, into()))
}

describe('models that predict', () => {
  it('classify pictures of bytes', async () => {
    const net = new NeuralNetwork({ ...usual, hiddenLayers: [33, 17] })
    await net.fit(digits.x, digits.y)
    await expectSame(net, digits.x, digits.x.data.subarray(784, 2 * 784))
  })

  it.each(['relu', 'leaky-relu', 'elu', 'sigmoid', 'tanh', 'gelu', 'gelu-tanh', 'silu', 'softplus'] as const)(
    'compute %s',
    async (activation) => {
      const net = new NeuralNetwork({ ...usual, hiddenLayers: [18], activation, dropout: 0.1 })
      await net.fit(
        x,
        numbers.map((value) => (value > 100 ? 'large' : 'small')),
      )
      await expectSame(net, x, row(3))
    },
  )

  it('tell two classes by one output', async () => {
    const net = new LogisticRegression(usual)
    await net.fit(
      x,
      numbers.map((value) => value > 100),
    )
    await expectSame(net, x, row(3))
  })

  it('tell several yes/no columns', async () => {
    const net = new NeuralNetwork({ ...usual, hiddenLayers: [5] })
    await net.fit(
      x,
      numbers.map((value, i) => [Number(value > 100), Number(value > 90), i % 2]),
    )
    await expectSame(net, x, row(3))
  })

  it('predict numbers in their own units', async () => {
    const net = new NeuralNetwork({
      ...usual,
      task: 'regression',
      targetScaling: 'standard',
      hiddenLayers: [7],
    })
    await net.fit(
      x,
      numbers.map((value) => [value, -value]),
    )
    await expectSame(net, x, row(3))
    const one = new NeuralNetwork({ ...usual, task: 'regression', hiddenLayers: [] })
    await one.fit(x, numbers)
    await expectSame(one, x, row(3))
  })

  it('take tables with words and missing values', async () => {
    const lines = numbers.map(
      (value, i) => `${i % 7 === 0 ? '' : String(i / 3)},${['red', 'blue', 'green'][i % 3]},${String(value)}`,
    )
    const path = join(folder, 'table.csv')
    await writeFile(path, ['size,colour,price', ...lines].join('\n'))
    const table = await readCsv(path, { target: 'price' })
    const preprocessing = { scaling: 'quantile', indicator: true } as const
    const net = new NeuralNetwork({ ...usual, task: 'regression', hiddenLayers: [6], preprocessing })
    await net.fit(table.x, table.y)
    await expectSame(net, table.x, Float32Array.of(NaN, 1))
  })

  it('give classes by number where a model has no names for them, and probabilities of logits', async () => {
    const model = new Sequential([dense(4)])
    const loss = { name: 'crossentropy', fromLogits: true }
    await model.compile({ loss, inputShape: [21], numerics: 'strict' })
    const light = await modelFromState(model.state())
    const proba = await light.predictProba(x)
    const logits = await model.predict(x)
    expect(proba.map((p) => p.reduce((sum, value) => sum + value, 0))[0]).toBeCloseTo(1, 6)
    expect(await light.predict(x)).toEqual(logits.map((values) => values.indexOf(Math.max(...values))))
  })
})

describe('load', () => {
  it('takes bytes, responses, addresses and paths, in both formats', async () => {
    const net = new NeuralNetwork({ ...usual, hiddenLayers: [4] })
    await net.fit(digits.x, digits.y)
    const expected = await net.predict(digits.x)
    for (const [format, name] of [
      ['safetensors', 'model.safetensors'],
      ['params', 'params.txt'],
    ] as const) {
      const bytes = encodeModel(net.state(), format)
      const path = join(folder, name)
      await net.save(path)
      const base64 = `data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`
      const response = () => new Response(bytes)
      const sources = [
        bytes,
        bytes.buffer,
        new DataView(bytes.buffer),
        response(),
        path,
        pathToFileURL(path),
        base64,
      ]
      for (const source of [...sources, Promise.resolve(response())]) {
        const model = await load(source)
        expect(model).toBeInstanceOf(InferenceModel)
        expect(await model.predict(digits.x)).toEqual(expected)
      }
    }
  })

  it('refuses what is no model', async () => {
    await expect(load(new Uint8Array(40))).rejects.toThrow(FormatError)
    await expect(load(join(folder, 'none.safetensors'))).rejects.toThrow(NotFoundError)
    await expect(load(new Response('', { status: 404 }))).rejects.toThrow(NotFoundError)
    await expect(load(7 as unknown as string)).rejects.toThrow(/as bytes, a Response/)
    const bytes = encodeModel(await stateOf(), 'safetensors')
    await expect(load(bytes.subarray(0, bytes.length - 1))).rejects.toThrow(FormatError)
  })

  it('refuses rows and states that do not fit', async () => {
    const state = await stateOf()
    const model = await modelFromState(state)
    await expect(model.predict(floats(2, 20))).rejects.toThrow(/rows of 21 values/)
    expect(() => model.predictSync(row(0).subarray(1), new Float32Array(3))).toThrow(/rows of 21 values/)
    expect(() => model.predictSync(row(0), new Float32Array(2))).toThrow(/room for 3 outputs/)
    expect(() =>
      model.predictSync(
        row(0).map(() => NaN),
        new Float32Array(3),
      ),
    ).toThrow(/finite numbers/)
    const scaled = { ...state, preprocessing: { scale: [1, 2], shift: [0] } }
    await expect(modelFromState(scaled)).rejects.toThrow(/one for each of 21 inputs/)
    const classes = { ...state, outputs: { ...state.outputs, classes: ['a', 'b'] } }
    await expect(modelFromState(classes)).rejects.toThrow(/2 classes has 2 outputs/)
    const weights = state.weights.slice(1)
    await expect(modelFromState({ ...state, weights })).rejects.toThrow(/weight has shape/)
  })
})

async function stateOf() {
  const net = new NeuralNetwork({ ...usual, hiddenLayers: [4] })
  await net.fit(
    x,
    numbers.map((_, i) => i % 3),
  )
  return net.state()
}
