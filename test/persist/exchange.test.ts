// Models to and from other programs' formats.
import { describe, expect, it } from 'vitest'
import { FormatError, LanewiseError } from '../../src/core/errors.js'
import { readNpz } from '../../src/core/formats/npz.js'
import type { ModelState } from '../../src/core/state.js'
import { dense, dropout, flatten, NeuralNetwork, Sequential } from '../../src/index.js'
import { importModel, type ImportOptions } from '../../src/persist/exchange/read.js'
import { exportModel } from '../../src/persist/exchange/write.js'
import { decodeSafeTensors } from '../../src/persist/safetensors.js'
import { mutate } from '../data/mutate.js'
import golden from '../golden/exchange.json' with { type: 'json' }
import { expectSame, seeded } from './states.js'

const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'))
const jsonBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

async function sample(): Promise<ModelState> {
  const model = new Sequential([
    flatten(),
    dense(5, { activation: { name: 'leaky-relu', slope: 0.2 } }),
    dropout(0.1),
    dense(4, { useBias: false }),
    dense(3, { activation: 'softmax' }),
  ])
  await model.compile({ loss: 'crossentropy', inputShape: [2, 3], seed: 3 })
  model.setMeaning({ task: 'classification', classes: ['a', 'b', '__proto__'] })
  return model.state()
}

async function probabilitiesOf(bytes: Uint8Array, options?: ImportOptions): Promise<number[][]> {
  const { state } = await importModel(bytes, 'file', options)
  const net = await NeuralNetwork.fromState(state)
  return (await net.predictProba(golden.x)).map((row) => Array.from(row))
}

function expectClose(received: number[][], expected: number[][]): void {
  received.forEach((row, r) => {
    row.forEach((value, c) => {
      expect(Math.abs(value - expected[r]![c]!)).toBeLessThan(1e-5)
    })
  })
  expect(received.map((row) => row.length)).toEqual(expected.map((row) => row.length))
}

describe('export and import', () => {
  it.each([
    ['json', 'keras'],
    ['safetensors', 'keras'],
    ['safetensors', 'torch'],
    ['npz', 'keras'],
    ['npz', 'torch'],
  ] as const)('keeps every bit and field in %s, layout %s', async (format, layout) => {
    const state = await sample()
    expectSame((await importModel(await exportModel(state, format, { layout }), 'file')).state, state)
  })

  it('names and turns weights as nn.Sequential has them, and tells the module', async () => {
    const state = await sample()
    const { tensors, metadata } = decodeSafeTensors(
      await exportModel(state, 'safetensors', { layout: 'torch' }),
      'f',
    )
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ['1.weight', [5, 6]],
      ['1.bias', [5]],
      ['4.weight', [4, 5]],
      ['5.weight', [3, 4]],
      ['5.bias', [3]],
    ])
    expect(tensors[0]!.data[1]).toBe(state.weights[0]!.data[5])
    expect(metadata.get('torch')).toBe(
      'nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.LeakyReLU(0.2), nn.Dropout(0.1), ' +
        'nn.Linear(5, 4, bias=False), nn.Linear(4, 3), nn.Softmax(dim=1))',
    )
    expect([...readNpz(await exportModel(state, 'npz'), 'f').keys()]).toEqual([
      ...state.weights.map(({ name }) => name),
      'lanewise',
    ])
  })

  it('reads weights of PyTorch, Keras and scikit-learn with their outputs', async () => {
    const tanh = { activation: 'tanh' }
    const { torch, keras, scikitNpz, scikitJson } = golden
    expectClose(await probabilitiesOf(bytesOf(torch.file), tanh), torch.probabilities)
    expectClose(await probabilitiesOf(bytesOf(keras.file), tanh), keras.probabilities)
    expectClose(await probabilitiesOf(bytesOf(scikitNpz.file)), scikitNpz.probabilities)
    expectClose(await probabilitiesOf(jsonBytes(scikitJson.document)), scikitJson.probabilities)
    const { state, notes } = await importModel(bytesOf(scikitNpz.file), 'f')
    expect(state.outputs).toEqual({ task: 'classification', classes: scikitNpz.classes })
    expect(notes).toEqual([
      'the file holds weights only: taken as relu between the layers (--activation), for classification (--task)',
    ])
    expect((await importModel(jsonBytes(scikitJson.document), 'f')).state.outputs).toEqual({
      task: 'classification',
      classes: ['no', 'yes'],
      columns: false,
    })
  })

  it.each([
    ['model.pkl', [0x80, 4, 0x95], /runs whatever code is in it.*pickle\.load.*numpy\.savez/],
    ['model.pt', [0x50, 0x4b, 3, 4], /hold a pickle.*save_file\(model\.state_dict\(\)/],
    ['weights.h5', [0x89, 0x48, 0x44, 0x46], /an HDF5 file.*get_weights/],
    ['empty', [], /an empty file/],
  ])('refuses %s with the reason and the way round', async (name, bytes, message) => {
    await expect(importModel(Uint8Array.from(bytes), name)).rejects.toThrow(FormatError)
    await expect(importModel(Uint8Array.from(bytes), name)).rejects.toThrow(message)
  })

  it('names the tensor that is of no dense layer, and shapes that do not follow', async () => {
    const document = { coefs_: [[[1, 2]], [[1], [2], [3]]], intercepts_: [[0, 0], [0]] }
    await expect(importModel(jsonBytes(document), 'f')).rejects.toThrow(/coefs_0 \[1, 2\], coefs_1 \[3, 1\]/)
    const state = await sample()
    const odd = {
      ...state,
      weights: state.weights.map((w, i) => ({ ...w, name: i === 1 ? 'bn.gamma' : w.name })),
    }
    await expect(exportModel(odd, 'npz', { layout: 'torch' })).rejects.toThrow(LanewiseError)
  })

  it(
    'meets 1,000 damaged files of each format with a typed error or a model',
    { timeout: 60_000 },
    async () => {
      const state = await sample()
      const files = [
        await exportModel(state, 'npz'),
        await exportModel(state, 'npz', { layout: 'torch' }),
        await exportModel(state, 'safetensors', { layout: 'torch' }),
        bytesOf(golden.scikitNpz.file),
        bytesOf(golden.torch.file),
        jsonBytes(golden.scikitJson.document),
      ]
      const next = seeded(6)
      let refused = 0
      for (const file of files) {
        for (let i = 0; i < 1000; i++) {
          try {
            await importModel(mutate(file, next), 'damaged')
          } catch (error) {
            if (!(error instanceof LanewiseError)) throw error
            refused++
          }
        }
      }
      expect(refused).toBeGreaterThan(3000)
    },
  )
})
