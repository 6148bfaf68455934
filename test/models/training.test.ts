import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { adam, dense, Sequential, sgd, type CompileOptions } from '../../src/index.js'
import type { LayerInput } from '../nn/reference.js'

interface Run {
  x: number[]
  y: number[]
  start: number[][]
  losses: number[]
  after: number[][]
}
const golden = JSON.parse(
  readFileSync(new URL('../golden/training.json', import.meta.url), 'utf8'),
) as Record<'classifier' | 'regression', Run>

const runs = ['strict', 'fast'].flatMap((numerics) =>
  [1, 2].map((threads) => ({ numerics, threads }) as CompileOptions),
)

async function train(
  run: Run,
  columns: number,
  layers: LayerInput[],
  y: { data: Float32Array; shape: number[] } | number[],
  options: CompileOptions,
) {
  const model = new Sequential(layers)
  await model.compile({ ...options, inputShape: [columns] })
  model.setWeights(model.weights().map(({ shape }, i) => ({ shape, data: Float32Array.from(run.start[i]) })))
  const x = { data: Float32Array.from(run.x), shape: [run.x.length / columns, columns] }
  const history = await model.fit(x, y, { epochs: run.losses.length, batchSize: 8, shuffle: false })
  history.loss.forEach((loss, epoch) => {
    expect(Math.abs(loss - run.losses[epoch]) / run.losses[epoch]).toBeLessThan(1e-5)
  })
  const largest = Math.max(...run.after.flat().map(Math.abs))
  model.weights().forEach(({ data }, i) => {
    const distance = Math.max(...data.map((value, j) => Math.abs(value - run.after[i][j])))
    expect(distance / largest).toBeLessThan(1e-5)
    const moved = Math.max(...data.map((value, j) => Math.abs(value - run.start[i][j])))
    expect(moved).toBeGreaterThan(1e-2)
  })
}

describe.each(runs)('a whole training run against PyTorch, $numerics, threads $threads', (options) => {
  it('of a classifier, 100 steps of Adam', async () => {
    const layers = [
      dense(16, { activation: 'relu' }),
      dense(12, { activation: 'tanh' }),
      dense(5, { activation: 'softmax' }),
    ]
    const { classifier } = golden
    expect(classifier.losses.at(-1)).toBeLessThan(classifier.losses[0] / 2)
    const optimizer = adam({ learningRate: 0.01 })
    await train(classifier, 20, layers, classifier.y, { ...options, loss: 'crossentropy', optimizer })
  })

  it('of a regression, 99 steps of SGD with Nesterov’s momentum and weight decay', async () => {
    const { regression } = golden
    expect(regression.losses.at(-1)).toBeLessThan(regression.losses[0] / 2)
    const optimizer = sgd({ learningRate: 0.02, momentum: 0.9, nesterov: true, weightDecay: 0.01 })
    const layers = [dense(10, { activation: 'tanh' }), dense(2)]
    const y = { data: Float32Array.from(regression.y), shape: [70, 2] }
    await train(regression, 6, layers, y, { ...options, loss: 'mse', optimizer })
  })
})
