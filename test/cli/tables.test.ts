// Tables on the command line: words, missing values, columns by name, and splits of all rows.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { itWithData } from '../data/real.js'
import { lanewise, workplace, writeTinySet } from './command.js'

let cwd = ''
const kinds = ['flat', 'house', 'barn']
const lines = Array.from({ length: 150 }, (_, i) => {
  const size = 30 + ((i * 37) % 120)
  const kind = kinds[i % 3]
  const price = 1000 * size + (kind === 'house' ? 60000 : 0) + 100 * (i % 7)
  return [i % 10 === 4 ? '' : String(size), kind, String(i % 50), String(price)].join()
})
const header = 'size,kind,age,price'
const csv = (rows: readonly string[]) => `${[header, ...rows].join('\n')}\n`
const train = (...args: string[]) =>
  lanewise(cwd, [
    'train',
    '--dataset',
    './homes.csv',
    '--no-report',
    '--hidden',
    '16',
    '--out',
    'run',
    ...args,
  ])
const read = (path: string) => JSON.parse(readFileSync(join(cwd, path), 'utf8')) as Record<string, never>
interface Values {
  predictions: { value: number }[]
}
const predict = async (text: string) => {
  writeFileSync(join(cwd, 'new.csv'), text)
  const outcome = await lanewise(cwd, ['predict', 'run/model.safetensors', 'new.csv', '--json'])
  const { predictions = [] } = (outcome.code === 0 ? JSON.parse(outcome.stdout) : {}) as Partial<Values>
  return { ...outcome, values: predictions.map(({ value }) => value) }
}

beforeEach(() => {
  cwd = workplace()
  writeFileSync(join(cwd, 'homes.csv'), csv(lines))
})

describe('a table', () => {
  it('is scaled, encoded and imputed; figures are in the units of the target, settings in metrics.json', async () => {
    const { code, stderr } = await train(
      '--epochs',
      '60',
      '--lr',
      '0.01',
      '--indicator',
      '--scaling',
      'robust',
    )
    expect([code, stderr.includes('far from unit scale')]).toEqual([0, false])
    const { settings, test } = read('run/metrics.json') as unknown as {
      settings: Record<string, unknown>
      test: Record<string, number>
    }
    expect(settings['preprocessing']).toEqual({
      scaling: 'robust',
      encoding: 'one-hot',
      impute: 'median',
      indicator: true,
      unseen: 'error',
    })
    expect(settings['targetScaling']).toBe('standard')
    expect(test['rmse']).toBeGreaterThan(50)
    expect(test['r2']).toBeGreaterThan(0.7)
    const evaluated = await lanewise(cwd, [
      'evaluate',
      'run/params.txt',
      '--dataset',
      './homes.csv',
      '--json',
    ])
    expect((JSON.parse(evaluated.stdout) as { test: unknown }).test).toEqual(test)
  })

  it('is predicted by the names of its columns, wherever they stand', async () => {
    await train('--epochs', '5', '--validation', '0.2', '--unseen', 'ignore')
    const { values, stderr } = await predict('kind,note,size,age\nbarn,x,80,3\nhouse,y,,9\n')
    expect(values).toHaveLength(2)
    expect(stderr).toMatch(/left out: note/)
    expect((await predict('size;age;kind\n80;3;barn\n;9;house\n')).values).toEqual(values)
    expect((await predict('80,barn,3\n,house,9\n')).values).toEqual(values)
    expect((await predict('size,kind,age\n80,castle,3\n')).values).toHaveLength(1)
    const missing = await predict('size,age\n80,3\n')
    expect(missing.code).toBe(2)
    expect(missing.stderr).toMatch(/none named "kind"/)
    const nameless = await predict('80,3\n81,4\n')
    expect(nameless.stderr).toMatch(/the model takes size, kind, age/)
  })

  it('is solved by --model linear, and descended where that is asked for', async () => {
    const linear = (...args: string[]) =>
      lanewise(cwd, [
        'train',
        '--dataset',
        './homes.csv',
        '--model',
        'linear',
        '--no-report',
        '--json',
        ...args,
      ])
    const solved = JSON.parse((await linear()).stdout) as {
      settings: Record<string, unknown>
      epochs: number
    }
    expect([solved.settings['solver'], solved.settings['targetScaling'], solved.epochs]).toEqual([
      'qr',
      'none',
      1,
    ])
    const descended = JSON.parse((await linear('--epochs', '2')).stdout) as typeof solved
    expect([descended.settings['solver'], descended.epochs]).toEqual(['gradient', 2])
  })

  it('has options that do not do', async () => {
    const cases: [string[], RegExp][] = [
      [['--scaling', 'big'], /--scaling/],
      [['--impute', 'mode'], /--impute is median, mean, none or a number/],
      [['--impute', 'none'], /"size" holds no missing values/],
      [['--target', 'kind', '--target-scaling', 'standard'], /--target-scaling standard does not go with/],
      [['--split-ratio', '80'], /--split-ratio is two or three/],
      [['--split-ratio', '80:10:10', '--validation', '0.1'], /--validation does not go with --split-ratio/],
      [['--split-ratio', '80:20', '--test-rows', '0:3'], /--split-ratio does not go with --test-rows/],
    ]
    for (const [args, message] of cases) {
      const { code, stderr } = await train(...args)
      expect(stderr).toMatch(message)
      expect(code).toBe(2)
    }
  })
})

describe('--split-ratio', () => {
  it('splits all rows anew, by class, and evaluate finds the same test rows', async () => {
    writeTinySet(join(cwd, 'tiny'))
    const ratio = ['--dataset', './tiny', '--split-ratio', '60:20:20']
    const { code, stderr } = await lanewise(cwd, [
      ...[
        'train',
        ...ratio,
        '--hidden',
        '4',
        '--patience',
        '2',
        '--epochs',
        '3',
        '--seed',
        '5',
        '--no-report',
      ],
      ...['--out', 'split'],
    ])
    expect(stderr).toMatch(/val accuracy/)
    expect(code).toBe(0)
    const { validation, test } = read('split/metrics.json') as unknown as Record<
      string,
      { perClass: unknown[] }
    >
    expect(validation).toBeDefined()
    const evaluated = await lanewise(cwd, ['evaluate', 'split/params.txt', ...ratio, '--json'])
    expect((JSON.parse(evaluated.stdout) as { test: unknown }).test).toEqual(test)
  })
})

describe('California Housing', () => {
  const run = async (folder: string, ...args: string[]) => {
    const { stdout } = await lanewise(cwd, [
      ...['train', '--dataset', 'california-housing', '--data-dir', dirname(folder), '--no-report', '--json'],
      ...args,
    ])
    return (JSON.parse(stdout) as { test: { rmse: number; mse: number } }).test
  }

  itWithData('california-housing', 'is learned with default settings', async (folder) => {
    const { rmse, mse } = await run(folder)
    expect(rmse).toBeLessThan(0.52)
    expect(mse).toBeLessThan(0.27)
  })

  itWithData('california-housing', 'is solved as by ordinary least squares', async (folder) => {
    // scikit-learn's LinearRegression on the same rows: 0.70831.
    expect((await run(folder, '--model', 'linear')).rmse).toBeCloseTo(0.70831, 4)
  })
})
