import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { NeuralNetwork, loadDataset, tune, type Search } from '../../src/index.js'
import { importanceOf } from '../../src/explore/importance.js'
import { localRunner } from '../../src/explore/runner.js'
import { samplerOf, type SamplerName } from '../../src/explore/samplers.js'
import {
  bestTrial,
  rungsOf,
  runSchedule,
  type ScheduleOptions,
  type Task,
} from '../../src/explore/schedule.js'
import { Source } from '../../src/explore/source.js'
import { readSpace, valueAt, type FieldSpace } from '../../src/explore/space.js'
import { workplace } from '../cli/command.js'
import { shuffled, timeless } from './runners.js'

const fields: Record<string, FieldSpace> = {
  optimizer: { choice: ['adam', 'momentum'] },
  lr: { logUniform: [1e-4, 1] },
  momentum: { uniform: [0, 0.9], when: { optimizer: 'momentum' } },
  hidden: { layers: [1, 3], units: { integer: [8, 64], step: 8, log: true } },
}
const space = readSpace(new Source('test', {}), fields)

/** A bowl whose bottom is at a rate of 0.01, a little deeper with adam; more epochs come nearer to it. */
function bowl({ assignment, epochs }: Task): number {
  const lr = Math.log10(assignment.get('lr')!) + 2
  return lr * lr + 0.1 * assignment.get('optimizer')! + 1 / epochs
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

function searchOf(name: SamplerName, run: ScheduleOptions['run'], extra: Partial<ScheduleOptions> = {}) {
  const sampler = samplerOf(name, space, 7)
  return runSchedule({ sampler, trials: 40, rungs: rungsOf(1, 3, 27), factor: 3, parallel: 4, run, ...extra })
}

it.each<SamplerName>(['tpe', 'random', 'grid'])(
  'a search by %s is the same whatever finishes first',
  async (name) => {
    const orders: number[][] = []
    const results = []
    for (const delay of [() => 0, (i: number) => (i * 7) % 5, (i: number) => 4 - (i % 5)]) {
      let count = 0
      const order: number[] = []
      results.push(
        await searchOf(name, async (task) => {
          await pause(delay(count++))
          order.push(task.trial)
          return bowl(task)
        }),
      )
      orders.push(order)
    }
    expect(results[1]).toEqual(results[0])
    expect(results[2]).toEqual(results[0])
    expect(results[0]).toHaveLength(40)
    expect(new Set(orders.map((order) => order.join())).size).toBeGreaterThan(1)
  },
)

it('halving trains few trials to the end, and always goes on with the best of a rung', async () => {
  const ran: Task[] = []
  const found = await searchOf('random', (task) => {
    ran.push(task)
    return Promise.resolve(bowl(task))
  })
  const reached = [1, 3, 9, 27].map((epochs) => found.filter((one) => one.epochs >= epochs).length)
  expect(reached[0]).toBe(40)
  expect(reached[1]).toBeGreaterThanOrEqual(13)
  expect(reached[1]).toBeLessThan(24)
  expect(reached[3]).toBeGreaterThanOrEqual(1)
  expect(reached[3]).toBeLessThan(6)
  // Each rung begins where the last one ended, once a trial.
  expect(new Set(ran.map(({ trial, rung }) => `${String(trial)}/${String(rung)}`)).size).toBe(ran.length)
  const best = bestTrial(found)!
  const smallest = Math.min(...found.filter(({ epochs }) => epochs === 27).map(({ loss }) => loss))
  expect(found[best]!.loss).toBe(smallest)
})

it('TPE tries more of what is good than random search, once it has something to go by', async () => {
  const meanLoss = async (name: SamplerName) => {
    let sum = 0
    for (let seed = 1; seed <= 8; seed++) {
      const sampler = samplerOf(name, space, seed)
      const run = (task: Task) => Promise.resolve(bowl(task))
      const found = await runSchedule({ sampler, trials: 40, rungs: [1], factor: 3, parallel: 1, run })
      sum += found.slice(20).reduce((all, { loss }) => all + loss - 1, 0) / 20
    }
    return sum / 8
  }
  const [tpe, random] = [await meanLoss('tpe'), await meanLoss('random')]
  expect(tpe).toBeLessThan(random / 2)
})

it('draws within the space: conditions, layers, steps, logarithms', () => {
  const sampler = samplerOf('random', space, 3)
  const drawn = Array.from({ length: 300 }, (_, trial) => space.settings(sampler.next(trial, [])!))
  for (const { optimizer, momentum, hidden, lr } of drawn) {
    expect(momentum === undefined).toBe(optimizer === 'adam')
    expect(lr! >= 1e-4 && lr! <= 1).toBe(true)
    expect(hidden!.length >= 1 && hidden!.length <= 3).toBe(true)
    expect(hidden!.every((units) => units % 8 === 0 && units >= 8 && units <= 64)).toBe(true)
  }
  expect(new Set(drawn.map(({ hidden }) => hidden!.length))).toEqual(new Set([1, 2, 3]))
  expect(drawn.filter(({ lr }) => lr! < 0.01).length / 300).toBeCloseTo(0.5, 0)
  const lr = space.parameters.find(({ name }) => name === 'lr')!
  expect(valueAt(lr, 0.5)).toBeCloseTo(0.01, 12)
  const grid = samplerOf(
    'grid',
    readSpace(new Source('test', {}), { lr: { uniform: [0, 1], points: 3 }, l2: { choice: [0, 1] } }),
    1,
  )
  const all = Array.from({ length: 7 }, () => grid.next(0, []))
  expect(all.map((one) => one && [...one.values()])).toEqual([
    [0, 0],
    [0, 1],
    [0.5, 0],
    [0.5, 1],
    [1, 0],
    [1, 1],
    undefined,
  ])
})

it('tells which parameter matters', async () => {
  const found = await searchOf('random', (task) => Promise.resolve(bowl(task)), { trials: 80, rungs: [1] })
  const [first, ...others] = importanceOf(space, found)
  expect(first!.parameter).toBe('lr')
  expect(first!.share).toBeGreaterThan(0.5)
  expect(others.every(({ share }) => share < 0.2)).toBe(true)
})

const search: Search = {
  version: 1,
  name: 'tiny',
  data: { dataset: 'digits', limit: 200, testRows: '0:300' },
  budget: { epochs: 4 },
  trials: 7,
  halving: { minEpochs: 1, factor: 2 },
  training: { batchSize: 32 },
  space: {
    lr: { logUniform: [1e-3, 1e-1] },
    hidden: { layers: [1, 2], units: { choice: [8, 16] } },
    dropout: { choice: [0, 0.2] },
  },
}

it('gives the same result however it runs: in one go, anew at each rung, and after an interruption', async () => {
  const anew = await tune(search, { runner: localRunner({ threads: 1 }) })
  expect(anew.trials).toHaveLength(7)
  expect(anew.trials.some(({ rungs }) => rungs.length === 3)).toBe(true)
  expect(anew.trials.some(({ rungs }) => rungs.length === 1)).toBe(true)
  const out = workplace()
  const stopping = shuffled(3, (_, count) => {
    if (count > 6) throw new Error('the power fails')
  })
  await expect(tune(search, { out, runner: stopping })).rejects.toThrow('the power fails')
  expect(readdirSync(join(out, 'trials')).some((name) => !name.endsWith('.json'))).toBe(true)
  let found = 0
  const again = await tune(search, {
    out,
    runner: shuffled(2),
    onTrial: (one) => (found += Number(one.found)),
  })
  expect(found).toBeGreaterThan(2)
  expect(timeless(again)).toEqual(timeless(anew))
  expect(timeless(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as object)).toEqual(
    timeless(anew),
  )
  expect(readdirSync(join(out, 'trials')).every((name) => name.endsWith('.json'))).toBe(true)
  expect(existsSync(join(out, 'results.csv'))).toBe(true)
  const { test } = await loadDataset('digits')
  const net = await NeuralNetwork.load(join(out, 'model.safetensors'))
  const rows = { data: test.x.data.subarray(0, 300 * 784), shape: [300, 784] }
  expect(await net.score(rows, Array.from(test.y.subarray(0, 300)))).toBe(
    again.best!.refit.figures!['accuracy'],
  )
}, 240_000)

it('measures by folds', async () => {
  const { data, training, space } = search
  const { trials, best } = await tune(
    {
      version: 1,
      data,
      training: training!,
      space,
      folds: 3,
      trials: 2,
      sampler: 'random',
      budget: { epochs: 1 },
    },
    { runner: localRunner({ threads: 1 }) },
  )
  expect(trials).toHaveLength(2)
  expect(best!.value).toBe(Math.max(...trials.map(({ value }) => value!)))
}, 240_000)

it.each<[string, RegExp]>([
  [
    '  lr: { logUniform: [0.1, 0.001] }',
    /s\.yaml:5: space\.lr\.logUniform: is \[low, high\] with low below high; received \[0\.1,0\.001\]$/,
  ],
  [
    '  lr: { loguniform: [0.1, 1] }',
    /s\.yaml:5: space\.lr: has one of uniform, logUniform, integer, choice, layers; received .*; write logUniform$/,
  ],
  ['  lr: { uniform: [-1, 1] }', /s\.yaml:5: space\.lr: is a number above 0; received -1$/],
  ['  activation: { choice: [relu, rleu] }', /s\.yaml:5: space\.activation: .*; received rleu/],
  [
    '  momentum: { uniform: [0, 0.5], when: { optimizer: sgd } }',
    /s\.yaml:5: space\.momentum\.when\.optimizer: names a choice that comes before it/,
  ],
  ['  units: { choice: [1] }', /s\.yaml:5: space\.units: is one of model, hidden/],
])('tells an error of the file in one line: %s', async (line, message) => {
  const file = join(workplace(), 's.yaml')
  writeFileSync(
    file,
    `version: 1\ndata: { dataset: digits, limit: 100 }\nbudget: { epochs: 1 }\nspace:\n${line}\n`,
  )
  await expect(tune(file)).rejects.toThrow(message)
})
