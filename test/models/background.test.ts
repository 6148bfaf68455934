// Fits in a worker of their own: the same bits, a thread that stays free, callbacks that reach it.
import { describe, expect, it } from 'vitest'
import {
  Sequential,
  FitControl,
  DivergenceError,
  ArgumentError,
  adam,
  dense,
  earlyStopping,
  sgd,
} from '../../dist/index.js'
import { generateDigits } from '../../src/data/digits.js'

const { train, test } = generateDigits({ train: 1200, test: 200, seed: 2 })

async function newModel(optimizer: ReturnType<typeof sgd> = adam()) {
  const model = new Sequential([dense(32, { activation: 'relu' }), dense(10, { activation: 'softmax' })])
  await model.compile({
    optimizer,
    loss: 'crossentropy',
    metrics: ['accuracy'],
    numerics: 'strict',
    seed: 4,
    threads: 1,
  })
  return model
}

const bits = (model: Sequential) =>
  model.weights().map(({ data }) => Buffer.from(data.buffer).toString('base64'))

// The worker runs what was built, as in a program.
describe('fit in the background', () => {
  it('has the same bits and history, fit after fit', async () => {
    const [near, away] = [await newModel(), await newModel()]
    for (const epochs of [2, 1]) {
      const options = { epochs, validationData: [test.x, test.y] as const, classWeight: { 3: 2 } }
      const here = await near.fit(train.x, train.y, options)
      const there = await away.fit(train.x, train.y, { ...options, background: true })
      expect(there.loss).toEqual(here.loss)
      expect(there.validationAccuracy).toEqual(here.validationAccuracy)
      expect([there.hints, there.final]).toEqual([here.hints, here.final])
      expect(bits(away)).toEqual(bits(near))
    }
  })

  it('mirrors the weights within an epoch when asked to, and changes no bit', async () => {
    const [plain, mirrored] = [await newModel(), await newModel()]
    const row = test.x.data.slice(0, 784) as Uint8Array
    const run = async (model: Sequential, mirrorEvery?: number) => {
      const seen = new Set<string>()
      const onSlice = () => {
        seen.add(model.predictSync(row, new Float32Array(10)).join())
      }
      const mirror = mirrorEvery === undefined ? {} : { mirrorEvery }
      await model.fit(train.x, train.y, {
        batchSize: 4,
        background: true,
        callbacks: [{ onSlice }],
        ...mirror,
      })
      return seen.size
    }
    expect(await run(plain)).toBe(1)
    expect(await run(mirrored, 1e-3)).toBeGreaterThan(1)
    expect(bits(mirrored)).toEqual(bits(plain))
    await expect(run(plain, 0)).rejects.toThrow(ArgumentError)
  })

  it('lets callbacks see weights, change the rate and stop it as if they were there', async () => {
    const run = async (background: boolean) => {
      const model = await newModel()
      const seen: number[] = []
      const history = await model.fit(train.x, train.y, {
        epochs: 9,
        background,
        callbacks: [
          {
            onEpochEnd({ epoch }, context) {
              seen.push(context.weights()[0]!.data[40]!)
              if (epoch === 2) context.scaleLearningRate(0.1)
              if (epoch === 4) context.stop()
            },
          },
          earlyStopping({ patience: 5, monitor: 'loss' }),
        ],
      })
      return { seen, loss: history.loss, stoppedBy: history.stoppedBy, weights: bits(model) }
    }
    const here = await run(false)
    expect(here.loss).toHaveLength(4)
    expect(await run(true)).toEqual(here)
  })

  it('predicts meanwhile, pauses, resumes and stops', async () => {
    const model = await newModel()
    const control = new FitControl()
    let epochs = 0
    const fit = model.fit(train.x, train.y, {
      epochs: 1000,
      background: true,
      callbacks: [control, { onEpochEnd: () => void epochs++ }],
    })
    while (epochs < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    control.pause()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const before = epochs
    const { accuracy } = await model.evaluate(test.x, test.y)
    expect(accuracy).toBeGreaterThan(0.5)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(epochs).toBe(before)
    control.resume()
    while (epochs < before + 2) await new Promise((resolve) => setTimeout(resolve, 5))
    control.stop()
    const history = await fit
    expect(history.stoppedBy).toBe('callback')
    expect(history.epochs.length).toBeLessThan(1000)
  })

  it('ends with the signal, and gives errors of the same class with the last good weights', async () => {
    const controller = new AbortController()
    const model = await newModel()
    const history = await model.fit(train.x, train.y, {
      epochs: 1000,
      background: true,
      signal: controller.signal,
      callbacks: [{ onEpochEnd: () => controller.abort() }],
    })
    expect(history.stoppedBy).toBe('signal')
    const wild = await newModel(sgd({ learningRate: 1e30 }))
    await expect(wild.fit(train.x, train.y, { background: true })).rejects.toThrow(DivergenceError)
    expect(wild.weights()[0]!.data.every(Number.isFinite)).toBe(true)
    await expect(
      model.fit(train.x, train.y, { background: true, checkpoints: { directory: 'none' } }),
    ).rejects.toThrow(ArgumentError)
  })
})
