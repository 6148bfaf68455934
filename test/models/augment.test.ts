import { afterAll, describe, expect, it } from 'vitest'
import { seedWords, philox4x32, purposes } from '../../src/core/philox.js'
import { closePool } from '../../src/core/pool.js'
import {
  dense,
  NeuralNetwork,
  Sequential,
  sgd,
  type CompileOptions,
  type FitOptions,
} from '../../src/index.js'
import { bench, random } from '../assembly/kernels.js'
import { oneHot } from '../nn/reference.js'

const [rows, side] = [61, 12]
const next = random(3)
// A third of the pixels are lit: few enough to be listed.
const pixels = Uint8Array.from({ length: rows * side * side }, () => Math.max(0, 380 * next() - 250))
const x = { data: pixels, shape: [rows, side, side] }
const floats = { data: Float32Array.from(pixels, (v) => v / 255), shape: x.shape }
const y = Array.from({ length: rows }, (_, r) => (r * 5 + Math.floor(r / 7)) % 7)

afterAll(closePool)

async function train(
  augment: string,
  compile: Partial<CompileOptions> = {},
  fit: FitOptions = {},
  given: typeof x | typeof floats = x,
) {
  const model = new Sequential([
    { type: 'flatten' },
    dense(24, { activation: 'relu' }),
    dense(7, { activation: 'softmax' }),
  ])
  await model.compile({ loss: 'crossentropy', seed: 5, threads: 1, augment, ...compile })
  const history = await model.fit(given, y, { epochs: 4, batchSize: 16, ...fit })
  return { model, history, weights: model.weights() }
}

const texts = ['elastic:alpha=20,sigma=2;rotate;shift', 'erase', 'noise', 'mixup', 'digits;erase;mixup']

describe.each(['strict', 'fast'] as const)('training with augmentation, %s', (numerics) => {
  it.each(texts)('has the same bits for any number of threads: %s', async (text) => {
    for (const given of [x, floats]) {
      const expected = await train(text, { numerics }, {}, given)
      expect(expected.weights).not.toEqual((await train('none', { numerics }, {}, given)).weights)
      for (const threads of [2, 3]) {
        const { weights, history } = await train(text, { numerics, threads }, {}, given)
        expect(weights).toEqual(expected.weights)
        expect(history.loss).toEqual(expected.history.loss)
      }
    }
  })

  it.each(texts)('goes on where the last fit ended: %s', async (text) => {
    const whole = await train(text, { numerics })
    const parts = await train(text, { numerics }, { epochs: 1 })
    await parts.model.fit(x, y, { epochs: 3, batchSize: 16 })
    expect(parts.model.weights()).toEqual(whole.weights)
  })

  it('does not depend on whether the first layer takes lists', async () => {
    // One factor for each column cannot be listed; the numbers are the same.
    const scale = Array<number>(side * side).fill(Math.fround(1 / 255))
    for (const text of ['elastic;rotate', 'shift;mixup']) {
      const listed = await train(text, { numerics })
      const whole = new Sequential(listed.model.layers)
      await whole.compile({
        loss: 'crossentropy',
        seed: 5,
        threads: 1,
        numerics,
        augment: text,
        inputShape: [side, side],
      })
      whole.setPreprocessing({ scale, shift: [0] })
      await whole.fit(x, y, { epochs: 4, batchSize: 16 })
      expect(whole.weights()).toEqual(listed.weights)
    }
  })
})

it('validation, evaluation and prediction see the rows as they are', async () => {
  const { model, history } = await train('digits;noise;mixup', {}, { epochs: 1, validationData: [x, y] })
  expect((await model.evaluate(x, y)).loss).toBe(history.validationLoss![0])
  expect(history.loss[0]).not.toBeCloseTo(history.validationLoss![0]!, 3)
})

it('an option of fit takes the place of the one of compile, and the model tells it', async () => {
  const plain = await train('none')
  const { model, weights } = await train('digits', {}, { augment: 'none' })
  expect(weights).toEqual(plain.weights)
  expect(model.state().settings).not.toHaveProperty('augment')
  const changed = await train('none', {}, { augment: { shift: { pixels: 1 } } })
  expect(changed.weights).toEqual((await train('shift:pixels=1')).weights)
  expect(changed.model.state().settings['augment']).toEqual({ shift: { pixels: 1 } })
})

it('a model that was saved goes on with its augmentation', async () => {
  const net = new NeuralNetwork({
    hiddenLayers: [9],
    augment: 'digits;mixup',
    epochs: 1,
    batchSize: 16,
    optimizer: sgd(),
    threads: 1,
  })
  await net.fit(x, y)
  const again = await NeuralNetwork.fromState(net.state(), { threads: 1 })
  expect(again.state().settings['augment']).toEqual(net.state().settings['augment'])
})

it('pictures come as flat rows too, of a square or of a form that is told', async () => {
  const flat = { data: pixels, shape: [rows, side * side] }
  const squares = await train('rotate')
  expect((await train('rotate', {}, {}, flat)).weights).toEqual(squares.weights)
  const wide = { data: pixels, shape: [rows, 8, 18] }
  const told = await train('rotate;picture:height=8,width=18', {}, {}, flat)
  expect(told.weights).toEqual((await train('rotate', {}, {}, wide)).weights)
  await expect(
    train('rotate', {}, {}, { data: pixels.subarray(0, rows * 140), shape: [rows, 140] }),
  ).rejects.toThrow(/picture:height=20,width=30/)
})

it('trainOnBatch changes its batch as well, and does not mistake one augmentation for another', async () => {
  const first = async (augment: string) => {
    const model = new Sequential([{ type: 'flatten' }, dense(7, { activation: 'softmax' })])
    await model.compile({ loss: 'crossentropy', optimizer: sgd(), augment, inputShape: [side, side] })
    return [(await model.trainOnBatch(x, y)).loss, (await model.trainOnBatch(x, y)).loss]
  }
  const [shifted, plain] = [await first('shift:pixels=4'), await first('none')]
  expect(shifted[0]).not.toBe(plain[0])
  expect(shifted[1]).not.toBe(plain[1])
})

describe('mixup', () => {
  /** What row b is mixed with and how, in the first step of a model of seed 5. */
  function pairsOf(count: number, alpha: number, step = 0) {
    const core = bench('strict', false, 1 << 20)
    const table = core.alloc(count * 16)
    const [keyA, keyB] = philox4x32([0, 0, step, purposes.augmentation], seedWords(5))
    core.core.drawPairs(table, count, 1 / alpha, keyA, keyB)
    return Array.from({ length: count }, (_, b) => ({
      partner: core.i32(table + b * 16, 1)[0]!,
      share: core.f32(table + b * 16, 2)[1]!,
    }))
  }

  it.each([0.05, 0.2, 1, 4])('draws shares from Beta(%d, %d)', (alpha) => {
    const shares = pairsOf(20_000, alpha).map(({ share }) => share)
    const mean = (f: (share: number) => number) =>
      shares.reduce((sum, share) => sum + f(share), 0) / shares.length
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...shares)).toBeLessThanOrEqual(1)
    expect(Math.abs(mean((s) => s) - 0.5)).toBeLessThan(0.012)
    const variance = 1 / (4 * (2 * alpha + 1))
    expect(Math.abs(mean((s) => (s - 0.5) ** 2) / variance - 1)).toBeLessThan(0.03)
    // Fourth central moment of a beta distribution.
    const kurtosis = 3 - 6 / (2 * alpha + 3)
    expect(Math.abs(mean((s) => (s - 0.5) ** 4) / variance ** 2 / kurtosis - 1)).toBeLessThan(0.05)
  })

  it('pairs every row with another one, each the partner of one', () => {
    const places = new Set<number>()
    for (let step = 0; step < 40; step++) {
      const pairs = pairsOf(7, 1, step)
      expect(new Set(pairs.map(({ partner }) => partner)).size).toBe(7)
      expect(pairs.every(({ partner }, b) => partner !== b)).toBe(true)
      places.add(pairs[0]!.partner)
    }
    expect(places.size).toBe(6)
    expect(pairsOf(1, 1)[0]!.partner).toBe(0)
  })

  it.each([false, true])('trains on mixed rows and mixed targets; weights: %s', async (weighted) => {
    const pairs = pairsOf(rows, 0.5)
    const weight = (row: number) => (weighted ? 0.2 + (row % 5) : 1)
    const columns = side * side
    const data = new Float32Array(rows * columns)
    const targets = new Float32Array(rows * 7)
    const weights = new Float32Array(rows)
    pairs.forEach(({ partner, share }, b) => {
      for (let c = 0; c < columns; c++) {
        data[b * columns + c] =
          share * floats.data[b * columns + c]! + (1 - share) * floats.data[partner * columns + c]!
      }
      const [own, other] = [share * weight(b), (1 - share) * weight(partner)]
      weights[b] = own + other
      targets[b * 7 + y[b]!]! += own / (own + other)
      targets[b * 7 + y[partner]!]! += other / (own + other)
    })
    const step = async (
      given: typeof floats,
      labels: typeof y | ReturnType<typeof oneHot>,
      augment: string,
      sampleWeight: ArrayLike<number>,
    ) => {
      const model = new Sequential([{ type: 'flatten' }, dense(7, { activation: 'softmax' })])
      await model.compile({
        loss: { name: 'crossentropy', labelSmoothing: 0.1 },
        optimizer: sgd({ learningRate: 0.5 }),
        seed: 5,
        augment,
      })
      const history = await model.fit(given, labels, { batchSize: rows, shuffle: false, sampleWeight })
      return { loss: history.loss[0]!, weights: model.weights() }
    }
    const expected = await step(
      { data, shape: floats.shape },
      Array.from({ length: rows }, (_, b) => Array.from(targets.subarray(b * 7, b * 7 + 7))),
      'none',
      weights,
    )
    const own = Float32Array.from({ length: rows }, (_, row) => weight(row))
    for (const labels of [y, oneHot(y, 7)]) {
      const actual = await step(floats, labels, 'mixup:alpha=0.5', own)
      expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(1e-5)
      actual.weights.forEach((tensor, i) => {
        tensor.data.forEach((value, at) => {
          expect(Math.abs(value - expected.weights[i]!.data[at]!)).toBeLessThan(1e-5)
        })
      })
    }
  })

  it('mixes the targets of a regression', async () => {
    const model = new NeuralNetwork({
      task: 'regression',
      hiddenLayers: [8],
      augment: 'mixup',
      epochs: 3,
      threads: 1,
    })
    const history = await model.fit(
      floats,
      Array.from(y, (v) => v / 7),
    )
    expect(history.loss.every(Number.isFinite)).toBe(true)
  })
})
