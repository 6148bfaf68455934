// evaluate and predict: what is done with a saved model.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encode } from 'fast-png'
import { beforeEach, describe, expect, it } from 'vitest'
import { figuresOf } from '../../src/cli/scores.js'
import { dense, LinearRegression, Sequential } from '../../src/index.js'
import { idxBytes } from '../data/idx-bytes.js'
import { lanewise, side, tinyPart, workplace, writeTinySet, type Outcome } from './command.js'

let cwd = ''
const run = (...args: string[]) => lanewise(cwd, args)
const json = <T>({ code, stdout, stderr }: Outcome): T => {
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as T
}
interface Predictions {
  predictions: { label: number; probabilities: Record<string, number> }[]
}

beforeEach(async () => {
  cwd = workplace()
  writeTinySet(join(cwd, 'tiny'))
  const args = [
    'train',
    '--no-report',
    '--dataset',
    './tiny',
    '--model',
    'mlp',
    '--lr',
    '0.02',
    '--label-smoothing',
    '0.1',
    '--quiet',
  ]
  expect(await run(...args, '--out', 'run')).toMatchObject({ code: 0 })
})

describe('evaluate', () => {
  it('gives the very test figures of the run, from either file', async () => {
    const { test } = JSON.parse(readFileSync(join(cwd, 'run/metrics.json'), 'utf8')) as {
      test: { accuracy: number }
    }
    expect(test.accuracy).toBeGreaterThan(0.9)
    for (const file of ['model.safetensors', 'params.txt']) {
      const outcome = await run('evaluate', join('run', file), '--dataset', './tiny', '--json')
      expect(json(outcome)).toEqual({ dataset: 'tiny', task: 'classification', rows: 60, test })
    }
  })

  it('takes the rows that it is told, and prints for people', async () => {
    const { code, stdout } = await run(
      'evaluate',
      'run/params.txt',
      '--dataset',
      './tiny',
      '--test-rows',
      '50:',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^test accuracy [01]\.\d{4} {2}\(loss .*F1 .*\)\nclass .*F1 +rows\n[^]*balanced accuracy [01]\.\d{4}, [^]*\n10 rows of tiny\n$/,
    )
  })

  it('refuses damaged models, and data that do not fit', async () => {
    const bytes = readFileSync(join(cwd, 'run/model.safetensors'))
    writeFileSync(join(cwd, 'cut.safetensors'), bytes.subarray(0, bytes.length - 8))
    const text = readFileSync(join(cwd, 'run/params.txt'), 'utf8')
    writeFileSync(join(cwd, 'changed.txt'), text.replace('"units": 128', '"units": 127'))
    writeTinySet(join(cwd, 'four'), 4)
    const cases: [string[], RegExp][] = [
      [['cut.safetensors', '--dataset', './tiny'], /cut\.safetensors: /],
      [['changed.txt', '--dataset', './tiny'], /changed\.txt: dense_1\/weight has shape \[16, 127\]/],
      [['none.txt', '--dataset', './tiny'], /the model file is there; received .*none\.txt/],
      [
        ['run/params.txt', '--dataset', './four'],
        /one of the model's 3 classes \(0, 1, 2\); received 3 in row 3/,
      ],
      [['run/params.txt', '--dataset', 'digits'], /takes samples of 16 numbers; received samples of 784 in/],
      [['run/params.txt'], /required option '--dataset/],
    ]
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await run('evaluate', ...args)
      expect(stderr).toMatch(message)
      expect([code, stdout, stderr.split('\n').length]).toEqual([2, '', 2])
    }
  })
})

describe('summary', () => {
  it('prints layers, weights and arithmetic, or gives them as JSON', async () => {
    const shown = await lanewise(cwd, ['summary', 'run/model.safetensors'])
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(
      /^classification of 3 classes\nlayer +kind +output +parameters +operations\n-+\ninput/,
    )
    expect(shown.stdout).toMatch(
      /\nparameters {2}[\d,]+\noperations {2}0\.\d+ MFLOP a sample, .*\nmemory .*\n$/,
    )
    const { code, stdout } = await lanewise(cwd, ['summary', 'run/params.txt', '--json'])
    expect(code).toBe(0)
    const { layers, ...rest } = JSON.parse(stdout) as { layers: { parameters: number }[]; parameters: number }
    expect(rest).toMatchObject({
      model: 'run/params.txt',
      task: 'classification',
      classes: [0, 1, 2],
      inputShape: [16],
    })
    expect(layers.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(rest.parameters)
  })

  it('tells of a file that is not there, or no model', async () => {
    writeFileSync(join(cwd, 'other.txt'), 'nothing')
    for (const [path, message] of [
      ['none.txt', /none\.txt/],
      ['other.txt', /other\.txt/],
    ] as const) {
      const { code, stdout, stderr } = await lanewise(cwd, ['summary', path])
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(message)
    }
  })
})

describe('predict', () => {
  const { labels, pixels } = tinyPart(6, 3, 9)

  it('reads pictures, CSV, NPY and IDX alike', async () => {
    const rows = [0, 1, 2, 3, 4, 5].map((r) => [...pixels.subarray(r * 16, r * 16 + 16)])
    writeFileSync(join(cwd, 'rows.csv'), rows.map((row) => row.join(',')).join('\n'))
    writeFileSync(join(cwd, 'rows.idx'), idxBytes(8, [6, side, side], pixels))
    const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (6, 16), }".padEnd(117) + '\n'
    const magic = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0)
    writeFileSync(join(cwd, 'rows.npy'), Buffer.concat([magic, Buffer.from(header), pixels]))
    const png = encode({ width: side, height: side, data: pixels.slice(16, 32), channels: 1, depth: 8 })
    writeFileSync(join(cwd, 'one.png'), png)

    const predict = async (input: string) => {
      return json<Predictions>(await run('predict', 'run/model.safetensors', input, '--json')).predictions
    }
    const all = await predict('rows.idx')
    expect(all.map(({ label }) => label)).toEqual([...labels])
    for (const { label, probabilities } of all) {
      expect(Object.keys(probabilities)).toEqual(['0', '1', '2'])
      const values = Object.values(probabilities)
      expect(values.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5)
      expect(probabilities[label]).toBe(Math.max(...values))
    }
    expect(await predict('rows.npy')).toEqual(all)
    expect(await predict('rows.csv')).toEqual(all)
    expect(await predict('one.png')).toEqual([all[1]])

    const { code, stdout } = await run('predict', 'run/params.txt', 'rows.csv')
    const lines = stdout.trimEnd().split('\n')
    expect([code, lines.length]).toEqual([0, 6])
    expect(lines[2]).toMatch(/^2 {2}\(2 [01]\.\d{4}, [01] 0\.\d{4}, [01] 0\.\d{4}\)$/)
  })

  it('refuses input of another shape, and input that is not there', async () => {
    writeFileSync(join(cwd, 'rows.csv'), '1,2,3\n')
    expect(await run('predict', 'run/params.txt', 'rows.csv')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^lanewise: .*16 inputs; received 3 in line 1.*\n$/) as string,
    })
    expect(await run('predict', 'run/params.txt', 'none.csv')).toMatchObject({ code: 2 })
    expect(await run('predict', 'run/params.txt')).toMatchObject({ code: 2 })
  })

  it('gives the values of a regression', async () => {
    const x = { data: Float32Array.from({ length: 80 }, (_, i) => ((i * 7) % 11) / 11), shape: [40, 2] }
    const y = Array.from({ length: 40 }, (_, r) => 3 * x.data[2 * r] - x.data[2 * r + 1] + 1)
    const net = new LinearRegression({
      epochs: 100,
      batchSize: 8,
      optimizer: { type: 'adam', learningRate: 0.05 },
    })
    await net.fit(x, y)
    await net.save(join(cwd, 'line.safetensors'))
    writeFileSync(join(cwd, 'rows.csv'), 'a,b\n0.5,0.25\n1,0\n')
    const expected = (await net.predict([
      [0.5, 0.25],
      [1, 0],
    ])) as number[]
    expect(json(await run('predict', 'line.safetensors', 'rows.csv', '--json'))).toEqual({
      predictions: expected.map((value) => ({ value })),
    })
    expect((await run('predict', 'line.safetensors', 'rows.csv')).stdout).toBe(`${expected.join('\n')}\n`)

    const figures = await figuresOf(net, { x, y })
    expect(Object.keys(figures).slice(0, 5)).toEqual(['loss', 'mse', 'rmse', 'mae', 'r2'])
    expect(Object.values(figures).every(Number.isFinite)).toBe(true)
    expect(figures).toMatchObject({ mse: expect.closeTo(figures.loss, 6) as number })
    expect((figures as { r2: number }).r2).toBeGreaterThan(0.99)
    const wrong = await run('evaluate', 'line.safetensors', '--dataset', './tiny')
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/a model for regression is evaluated/) as string,
    })
  })

  it('numbers the classes of a Sequential model, and makes probabilities of its logits', async () => {
    const model = new Sequential([dense(3)])
    await model.compile({ loss: 'crossentropy', inputShape: [2] })
    model.setWeights([
      { shape: [2, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0) },
      { shape: [3], data: new Float32Array(3) },
    ])
    await model.save(join(cwd, 'logits.txt'))
    writeFileSync(join(cwd, 'rows.csv'), '0,2\n')
    const { predictions } = json<Predictions>(await run('predict', 'logits.txt', 'rows.csv', '--json'))
    const sum = 2 + Math.exp(2)
    expect(predictions[0].label).toBe(1)
    expect(predictions[0].probabilities['0']).toBeCloseTo(1 / sum, 6)
    expect(predictions[0].probabilities['1']).toBeCloseTo(Math.exp(2) / sum, 6)
  })
})
