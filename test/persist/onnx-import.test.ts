// ONNX files of other programs, and lanewise's own, as models.
import { describe, expect, it } from 'vitest'
import { FormatError, LanewiseError } from '../../src/core/errors.js'
import type { ModelState } from '../../src/core/state.js'
import { dense, dropout, flatten, NeuralNetwork, Sequential } from '../../src/index.js'
import { importModel } from '../../src/persist/exchange/read.js'
import { exportModel } from '../../src/persist/exchange/write.js'
import { mutate } from '../data/mutate.js'
import golden from '../golden/onnx-import.json' with { type: 'json' }
import { expectSame, seeded } from './states.js'

interface Case {
  name: string
  file: string
  outputs: number[][] | number[]
  task: string
  classes?: (string | number)[]
  /** In place of the common rows, or the shape of one. */
  x?: number[][]
  shape?: number[]
}
const cases = golden.cases as Case[]
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'))

async function outputsOf(state: ModelState, x: number[][]): Promise<number[][]> {
  const net = await NeuralNetwork.fromState(state)
  const data = { data: Float32Array.from(x.flat()), shape: [x.length, ...state.architecture.inputShape!] }
  const rows = state.outputs.task === 'regression' ? await net.predict(data) : await net.predictProba(data)
  net.close()
  return (rows as ArrayLike<number>[]).map((row) => (typeof row === 'number' ? [row] : Array.from(row)))
}

function expectClose(received: number[][], expected: Case['outputs'], within = 1e-5): void {
  const rows = expected.map((row) => (typeof row === 'number' ? [row] : row))
  expect(received.map((row) => row.length)).toEqual(rows.map((row) => row.length))
  const gaps = received.flatMap((row, r) => row.map((value, c) => Math.abs(value - rows[r]![c]!)))
  expect(Math.max(...gaps)).toBeLessThan(within)
}

describe('an ONNX file of another program', () => {
  it.each(cases)('gives the outputs it gave there: $name', async (given) => {
    const { state } = await importModel(bytesOf(given.file), 'model.onnx')
    expect(state.outputs.task).toBe(given.task)
    if (given.classes !== undefined) expect(state.outputs.classes).toEqual(given.classes)
    if (given.shape !== undefined) expect(state.architecture.inputShape).toEqual(given.shape)
    const outputs = await outputsOf(state, given.x ?? golden.x)
    // One sigmoid output stands for both classes.
    const isOne = given.task === 'classification' && (given.outputs[0] as number[]).length === 1
    expectClose(isOne ? outputs.map((row) => row.slice(1)) : outputs, given.outputs)
  })

  it.each(golden.refused)('is refused, naming the part: $name', async ({ file, message }) => {
    const refused = importModel(bytesOf(file), 'model.onnx')
    await expect(refused).rejects.toThrow(FormatError)
    await expect(refused).rejects.toThrow(message)
  })

  it('keeps weights that nothing is folded into bit for bit, and dropout as a layer', async () => {
    const { file } = cases.find(({ name }) => name.startsWith('a shape that is computed'))!
    const { state } = await importModel(bytesOf(file), 'f.onnx')
    expect(state.architecture.layers.map(({ type, activation }) => [type, activation])).toEqual([
      ['flatten', undefined],
      ['dense', { name: 'leaky-relu', slope: 0.25 }],
      ['dropout', undefined],
      ['dense', 'linear'],
    ])
    const other = cases.find(({ name }) => name === 'Gelu of set 20')!
    expect([...(await importModel(bytesOf(other.file), 'f')).state.weights[0]!.data]).toEqual([
      ...state.weights[0]!.data,
    ])
  })

  it('tells what was assumed, and takes the task from the user', async () => {
    const { file } = cases.find(({ name }) => name === 'floats as fields')!
    const assumed = await importModel(bytesOf(file), 'f.onnx')
    expect(assumed.notes).toEqual([
      'the outputs are numbers of any size: taken as a regression (--task classification for logits)',
    ])
    const told = await importModel(bytesOf(file), 'f.onnx', { task: 'classification' })
    expect(told.state.outputs).toEqual({ task: 'classification', classes: [0, 1, 2] })
    expect(told.notes[0]).toContain('logits')
  })
})

describe("lanewise's own ONNX file", () => {
  async function own(): Promise<ModelState> {
    const model = new Sequential([
      flatten(),
      dense(5, { activation: { name: 'elu', alpha: 0.5 } }),
      dropout(0.1),
      dense(4, { activation: 'gelu', useBias: false }),
      dense(3, { activation: 'softmax' }),
    ])
    await model.compile({ loss: 'crossentropy', inputShape: [2, 3], seed: 3 })
    model.setMeaning({ task: 'classification', classes: ['a', 'b', '__proto__'] })
    model.setPreprocessing({ scale: [Math.fround(1 / 255)], shift: [-0.5] })
    return model.state()
  }

  it('comes back whole, bit for bit: layers, dropout, preprocessing, labels, settings', async () => {
    const state = await own()
    expectSame((await importModel(await exportModel(state, 'onnx'), 'f')).state, state)
  })

  it('comes back with tables and scaled targets', async () => {
    const model = new Sequential([dense(5, { activation: 'tanh' }), dense(1)])
    await model.compile({ loss: 'mse', inputShape: [4], seed: 3 })
    const state: ModelState = {
      ...model.state(),
      outputs: { task: 'regression', target: { center: [2], scale: [3] } },
      preprocessing: {
        scale: [1],
        shift: [0],
        table: {
          named: true,
          columns: [
            {
              name: 'a',
              kind: 'number',
              impute: 2,
              indicator: true,
              map: { type: 'log', center: 1, scale: 3 },
            },
            { name: 'b', kind: 'category', categories: ['x', 'y'], encode: 'one-hot', unseen: 'ignore' },
          ],
        },
      },
    }
    expectSame((await importModel(await exportModel(state, 'onnx'), 'f')).state, state)
  })

  it('is read by its nodes where a weight was changed since, labels and preprocessing too', async () => {
    const state = await own()
    const bytes = (await exportModel(state, 'onnx')) as Uint8Array<ArrayBuffer>
    const weight = state.weights[0]!.data
    const at = Buffer.from(bytes).indexOf(Buffer.from(weight.buffer, weight.byteOffset, 12))
    expect(at).toBeGreaterThan(0)
    new DataView(bytes.buffer, bytes.byteOffset).setFloat32(at, 0.75, true)
    const read = (await importModel(bytes, 'f')).state
    expect(read.weights[0]!.data[0]).toBe(0.75)
    expect(read.outputs).toEqual(state.outputs)
    expect(read.preprocessing).toEqual(state.preprocessing)
    const changed = structuredClone(state)
    changed.weights[0]!.data[0] = 0.75
    const x = golden.x.map((row) => row.map((value) => value * 100))
    expectClose(await outputsOf(read, x), await outputsOf({ ...changed, kind: 'neural-network' }, x), 1e-6)
  })
})

describe('a damaged ONNX file', () => {
  it(
    'is refused with a typed error or gives a model, 3,000 times, in bounded memory',
    { timeout: 60_000 },
    async () => {
      const next = seeded(8)
      const files = cases.map(({ file }) => bytesOf(file))
      let refused = 0
      const before = process.memoryUsage().arrayBuffers
      for (let i = 0; i < 3000; i++) {
        try {
          await importModel(mutate(files[i % files.length]!, next), 'damaged.onnx')
        } catch (error) {
          if (!(error instanceof LanewiseError)) throw error
          refused++
        }
      }
      expect(refused).toBeGreaterThan(1000)
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26)
    },
  )
})
