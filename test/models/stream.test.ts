// Training on samples that come in chunks: from iterables and from files, whatever the sizes of chunks.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ArgumentError, DataError, DivergenceError, FormatError, ShapeError } from '../../src/core/errors.js'
import { writeNpy } from '../../src/core/formats/npy.js'
import { generateDigits } from '../../src/data/digits.js'
import { NeuralNetwork } from '../../src/models/neural-network.js'
import { Sequential, type FitOptions } from '../../src/models/sequential.js'
import { adam, sgd } from '../../src/nn/optimizers.js'
import { CosineDecay } from '../../src/nn/schedules.js'
import { dense } from '../../src/nn/dense.js'

const { train, test } = generateDigits({ train: 900, test: 200, seed: 3 })
const columns = 784

function part(from: number, to: number) {
  const data = train.x.data.slice(from * columns, to * columns)
  return { x: { data, shape: [to - from, columns] }, y: train.y.slice(from, to) }
}

/** The training rows in chunks of these sizes, the last size repeated. */
function chunks(sizes: readonly number[], rows?: number) {
  return {
    ...(rows === undefined ? {} : { rows }),
    async *[Symbol.asyncIterator]() {
      await Promise.resolve()
      for (let at = 0, i = 0; at < 900; i++) {
        const to = Math.min(900, at + sizes[Math.min(i, sizes.length - 1)]!)
        yield part(at, to)
        at = to
      }
    },
  }
}

async function newModel(options: { optimizer?: ReturnType<typeof sgd>; threads?: number } = {}) {
  const model = new Sequential([dense(24, { activation: 'relu' }), dense(10, { activation: 'softmax' })])
  const { optimizer = adam({ learningRate: 3e-3 }), threads = 1 } = options
  await model.compile({
    optimizer,
    loss: 'crossentropy',
    seed: 5,
    numerics: 'strict',
    threads,
    inputShape: [784],
  })
  return model
}

async function weightsAfter(
  source: Parameters<Sequential['fit']>[0],
  options: FitOptions,
  y?: string,
  settings: Parameters<typeof newModel>[0] = {},
) {
  const model = await newModel(settings)
  const history = await model.fit(source, y, options)
  return {
    weights: model.weights().map(({ data }) => Buffer.from(data.buffer).toString('base64')),
    history,
    model,
  }
}

const usual = { epochs: 2, batchSize: 32, window: 300 }

describe('fit on chunks', () => {
  it('learns: the figures of the history are those of whole epochs', async () => {
    const { history, model } = await weightsAfter(chunks([100]), { ...usual, epochs: 6 })
    expect(history.epochs).toHaveLength(6)
    expect(history.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6])
    expect(history.loss.at(-1)).toBeLessThan(history.loss[0]! / 2)
    const { accuracy } = await model.evaluate(test.x, test.y)
    expect(accuracy).toBeGreaterThan(0.8)
  })

  it('has the same bits however the rows are cut into chunks, and with any threads', async () => {
    const first = await weightsAfter(chunks([900]), usual)
    for (const sizes of [[1, 300, 7, 64], [299], [450]]) {
      expect((await weightsAfter(chunks(sizes), usual)).weights).toEqual(first.weights)
    }
    const two = await weightsAfter(chunks([128]), usual, undefined, { threads: 2 })
    expect(two.weights).toEqual(first.weights)
  })

  it('shuffles within windows, differently in each epoch and window; a window of all rows is one', async () => {
    const [whole, windows] = [900, 300].map((window) => weightsAfter(chunks([100]), { ...usual, window }))
    expect((await whole!).weights).not.toEqual((await windows!).weights)
    const inOrder = await weightsAfter(chunks([100]), { ...usual, shuffle: false })
    // Without shuffling, windows of whole batches are the same as none.
    const direct = await newModel()
    await direct.fit({ ...train.x, data: train.x.data }, train.y, {
      epochs: 2,
      batchSize: 30,
      shuffle: false,
    })
    const same = await weightsAfter(chunks([77]), { ...usual, batchSize: 30, shuffle: false })
    expect(same.weights).toEqual(
      direct.weights().map(({ data }) => Buffer.from(data.buffer).toString('base64')),
    )
    expect(same.weights).not.toEqual(inOrder.weights)
  })

  it('spans a schedule over the whole fit', async () => {
    const rates: number[] = []
    const optimizer = sgd({ learningRate: new CosineDecay(0.1) })
    const record = {
      onEpochEnd: ({ learningRate }: { learningRate: number }) => void rates.push(learningRate),
    }
    await weightsAfter(chunks([100], 900), { ...usual, epochs: 4, callbacks: [record] }, undefined, {
      optimizer,
    })
    expect(rates).toHaveLength(4)
    expect(rates[0]).toBeLessThan(0.1)
    expect(rates[1]! / rates[0]!).toBeLessThan(0.7)
    expect(rates[3]).toBeLessThan(0.005)
    await expect(weightsAfter(chunks([100]), usual, undefined, { optimizer })).rejects.toThrow(ArgumentError)
  })

  it('lets callbacks stop it, and validates after each epoch', async () => {
    const seen: number[] = []
    const { history } = await weightsAfter(chunks([100]), {
      ...usual,
      epochs: 9,
      validationData: [test.x, test.y],
      callbacks: [
        {
          onEpochEnd: ({ epoch, validationAccuracy }, context) => {
            seen.push(validationAccuracy!)
            if (epoch === 2) context.stop()
          },
        },
      ],
    })
    expect(history.stoppedBy).toBe('callback')
    expect(seen).toHaveLength(2)
  })

  it('ends with the signal, closing the source', async () => {
    const controller = new AbortController()
    let closed = 0
    const source = {
      async *[Symbol.asyncIterator]() {
        await Promise.resolve()
        try {
          for (let at = 0; at < 900; at += 100) yield part(at, at + 100)
        } finally {
          closed++
        }
      },
    }
    const { history } = await weightsAfter(source, {
      ...usual,
      epochs: 50,
      signal: controller.signal,
      callbacks: [{ onSlice: () => controller.abort() }],
    })
    expect(history.stoppedBy).toBe('signal')
    expect(closed).toBe(2)
  })

  it('passes on what the source throws, and a divergence with its place', async () => {
    const broken = {
      async *[Symbol.asyncIterator]() {
        await Promise.resolve()
        yield part(0, 400)
        throw new RangeError('the disk is gone')
      },
    }
    await expect(weightsAfter(broken, usual)).rejects.toThrow('the disk is gone')
    const empty = { [Symbol.asyncIterator]: async function* () {} }
    await expect(weightsAfter(empty, usual)).rejects.toThrow(DataError)
    const optimizer = sgd({ learningRate: 1e30 })
    const diverged = weightsAfter(chunks([100]), usual, undefined, { optimizer })
    await expect(diverged).rejects.toThrow(DivergenceError)
  })

  it('refuses what needs all rows at once', async () => {
    for (const options of [
      { validationSplit: 0.1 },
      { sampleWeight: [1] },
      { resume: true },
      { window: 0 },
    ]) {
      await expect(weightsAfter(chunks([100]), { ...usual, ...options })).rejects.toThrow(ArgumentError)
    }
    const floats = { x: { data: new Float32Array(784), shape: [1, 784] }, y: [1] }
    const mixed = {
      async *[Symbol.asyncIterator]() {
        await Promise.resolve()
        yield part(0, 40)
        yield floats
      },
    }
    await expect(weightsAfter(mixed, usual)).rejects.toThrow(DataError)
  })
})

describe('fit on files', () => {
  let folder = ''
  const at = (name: string) => join(folder, name)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lanewise-stream-'))
    await writeFile(at('x.npy'), writeNpy({ data: train.x.data, shape: [900, 28, 28] }))
    await writeFile(at('y.npy'), writeNpy({ data: train.y as Uint8Array, shape: [900] }))
    const header = (type: number, ...shape: number[]) => {
      const bytes = Buffer.alloc(4 + 4 * shape.length)
      bytes.set([0, 0, type, shape.length])
      shape.forEach((size, i) => bytes.writeUInt32BE(size, 4 + 4 * i))
      return bytes
    }
    await writeFile(at('x-idx3-ubyte'), Buffer.concat([header(8, 900, 28, 28), train.x.data as Uint8Array]))
    await writeFile(at('y-idx1-ubyte'), Buffer.concat([header(8, 900), train.y as Uint8Array]))
    const rows = Array.from({ length: 500 }, (_, i) => [i % 7, (i * 31) % 11].map((value) => value / 10))
    const lines = rows.map(([a, b]) => `${String(a)},${String(b)},${String(2 * a! - 3 * b! + 1)}`)
    await writeFile(at('table.csv'), `a,b,c\n${lines.join('\n')}\n`)
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('gives the bits of the same rows from memory: NPY and IDX', async () => {
    const { weights } = await weightsAfter(chunks([900]), usual)
    expect((await weightsAfter(at('x.npy'), usual, at('y.npy'))).weights).toEqual(weights)
    expect((await weightsAfter(at('x-idx3-ubyte'), usual, at('y-idx1-ubyte'))).weights).toEqual(weights)
  })

  it('trains on a table', async () => {
    const model = new Sequential([dense(1)])
    await model.compile({ optimizer: adam({ learningRate: 0.05 }), loss: 'mse', inputShape: [2] })
    const history = await model.fit(at('table.csv'), 'c', { epochs: 30, batchSize: 20, window: 100 })
    expect(history.loss.at(-1)).toBeLessThan(1e-4)
    const [weight, bias] = model.weights()
    expect(weight!.data[0]).toBeCloseTo(2, 1)
    expect(weight!.data[1]).toBeCloseTo(-3, 1)
    expect(bias!.data[0]).toBeCloseTo(1, 1)
  })

  it('serves the estimators: classes of the file, tables with words and missing values', async () => {
    const net = new NeuralNetwork({ hiddenLayers: [24], epochs: 6, batchSize: 32, seed: 2, threads: 1 })
    await net.fit(at('x.npy'), at('y.npy'), { window: 300 })
    expect(net.classes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(await net.score(test.x, test.y)).toBeGreaterThan(0.8)
    const kinds = ['fir', 'oak', 'elm']
    const lines = Array.from({ length: 600 }, (_, i) => {
      const [size, kind] = [(i * 37) % 100, i % 3]
      return `${i % 9 === 0 ? '' : String(size)},${kinds[kind]!},${kind === 1 || size > 70 ? 'yes' : 'no'}`
    })
    await writeFile(at('trees.csv'), `size,kind,felled\n${lines.join('\n')}\n`)
    const trees = new NeuralNetwork({ hiddenLayers: [16], epochs: 60, batchSize: 20, seed: 2, threads: 1 })
    const history = await trees.fit(at('trees.csv'), 'felled', { window: 200 })
    expect(trees.classes).toEqual(['no', 'yes'])
    expect(history.accuracy.at(-1)).toBeGreaterThan(0.85)
  })

  it('refuses files that do not go together or are not whole', async () => {
    await writeFile(at('short.npy'), writeNpy({ data: train.y.slice(0, 10) as Uint8Array, shape: [10] }))
    await expect(weightsAfter(at('x.npy'), usual, at('short.npy'))).rejects.toThrow(ShapeError)
    await expect(weightsAfter(at('x.npy'), usual)).rejects.toThrow(ArgumentError)
    const whole = writeNpy({ data: train.x.data, shape: [900, 28, 28] })
    await writeFile(at('cut.npy'), whole.subarray(0, whole.length - 5))
    await expect(weightsAfter(at('cut.npy'), usual, at('y.npy'))).rejects.toThrow(FormatError)
    await expect(weightsAfter(at('none.npy'), usual, at('y.npy'))).rejects.toThrow(/ENOENT|not/)
  })
})
