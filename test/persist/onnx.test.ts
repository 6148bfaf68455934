// ONNX files in onnxruntime-node and onnxruntime-web, which are there after `npm ci --prefix test/onnx`.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { env } from 'node:process'
import { describe, expect, it } from 'vitest'
import type { ModelState } from '../../src/core/state.js'
import { dense, dropout, NeuralNetwork, Sequential } from '../../src/index.js'
import { activationNames } from '../../src/nn/activations.js'
import { exportModel } from '../../src/persist/exchange/write.js'
import { seeded } from './states.js'

const runtimes = new URL('../onnx/package.json', import.meta.url)
const names = ['onnxruntime-node', 'onnxruntime-web'] as const
type RuntimeName = (typeof names)[number]
const isThere = names.every((name) => existsSync(new URL(`node_modules/${name}/package.json`, runtimes)))
if (!isThere) console.warn('onnxruntime is not there (npm ci --prefix test/onnx): ONNX files are not run')

interface Runtime {
  Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => object
  InferenceSession: {
    create(bytes: Uint8Array): Promise<{
      run(feeds: object): Promise<Record<string, { data: ArrayLike<unknown>; dims: number[] }>>
      release(): Promise<void>
    }>
  }
  env: { wasm: { numThreads?: number } }
}

async function runOnnx(name: RuntimeName, state: ModelState, data: Float32Array, shape: readonly number[]) {
  const { Tensor, InferenceSession, env: settings } = createRequire(runtimes)(name) as Runtime
  if (name === 'onnxruntime-web') settings.wasm.numThreads = 1
  const session = await InferenceSession.create(await exportModel(state, 'onnx'))
  const results = await session.run({ input: new Tensor('float32', data, shape) })
  await session.release()
  return results
}

function noise(length: number, seed: number): Float32Array {
  const next = seeded(seed)
  return Float32Array.from({ length }, () => (next() / 2 ** 32 - 0.5) * 6)
}

function expectClose(received: ArrayLike<unknown>, expected: ArrayLike<number>): void {
  expect(received).toHaveLength(expected.length)
  const worst = Array.from(expected, (value, i) => Math.abs((received[i] as number) - value))
  expect(Math.max(...worst)).toBeLessThan(1e-5)
}

describe('ONNX without a runtime', () => {
  it('names the custom layer that cannot be written', async () => {
    const model = new Sequential([dense(2, { activation: 'softmax' })])
    await model.compile({ loss: 'crossentropy', inputShape: [3] })
    const state = model.state()
    const layers = [{ type: 'wavelet', name: 'w' }, ...state.architecture.layers]
    const odd = { ...state, architecture: { ...state.architecture, layers } }
    await expect(exportModel(odd, 'onnx')).rejects.toThrow(/a layer of type "wavelet"/)
  })
})

describe.skipIf(!isThere && env['CI'] === undefined).each(names)('ONNX in %s', (runtime) => {
  it.each(activationNames)('gives the probabilities of a classifier with %s', async (activation) => {
    const model = new Sequential([
      dense(9, { activation }),
      dropout(0.3),
      dense(4, { activation: 'softmax' }),
    ])
    await model.compile({ loss: 'crossentropy', inputShape: [6], seed: 2 })
    model.setMeaning({ task: 'classification', classes: ['a', 'b', 'c', 'd'] })
    model.setPreprocessing({ scale: [0.5, 1, 2, 1, 1, 0.25], shift: [0.1] })
    const net = await NeuralNetwork.fromState({ ...model.state(), kind: 'neural-network' })
    for (const rows of [1, 257]) {
      const x = { data: noise(rows * 6, rows), shape: [rows, 6] }
      const { label, probabilities } = await runOnnx(runtime, net.state(), x.data, x.shape)
      expect(probabilities!.dims).toEqual([rows, 4])
      expectClose(probabilities!.data, (await net.predictProba(x)).data)
      expect(Array.from(label!.data)).toEqual(await net.predict(x))
    }
  })

  it.each(activationNames)('gives the numbers of a regression with %s', async (activation) => {
    const flat = new Sequential([dense(9, { activation }), dense(2, { useBias: false })])
    await flat.compile({ loss: 'mse', inputShape: [6], seed: 2 })
    flat.setMeaning({ task: 'regression', target: { center: [1, -2], scale: [0.5, 3] } })
    for (const rows of [1, 257]) {
      const x = { data: noise(rows * 6, rows), shape: [rows, 6] }
      const { prediction } = await runOnnx(runtime, flat.state(), x.data, x.shape)
      expectClose(prediction!.data, (await flat.predict(x)).data)
    }
  })

  it('takes the raw columns of a table: imputed, scaled, logarithms, quantiles, categories', async () => {
    const model = new Sequential([dense(5, { activation: 'tanh' }), dense(1, { activation: 'sigmoid' })])
    await model.compile({ loss: 'binary-crossentropy', inputShape: [9], seed: 4 })
    const net = await NeuralNetwork.fromState({
      ...model.state(),
      kind: 'neural-network',
      outputs: { task: 'classification', classes: [3, 8], columns: false },
      preprocessing: {
        scale: [1],
        shift: [0],
        table: {
          named: false,
          columns: [
            {
              name: 'a',
              kind: 'number',
              impute: 2,
              indicator: true,
              map: { type: 'linear', center: 1, scale: 3 },
            },
            { name: 'b', kind: 'number', map: { type: 'log', center: 0.5, scale: 2 } },
            { name: 'c', kind: 'number', map: { type: 'piecewise', from: [-1, 0, 2], to: [-2, 1, 1.5] } },
            {
              name: 'd',
              kind: 'category',
              categories: ['x', 'y', 'z'],
              encode: 'one-hot',
              unseen: 'ignore',
              impute: 1,
            },
            {
              name: 'e',
              kind: 'category',
              categories: ['s', 'm'],
              encode: 'ordinal',
              unseen: 'ignore',
              indicator: true,
            },
          ],
        },
      },
    })
    const rows = 257
    const data = noise(rows * 5, 9)
    for (let r = 0; r < rows; r++) {
      if (r % 5 === 0) data[r * 5] = NaN
      data[r * 5 + 3] = r % 7 === 0 ? NaN : r % 4
      data[r * 5 + 4] = r % 6 === 0 ? NaN : r % 3
    }
    const { label, probabilities } = await runOnnx(runtime, net.state(), data, [rows, 5])
    const x = { data, shape: [rows, 5] }
    expectClose(probabilities!.data, (await net.predictProba(x)).data)
    expect(Array.from(label!.data, Number)).toEqual(await net.predict(x))
  })
})
