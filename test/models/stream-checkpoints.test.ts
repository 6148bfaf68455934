// Checkpoints of fits on chunks: a fit that is broken off anywhere goes on bit for bit, also within a window.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeNpy } from '../../src/core/formats/npy.js'
import type { Chunk } from '../../src/core/chunks.js'
import {
  adam,
  ArgumentError,
  cosineDecay,
  DataError,
  earlyStopping,
  nadam,
  NeuralNetwork,
  reduceOnPlateau,
  Sequential,
  sgd,
  type Callback,
  type FitOptions,
  type OptimizerSpec,
} from '../../src/index.js'
import { decodeCheckpoint, encodeCheckpoint } from '../../src/persist/checkpoint.js'
import { readCheckpoint } from '../../src/persist/checkpoint-directory.js'
import { gaussian } from '../assembly/kernels.js'
import { seeded } from '../persist/states.js'
import { interrupt, make, untimed, weightsOf } from './interrupted.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanewise-stream-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const rows = 90
const floats = gaussian(rows * 12, 1)
const bytes = Uint8Array.from({ length: rows * 12 }, (_, i) => (i % 3 ? 0 : (i * 37) % 256))
const labels = Array.from({ length: rows }, (_, i) => (i * i) % 5)

interface Given {
  data?: typeof floats | typeof bytes
  y?: readonly number[]
  chunk?: number
  known?: boolean
}

/** The rows in chunks. */
function source({ data = floats, y = labels, chunk = 17, known = true }: Given = {}) {
  return {
    ...(known ? { rows } : {}),
    async *[Symbol.asyncIterator](): AsyncGenerator<Chunk, undefined> {
      for (let at = 0; at < rows; at += chunk) {
        await Promise.resolve()
        const to = Math.min(rows, at + chunk)
        yield { x: { data: data.slice(at * 12, to * 12), shape: [to - at, 12] }, y: y.slice(at, to) }
      }
    },
  }
}

interface Case {
  label: string
  optimizer: () => OptimizerSpec
  numerics: 'strict' | 'fast'
  given: Given
  options: () => FitOptions
}

const held = [
  { data: floats.slice(0, 20 * 12), shape: [20, 12] },
  labels.slice(0, 20).map((label) => (label + 1) % 5),
] as const

const cases: Case[] = [
  {
    label: 'Adam on a cosine, early stopping on validation rows, windows that end in shorter batches',
    optimizer: () => adam({ learningRate: cosineDecay(0.01), clipNorm: 1 }),
    numerics: 'fast',
    given: {},
    options: () => ({
      epochs: 8,
      batchSize: 7,
      window: 40,
      validationData: held,
      callbacks: [earlyStopping({ patience: 2 })],
    }),
  },
  {
    label: 'Nadam with a falling rate, weights of classes, pictures that are changed, rows not known',
    optimizer: () => nadam({ learningRate: 0.01, weightDecay: 0.01 }),
    numerics: 'strict',
    given: { data: bytes, known: false },
    options: () => ({
      epochs: 6,
      batchSize: 16,
      window: 30,
      classWeight: { 0: 0.5 },
      augment: { shift: { pixels: 1 }, noise: {}, mixup: {}, picture: { height: 3, width: 4 } },
      callbacks: [reduceOnPlateau({ patience: 0, factor: 0.5, minDelta: 0.02 })],
    }),
  },
  {
    label: 'momentum in the order given, one window',
    optimizer: () => sgd({ learningRate: 0.05, momentum: 0.9 }),
    numerics: 'fast',
    given: { data: bytes },
    options: () => ({ epochs: 5, batchSize: 11, shuffle: false }),
  },
]

describe('a fit on chunks that is interrupted and goes on', () => {
  it.each(cases)('ends with the bits of one that was not: $label', async (one) => {
    const whole = await make(one)
    const expected = await whole.fit(source(one.given), undefined, one.options())
    const next = seeded(3)
    for (let round = 0, interruptions = 0; round < 2; round++) {
      const checkpoints = { directory: join(folder, String(round)), everySteps: 1 + (next() % 5) }
      for (let turn = 0; ; turn++) {
        const model = await make(one, 1 + (turn % 3))
        const { signal, callback } = interrupt(1 + (next() % 9))
        const { callbacks = [], ...options } = one.options()
        // Where chunks begin does not matter.
        const history = await model.fit(source({ ...one.given, chunk: 5 + (next() % 90) }), undefined, {
          ...options,
          callbacks: [callback, ...callbacks],
          signal,
          checkpoints,
          resume: true,
        })
        if (history.stoppedBy === 'signal') interruptions++
        if (history.stoppedBy === 'signal' && turn < 200) continue
        expect(untimed(history)).toEqual(untimed(expected))
        expect(weightsOf(model)).toEqual(weightsOf(whole))
        break
      }
      expect(interruptions).toBeGreaterThan(2)
    }
  })

  it('goes on from every one of its checkpoints, with what the checkpoint tells of batches and windows', async () => {
    const [one] = cases as [Case]
    const { callbacks, ...options } = one.options()
    void callbacks
    const whole = await make(one)
    const checkpoints = { directory: folder, everySteps: 1, keep: 1000 }
    const expected = await whole.fit(source(), undefined, { ...options, epochs: 2, checkpoints })
    // Windows of 40, 40 and 10 rows: 6 + 6 + 2 steps.
    const files = readdirSync(folder).filter((name) => name.startsWith('step-'))
    expect(files).toHaveLength(28)
    for (const name of files) {
      const model = await make(one)
      const history = await model.fit(source(), undefined, {
        validationData: held,
        resume: join(folder, name),
      })
      expect(untimed(history)).toEqual(untimed(expected))
      expect(weightsOf(model)).toEqual(weightsOf(whole))
    }
  })

  it('comes back as it was once it has ended, and may get more epochs', async () => {
    const one = cases[2]!
    const whole = await make(one)
    await whole.fit(source(), undefined, { epochs: 5, window: 40 })
    const first = await make(one)
    const checkpoints = { directory: folder }
    const before = await first.fit(source(), undefined, { epochs: 3, window: 40, checkpoints })
    const second = await make(one)
    expect(untimed(await second.fit(source(), undefined, { checkpoints, resume: true }))).toEqual(
      untimed(before),
    )
    expect(weightsOf(second)).toEqual(weightsOf(first))
    const more = await second.fit(source(), undefined, { checkpoints, resume: true, epochs: 5 })
    expect(more.epochs).toHaveLength(5)
    expect(weightsOf(second)).toEqual(weightsOf(whole))
  })

  it('scales the rate of the steps that follow, within a window too', async () => {
    const seen: number[] = []
    const halve: Callback = {
      onSlice({ epoch, step }, context) {
        seen.push(context.learningRate)
        if (epoch === 1 && step === 2) context.scaleLearningRate(0.5)
      },
    }
    const model = await make({ optimizer: () => sgd({ learningRate: 0.5 }), numerics: 'strict' })
    const checkpoints = { directory: folder, everySteps: 1 }
    await model.fit(source(), undefined, { batchSize: 30, window: 90, callbacks: [halve], checkpoints })
    expect(seen).toEqual([0.5, 0.5, 0.25])
  })
})

describe('fits on files', () => {
  it('go on in the middle of an NPY file and of a table, as estimators', async () => {
    const x = join(folder, 'x.npy')
    const y = join(folder, 'y.npy')
    await writeFile(x, writeNpy({ data: floats, shape: [rows, 12] }))
    await writeFile(y, writeNpy({ data: Int32Array.from(labels), shape: [rows] }))
    const table = join(folder, 'table.csv')
    const line = (i: number) =>
      `${[0, 1, 2].map((c) => floats[12 * i + c]!).join()},${'abc'[i % 3]!},${'xy'[i % 2]!}`
    await writeFile(table, ['p,q,r,word,class', ...labels.map((_, i) => line(i))].join('\n'))
    for (const [name, samples, targets] of [
      ['npy', x, y],
      ['csv', table, 'class'],
    ] as const) {
      const options = {
        hiddenLayers: [8],
        epochs: 4,
        batchSize: 9,
        seed: 2,
        optimizer: adam({ learningRate: 0.05 }),
      }
      const whole = new NeuralNetwork(options)
      await whole.fit(samples, targets, { window: 35 })
      const checkpoints = { directory: join(folder, name), everySteps: 1 }
      const { signal, callback } = interrupt(16)
      const first = new NeuralNetwork(options)
      const broken = await first.fit(samples, targets, {
        window: 35,
        signal,
        callbacks: [callback],
        checkpoints,
      })
      expect([broken.stoppedBy, broken.epochs.length]).toEqual(['signal', 1])
      const second = new NeuralNetwork(options)
      await second.fit(samples, targets, { resume: true, checkpoints })
      expect(weightsOf(second)).toEqual(weightsOf(whole))
      expect(second.state()).toEqual(whole.state())
    }
  })
})

describe('a fit on chunks that would be another one', () => {
  const options: FitOptions = { epochs: 3, batchSize: 10, window: 40 }
  const one = cases[2]!
  /** Leaves a checkpoint within the second window of the second epoch, or at the first epoch's end. */
  const begin = async (slices: number) => {
    const { signal, callback } = interrupt(slices)
    const checkpoints = { directory: folder, everySteps: 1 }
    await (
      await make(one)
    ).fit(source(), undefined, { ...options, signal, callbacks: [callback], checkpoints })
  }
  const changed = (row: number) => floats.map((value, i) => (i === row * 12 ? value + 1 : value))
  const attempt = async (samples: Parameters<Sequential['fit']>[0], more: FitOptions = {}) => {
    const model = await make(one)
    await model.compile({
      optimizer: one.optimizer(),
      loss: 'crossentropy',
      seed: 5,
      inputShape: [12],
      numerics: 'fast',
    })
    const before = weightsOf(model)
    const refused = model.fit(samples, undefined, { ...options, resume: folder, ...more })
    await expect(refused).rejects.toThrow(ArgumentError)
    // Nothing is taken over before all is known to fit.
    expect(weightsOf(model)).toEqual(before)
    return refused.then(
      () => '',
      (error: unknown) => (error as Error).message,
    )
  }

  it('is refused: other rows before the place, other order, fewer rows, other settings', async () => {
    await begin(15)
    expect(await attempt(source({ data: changed(3) }))).toMatch(
      /is on the same chunks, in the same order; received other rows/,
    )
    // In the window under way.
    expect(await attempt(source({ data: changed(50) }))).toMatch(/received other rows/)
    expect(await attempt(source({ y: labels.map((label) => 4 - label) }))).toMatch(/received other rows/)
    const first = source()
    const short = {
      rows,
      async *[Symbol.asyncIterator]() {
        for await (const chunk of first) {
          yield chunk
          return
        }
      },
    }
    expect(await attempt(short)).toMatch(/in the same order/)
    expect(await attempt(source({ known: false }))).toMatch(/same training data; received other rows/)
    expect(await attempt(source({ data: bytes }))).toMatch(/received other samples/)
    expect(await attempt(source(), { window: 41 })).toMatch(
      /has the same window; received 41 where the checkpoint has 40/,
    )
    expect(await attempt(source(), { classWeight: { 1: 2 } })).toMatch(/received other weights/)
    expect(await attempt(source(), { epochs: 1 })).toMatch(/at least the 2 epochs that were begun/)
    const whole = (await make(one)).fit({ data: floats, shape: [rows, 12] }, labels, {
      ...options,
      resume: folder,
    })
    await expect(whole).rejects.toThrow(/has the same form of training data; received "rows at once"/)
  })

  it('is refused where an epoch comes next, by its first window', async () => {
    await begin(9) // 4 + 4 + 1 steps
    expect((await readCheckpoint(folder, () => undefined)).checkpoint.training.stream).toMatchObject({
      done: 3,
      steps: 9,
    })
    rmSync(join(folder, 'step-0000000009.safetensors'))
    await (
      await make(one)
    ).fit(source(), undefined, { ...options, epochs: 1, resume: folder, checkpoints: { directory: folder } })
    expect(await attempt(source({ data: changed(3) }))).toMatch(/received other rows/)
  })

  it('tells of a source that is used up', async () => {
    await begin(5)
    const once = Object.assign(source()[Symbol.asyncIterator](), { rows })
    const refused = (await make(one)).fit(once, undefined, { ...options, resume: folder })
    await expect(refused).rejects.toThrow(DataError)
    await expect(refused).rejects.toThrow(/gone through once an epoch, not one that is used up/)
  })

  it('is none of counters that cannot be', async () => {
    await begin(5)
    const { checkpoint } = await readCheckpoint(folder, () => undefined)
    const { stream } = checkpoint.training
    for (const change of [{ done: 9 }, { steps: 1 }]) {
      const training = { ...checkpoint.training, stream: { ...stream!, ...change } }
      expect(() => decodeCheckpoint(encodeCheckpoint({ ...checkpoint, training }), 'a')).toThrow(
        /counters of a checkpoint/,
      )
    }
    const training = { ...checkpoint.training, stream: { ...stream!, window: 0 } }
    expect(() => decodeCheckpoint(encodeCheckpoint({ ...checkpoint, training }), 'a')).toThrow(
      /window is an integer/,
    )
  })
})
