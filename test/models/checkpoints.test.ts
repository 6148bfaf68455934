import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  adam,
  ArgumentError,
  cosineDecay,
  dense,
  earlyStopping,
  LogisticRegression,
  nadam,
  NeuralNetwork,
  NotFoundError,
  reduceOnPlateau,
  Sequential,
  sgd,
  type Callback,
  type FitOptions,
  type OptimizerSpec,
} from '../../src/index.js'
import { gaussian } from '../assembly/kernels.js'
import { bitsOf, seeded } from '../persist/states.js'
import { interrupt, make, untimed, weightsOf } from './interrupted.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lanewise-checkpoints-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const x = { data: gaussian(90 * 12, 1), shape: [90, 12] }
const y = Array.from({ length: 90 }, (_, i) => (i * i) % 5)
const pixels = {
  data: Uint8Array.from({ length: 90 * 12 }, (_, i) => (i % 3 ? 0 : (i * 37) % 256)),
  shape: [90, 12],
}

interface Case {
  label: string
  optimizer: () => OptimizerSpec
  numerics: 'strict' | 'fast'
  samples: typeof x | typeof pixels
  options: () => FitOptions
}

const cases: Case[] = [
  {
    label: 'Adam on a cosine, early stopping on validation rows',
    optimizer: () => adam({ learningRate: cosineDecay(0.01), clipNorm: 1 }),
    numerics: 'fast',
    samples: x,
    options: () => ({
      epochs: 8,
      batchSize: 7,
      validationSplit: 0.2,
      callbacks: [earlyStopping({ patience: 2 })],
    }),
  },
  {
    label: 'Nadam with a falling rate, weights of samples and classes, pictures that are changed',
    optimizer: () => nadam({ learningRate: 0.01, weightDecay: 0.01 }),
    numerics: 'strict',
    samples: pixels,
    options: () => ({
      epochs: 7,
      batchSize: 16,
      sampleWeight: y.map((label) => 1 + label / 7),
      classWeight: { 0: 0.5 },
      augment: { shift: { pixels: 1 }, noise: {}, mixup: {}, picture: { height: 3, width: 4 } },
      callbacks: [reduceOnPlateau({ patience: 0, factor: 0.5, minDelta: 0.02 })],
    }),
  },
  {
    label: 'momentum in the order given, bytes in lists',
    optimizer: () => sgd({ learningRate: 0.05, momentum: 0.9 }),
    numerics: 'fast',
    samples: pixels,
    options: () => ({ epochs: 6, batchSize: 11, shuffle: false }),
  },
]

describe('a fit that is interrupted and goes on', () => {
  it.each(cases)('ends with the bits of one that was not: $label', async (given) => {
    const whole = await make(given, 1)
    const expected = await whole.fit(given.samples, y, given.options())
    const next = seeded(3)
    for (let round = 0, interruptions = 0; round < 2; round++) {
      const checkpoints = { directory: join(folder, String(round)), everySteps: 1 + (next() % 5) }
      for (let turn = 0; ; turn++) {
        const model = await make(given, 1 + (turn % 3))
        const { signal, callback } = interrupt(1 + (next() % 9))
        const { callbacks = [], ...options } = given.options()
        const history = await model.fit(given.samples, y, {
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

  it('goes on from a model that was trained before', async () => {
    const before = async () => {
      const model = await make(cases[0]!, 1)
      await model.fit(x, y, { epochs: 2, batchSize: 30 })
      await model.trainOnBatch(x, y)
      return model
    }
    const options = { epochs: 4, batchSize: 8 }
    const whole = await before()
    await whole.fit(x, y, options)
    const first = await before()
    const { signal, callback } = interrupt(5)
    await first.fit(x, y, { ...options, callbacks: [callback], signal, checkpoints: { directory: folder } })
    const second = await make(cases[0]!, 2)
    const history = await second.fit(x, y, { resume: folder })
    expect(history.epochs).toHaveLength(4)
    expect(weightsOf(second)).toEqual(weightsOf(whole))
    // Its counters go on too.
    expect(await second.trainOnBatch(x, y)).toEqual(await whole.trainOnBatch(x, y))
    expect(weightsOf(second)).toEqual(weightsOf(whole))
  })

  it('goes on from the file of a loaded checkpoint, which is a model too', async () => {
    const options = { epochs: 5, batchSize: 10 }
    const whole = await make(cases[1]!, 1)
    await whole.fit(x, y, options)
    const first = await make(cases[1]!, 1)
    await first.fit(x, y, { ...options, checkpoints: { directory: folder, everyEpochs: 1, keep: 10 } })
    const file = join(folder, 'step-0000000018.safetensors')
    const loaded = await Sequential.load(file)
    expect(weightsOf(loaded)).not.toEqual(weightsOf(whole))
    expect((await loaded.fit(x, y, { resume: file })).epochs).toHaveLength(5)
    expect(weightsOf(loaded)).toEqual(weightsOf(whole))
  })

  it('is an estimator of any kind, with names as labels', async () => {
    const labels = y.map((label) => `class ${String(label % 2)}`)
    const options = { epochs: 6, batchSize: 9, seed: 2, optimizer: adam({ learningRate: 0.05 }) }
    const whole = new LogisticRegression(options)
    await whole.fit(x, labels)
    const { signal, callback } = interrupt(4)
    const checkpoints = { directory: folder, everySteps: 3 }
    await new LogisticRegression(options).fit(x, labels, { signal, callbacks: [callback], checkpoints })
    const second = new LogisticRegression(options)
    await second.fit(x, labels, { resume: true, checkpoints })
    expect(weightsOf(second)).toEqual(weightsOf(whole))
    expect(second.state()).toEqual(whole.state())
    const best = await LogisticRegression.load(join(folder, 'best.safetensors'))
    expect(best.classes).toEqual(['class 0', 'class 1'])
    const again = await NeuralNetwork.load(join(folder, readdirSync(folder).at(-1)!))
    await again.partialFit(x, labels, { resume: folder })
    expect(weightsOf(again)).toEqual(weightsOf(whole))
  })

  it('gives callbacks of users back what they remembered', async () => {
    const seen: unknown[] = []
    const counting = (): Callback => {
      let slices = 0
      return {
        name: 'counting',
        state: () => ({ values: { slices, limit: -Infinity, text: '#1' } }),
        restore: ({ values }) => {
          seen.push(values)
          slices = values['slices'] as number
        },
        onSlice: () => void slices++,
      }
    }
    const model = await make(cases[2]!, 1)
    const { signal, callback } = interrupt(3)
    const checkpoints = { directory: folder }
    await model.fit(x, y, { epochs: 3, callbacks: [callback, counting()], signal, checkpoints })
    await model.fit(x, y, { epochs: 3, callbacks: [counting()], resume: folder })
    expect(seen).toEqual([{ slices: 3, limit: -Infinity, text: '#1' }])
  })
})

describe('a fit that has ended', () => {
  it('comes back as it was, and may get more epochs', async () => {
    const given = cases[2]!
    const whole = await make(given, 1)
    await whole.fit(x, y, { epochs: 5 })
    const first = await make(given, 1)
    const checkpoints = { directory: folder }
    const before = await first.fit(x, y, { epochs: 3, checkpoints })
    const files = readdirSync(folder)
    const second = await make(given, 1)
    expect(untimed(await second.fit(x, y, { checkpoints, resume: true }))).toEqual(untimed(before))
    expect(weightsOf(second)).toEqual(weightsOf(first))
    expect(readdirSync(folder)).toEqual(files)
    expect((await second.fit(x, y, { checkpoints, resume: true, epochs: 5 })).epochs).toHaveLength(5)
    expect(weightsOf(second)).toEqual(weightsOf(whole))
  })

  it('early stays ended, with the best weights', async () => {
    const options = () => ({ callbacks: [earlyStopping({ patience: 1, minDelta: 10 })], resume: true })
    const checkpoints = { directory: folder }
    const first = await make(cases[2]!, 1)
    const before = await first.fit(x, y, { ...options(), epochs: 9, checkpoints })
    expect([before.stoppedBy, before.epochs.length]).toEqual(['earlyStopping', 2])
    const second = await make(cases[2]!, 1)
    expect(untimed(await second.fit(x, y, { ...options(), checkpoints }))).toEqual(untimed(before))
    expect(weightsOf(second)).toEqual(weightsOf(first))
  })
})

describe('the files', () => {
  const options = { epochs: 4, batchSize: 30 }
  const fit = async (checkpoints: object, more: FitOptions = {}) => {
    const model = await make(cases[2]!, 1)
    await model.fit(x, y, {
      ...options,
      checkpoints: { directory: join(folder, 'a'), ...checkpoints },
      ...more,
    })
    return model
  }
  const steps = () => readdirSync(join(folder, 'a')).map((name) => Number(/\d+/.exec(name)?.[0] ?? NaN))

  it.each<[object, number[]]>([
    [{}, [6, 9, 12]],
    [{ everyEpochs: 2, keep: 9 }, [6, 12]],
    [{ everySteps: 5, keep: 9 }, [5, 10, 12]],
    [{ everySteps: 5, everyEpochs: 3, keep: 9 }, [5, 9, 10, 12]],
    [{ everyMinutes: 1, keep: 1 }, [12]],
  ])('of %j are those of steps %j, and the best', async (checkpoints, expected) => {
    await fit(checkpoints)
    expect(steps()).toEqual([NaN, ...expected])
  })

  it('come after every slice when their time is short', async () => {
    await fit({ everyMinutes: 1e-9, keep: 99 })
    expect(steps().slice(0, 2)).toEqual([NaN, 1])
    expect(steps()).toEqual(expect.arrayContaining([3, 6, 9, 12]))
  })

  it('hold the model of the best epoch', async () => {
    const best: number[][][] = []
    const keepBest: Callback = {
      onEpochEnd: (_, context) => void best.push(context.weights().map(({ data }) => bitsOf(data))),
    }
    let epoch = 0
    // The figure is that of the epoch: make the second one the best by spoiling the weights after it.
    const spoil: Callback = {
      onEpochEnd(_, context) {
        if (++epoch === 2)
          context.setWeights(context.weights().map((w) => ({ ...w, data: w.data.map((v) => 3 * v) })))
      },
    }
    await fit({}, { callbacks: [keepBest, spoil] })
    expect(weightsOf(await Sequential.load(join(folder, 'a', 'best.safetensors')))).toEqual(best[1])
  })

  it('of a training are not mixed with those of another', async () => {
    await fit({})
    await expect(fit({})).rejects.toThrow(
      /directory without those of another one.*step-0000000012.*resume: true/,
    )
    await fit({ directory: join(folder, 'b') })
    const file = join(folder, 'b', 'step-0000000006.safetensors')
    await expect(fit({}, { resume: file })).rejects.toThrow(/without those of another one/)
    expect(steps()).toEqual([NaN, 6, 9, 12])
  })

  it('of later steps go when a fit goes on from an earlier one', async () => {
    await fit({})
    const { signal, callback } = interrupt(1)
    await fit({}, { signal, callbacks: [callback], resume: join(folder, 'a', 'step-0000000006.safetensors') })
    expect(steps()).toEqual([NaN, 6, 7])
  })

  it('that killed processes left half are cleared away, those of others are not', async () => {
    mkdirSync(join(folder, 'a'))
    const dead = '.step-0000000001.safetensors.4194304-0123456789ab.tmp'
    const alive = `.step-0000000001.safetensors.${String(process.pid)}-0123456789ab.tmp`
    for (const name of [dead, alive, '.mine.tmp']) writeFileSync(join(folder, 'a', name), 'x')
    await fit({})
    expect(readdirSync(join(folder, 'a')).filter((name) => name.startsWith('.'))).toEqual([
      '.mine.tmp',
      alive,
    ])
  })

  it('are passed over when they cannot be read and there is an older one', async () => {
    const model = await fit({})
    writeFileSync(join(folder, 'a', 'step-0000000012.safetensors'), 'torn')
    const second = await make(cases[2]!, 1)
    const warnings: string[] = []
    second.onWarning = (message) => warnings.push(message)
    await second.fit(x, y, { ...options, resume: join(folder, 'a') })
    expect(warnings.join()).toMatch(/step-0000000012.*going on from the one before it/)
    expect(weightsOf(second)).toEqual(weightsOf(model))
  })

  it('that cannot be written are a warning, and training goes on', async () => {
    const model = await make(cases[2]!, 1)
    const warnings: string[] = []
    model.onWarning = (message) => warnings.push(message)
    const directory = async () => {
      writeFileSync(join(folder, 'file'), '')
      return join(folder, 'file', 'a')
    }
    const history = await model.fit(x, y, { ...options, checkpoints: { directory } })
    expect(history.epochs).toHaveLength(4)
    expect(warnings[0]).toMatch(/could not be written .*training goes on without it/)
    const blocked = model.fit(x, y, { ...options, checkpoints: { directory: join(folder, 'file', 'a') } })
    await expect(blocked).rejects.toThrow(/a directory that may be written/)
  })

  it('begin late for short fits that ask so', async () => {
    await fit({ leastSeconds: 1000, everyMinutes: 1000 })
    expect(readdirSync(folder)).toEqual(['a'])
    expect(steps()).toEqual([])
    const { signal, callback } = interrupt(1)
    await fit({ leastSeconds: 1000, everyMinutes: 1000 }, { signal, callbacks: [callback] })
    expect(steps()).toEqual([1])
  })

  it.each<[object, RegExp]>([
    [{ directory: '' }, /the directory of checkpoints/],
    [{ everySteps: 0 }, /everySteps is a positive integer/],
    [{ everyEpochs: 1.5 }, /everyEpochs is a positive integer.*received 1.5/],
    [{ everyMinutes: 0 }, /everyMinutes is above 0/],
    [{ keep: 0 }, /keep is a positive integer/],
  ])('are refused for %j', async (checkpoints, message) => {
    await expect(fit(checkpoints)).rejects.toThrow(message)
  })
})

describe('a fit that would be another one', () => {
  const options: FitOptions = { epochs: 4, batchSize: 30, validationSplit: 0.1 }
  const begin = async () => {
    const model = await make(cases[2]!, 1)
    await model.fit(x, y, { ...options, checkpoints: { directory: folder } })
  }
  const resume = async (
    more: FitOptions = {},
    { samples = x, targets = y, change = {} as Partial<Case>, layers = 20 } = {},
  ) => {
    const model = await make({ ...cases[2]!, ...change }, 1)
    if (layers !== 20) return new Sequential([dense(layers), dense(5, { activation: 'softmax' })])
    await model.fit(samples, targets, { ...options, resume: folder, ...more })
    return model
  }
  const other = {
    data: Float32Array.from(x.data, (value, i) => (i === 700 ? value + 1 : value)),
    shape: x.shape,
  }

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'batch size',
      () => resume({ batchSize: 31 }),
      /has the same batch size; received 31 where the checkpoint has 30/,
    ],
    ['order', () => resume({ shuffle: false }), /has the same shuffle; received false/],
    ['samples', () => resume({}, { samples: other }), /is on the same training data; received other samples/],
    ['targets', () => resume({}, { targets: y.map((v) => 4 - v) }), /received other targets/],
    ['weights', () => resume({ sampleWeight: y.map(() => 1) }), /received other weights/],
    ['rows', () => resume({ validationSplit: 0.5 }), /received other rows/],
    ['epochs', () => resume({ epochs: 3 }), /has at least the 4 epochs that were begun \(of 4\); received 3/],
    [
      'callbacks',
      () => resume({ callbacks: [earlyStopping()] }),
      /callbacks that remember something; received \["earlyStopping"\]/,
    ],
    [
      'optimizer',
      () => resume({}, { change: { optimizer: () => adam() } }),
      /has the same optimizer; received \{"type":"adam"/,
    ],
  ])('is refused: other %s', async (_, attempt, message) => {
    await begin()
    const refused = attempt()
    await expect(refused).rejects.toThrow(ArgumentError)
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toThrow(/use the settings of the first fit/)
  })

  it('is refused: other layers, another seed; the model stays as it is', async () => {
    await begin()
    const model = new Sequential([dense(5, { activation: 'softmax' })])
    await model.compile({ optimizer: cases[2]!.optimizer(), loss: 'crossentropy', seed: 5, inputShape: [12] })
    const before = weightsOf(model)
    await expect(model.fit(x, y, { resume: folder })).rejects.toThrow(/has the same layers/)
    await model.compile({ optimizer: cases[2]!.optimizer(), loss: 'crossentropy', seed: 6 })
    await expect(model.fit(x, y, { resume: folder })).rejects.toThrow(
      /the same seed; received 6 where .* has 5/,
    )
    await model.compile({ optimizer: cases[2]!.optimizer(), loss: 'crossentropy', seed: 5 })
    expect(weightsOf(model)).toEqual(before)
  })

  it('only in its validation rows, or its numerics, is a warning', async () => {
    const first = await make(cases[2]!, 1)
    await first.fit(x, y, { epochs: 2, validationData: [x, y], checkpoints: { directory: folder } })
    const model = await make({ ...cases[2]!, numerics: 'strict' }, 1)
    const warnings: string[] = []
    model.onWarning = (message) => warnings.push(message)
    await model.fit(x, y, { resume: folder, validationData: [other, y] })
    expect(warnings[0]).toMatch(/^the validation data are not those of the checkpoint/)
    const numerics = warnings
      .slice(1)
      .filter((text) => /began with fast numerics and goes on with strict/.test(text))
    expect([numerics.length, warnings.length]).toEqual(first.numerics === 'fast' ? [1, 2] : [0, 1])
  })

  it('has no checkpoint: an error, or with resume: true a new one', async () => {
    const none = resume({ resume: join(folder, 'none') })
    await expect(none).rejects.toThrow(NotFoundError)
    await expect(resume({ resume: folder })).rejects.toThrow(
      /there is a checkpoint to go on from.*which has none/,
    )
    await expect(resume({ resume: true })).rejects.toThrow(
      /resume: true goes on from the directory of checkpoints/,
    )
    await resume({ resume: true, checkpoints: { directory: join(folder, 'new') } })
    expect(readdirSync(join(folder, 'new'))).toHaveLength(4)
  })
})
