import { describe, expect, it } from 'vitest'
import {
  adam,
  dense,
  DivergenceError,
  NeuralNetwork,
  Sequential,
  sgd,
  type Callback,
  type CompileOptions,
  type NamedTensor,
} from '../../src/index.js'
import { gaussian } from '../assembly/kernels.js'
import { randomLabels, randomRows } from '../nn/reference.js'

type OptimizerSpec = NonNullable<CompileOptions['optimizer']>

const rows = 512
const x = { data: gaussian(rows * 20, 1), shape: [rows, 20] }
const y = randomLabels(rows, 10)

/** What a fit throws. */
async function failure(run: Promise<unknown>): Promise<DivergenceError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(DivergenceError)
  return error as DivergenceError
}

const finite = (weights: readonly NamedTensor[]) => weights.every(({ data }) => data.every(Number.isFinite))

const rates: [string, OptimizerSpec][] = [
  ['sgd at 100', sgd({ learningRate: 100 })],
  ['adam at 100', adam({ learningRate: 100 })],
  ['momentum at 100, norm clipped', sgd({ learningRate: 100, momentum: 0.9, clipNorm: 10 })],
  ['sgd at 1e30', sgd({ learningRate: 1e30 })],
]

describe.each([1, 2])('training that diverges, threads %i', (threads) => {
  it.each(rates)('gives an error that names epoch, step and layer: %s', async (_, optimizer) => {
    const net = new NeuralNetwork({ hiddenLayers: [128, 64], optimizer, epochs: 200, threads, batchSize: 64 })
    const error = await failure(net.fit(x, y))
    expect(error.code).toBe('ERR_DIVERGENCE')
    expect(error.epoch).toBeGreaterThanOrEqual(1)
    expect(error.epoch).toBeLessThanOrEqual(60)
    expect(error.step).toBeGreaterThanOrEqual(1)
    expect(error.step).toBeLessThanOrEqual(8)
    expect(['dense_1', 'dense_2', 'dense_3']).toContain(error.layer)
    expect(error.message).toContain(`epoch ${String(error.epoch)}, step ${String(error.step)}`)
    expect(error.message).toContain('learning rate that is too high')
    expect(finite(net.weights())).toBe(true)
    expect((await net.predictProba(x)).data.every(Number.isFinite)).toBe(true)
  })

  it('of a regression, too', async () => {
    const net = new NeuralNetwork({
      hiddenLayers: [64],
      task: 'regression',
      optimizer: sgd({ learningRate: 100 }),
      epochs: 50,
      threads,
    })
    const error = await failure(net.fit(x, randomRows(rows, 2, 3)))
    expect(error.received).toMatch(/a loss of (NaN|Infinity)|more than 3 times/)
    expect(finite(net.weights())).toBe(true)
  })
})

describe('the last good weights', () => {
  /** A model, its weights after every slice, and a hook that spoils the training once it has lasted a while. */
  async function spoilt(harm: (context: Parameters<NonNullable<Callback['onEpochEnd']>>[1]) => void) {
    const model = new Sequential([dense(32, { activation: 'tanh' }), dense(10, { activation: 'softmax' })])
    await model.compile({
      loss: 'crossentropy',
      optimizer: sgd({ learningRate: 0.01 }),
      threads: 1,
      inputShape: [20],
    })
    const seen: NamedTensor[][] = [model.weights()]
    const began = performance.now()
    let spoiltAfter = 0
    const callback: Callback = {
      onSlice(_, context) {
        seen.push(context.weights())
      },
      onEpochEnd({ epoch }, context) {
        // More than one snapshot lies behind, at the ends of epochs.
        if (spoiltAfter > 0 || performance.now() - began < 700) return
        spoiltAfter = epoch
        harm(context)
      },
    }
    const error = await failure(model.fit(x, y, { epochs: 1e6, batchSize: 128, callbacks: [callback] }))
    return { model, seen, error, spoiltAfter }
  }

  it('come back when the rate was spoilt, and the step is found', async () => {
    const { model, seen, error, spoiltAfter } = await spoilt((context) => {
      context.scaleLearningRate(1e34)
    })
    expect(spoiltAfter).toBeGreaterThan(1)
    // The first step at that rate spoils the weights, the second one's outputs show it.
    expect(error.epoch).toBe(spoiltAfter + 1)
    expect(error.step).toBeLessThanOrEqual(2)
    expect(seen).toContainEqual(model.weights())
    // Training goes on from there, and counts its epochs from 1 again.
    const { loss } = await model.fit(x, y, { epochs: 3, batchSize: 128 })
    expect(loss[2]).toBeLessThan(loss[0])
    const onEpochEnd: Callback['onEpochEnd'] = (_, context) => {
      context.scaleLearningRate(1e34)
    }
    expect((await failure(model.fit(x, y, { epochs: 9, callbacks: [{ onEpochEnd }] }))).epoch).toBe(2)
  })

  it('are older than the update that spoilt them, though that was kept', async () => {
    const { now } = performance
    try {
      const model = new Sequential([dense(10, { activation: 'softmax' })])
      const optimizer = sgd({ learningRate: 0.01 })
      await model.compile({ loss: 'crossentropy', optimizer, threads: 1, inputShape: [20] })
      const good: NamedTensor[][] = []
      const callback: Callback = {
        onEpochEnd({ epoch }, context) {
          // One step an epoch: that of the sixth leaves huge weights after a loss like any other.
          if (epoch <= 5) good.push(context.weights())
          if (epoch === 5) context.scaleLearningRate(1e34)
          if (epoch === 5) performance.now = () => now.call(performance) + 1e6
        },
      }
      const options = { epochs: 1000, batchSize: rows, callbacks: [callback] }
      const { epoch } = await failure(model.fit(x, y, options))
      expect([6, 7]).toContain(epoch)
      expect(model.weights()).toEqual(good[4])
    } finally {
      performance.now = now
    }
  })

  it('are those that a callback set', async () => {
    const chosen: NamedTensor[][] = []
    const { model } = await spoilt((context) => {
      chosen.push(context.weights().map((weight) => ({ ...weight, data: weight.data.map((v) => v / 2) })))
      context.setWeights(chosen[0])
      context.scaleLearningRate(1e34)
    })
    expect(model.weights()).toEqual(chosen[0])
  })
})

describe('healthy training', () => {
  it.each<[string, OptimizerSpec]>([
    ['sgd', sgd({ learningRate: 0.1 })],
    ['adam', adam()],
    ['adam, fast', adam({ learningRate: 0.02 })],
    ['rmsprop', 'rmsprop'],
  ])('raises nothing, and learns: %s', async (_, optimizer) => {
    const net = new NeuralNetwork({ hiddenLayers: [128, 64], optimizer, epochs: 40, seed: 3 })
    const { loss } = await net.fit(x, y)
    expect(loss.at(-1)).toBeLessThan(loss[0] / 2)
  })

  it('may begin with a loss of almost nothing and rise to the usual', async () => {
    // 250 batches that are far more than three times the first one's loss, yet no worse than a constant prediction.
    const optimizer = sgd({ learningRate: 1e-6 })
    const model = new Sequential([dense(1, { kernelInitializer: 'zeros' })])
    await model.compile({ loss: 'mse', optimizer })
    const targets = Array.from({ length: 2008 }, (_, row) => (row < 8 ? 1e-4 : row % 2 === 0 ? 1 : -1))
    const { loss } = await model.fit(randomRows(2008, 3, 1), targets, { batchSize: 8, shuffle: false })
    expect(loss[0]).toBeCloseTo(1, 1)
  })

  it('bears batches whose rows count nothing', async () => {
    const sampleWeight = Float32Array.from({ length: rows }, (_, row) => Number(row >= 256))
    const model = new Sequential([dense(10, { activation: 'softmax' })])
    await model.compile({ loss: 'crossentropy' })
    const { loss, accuracy } = await model.fit(x, y, {
      sampleWeight,
      batchSize: 64,
      shuffle: false,
      epochs: 2,
    })
    expect([...loss, ...accuracy].every(Number.isFinite)).toBe(true)
    expect(loss[1]).toBeLessThan(loss[0])
  })
})

describe('inputs far from unit scale', () => {
  const warningsFor = async (factor: number, bytes = false) => {
    const model = new Sequential([dense(10, { activation: 'softmax' })])
    const warnings: string[] = []
    model.onWarning = (message) => warnings.push(message)
    await model.compile({ loss: 'crossentropy', optimizer: sgd({ learningRate: 1e-9 }) })
    const data = bytes
      ? Uint8Array.from(x.data, (v) => Math.min(255, Math.abs(v) * factor))
      : x.data.map((v) => v * factor)
    await model.fit({ data, shape: x.shape }, y)
    return warnings
  }

  it('bring a warning that says what to do', async () => {
    const [warning, ...more] = await warningsFor(100)
    expect(more).toEqual([])
    expect(warning).toContain('far from unit scale')
    expect(warning).toContain('StandardScaler')
    expect(await warningsFor(1e-5)).toHaveLength(1)
  })

  it('bring none near it, nor for pictures', async () => {
    expect(await warningsFor(1)).toEqual([])
    expect(await warningsFor(3)).toEqual([])
    expect(await warningsFor(100, true)).toEqual([])
  })
})
