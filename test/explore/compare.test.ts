import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compare, type Adam, type Comparison, type Experiment } from '../../src/index.js'
import { rank } from '../../src/explore/ranking.js'
import { modelOf } from '../../src/explore/trial-model.js'
import { localRunner } from '../../src/explore/runner.js'
import { lanewise, workplace } from '../cli/command.js'
import { shuffled, timeless } from './runners.js'

const experiment: Experiment = {
  version: 1,
  name: 'tiny',
  data: { dataset: 'digits', limit: 200, testRows: '0:300' },
  budget: { epochs: 2 },
  seeds: [1, 2],
  architectures: [
    { name: 'logistic', model: 'logistic' },
    { hidden: [16], activation: 'tanh', dropout: 0.1 },
    {
      layers: [
        { type: 'dense', units: 12, activation: 'relu' },
        { type: 'dense', units: 10 },
      ],
    },
  ],
}

const optimizerConfig = ({ options }: ReturnType<typeof modelOf>) => (options.optimizer as Adam).config()

it('gives the same result whatever runs first, and after an interruption', async () => {
  const out = workplace()
  const whole = await compare(experiment, { runner: localRunner({ threads: 1 }) })
  expect(whole.ranking.map(({ name }) => name).sort()).toEqual([
    '2 layers',
    'logistic',
    'mlp 16 tanh, dropout 0.1',
  ])
  expect(
    whole.ranking.every(({ values }) => values.length === 2 && values.every((value) => value! > 0.1)),
  ).toBe(true)
  const stopping = shuffled(3, (_, count) => {
    if (count > 4) throw new Error('the power fails')
  })
  await expect(compare(experiment, { out, runner: stopping })).rejects.toThrow('the power fails')
  const kept = readdirSync(join(out, 'trials')).length
  expect(kept).toBeGreaterThan(0)
  expect(kept).toBeLessThan(6)
  let found = 0
  const again = await compare(experiment, {
    out,
    runner: shuffled(2),
    onTrial: (trial) => (found += Number(trial.found)),
  })
  expect(found).toBe(kept)
  expect(timeless(again)).toEqual(timeless(whole))
  expect(timeless(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')) as Comparison)).toEqual(
    timeless(whole),
  )
  expect(readFileSync(join(out, 'results.csv'), 'utf8').split('\n')).toHaveLength(8)
}, 240_000)

it('takes what the data set recommends where the settings say nothing, as train does', () => {
  const usual = {
    optimizer: 'adam',
    lr: 0.003,
    schedule: 'cosine',
    hidden: [12, 6],
    activation: 'gelu',
    dropout: 0.3,
    scaling: 'quantile',
    batchSize: 32,
  } as const
  const context = { dataset: 'homes', task: 'regression', sampleShape: [3], isTable: true, usual } as const
  const scheduled = { learningRate: { type: 'cosine', learningRate: 0.003 } }
  const shared = { batchSize: 32, preprocessing: { scaling: 'quantile' }, targetScaling: 'standard' }
  expect(modelOf({}, context).options).toMatchObject({
    ...shared,
    hiddenLayers: [12, 6],
    activation: 'gelu',
    dropout: 0.3,
  })
  expect(optimizerConfig(modelOf({}, context))).toMatchObject(scheduled)
  const own = { hidden: [4], dropout: 0, optimizer: 'adamw', preprocessing: { scaling: 'robust' as const } }
  const { options } = modelOf(own, context)
  expect(options).toMatchObject({ batchSize: 32, hiddenLayers: [4], activation: 'gelu', dropout: 0 })
  expect(options.preprocessing).toEqual({ scaling: 'robust' })
  expect(optimizerConfig(modelOf(own, context))).toMatchObject({ learningRate: 0.001 })
  const linear = modelOf({ model: 'linear' }, context).options
  expect(linear.preprocessing).toEqual({ scaling: 'standard' })
  expect(linear.batchSize).toBeUndefined()
  expect(modelOf({}, { ...context, isTable: false }).options.preprocessing).toBeUndefined()
})

it('ranks by the mean over seeds, tells real differences, and puts what diverged last', () => {
  const trial = (value: number | undefined) => ({
    id: '',
    status: value === undefined ? ('diverged' as const) : ('done' as const),
    task: 'classification' as const,
    parameters: 10,
    epochs: 1,
    history: [],
    ...(value === undefined ? {} : { figures: { accuracy: value } }),
    timing: { trainSeconds: 1, samplesPerSecond: 1, epochSeconds: [1] },
  })
  const names = ['near', 'best', 'far', 'wild']
  const values = [
    [0.9, 0.92, 0.93],
    [0.93, 0.92, 0.94],
    [0.5, 0.51, 0.52],
    [0.99, undefined, 0.99],
  ]
  const ranked = rank(
    names.map((name) => ({ name, settings: {}, place: [] })),
    values.map((row) => row.map(trial)),
    'accuracy',
  )
  expect(ranked.map(({ name }) => name)).toEqual(['best', 'near', 'far', 'wild'])
  const [best, near, far] = ranked
  expect(best!.pValue).toBeUndefined()
  // scipy.stats.ttest_rel([.93, .92, .94], [.9, .92, .93]).pvalue; with the third 0.000188911
  expect(near!.pValue).toBeCloseTo(0.2697032566597796, 12)
  expect(near!.differs).toBe(false)
  expect(far!.differs).toBe(true)
  expect(far!.adjustedPValue).toBeCloseTo(3 * far!.pValue!, 12)
  expect(best!.low).toBeCloseTo(0.93 - 4.302653 * (0.01 / Math.sqrt(3)), 6)
})

it.each<[string, string, RegExp]>([
  [
    'version: 1\ndata:\n  dataset: digits\nbudget: { epochs: 1 }\narchitectures:\n  - hidden: [0]\n',
    'hidden',
    /file\.yaml:6: architectures\[0\]\.hidden\[0\]: is an integer of at least 1.*; received 0$/,
  ],
  [
    'version: 1\ndata: { dataset: digits }\nbudget: { epochs: 1 }\narchitectures:\n  - hiden: [3]\n',
    'key',
    /file\.yaml:5: architectures\[0\]\.hiden: is one of .*; received the key "hiden"; write hidden$/,
  ],
  [
    'version: 1\ndata: { dataset: digits }\nbudget: { epochs: 0.5 }\narchitectures:\n  - {}\n',
    'epochs',
    /file\.yaml:3: budget\.epochs: is an integer of at least 1; received 0\.5$/,
  ],
  [
    'version: 1\ndata: { dataset: digits }\nbudget: { epochs: 1 }\n',
    'none',
    /file\.yaml:1: has one of architectures, grid; received/,
  ],
  [
    'version: 1\ndata: { dataset: digits\nbudget: 3\n',
    'syntax',
    /file\.yaml:\d+: the file is JSON or YAML; received at column \d+: /,
  ],
  [
    'version: 1\ndata: { dataset: digits }\nbudget: { epochs: 1 }\narchitectures:\n  - hidden: [8]\n  - hidden: [8]\n    optimizer: adm\n',
    'optimizer',
    /file\.yaml:7: architectures\[1\]\.optimizer: .*adam.*; received "adm"/,
  ],
  [
    'version: 1\ndata: { dataset: digits }\nbudget: { epochs: 1 }\ngrid:\n  lr: [0.1, fast]\n',
    'grid',
    /file\.yaml:5: grid\.lr\[1\]: is a number above 0; received "fast"$/,
  ],
  [
    'version: 1\ndata:\n  dataset: nosuch\nbudget: { epochs: 1 }\narchitectures: [{ hidden: [8] }]\n',
    'data set',
    /file\.yaml:3: data\.dataset: a data set is one of mnist, .*; received "nosuch"/,
  ],
  [
    'version: 1\ndata:\n  dataset: digits\n  trainRows: 5:999999\nbudget: { epochs: 1 }\narchitectures: [{ hidden: [8] }]\n',
    'rows',
    /file\.yaml:4: data\.trainRows: lies within the \d+ rows of its part; received 5:999999/,
  ],
  ['{\n "version": 2 }', 'version', /file\.yaml:2: version: is 1; received 2$/],
])('tells an error of the file in one line: %#', async (text, _, message) => {
  const folder = workplace()
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(folder, 'file.yaml'), text)
  await expect(compare(join(folder, 'file.yaml'))).rejects.toThrow(message)
})

it('runs from the command line, in processes, and goes on when killed', async () => {
  const folder = workplace()
  const { writeFileSync } = await import('node:fs')
  writeFileSync(join(folder, 'tiny.json'), JSON.stringify({ ...experiment, seeds: [1, 2] }))
  const killed = await lanewise(folder, ['compare', 'tiny.json', '--jobs', '2'], (stderr, child) => {
    if (stderr.includes('[2/6]')) child.kill('SIGKILL')
  })
  expect(killed.code).toBe(null)
  const refused = await lanewise(folder, ['compare', 'tiny.json', '--out', 'runs/tiny'])
  expect(refused.code).toBe(2)
  const { code, stdout, stderr } = await lanewise(folder, [
    'compare',
    'tiny.json',
    '--resume',
    '--json',
    '--jobs',
    '1',
  ])
  expect({ code, stderr: stderr.includes('(from before)') }).toEqual({ code: 0, stderr: true })
  expect((JSON.parse(stdout) as { ranking: unknown[] }).ranking).toHaveLength(3)
  const read = (name: string) =>
    JSON.parse(readFileSync(join(folder, 'runs', name, 'results.json'), 'utf8')) as Comparison
  const resumed = timeless(read('tiny'))
  const report = await lanewise(folder, ['report', 'runs/tiny', '--json'])
  const { kind, files } = JSON.parse(report.stdout) as { kind: string; files: string[] }
  expect(kind).toBe('comparison')
  expect(files).toEqual([
    'performance/curves.png',
    'performance/metric_vs_parameters.png',
    'performance/metric_vs_time.png',
    'report.html',
    'report.md',
  ])
  expect(readFileSync(join(folder, 'runs/tiny/report.html'), 'utf8')).toContain('mlp 16 tanh, dropout 0.1')
  // A slip in the file costs no results, and leaves nothing behind.
  writeFileSync(join(folder, 'slip.json'), JSON.stringify({ ...experiment, data: { dataset: 'digit' } }))
  const slip = (...args: string[]) => lanewise(folder, ['compare', 'slip.json', '--out', ...args])
  expect((await slip('runs/tiny', '--overwrite')).stderr).toMatch(
    /^lanewise: slip\.json:1: data\.dataset: .*\n$/,
  )
  expect(timeless(read('tiny'))).toEqual(resumed)
  expect((await slip('fresh')).code).toBe(2)
  expect(existsSync(join(folder, 'fresh'))).toBe(false)
  rmSync(join(folder, 'runs'), { recursive: true })
  expect((await lanewise(folder, ['compare', 'tiny.json', '--jobs', '3', '--quiet'])).code).toBe(0)
  expect(timeless(read('tiny'))).toEqual(resumed)
}, 240_000)
