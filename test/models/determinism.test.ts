import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import {
  activation,
  adam,
  dense,
  dropout,
  nesterov,
  Sequential,
  sgd,
  type Callback,
  type CompileOptions,
  type FitOptions,
  type Targets,
} from '../../src/index.js'
import { closePool } from '../../src/core/pool.js'
import { gaussian } from '../assembly/kernels.js'
import { oneHot, randomLabels, randomRows, type LayerInput } from '../nn/reference.js'

const rows = 101
const columns = 37
const x = { data: gaussian(rows * columns, 1), shape: [rows, columns] }
const bytes = { data: Uint8Array.from(x.data, (v) => Math.max(0, 90 * v)), shape: [rows, columns] }
const labels = randomLabels(rows, 19)

interface Setting {
  label: string
  x?: typeof x | typeof bytes
  y: Targets
  last: string
  compile: CompileOptions
  fit?: FitOptions
}
const settings: Setting[] = [
  { label: 'cross-entropy from classes', y: labels, last: 'softmax', compile: { loss: 'crossentropy' } },
  {
    label: 'bytes, class weights, norm clipped',
    x: bytes,
    y: labels,
    last: 'softmax',
    compile: {
      loss: { name: 'crossentropy', labelSmoothing: 0.1 },
      optimizer: adam({ clipNorm: 0.05, weightDecay: 0.1 }),
    },
    fit: { classWeight: { 3: 0.2, 5: 7 } },
  },
  {
    label: 'cross-entropy from rows',
    y: oneHot(labels, 19),
    last: 'softmax',
    compile: { loss: 'crossentropy', optimizer: nesterov({ clipValue: 0.01, weightDecay: 0.01 }) },
  },
  {
    label: 'binary cross-entropy',
    y: oneHot(labels, 19),
    last: 'sigmoid',
    compile: { loss: 'binary-crossentropy', optimizer: 'nadam' },
  },
  {
    label: 'mse',
    y: randomRows(rows, 19, 3),
    last: 'linear',
    compile: { loss: 'mse', optimizer: sgd({ clipNorm: 1 }) },
  },
  {
    label: 'mae',
    y: randomRows(rows, 19, 3),
    last: 'linear',
    compile: { loss: 'mae', optimizer: 'rmsprop' },
  },
  {
    label: 'huber',
    y: randomRows(rows, 19, 3),
    last: 'linear',
    compile: { loss: 'huber', optimizer: 'adagrad' },
  },
]

const layers = (last: string): LayerInput[] => [
  dense(50, { activation: 'relu', kernelRegularizer: { l2: 1e-3 } }),
  dropout(0.3),
  dense(33),
  activation('gelu'),
  dropout(0.1),
  dense(19, { activation: last }),
]

/** Weights and losses of a run: 4 epochs of 5 steps, the last of 9 rows. */
async function train(
  { x: given = x, y, last, compile, fit }: Setting,
  run: Partial<CompileOptions>,
  more: FitOptions = {},
) {
  const model = new Sequential(layers(last))
  await model.compile({ seed: 5, ...compile, ...run })
  const history = await model.fit(given, y, {
    epochs: 4,
    batchSize: 23,
    validationSplit: 0.1,
    ...fit,
    ...more,
  })
  return { weights: model.weights(), loss: history.loss, validation: history.validationLoss, history, model }
}

const both = ['strict', 'fast'] as const

afterAll(closePool)

describe.each(both)('the same seed gives the same bits, %s', (numerics) => {
  it.each([2, 3, 5])('when %i threads really take part', async (threads) => {
    // Workers join when they have started, and until then a fit goes on without them: so until all have come.
    const alone = await train(settings[0], { numerics, threads: 1 }, { epochs: 20 })
    let most = 0
    for (let attempt = 0; attempt < 400 && most < threads; attempt++) {
      await setTimeout(5)
      const run = await train(settings[0], { numerics, threads }, { epochs: 20 })
      most = Math.max(most, ...run.history.epochs.map((epoch) => epoch.threads))
      expect(run.weights).toEqual(alone.weights)
      expect(run.loss).toEqual(alone.loss)
    }
    expect(most).toBe(threads)
  })

  it.each(settings)('with any number of threads: $label', async (setting) => {
    const expected = await train(setting, { numerics, threads: 1 })
    expect(expected.loss.every(Number.isFinite)).toBe(true)
    expect(expected.loss.at(-1)).toBeLessThan(expected.loss[0])
    for (const threads of [1, 2, 3, 5]) {
      await setTimeout(5)
      const { weights, loss, validation } = await train(setting, { numerics, threads })
      expect(weights).toEqual(expected.weights)
      expect(loss).toEqual(expected.loss)
      expect(validation).toEqual(expected.validation)
    }
  })

  it('however the steps are cut into slices', async () => {
    const sizes: number[][] = []
    const expected = await train(settings[1], { numerics, threads: 1 })
    // Time that callbacks take does not count, but real slices vary; these are cut by force.
    for (const most of [1, 2, 3, 1000]) {
      const steps: number[] = []
      const restore = limitSlices(most)
      try {
        const { weights } = await train(
          settings[1],
          { numerics, threads: 1 },
          { callbacks: [recordSteps(steps)] },
        )
        expect(weights).toEqual(expected.weights)
      } finally {
        restore()
      }
      sizes.push(steps)
    }
    expect(new Set(sizes.map((steps) => steps.join())).size).toBeGreaterThan(2)
  })

  it('and another seed, or order of rows, gives others', async () => {
    const { weights } = await train(settings[0], { numerics, threads: 1 })
    expect((await train(settings[0], { numerics, threads: 1, seed: 6 })).weights).not.toEqual(weights)
    expect((await train(settings[0], { numerics, threads: 1 }, { shuffle: false })).weights).not.toEqual(
      weights,
    )
  })

  it('a row alone or among others, by predict, predictSync and at any place', async () => {
    for (const setting of settings.slice(0, 5)) {
      const given = setting.x ?? x
      const { model } = await train(setting, { numerics, threads: 2 })
      const all = await model.predict(given)
      expect(all.shape).toEqual([rows, 19])
      const into = new Float32Array(19)
      const moved = await model.predict({ data: given.data.slice(3 * columns), shape: [rows - 3, columns] })
      for (const r of [0, 1, 2, 50, 99, 100]) {
        const row = given.data.slice(r * columns, (r + 1) * columns)
        expect((await model.predict({ data: row, shape: [1, columns] })).data).toEqual(all[r].slice())
        expect(model.predictSync(row, into)).toEqual(all[r].slice())
        if (r >= 3) expect(moved[r - 3]).toEqual(all[r])
      }
    }
  })
})

it('a fit goes on where the last one ended: 2 + 2 epochs are 4', async () => {
  const whole = await train(settings[2], { threads: 1 })
  const parts = await train(settings[2], { threads: 1 }, { epochs: 2 })
  await parts.model.fit(x, settings[2].y, { epochs: 2, batchSize: 23, validationSplit: 0.1 })
  expect(parts.model.weights()).toEqual(whole.weights)
})

it('strict and fast differ in bits where the engine fuses, and in little else', async () => {
  const strict = await train(settings[0], { numerics: 'strict', threads: 1 })
  const fast = await train(settings[0], { numerics: 'fast', threads: 1 })
  if (fast.model.numerics === 'strict') expect(fast.weights).toEqual(strict.weights)
  else expect(fast.weights).not.toEqual(strict.weights)
  fast.loss.forEach((loss, epoch) => {
    expect(Math.abs(loss - strict.loss[epoch])).toBeLessThan(1e-4)
  })
})

/** Makes the clock tell that every slice of more than `most` steps was far too long. */
function limitSlices(most: number): () => void {
  const { now } = performance
  let time = 0
  performance.now = () => (time += most === 1000 ? 0 : 16 / most)
  return () => {
    performance.now = now
  }
}

function recordSteps(steps: number[]): Callback {
  return {
    onSlice({ step }) {
      steps.push(step)
    },
  }
}
