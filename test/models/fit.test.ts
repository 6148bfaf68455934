import { mkdtemp, readFile, rm, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  adam,
  ArgumentError,
  checkpoint,
  csvLogger,
  dense,
  earlyStopping,
  reduceOnPlateau,
  Sequential,
  sgd,
  StateError,
  stepDecay,
  type Callback,
  type CompileOptions,
  type EpochResult,
  type FitOptions,
} from '../../src/index.js'
import { historyHeader } from '../../src/models/callbacks.js'
import { gaussian } from '../assembly/kernels.js'
import { randomLabels } from '../nn/reference.js'

const rows = 96
const x = { data: gaussian(rows * 12, 1), shape: [rows, 12] }
const y = randomLabels(rows, 4)

async function small(options: Partial<CompileOptions> = {}): Promise<Sequential> {
  const model = new Sequential([dense(16, { activation: 'relu' }), dense(4, { activation: 'softmax' })])
  await model.compile({ loss: 'crossentropy', inputShape: [12], threads: 1, ...options })
  return model
}

/** Epochs whose figures a callback sees in place of the real ones. */
function withFigures(
  callback: Callback,
  figures: readonly number[],
  key: 'loss' | 'validationLoss' = 'loss',
): Callback {
  return {
    ...callback,
    onEpochEnd: (result, context) =>
      callback.onEpochEnd!({ ...result, [key]: figures[result.epoch - 1] }, context),
  }
}

/** Keeps the weights of each epoch's end. */
function recordWeights(into: ReturnType<Sequential['weights']>[]): Callback {
  return {
    onEpochEnd(_, context) {
      into.push(context.weights())
    },
  }
}

describe('the event loop during a fit', () => {
  it.each([1, 2])('lets timers tick, threads %i', async (threads) => {
    const wide = new Sequential([dense(256, { activation: 'relu' }), dense(4, { activation: 'softmax' })])
    await wide.compile({ loss: 'crossentropy', threads })
    let ticks = 0
    const timer = setInterval(() => ticks++, 50)
    const began = performance.now()
    const controller = new AbortController()
    const running = wide.fit(x, y, { epochs: 1e6, signal: controller.signal })
    while (performance.now() - began < 1500) await setTimeout(10)
    controller.abort()
    const history = await running
    clearInterval(timer)
    const elapsed = performance.now() - began
    expect(history.stoppedBy).toBe('signal')
    // 30 on a quiet machine; a fit that blocked would leave one.
    expect(ticks).toBeGreaterThan(elapsed / 50 / 3)
  })

  it('stops at a signal: at once, at the next slice, or not at all', async () => {
    const model = await small()
    const before = model.weights()
    const done = await model.fit(x, y, { epochs: 3, signal: AbortSignal.abort() })
    expect([done.stoppedBy, done.epochs.length]).toEqual(['signal', 0])
    expect(model.weights()).toEqual(before)
    const controller = new AbortController()
    let slices = 0
    const onSlice = () => {
      if (++slices === 7) controller.abort()
    }
    const history = await model.fit(x, y, {
      epochs: 1e6,
      signal: controller.signal,
      callbacks: [{ onSlice }],
    })
    expect([history.stoppedBy, slices]).toEqual(['signal', 7])
    expect(model.weights()).not.toEqual(before)
    const { signal } = new AbortController()
    expect((await model.fit(x, y, { epochs: 2, signal })).stoppedBy).toBe('epochs')
  })

  it('refuses whatever would change the model meanwhile, and works on', async () => {
    const model = await small()
    const controller = new AbortController()
    const running = model.fit(x, y, { epochs: 1e6, signal: controller.signal })
    const weights = model.weights()
    await setTimeout(1)
    await expect(model.fit(x, y)).rejects.toThrow(StateError)
    await expect(model.trainOnBatch(x, y)).rejects.toThrow(StateError)
    await expect(model.compile({ loss: 'crossentropy' })).rejects.toThrow(StateError)
    expect(() => {
      model.setWeights(weights)
    }).toThrow(StateError)
    expect(() => {
      model.close()
    }).toThrow('stop it with an AbortSignal')
    expect((await model.predict(x)).shape).toEqual([rows, 4])
    controller.abort()
    expect((await running).stoppedBy).toBe('signal')
    await model.fit(x, y)
  })

  it('keeps the lock no longer than a failing fit', async () => {
    const model = await small()
    const onSlice = () => Promise.reject(new Error('from a callback'))
    await expect(model.fit(x, y, { callbacks: [{ onSlice }] })).rejects.toThrow('from a callback')
    const { memoryBytes } = model
    for (let i = 0; i < 20; i++) await expect(model.fit(x, y, { callbacks: [{ onSlice }] })).rejects.toThrow()
    expect(model.memoryBytes).toBe(memoryBytes)
    expect((await model.fit(x, y)).stoppedBy).toBe('epochs')
  })
})

describe('predictions at the same time', () => {
  it('do not mix', async () => {
    const model = await small()
    const parts = Array.from({ length: 6 }, (_, i) => {
      return { data: gaussian((i + 1) * 50 * 12, 40 + i), shape: [(i + 1) * 50, 12] }
    })
    const alone = []
    for (const part of parts) alone.push(await model.predict(part))
    const together = await Promise.all(parts.map((part) => model.predict(part)))
    expect(together).toEqual(alone)
    const labels = parts.map(({ shape }) => randomLabels(shape[0], 4))
    const scores = []
    for (const [i, part] of parts.entries()) scores.push(await model.evaluate(part, labels[i]))
    expect(await Promise.all(parts.map((part, i) => model.evaluate(part, labels[i])))).toEqual(scores)
  })

  it('leave a fit and its validation alone', async () => {
    const fit = async (disturb: boolean) => {
      const model = await small({ threads: 2 })
      let going = true
      const loop = async () => {
        while (going) {
          await Promise.all([model.predict(x), model.evaluate(x, y)])
          await setTimeout(0)
        }
      }
      const disturbing = disturb ? loop() : undefined
      const history = await model.fit(x, y, { epochs: 30, batchSize: 7, validationData: [x, y] })
      going = false
      await disturbing
      return { weights: model.weights(), validation: history.validationLoss, loss: history.loss }
    }
    expect(await fit(true)).toEqual(await fit(false))
  })
})

describe('history', () => {
  it('tells the figures of each epoch', async () => {
    const model = await small()
    const history = await model.fit(x, y, { epochs: 3, batchSize: 10, validationSplit: 0.25 })
    expect(history.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
    for (const list of [history.loss, history.accuracy, history.validationLoss, history.validationAccuracy]) {
      expect(list).toHaveLength(3)
      expect(list.every((value) => Number.isFinite(value) && value >= 0)).toBe(true)
    }
    expect(history.loss[2]).toBeLessThan(history.loss[0])
    expect(history.trainSeconds).toBeGreaterThan(0)
    // 72 rows are trained an epoch.
    expect(history.samplesPerSecond * history.trainSeconds).toBeCloseTo(3 * 72, 6)
    expect(history.epochs[0]).toMatchObject({ learningRate: 0.001, threads: 1 })
  })

  it('counts rows by their weights, and the last batch by its rows', async () => {
    const rate = { optimizer: sgd({ learningRate: 0 }) }
    const model = await small(rate)
    const { loss } = await model.evaluate(x, y)
    const history = await model.fit(x, y, { batchSize: 36 })
    expect(history.loss[0]).toBeCloseTo(loss, 6)
    const sampleWeight = Float32Array.from({ length: rows }, (_, row) => Number(row < 10))
    const first = { data: x.data.slice(0, 120), shape: [10, 12] }
    const weighted = await model.fit(x, y, { batchSize: 36, sampleWeight })
    const of = await model.evaluate(first, y.slice(0, 10))
    expect(weighted.loss[0]).toBeCloseTo(of.loss, 6)
    expect(weighted.accuracy[0]).toBeCloseTo(of.accuracy!, 6)
  })

  it('has validation figures of validationData, which change no bit of the training', async () => {
    const [one, two] = [await small(), await small()]
    const history = await one.fit(x, y, { epochs: 2, validationData: [x, y] })
    await two.fit(x, y, { epochs: 2 })
    expect(one.weights()).toEqual(two.weights())
    expect(await one.evaluate(x, y)).toEqual({
      loss: history.validationLoss[1],
      accuracy: history.validationAccuracy[1],
    })
  })

  it('tells rates of a schedule, which spans the fit', async () => {
    const model = await small({
      optimizer: adam({ learningRate: stepDecay(0.1, { decayEpochs: 2, factor: 0.5 }) }),
    })
    const rates = async () =>
      (await model.fit(x, y, { epochs: 5, batchSize: 32 })).epochs.map(({ learningRate }) => learningRate)
    expect(await rates()).toEqual([0.1, 0.1, 0.05, 0.05, 0.025])
    expect(await rates()).toEqual([0.1, 0.1, 0.05, 0.05, 0.025])
  })
})

describe('early stopping', () => {
  it('stops after patience, with the weights of the best epoch', async () => {
    const model = await small()
    const seen: ReturnType<Sequential['weights']>[] = []
    const callbacks = [
      recordWeights(seen),
      withFigures(earlyStopping({ patience: 2 }), [5, 4, 3, 3.5, 3, 1], 'validationLoss'),
    ]
    const history = await model.fit(x, y, { epochs: 10, validationSplit: 0.1, callbacks })
    expect(history.stoppedBy).toBe('earlyStopping')
    expect(history.epochs).toHaveLength(5)
    expect(model.weights()).toEqual(seen[2])
    expect(model.weights()).not.toEqual(seen[4])
  })

  it('leaves the best weights when it does not trigger, and when a signal comes first', async () => {
    for (const stopped of [false, true]) {
      const model = await small()
      const seen: ReturnType<Sequential['weights']>[] = []
      const controller = new AbortController()
      const abort: Callback = {
        onEpochEnd({ epoch }) {
          if (stopped && epoch === 4) controller.abort()
        },
      }
      const callbacks = [
        recordWeights(seen),
        withFigures(earlyStopping({ patience: 50 }), [5, 2, 3, 4, 5, 6]),
        abort,
      ]
      const { signal } = controller
      const history = await model.fit(x, y, { epochs: 6, callbacks, signal })
      expect([history.stoppedBy, history.epochs.length]).toEqual(stopped ? ['signal', 4] : ['epochs', 6])
      expect(model.weights()).toEqual(seen[1])
    }
  })

  it('watches accuracies upwards, heeds minDelta, and starts anew with each fit', async () => {
    const model = await small()
    const callback = earlyStopping({ patience: 1, monitor: 'accuracy', minDelta: 0.1 })
    const figures = [0.1, 0.3, 0.35, 0.9]
    const wrapped: Callback = {
      ...callback,
      onEpochEnd: (result, context) =>
        callback.onEpochEnd!({ ...result, accuracy: figures[result.epoch - 1] }, context),
    }
    for (let fit = 0; fit < 2; fit++) {
      const history = await model.fit(x, y, { epochs: 4, callbacks: [wrapped] })
      expect([history.stoppedBy, history.epochs.length]).toEqual(['earlyStopping', 3])
    }
  })

  it('says what it cannot watch', async () => {
    const model = await small()
    const callbacks = [earlyStopping({ monitor: 'validationLoss' })]
    await expect(model.fit(x, y, { callbacks })).rejects.toThrow('pass validationSplit or validationData')
    expect(() => earlyStopping({ patience: -1 })).toThrow(ArgumentError)
    expect(() => earlyStopping({ patience: 1.5 })).toThrow('patience of early stopping')
  })
})

describe('reduceOnPlateau', () => {
  const rates = async (callback: Callback, figures: number[]) => {
    const model = await small({ optimizer: sgd({ learningRate: 1 }) })
    const { epochs } = await model.fit(x, y, {
      epochs: figures.length,
      callbacks: [withFigures(callback, figures)],
    })
    return epochs.map(({ learningRate }) => learningRate)
  }

  it('lowers the rate after more than patience epochs without improvement', async () => {
    // PyTorch's: two epochs are borne, the third lowers the rate of the next one.
    const figures = [5, 4, 4, 4, 4, 4, 4, 4, 3]
    expect(await rates(reduceOnPlateau({ factor: 0.5, patience: 2 }), figures)).toEqual([
      1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25,
    ])
  })

  it('never goes below the least rate', async () => {
    const figures = Array.from({ length: 8 }, () => 1)
    const lowered = await rates(reduceOnPlateau({ factor: 0.5, patience: 0, minLearningRate: 0.2 }), figures)
    lowered.forEach((rate, i) => {
      expect(rate).toBeCloseTo([1, 1, 0.5, 0.25, 0.2, 0.2, 0.2, 0.2][i], 12)
    })
  })

  it('refuses a factor that does not lower', () => {
    expect(() => reduceOnPlateau({ factor: 1 })).toThrow(ArgumentError)
    expect(() => reduceOnPlateau({ patience: -1 })).toThrow('patience of reduceOnPlateau')
  })
})

describe('callbacks that write files', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lanewise-fit-'))
  })
  afterAll(() => rm(directory, { recursive: true }))

  it('csvLogger writes a line an epoch', async () => {
    const model = await small()
    const path = join(directory, 'history.csv')
    const seen: number[] = []
    const count: Callback = {
      async onEpochEnd() {
        seen.push((await readFile(path, 'utf8')).trim().split('\n').length)
      },
    }
    const history = await model.fit(x, y, {
      epochs: 3,
      validationSplit: 0.1,
      callbacks: [csvLogger(path), count],
    })
    expect(seen).toEqual([2, 3, 4])
    const [header, ...lines] = (await readFile(path, 'utf8')).trim().split('\n')
    expect(header).toBe(historyHeader)
    const names = header.split(',') as (keyof EpochResult)[]
    lines.forEach((line, i) => {
      expect(line.split(',').map((cell) => (cell === '' ? undefined : Number(cell)))).toEqual(
        names.map((name) => history.epochs[i][name]),
      )
    })
    await model.fit(x, y, { callbacks: [csvLogger(path)] })
    const [, only, ...more] = (await readFile(path, 'utf8')).trim().split('\n')
    expect(more).toEqual([])
    expect(only.split(',')[3]).toBe('')
  })

  it('checkpoint saves improvements, or every epoch', async () => {
    const model = await small()
    const seen: ReturnType<Sequential['weights']>[] = []
    const best = join(directory, 'best.safetensors')
    const each = join(directory, 'epoch-{epoch}.txt')
    const callbacks = [
      recordWeights(seen),
      withFigures(checkpoint(best), [3, 2, 4, 5]),
      checkpoint(each, { saveBestOnly: false }),
    ]
    await model.fit(x, y, { epochs: 4, callbacks })
    expect((await Sequential.load(best)).weights()).toEqual(seen[1])
    expect((await Sequential.load(join(directory, 'epoch-3.txt'))).weights()).toEqual(seen[2])
    expect((await readdir(directory)).filter((name) => name.startsWith('epoch-'))).toHaveLength(4)
  })
})

describe('hooks', () => {
  it('come in order and may stop the fit', async () => {
    const model = await small()
    const calls: string[] = []
    const callback: Callback = {
      onTrainBegin({ epochs, stepsPerEpoch }) {
        calls.push(`begin ${String(epochs)} × ${String(stepsPerEpoch)}`)
      },
      onSlice({ epoch, step, loss, accuracy, samplesPerSecond }) {
        expect([loss, accuracy, samplesPerSecond].every(Number.isFinite)).toBe(true)
        if (step === 10) calls.push(`slice ${String(epoch)}`)
      },
      onEpochEnd({ epoch }, context) {
        calls.push(`epoch ${String(epoch)}`)
        if (epoch === 2) context.stop()
      },
      onTrainEnd() {
        calls.push('end')
      },
    }
    const history = await model.fit(x, y, { epochs: 9, batchSize: 10, callbacks: [callback] })
    expect(calls).toEqual(['begin 9 × 10', 'slice 1', 'epoch 1', 'slice 2', 'epoch 2', 'end'])
    expect(history.stoppedBy).toBe('callback')
  })

  it('may set weights and the rate', async () => {
    const model = await small({ optimizer: sgd({ learningRate: 0.5 }) })
    const start = model.weights()
    const rates: number[] = []
    const callback: Callback = {
      onEpochEnd({ learningRate }, context) {
        rates.push(learningRate)
        context.scaleLearningRate(0.1)
        context.setWeights(start)
      },
    }
    await model.fit(x, y, { epochs: 3, callbacks: [callback] })
    expect(model.weights()).toEqual(start)
    rates.forEach((rate, i) => {
      expect(rate).toBeCloseTo([0.5, 0.05, 0.005][i], 12)
    })
  })
})

it('trainOnBatch does what fit does with one batch', async () => {
  const [one, two] = [await small(), await small()]
  const options: FitOptions = { epochs: 5, batchSize: rows, shuffle: false }
  const history = await one.fit(x, y, options)
  for (let step = 0; step < 5; step++) {
    const { loss, accuracy } = await two.trainOnBatch(x, y)
    // The epoch's figures are weighted by rows and divided again.
    expect(loss).toBeCloseTo(history.loss[step], 12)
    expect(accuracy).toBeCloseTo(history.accuracy[step], 12)
  }
  expect(two.weights()).toEqual(one.weights())
})

it('compiling again keeps the weights for the same seed', async () => {
  const model = await small()
  await model.fit(x, y)
  const weights = model.weights()
  await model.compile({ loss: 'crossentropy', optimizer: sgd() })
  expect(model.weights()).toEqual(weights)
  await model.compile({ loss: 'crossentropy', seed: 2 })
  expect(model.weights()).not.toEqual(weights)
})

it('weights of samples go with their rows when some are set aside for validation', async () => {
  const [plain, halves, chosen] = [await small(), await small(), await small()]
  const options: FitOptions = { epochs: 2, batchSize: 16, validationSplit: 0.25 }
  await plain.fit(x, y, options)
  // Weights that are all the same, a power of two, change nothing.
  await halves.fit(x, y, { ...options, sampleWeight: Float32Array.from({ length: rows }, () => 0.5) })
  expect(halves.weights()).toEqual(plain.weights())
  await chosen.fit(x, y, {
    ...options,
    sampleWeight: Float32Array.from({ length: rows }, (_, i) => 0.25 + (i % 2) / 2),
  })
  expect(chosen.weights()).not.toEqual(plain.weights())
})
