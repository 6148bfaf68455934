// Trainings that go wrong in a known way get the hint that tells so, and those that go well get none.
import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  adam,
  dense,
  DivergenceError,
  LinearRegression,
  loadDataset,
  LogisticRegression,
  NeuralNetwork,
  Sequential,
  sgd,
  type EpochResult,
  type Hint,
  type History,
  type HintCode,
} from '../../src/index.js'
import { CountedRandom } from '../../src/core/philox.js'
import { generateDigits } from '../../src/data/digits.js'
import { hintsOf, type Facts } from '../../src/models/hints.js'
import { repeatedRows } from '../../src/models/repeated-rows.js'
import { itWithData, realData } from '../data/real.js'

type Options = NonNullable<ConstructorParameters<typeof NeuralNetwork>[0]>
type Fit = Parameters<NeuralNetwork['fit']>[2]

const rows = 2600
const { train } = generateDigits({ train: rows, test: 1 })
const digits = { x: train.x, y: Array.from(train.y as Uint8Array) }
/** Another order of the labels. */
const shuffle = <T>(y: readonly T[]): T[] => y.map((_, i) => y[(i * 1237 + 11) % y.length])

const random = new CountedRandom(5, 99)
let drawn = 0
const normal = () => random.normal(drawn++)
const columns = 8
const x = Float32Array.from({ length: 2000 * columns }, () => normal())
const y = Array.from({ length: 2000 }, (_, row) => {
  const [a, b, c] = x.subarray(row * columns)
  return 2 * a + Math.sin(2 * b) - c + 0.1 * normal()
})
const curve = { x: { data: x, shape: [2000, columns] }, y }

/** The codes of what was told after epochs of the last fit, each time that they changed. */
let toldOnTheWay: string[][] = []

async function codes(
  net: NeuralNetwork,
  data: typeof digits | typeof curve,
  fit: Fit = {},
): Promise<string[]> {
  toldOnTheWay = []
  const onHints = (hints: readonly Hint[]) => toldOnTheWay.push(hints.map(({ code }) => code))
  const { hints } = await net.fit(data.x, data.y, { ...fit, callbacks: [{ onHints }] })
  for (const hint of hints) {
    expect(hint.message).not.toMatch(/NaN|undefined|\.$/)
    expect(hint.remedy.length).toBeGreaterThan(10)
  }
  return hints.map(({ code }) => code)
}

const classifier = (options: Options = {}) => new NeuralNetwork({ epochs: 5, ...options })
const regression = (options: Options = {}) =>
  new NeuralNetwork({ task: 'regression', hiddenLayers: [64, 64], batchSize: 32, epochs: 5, ...options })
const validated = { validationSplit: 0.1 }

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('healthy runs get no hint', () => {
  it.each<[string, () => NeuralNetwork, Fit?]>([
    ['the default', () => classifier()],
    ['validated', () => classifier(), validated],
    ['two layers of tanh', () => classifier({ hiddenLayers: [128, 64], activation: 'tanh' })],
    ['sigmoids', () => classifier({ hiddenLayers: [64, 32], activation: 'sigmoid', epochs: 8 }), validated],
    [
      'GELU with dropout',
      () => classifier({ hiddenLayers: [128, 64], activation: 'gelu', dropout: 0.3 }),
      validated,
    ],
    ['six layers of ReLU', () => classifier({ hiddenLayers: [64, 64, 64, 64, 64, 64] })],
    ['wide layers', () => classifier({ hiddenLayers: [256, 256], batchSize: 128 }), validated],
    ['plain descent', () => classifier({ optimizer: 'sgd' })],
    ['label smoothing', () => classifier({ labelSmoothing: 0.1 }), validated],
    ['clipped gradients', () => classifier({ optimizer: adam({ clipNorm: 1 }) })],
    ['twenty epochs', () => classifier({ epochs: 20 }), validated],
    ['one epoch', () => classifier({ epochs: 1 }), validated],
    ['logistic regression', () => new LogisticRegression({ epochs: 5 }), validated],
    [
      'logistic regression by plain descent',
      () => new LogisticRegression({ epochs: 5, optimizer: sgd({ learningRate: 0.1 }) }),
    ],
    ['changed pictures', () => classifier({ augment: 'digits' }), validated],
  ])('digits: %s', async (_, make, fit) => {
    expect(await codes(make(), digits, fit)).toEqual([])
    expect(toldOnTheWay).toEqual([])
  })

  it.each<[string, () => NeuralNetwork, typeof curve]>([
    ['a network', () => regression(), curve],
    ['a line', () => new LinearRegression({ epochs: 20, optimizer: adam({ learningRate: 0.01 }) }), curve],
    ['much noise', () => regression({ epochs: 3 }), { x: curve.x, y: y.map((v) => v + 4 * normal()) }],
    ['absolute error', () => regression({ loss: 'mae', activation: 'tanh' }), curve],
  ])('a curve: %s', async (_, make, data) => {
    expect(await codes(make(), data, validated)).toEqual([])
    expect(toldOnTheWay).toEqual([])
  })

  itWithData('mnist', 'MNIST', async () => {
    const { train } = await loadDataset('mnist', { dataDir: realData })
    const part = { data: train.x.data.subarray(0, 6000 * 784), shape: [6000, 784] }
    const net = classifier({ hiddenLayers: [128, 64], epochs: 4 })
    const { hints } = await net.fit(part, Array.from(train.y.slice(0, 6000)), validated)
    expect(hints).toEqual([])
  })
})

describe('what goes wrong is told', () => {
  const bytes = digits.x.data as Uint8Array
  const brightness = { x: { data: Float32Array.from(bytes), shape: [rows, 784] }, y: digits.y }
  const zeros = { kernelInitializer: 'zeros' }

  it.each<[HintCode, string, () => NeuralNetwork, typeof digits | typeof curve, Fit?]>([
    ['unscaled-inputs', 'pixels from 0 to 255', () => classifier(), brightness],
    ['learning-rate-too-large', 'Adam', () => classifier({ optimizer: adam({ learningRate: 1 }) }), digits],
    ['learning-rate-too-large', 'sigmoids', () => classifier({ activation: 'sigmoid', optimizer: adam({ learningRate: 1 }) }), digits],
    ['learning-rate-too-large', 'four layers', () => classifier({ hiddenLayers: [64, 64, 64, 64], optimizer: adam({ learningRate: 1 }) }), digits],
    ['learning-rate-too-large', 'logistic', () => new LogisticRegression({ epochs: 5, optimizer: adam({ learningRate: 1 }) }), digits],
    ['learning-rate-too-large', 'regression', () => regression({ optimizer: adam({ learningRate: 1 }) }), curve],
    ['learning-rate-too-small', 'a ten-thousandth', () => classifier({ optimizer: adam({ learningRate: 1e-7 }) }), digits],
    ['zero-initialization', 'of the hidden layer', () => classifier({ init: 'zeros' }), digits],
    [
      'zero-initialization',
      'of all layers',
      () => classifier({ layers: [dense(64, { activation: 'tanh', ...zeros }), dense(10, { activation: 'softmax', ...zeros })] }),
      digits,
    ],
    ['unrelated-labels', 'shuffled', () => classifier(), { x: digits.x, y: shuffle(digits.y) }],
    ['unrelated-labels', 'shuffled, validated', () => classifier(), { x: digits.x, y: shuffle(digits.y) }, validated],
    ['unrelated-labels', 'shuffled, logistic', () => new LogisticRegression({ epochs: 5 }), { x: digits.x, y: shuffle(digits.y) }],
    ['unrelated-labels', 'shuffled targets', () => regression(), { x: curve.x, y: shuffle(y) }],
    ['unscaled-targets', 'dollars', () => regression(), { x: curve.x, y: y.map((v) => 1e5 * v + 2e5) }],
    ['vanishing-gradients', 'seven layers of sigmoids', () => classifier({ hiddenLayers: Array<number>(7).fill(64), activation: 'sigmoid' }), digits],
    ['imbalance', 'one class in fifty', () => classifier(), { x: digits.x, y: digits.y.map((v, i) => Number(v === 3 && i % 5 === 0)) }],
  ])('%s: %s', async (code, _, make, data, fit) => {
    expect(await codes(make(), data, fit)).toEqual([code])
  }) // prettier-ignore

  it('is told after the first epoch already, and once', async () => {
    await codes(classifier({ init: 'zeros' }), digits)
    expect(toldOnTheWay).toEqual([['zero-initialization']])
  })

  const withBiases = async (activation: string, value: number) => {
    const model = new Sequential([dense(64, { activation }), dense(10, { activation: 'softmax' })])
    await model.compile({ loss: 'crossentropy', inputShape: [784] })
    model.setWeights(model.weights().map((w, i) => (i === 1 ? { ...w, data: w.data.fill(value) } : w)))
    return model.fit(digits.x, digits.y, { epochs: 5, batchSize: 64 })
  }

  it('dead-relu: all units', async () => {
    const { hints, final } = await withBiases('relu', -50)
    expect(hints).toMatchObject([{ code: 'dead-relu', layer: 'dense_1' }])
    expect(hints[0]?.message).toContain('100 % of the ReLU units of layer dense_1 are 0 for every one of 256')
    expect(final?.layers[0]).toMatchObject({ layer: 'dense_1', dead: 1, gradientNorm: 0, signal: 0 })
  })

  it('saturated-units: all of them', async () => {
    const { hints, final } = await withBiases('tanh', 30)
    expect(hints).toMatchObject([{ code: 'saturated-units', layer: 'dense_1' }])
    expect(final?.layers[0]?.saturated).toBe(1)
  })

  it('overfitting: few rows, many epochs', async () => {
    const few = { x: { data: bytes.subarray(0, 200 * 784), shape: [200, 784] }, y: digits.y.slice(0, 200) }
    expect(await codes(classifier({ epochs: 60 }), few, { validationSplit: 0.3 })).toEqual(['overfitting'])
  })

  it('repeated-rows: the same pictures twice', async () => {
    const half = bytes.subarray(0, 1000 * 784)
    const data = new Uint8Array(2 * half.length)
    data.set(half)
    data.set(half, half.length)
    const twice = {
      x: { data, shape: [2000, 784] },
      y: [...digits.y.slice(0, 1000), ...digits.y.slice(0, 1000)],
    }
    const history = await classifier().fit(twice.x, twice.y, { validationSplit: 0.2 })
    expect(history.hints.map(({ code }) => code)).toEqual(['repeated-rows'])
    expect(history.hints[0]?.message).toMatch(
      /^\d{3} of the 400 validation rows \(\d+ %\) are among the training/,
    )
  })

  it('goes with the error of a training that diverged', async () => {
    const net = regression({ optimizer: sgd({ learningRate: 100 }) })
    const error: unknown = await net.fit(curve.x, curve.y).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(DivergenceError)
    expect((error as DivergenceError).hints).toMatchObject([{ code: 'learning-rate-too-large' }])
  })
})

describe('the looks', () => {
  const weightsAfter = async (hints: boolean) => {
    const net = classifier({ hiddenLayers: [32], dropout: 0.2, epochs: 2, threads: 1 })
    const history = await net.fit(digits.x, digits.y, { hints, ...validated })
    return { history, weights: net.weights().map(({ data }) => data) }
  }

  it('change no bit of the training', async () => {
    const [without, withHints] = [await weightsAfter(false), await weightsAfter(true)]
    expect(withHints.weights).toEqual(without.weights)
    expect(withHints.history.loss).toEqual(without.history.loss)
    expect(withHints.history.inspectionSeconds).toBeGreaterThan(0)
    expect(withHints.history.epochs[0].gradientNorm).toBeGreaterThan(0)
    const { inspectionSeconds, final, epochs } = without.history
    expect([inspectionSeconds, final, epochs[0]?.gradientNorm]).toEqual([0, undefined, undefined])
  })

  it('measure the gradient of the loss', async () => {
    const model = new Sequential([dense(1)])
    await model.compile({ loss: 'mse', optimizer: sgd({ learningRate: 1e-30 }), inputShape: [columns] })
    const [w, b] = model.weights().map(({ data }) => data)
    const { final, epochs } = await model.fit(curve.x, y, { epochs: 50, batchSize: 2000 })
    expect(final?.rows).toBe(256)
    const picked = Array.from({ length: 256 }, (_, i) => Math.floor((i * 2000) / 256))
    const gradient = new Float64Array(columns + 1)
    for (const row of picked) {
      const sample = x.subarray(row * columns, (row + 1) * columns)
      const error = sample.reduce((sum, value, c) => sum + value * w[c], b[0]) - Math.fround(y[row])
      sample.forEach((value, c) => (gradient[c] += (2 * error * value) / 256))
      gradient[columns] += (2 * error) / 256
    }
    const norm = Math.hypot(...gradient)
    expect(final!.gradientNorm / norm).toBeCloseTo(1, 5)
    expect(final!.layers).toHaveLength(1)
    expect(final!.layers[0].weightNorm / Math.hypot(...w)).toBeCloseTo(1, 5)
    // A look at a whole batch would cost as much as the epoch: it takes place in one of many.
    expect(epochs.map(({ gradientNorm }) => gradientNorm !== undefined)).toEqual(
      epochs.map((_, epoch) => epoch % 7 === 0),
    )
  })

  it('leave small fits alone', async () => {
    const net = classifier({ hiddenLayers: [8] })
    const few = { data: (digits.x.data as Uint8Array).subarray(0, 50 * 784), shape: [50, 784] }
    const { final, epochs } = await net.fit(few, digits.y.slice(0, 50), { epochs: 2 })
    expect([final, epochs[0]?.gradientNorm]).toEqual([undefined, undefined])
  })
})

describe('rules', () => {
  const result: EpochResult = {
    epoch: 1,
    loss: 1,
    learningRate: 1e-3,
    seconds: 1,
    samplesPerSecond: 1,
    threads: 1,
  }
  const layer = { layer: 'a', gradientNorm: 1, signal: 1, weightNorm: 1 }
  const facts = (losses: number[], more: Partial<Facts> = {}): Facts => {
    const epochs = losses.map((loss, i) => ({ ...result, epoch: i + 1, loss }))
    return {
      history: { epochs, loss: losses, validationLoss: [], stoppedBy: 'epochs' } as unknown as History,
      steps: 1000,
      unscaled: undefined,
      targetSize: undefined,
      baseline: 1,
      rise: 1,
      fresh: undefined,
      firstMove: 0.01,
      wholeMove: 1,
      symmetric: [],
      early: undefined,
      final: undefined,
      rarest: undefined,
      repeated: undefined,
      ...more,
    }
  }
  const found = (given: Facts) => hintsOf(given).map(({ code }) => code)

  it('tell of gradients that explode, where nothing is learnt', () => {
    const layers = [
      { ...layer, signal: 1e4 },
      { ...layer, layer: 'b' },
    ]
    const early = { rows: 64, gradientNorm: 1, layers, constant: false }
    expect(found(facts([0.9], { early }))).toEqual(['exploding-gradients'])
    expect(found(facts([0.1], { early }))).toEqual([])
  })

  it('tell of one prediction for all rows, where nothing else explains it', () => {
    const final = { rows: 256, gradientNorm: 1, layers: [layer], constant: true }
    expect(found(facts([0.98], { final }))).toEqual(['constant-prediction'])
    expect(found(facts([1], { final, symmetric: ['a'] }))).toEqual(['zero-initialization'])
  })

  it('let a training without an epoch be', () => {
    expect(found(facts([]))).toEqual([])
  })

  it('let rows repeat where they do so anyway', () => {
    expect(found(facts([0.1], { repeated: { repeated: 30, distinct: 90, rows: 100 } }))).toEqual([
      'repeated-rows',
    ])
    expect(found(facts([0.1], { repeated: { repeated: 30, distinct: 20, rows: 100 } }))).toEqual([])
    expect(found(facts([0.1], { repeated: { repeated: 1, distinct: 90, rows: 100 } }))).toEqual([])
  })
})

describe('rows in two sets', () => {
  const set = (
    values: number[],
    columns: number,
    type: typeof Uint8Array | typeof Float32Array = Uint8Array,
  ) => ({
    data: type.from(values),
    rows: values.length / columns,
    columns,
    sampleShape: [columns],
  })

  it('are counted, however long they are', () => {
    expect(repeatedRows(set([1, 2, 3, 4, 5, 6], 3), set([4, 5, 6, 4, 5, 6, 4, 5, 7], 3))).toEqual({
      repeated: 2,
      distinct: 2,
      rows: 3,
    })
    const long = Array.from({ length: 1000 }, (_, i) => i % 251)
    const other = long.map((value, i) => (i === 501 ? value + 1 : value))
    const twice = set([...long, ...other], 1000, Float32Array)
    expect(repeatedRows(set(long, 1000, Float32Array), twice).repeated).toBe(1)
    expect(repeatedRows(set(long, 1000), set([...other, ...long], 1000)).repeated).toBe(1)
    expect(repeatedRows(set(long, 1000), set(long, 500)).repeated).toBe(0)
  })
})

it('documents every code', async () => {
  const source = await readFile(new URL('../../src/models/hints.ts', import.meta.url), 'utf8')
  const named = new Set(source.match(/code: '[a-z-]+'/g)?.map((text) => text.slice(7, -1)))
  const listed = new Set(
    source
      .slice(source.indexOf('type HintCode'))
      .match(/\| '[a-z-]+'/g)
      ?.map((text) => text.slice(3, -1)),
  )
  expect(named).toEqual(listed)
})
