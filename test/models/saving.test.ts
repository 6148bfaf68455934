import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  dense,
  dropout,
  flatten,
  LinearRegression,
  LogisticRegression,
  NeuralNetwork,
  NotFoundError,
  Sequential,
  sgd,
  type Samples,
  type Targets,
} from '../../src/index.js'
import { gaussian } from '../assembly/kernels.js'
import { randomLabels, randomRows } from '../nn/reference.js'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lanewise-saving-'))
})
afterAll(() => rm(directory, { recursive: true }))

const x = { data: gaussian(60 * 8, 1), shape: [60, 8] }
const pixels = { data: Uint8Array.from({ length: 60 * 8 }, (_, i) => (i * 37) % 256), shape: [60, 2, 4] }
const labels = randomLabels(60, 3)
const names = labels.map((label) => ['x', 'é "', '3'][label])
const yesNo = labels.map((label) => [Number(label > 0), Number(label === 1)])
const options = { epochs: 3, seed: 4, optimizer: sgd({ learningRate: 0.1 }) }
const hidden = { ...options, hiddenLayers: [9, 5], dropout: 0.1, l2: 0.001 }

interface Case {
  label: string
  make: () => NeuralNetwork
  samples: Samples
  y: Targets
}
const cases: Case[] = [
  { label: 'a classifier of numbers', make: () => new NeuralNetwork(hidden), samples: x, y: labels },
  {
    label: 'a classifier of names',
    make: () => new NeuralNetwork({ ...hidden, labelSmoothing: 0.1 }),
    samples: x,
    y: names,
  },
  { label: 'a classifier of pictures', make: () => new NeuralNetwork(hidden), samples: pixels, y: names },
  { label: 'a multi-label classifier', make: () => new NeuralNetwork(hidden), samples: x, y: yesNo },
  {
    label: 'a regression of two targets',
    make: () => new NeuralNetwork({ ...hidden, task: 'regression' }),
    samples: x,
    y: randomRows(60, 2, 3),
  },
  { label: 'a logistic regression', make: () => new LogisticRegression(options), samples: x, y: names },
  {
    label: 'a binary logistic regression',
    make: () => new LogisticRegression(options),
    samples: x,
    y: labels.map((v) => (v ? 'yes' : 'no')),
  },
  { label: 'a linear regression', make: () => new LinearRegression(options), samples: x, y: labels },
]

describe.each(['safetensors', 'txt'])('saved as %s and loaded', (extension) => {
  it.each(cases)('$label predicts the same bits and trains on', async ({ label, make, samples, y }) => {
    const path = join(directory, `${label}.${extension}`)
    const net = make()
    await net.fit(samples, y)
    await net.save(path)
    const again = await (net.constructor as typeof NeuralNetwork).load(path)
    expect(again).toBeInstanceOf(net.constructor)
    expect(again.weights()).toEqual(net.weights())
    expect(again.classes).toEqual(net.classes)
    expect(again.task).toBe(net.task)
    expect(await again.predict(samples)).toEqual(await net.predict(samples))
    if (net.task === 'classification') {
      expect((await again.predictProba(samples)).data).toEqual((await net.predictProba(samples)).data)
    }
    expect(await again.score(samples, y)).toBe(await net.score(samples, y))
    expect(again.state()).toEqual(net.state())
    // Written again it is the same file.
    const copy = join(directory, `copy of ${label}.${extension}`)
    await again.save(copy)
    expect((await (net.constructor as typeof NeuralNetwork).load(copy)).state()).toEqual(net.state())
    const before = (await again.evaluate(samples, y)).loss
    await again.partialFit(samples, y, { epochs: 5 })
    expect((await again.evaluate(samples, y)).loss).toBeLessThan(before)
  })

  it('a Sequential model predicts the same bits and trains on with the same steps', async () => {
    const path = join(directory, `sequential.${extension}`)
    const model = new Sequential([
      flatten(),
      dense(7, {
        activation: { name: 'elu', alpha: 0.5 },
        kernelRegularizer: { l1: 0.01 },
        trainable: false,
      }),
      dropout(0),
      dense(3, { activation: 'softmax', useBias: false, name: 'head' }),
    ])
    await model.compile({
      loss: { name: 'crossentropy', labelSmoothing: 0.05 },
      optimizer: sgd({ learningRate: 0.1 }),
      metrics: ['accuracy'],
      seed: 9,
      numerics: 'strict',
    })
    await model.fit(pixels, labels, { epochs: 2 })
    await model.save(path)
    const again = await Sequential.load(path)
    expect(again.state()).toEqual(model.state())
    expect(again.numerics).toBe('strict')
    expect((await again.predict(pixels)).data).toEqual((await model.predict(pixels)).data)
    expect(await again.evaluate(pixels, labels)).toEqual(await model.evaluate(pixels, labels))
    const into = [new Float32Array(3), new Float32Array(3)]
    again.predictSync(pixels.data.slice(8, 16), into[0])
    model.predictSync(pixels.data.slice(8, 16), into[1])
    expect(into[0]).toEqual(into[1])
    for (let step = 0; step < 3; step++) {
      expect(await again.trainOnBatch(pixels, labels)).toEqual(await model.trainOnBatch(pixels, labels))
    }
    expect(again.weights()).toEqual(model.weights())
    expect(again.weights()[0]).toEqual((await Sequential.load(path)).weights()[0])
  })
})

it('weights may stand in any order in the file', async () => {
  const model = new Sequential([dense(4), dense(2)])
  await model.compile({ loss: 'mse', inputShape: [3] })
  const state = model.state()
  const again = await Sequential.fromState({ ...state, weights: [...state.weights].reverse() })
  expect(again.weights()).toEqual(model.weights())
})

it('says that a file is not there', async () => {
  await expect(NeuralNetwork.load(join(directory, 'none.txt'))).rejects.toThrow(NotFoundError)
  await expect(Sequential.load(join(directory, 'none.txt'))).rejects.toThrow(NotFoundError)
})
