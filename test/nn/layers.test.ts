import { describe, expect, it } from 'vitest'
import {
  activation,
  adam,
  ArgumentError,
  dense,
  dropout,
  flatten,
  glorotUniform,
  Layer,
  Sequential,
  sgd,
  ShapeError,
  StateError,
  zeros,
  type Graph,
  type Parameter,
  type Value,
  type WeightSpec,
} from '../../src/index.js'
import { gaussian } from '../assembly/kernels.js'
import {
  checkGradients,
  denseOf,
  expectClose,
  formulas,
  gradients,
  map,
  oneHot,
  randomLabels,
  randomModel,
  randomRows,
  rowLosses,
  softmaxOf,
  type GradientCase,
  type LayerInput,
  type Reference,
} from './reference.js'

const relu = formulas['relu']

/** Dense layers with ReLU between them, softmax at the end. */
function stack(sizes: readonly number[]): { layers: LayerInput[]; reference: Reference } {
  const units = sizes.slice(1)
  return {
    layers: units.map((n, i) => dense(n, { activation: i === units.length - 1 ? 'softmax' : 'relu' })),
    reference: (weights, x) => {
      let values = x
      for (let i = 0; i < units.length; i++) {
        values = denseOf(values, weights[2 * i], weights[2 * i + 1])
        values = i === units.length - 1 ? softmaxOf(values) : map(values, relu)
      }
      return values
    },
  }
}

/** y = x + tanh(x · a + b) · c: two ways from the input to the output. */
class Residual extends Layer {
  readonly type = 'residual'
  override weights([width]: readonly number[]): WeightSpec[] {
    const matrix = { shape: [width, width], initializer: glorotUniform() }
    return [
      { role: 'inner', ...matrix, penalty: { l1: 0.01, l2: 0 } },
      { role: 'bias', shape: [width], initializer: zeros() },
      { role: 'outer', ...matrix },
    ]
  }
  override apply(graph: Graph, x: Value, [inner, bias, outer]: readonly Parameter[]): Value {
    const hidden = graph.activation(graph.dense(x, inner, bias), 'tanh')
    return graph.add(x, graph.dense(hidden, outer))
  }
}
const residualOf: Reference = ([a, b, c], x) => {
  const inner = denseOf(map(denseOf(x, a, b), Math.tanh), c)
  return x.map((row, r) => row.map((value, i) => value + inner[r][i]))
}

/** relu(x) + relu(x) + gelu(x): one value used three times, one of them twice. */
class Reuse extends Layer {
  readonly type = 'reuse'
  override apply(graph: Graph, x: Value): Value {
    const y = graph.activation(x, 'relu')
    return graph.add(graph.add(y, graph.activation(x, 'gelu')), y)
  }
}

function classification(
  rows: number,
  columns: number,
  classes: number,
): Pick<GradientCase, 'x' | 'y' | 'target' | 'loss' | 'rowLoss'> {
  const y = randomLabels(rows, classes)
  return {
    x: randomRows(rows, columns, 4),
    y,
    target: oneHot(y, classes),
    loss: 'crossentropy',
    rowLoss: rowLosses.crossentropy(),
  }
}

function regression(
  rows: number,
  columns: number,
  outputs: number,
): Pick<GradientCase, 'x' | 'y' | 'target' | 'loss' | 'rowLoss'> {
  const target = randomRows(rows, outputs, 6)
  return { x: randomRows(rows, columns, 4), y: target, target, loss: 'mse', rowLoss: rowLosses.mse() }
}

describe.each(['strict', 'fast'] as const)('gradients, %s', (numerics) => {
  const sizes = [
    [5, 3],
    [17, 10],
    [5, 7, 3],
    [17, 33, 10],
    [5, 7, 6, 3],
    [17, 33, 18, 10],
  ]
  it.each(sizes.flatMap((size) => [1, 5].map((rows) => ({ size, rows }))))(
    'of dense layers $size, batch of $rows',
    async ({ size, rows }) => {
      await checkGradients({ numerics, ...classification(rows, size[0], size.at(-1)!), ...stack(size) })
    },
  )

  it('without biases', async () => {
    await checkGradients({
      numerics,
      ...regression(5, 7, 2),
      layers: [dense(9, { useBias: false, activation: 'relu' }), dense(2, { useBias: false })],
      reference: ([a, b], x) => denseOf(map(denseOf(x, a), relu), b),
    })
  })

  it('of a residual block', async () => {
    await checkGradients({
      numerics,
      ...regression(5, 7, 2),
      layers: [dense(18), new Residual(), dense(2)],
      reference: ([w1, b1, a, b, c, w2, b2], x) => denseOf(residualOf([a, b, c], denseOf(x, w1, b1)), w2, b2),
      penalty: (weights) => 0.01 * weights[2].reduce((sum, value) => sum + Math.abs(value), 0),
    })
  })

  it('of a residual block on the input, and at the output', async () => {
    await checkGradients({
      numerics,
      ...regression(5, 3, 3),
      layers: [new Residual(), new Residual()],
      reference: (weights, x) => residualOf(weights.slice(3), residualOf(weights, x)),
      penalty: (weights) =>
        0.01 *
        [weights[0], weights[3]]
          .flatMap((w) => Array.from(w))
          .reduce((sum, value) => sum + Math.abs(value), 0),
    })
  })

  it('of values that are used more than once', async () => {
    await checkGradients({
      numerics,
      ...regression(5, 7, 2),
      layers: [dense(18), new Reuse(), dense(2)],
      reference: ([w1, b1, w2, b2], x) =>
        denseOf(
          map(denseOf(x, w1, b1), (v) => 2 * relu(v) + formulas['gelu'](v)),
          w2,
          b2,
        ),
    })
  })

  it('of shaped samples behind flatten', async () => {
    await checkGradients({
      numerics,
      ...classification(5, 24, 3),
      shape: [2, 3, 4],
      layers: [flatten(), dense(7, { activation: 'relu' }), dense(3, { activation: 'softmax' })],
      reference: stack([24, 7, 3]).reference,
    })
  })

  it('with L1 and L2 penalties, on weights and not on biases', async () => {
    const kernelRegularizer = { l1: 0.02, l2: 0.03 }
    await checkGradients({
      numerics,
      ...regression(5, 7, 2),
      layers: [
        dense(18, { activation: 'tanh', kernelRegularizer }),
        dense(2, { kernelRegularizer: { l2: 0.1 } }),
      ],
      reference: ([w1, b1, w2, b2], x) => denseOf(map(denseOf(x, w1, b1), Math.tanh), w2, b2),
      penalty: ([w1, , w2]) =>
        w1.reduce((sum, v) => sum + 0.02 * Math.abs(v) + 0.03 * v * v, 0) +
        0.1 * w2.reduce((sum, v) => sum + v * v, 0),
    })
  })
})

describe.each([1, 3])('what an optimizer does to gradients, %i threads', (threads) => {
  const sizes = [17, 33, 5]
  const test = { numerics: 'strict', ...classification(5, 17, 5), ...stack(sizes) } as const
  const penalized = (): LayerInput[] => [
    dense(33, { activation: 'relu', kernelRegularizer: { l2: 0.05 } }),
    dense(5, { activation: 'softmax' }),
  ]
  const penalty = ([w]: Float64Array[]) => 0.05 * w.reduce((sum, v) => sum + v * v, 0)

  /** The change of each weight over the learning rate, and the reference's gradient without the options. */
  async function changes(optimizer: NonNullable<GradientCase['optimizer']>) {
    const learningRate = 256
    const layers = penalized()
    const { model, weights } = await randomModel(layers, {
      optimizer: sgd({ learningRate, ...optimizer }),
      loss: 'crossentropy',
      numerics: 'strict',
      threads,
      inputShape: [17],
    })
    await model.trainOnBatch(test.x, test.y)
    const { expected } = await gradients({ ...test, layers, penalty })
    const actual = model
      .weights()
      .map(({ data }, i) => Float64Array.from(data, (after, j) => (weights[i][j] - after) / learningRate))
    return { actual, expected, weights }
  }

  it('clips values', async () => {
    const clipValue = 0.02
    const { actual, expected } = await changes({ clipValue })
    const clipped = expected.map((g) => g.map((v) => Math.min(clipValue, Math.max(-clipValue, v))))
    expect(
      clipped.flatMap((g) => Array.from(g)).filter((v) => Math.abs(v) === clipValue).length,
    ).toBeGreaterThan(50)
    actual.forEach((g, i) => {
      expectClose(g, clipped[i], 1e-6)
    })
  })

  it('clips the norm of all together, to PyTorch’s formula', async () => {
    const { actual, expected } = await changes({ clipNorm: 0.1 })
    const norm = Math.sqrt(expected.flatMap((g) => Array.from(g)).reduce((sum, v) => sum + v * v, 0))
    expect(norm).toBeGreaterThan(0.3)
    actual.forEach((g, i) => {
      expectClose(
        g,
        expected[i].map((v) => (v * 0.1) / (norm + 1e-6)),
        1e-7,
      )
    })
  })

  it('leaves gradients below the norm alone, bit for bit', async () => {
    const plain = await changes({})
    const clipped = await changes({ clipNorm: 1e6 })
    expect(clipped.actual).toEqual(plain.actual)
  })

  it('decays all weights, after clipping', async () => {
    const { actual, expected, weights } = await changes({ weightDecay: 0.5, clipValue: 0.02 })
    actual.forEach((g, i) => {
      expectClose(
        g,
        expected[i].map((v, j) => Math.min(0.02, Math.max(-0.02, v)) + 0.5 * weights[i][j]),
        1e-6,
      )
    })
  })

  it('decays all weights, after clipping the norm', async () => {
    const { actual, expected, weights } = await changes({ weightDecay: 0.5, clipNorm: 0.1 })
    const norm = Math.sqrt(expected.flatMap((g) => Array.from(g)).reduce((sum, v) => sum + v * v, 0))
    actual.forEach((g, i) => {
      expectClose(
        g,
        expected[i].map((v, j) => (v * 0.1) / (norm + 1e-6) + 0.5 * weights[i][j]),
        1e-6,
      )
    })
  })
})

describe('frozen layers', () => {
  const { x, y } = classification(5, 7, 3)
  const layers = (frozen: number) =>
    [18, 6, 3].map((units, i) =>
      dense(units, {
        activation: i === 2 ? 'softmax' : 'relu',
        kernelRegularizer: { l2: 0.1 },
        trainable: i !== frozen,
      }),
    )

  it.each([0, 1, 2])(
    'leave layer %i as it is, bit for bit, and train the others as before',
    async (frozen) => {
      const options = {
        optimizer: adam({ weightDecay: 0.1 }),
        loss: 'crossentropy',
        inputShape: [7],
        threads: 1,
      }
      const { model } = await randomModel(layers(frozen), options)
      const { model: free } = await randomModel(layers(-1), options)
      const before = model.weights()
      await model.trainOnBatch(x, y)
      await free.trainOnBatch(x, y)
      model.weights().forEach(({ data }, i) => {
        // One step of the others does not yet hang on whether this one moves.
        const expected = Math.floor(i / 2) === frozen ? before[i].data : free.weights()[i].data
        expect(data).toEqual(expected)
        expect(free.weights()[i].data).not.toEqual(before[i].data)
      })
    },
  )

  it.each([0, 1, 2])('%i does not count in the global norm', async (frozen) => {
    const changesWith = async (clipNorm: number) => {
      const optimizer = sgd({ learningRate: 1, clipNorm })
      const { model } = await randomModel(layers(frozen), {
        optimizer,
        loss: 'crossentropy',
        inputShape: [7],
      })
      const before = model.weights()
      await model.trainOnBatch(x, y)
      return model.weights().map(({ data }, i) => data.map((value, j) => value - before[i].data[j]))
    }
    const whole = await changesWith(1e9)
    const norm = Math.sqrt(whole.flatMap((part) => Array.from(part)).reduce((sum, v) => sum + v * v, 0))
    const clipped = await changesWith(0.01)
    clipped.forEach((part, i) => {
      expectClose(
        part,
        whole[i].map((v) => (v * 0.01) / norm),
        1e-6,
      )
    })
  })
})

describe('dropout', () => {
  const rate = 0.5
  const rows = 5
  const units = 33

  /** The masks of each step, from what it does to weights of zero behind numbers that are all tanh(1). */
  async function masks(seed: number, steps: number): Promise<number[][][]> {
    const model = new Sequential([dense(units, { activation: 'tanh' }), dropout(rate), dense(rows)])
    const optimizer = sgd({ learningRate: 1 })
    await model.compile({ optimizer, loss: 'mse', seed, threads: 1, inputShape: [7] })
    const start = model.weights().map(({ name, shape, data }, i) => {
      return { name, shape, data: data.map(() => Number(i === 1)) }
    })
    const x = randomRows(rows, 7, 3)
    const target = oneHot([0, 1, 2, 3, 4], rows)
    const all: number[][][] = []
    for (let step = 0; step < steps; step++) {
      model.setWeights(start)
      await model.trainOnBatch(x, target)
      // dW[u, r] = mask[r, u] · h · dz[r, r], all other dz are zero.
      const change = model.weights()[2].data
      all.push(
        Array.from({ length: rows }, (_, r) =>
          Array.from({ length: units }, (_, u) => ((change[u * rows + r] / 2) * rows * rows) / Math.tanh(1)),
        ),
      )
    }
    return all
  }

  it.each(['strict', 'fast'] as const)('drops the same numbers on the way back, %s', async (numerics) => {
    const seed = 11
    const [mask] = await masks(seed, 1)
    const kept = mask.flat().filter((v) => v !== 0)
    expect(kept.length).toBeGreaterThan(50)
    expect(kept.length).toBeLessThan(115)
    expectClose(
      kept,
      kept.map(() => 1 / (1 - rate)),
      1e-5,
    )
    const exact = map(mask, (v) => (v === 0 ? 0 : 1 / (1 - rate)))
    await checkGradients({
      numerics,
      seed,
      ...regression(rows, 7, rows),
      layers: [dense(units, { activation: 'tanh' }), dropout(rate), dense(rows)],
      reference: ([w1, b1, w2, b2], x) => {
        const hidden = map(denseOf(x, w1, b1), Math.tanh)
        return denseOf(
          hidden.map((row, r) => row.map((v, u) => v * exact[r][u])),
          w2,
          b2,
        )
      },
    })
  })

  it('draws anew for each step, the same for a seed', async () => {
    const [first, second] = await masks(11, 2)
    expect(second).not.toEqual(first)
    expect(await masks(11, 2)).toEqual([first, second])
    expect(await masks(12, 1)).not.toEqual([first])
  })

  it('is the identity in prediction, evaluation and at rate 0', async () => {
    const x = randomRows(rows, 7, 3)
    const y = randomRows(rows, 2, 3)
    const options = { loss: 'mse', inputShape: [7] }
    const { model } = await randomModel([dense(units), dropout(rate), dense(2)], options)
    const { model: without } = await randomModel([dense(units), dropout(0), dense(2)], options)
    expect(await model.predict(x)).toEqual(await without.predict(x))
    expect(await model.evaluate(x, y)).toEqual(await without.evaluate(x, y))
  })
})

describe('layers', () => {
  it('have names by type and number', async () => {
    const model = new Sequential([dense(3), activation('relu'), dense(2, { name: 'head' }), dense(2)])
    await model.compile({ loss: 'mse', inputShape: [4] })
    expect(model.weights().map(({ name, shape }) => [name, shape])).toEqual([
      ['dense_1/weight', [4, 3]],
      ['dense_1/bias', [3]],
      ['head/weight', [3, 2]],
      ['head/bias', [2]],
      ['dense_3/weight', [2, 2]],
      ['dense_3/bias', [2]],
    ])
    expect(model.parameterCount).toBe(15 + 8 + 6)
  })

  it('start with weights of their initializers and biases of zero', async () => {
    const model = new Sequential([dense(300, { kernelInitializer: 'he-normal' }), dense(10)])
    await model.compile({ loss: 'mse', inputShape: [200], seed: 5 })
    const [he, bias, glorot] = model.weights().map(({ data }) => data)
    const deviation = Math.sqrt(he.reduce((sum, v) => sum + v * v, 0) / he.length)
    expect(Math.abs(deviation / Math.sqrt(2 / 200) - 1)).toBeLessThan(0.02)
    expect(bias.every((v) => v === 0)).toBe(true)
    const limit = Math.sqrt(6 / 310)
    const largest = Math.max(...glorot.map(Math.abs))
    expect(largest).toBeLessThanOrEqual(limit)
    expect(largest).toBeGreaterThan(0.98 * limit)
  })

  it.each<[string, () => unknown]>([
    ['the units of a dense layer is a positive integer', () => dense(0)],
    ['the units of a dense layer', () => dense(2.5)],
    ['the units of a dense layer', () => dense('8' as unknown as number)],
    ['a dropout rate is at least 0 and below 1', () => dropout(1)],
    ['a dropout rate', () => dropout(NaN)],
    ['a layer name is made of', () => dense(3, { name: 'a/b' })],
    ['l1 is a non-negative number', () => dense(3, { kernelRegularizer: { l1: -1 } })],
    ['l2 is a non-negative number', () => dense(3, { kernelRegularizer: { l2: NaN } })],
  ])('refuse bad options: %s', (message, make) => {
    expect(make).toThrow(ArgumentError)
    expect(make).toThrow(message)
  })

  it('refuse shapes that do not fit', async () => {
    const compile = (layers: LayerInput[], inputShape: number[]) =>
      new Sequential(layers).compile({ loss: 'mse', inputShape })
    await expect(compile([dense(3)], [4, 4])).rejects.toThrow(ShapeError)
    await expect(compile([dense(3)], [4, 4])).rejects.toThrow('put flatten() before it')
    await expect(compile([], [4])).rejects.toThrow(ArgumentError)
    await expect(compile([dense(3)], [0])).rejects.toThrow(ArgumentError)
    await expect(compile([dense(3, { name: 'a' }), dense(3, { name: 'a' })], [4])).rejects.toThrow('a twice')
  })

  it('refuse a weight that two products use', async () => {
    class Shared extends Layer {
      readonly type = 'shared'
      override weights([width]: readonly number[]): WeightSpec[] {
        return [{ role: 'weight', shape: [width, width], initializer: glorotUniform() }]
      }
      override apply(graph: Graph, x: Value, [weight]: readonly Parameter[]): Value {
        return graph.dense(graph.dense(x, weight), weight)
      }
    }
    const compile = new Sequential([new Shared()]).compile({ loss: 'mse', inputShape: [4] })
    await expect(compile).rejects.toThrow(StateError)
  })
})

it('flatten changes no number', async () => {
  const model = new Sequential([flatten()])
  await model.compile({ loss: 'mse', inputShape: [3, 7] })
  const data = gaussian(42, 1)
  expect((await model.predict({ data, shape: [2, 3, 7] })).data).toEqual(data)
})
