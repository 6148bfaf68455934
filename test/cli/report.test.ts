import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { CourseRecorder } from '../../src/cli/run-recorder.js'
import { repeatingCommand } from '../../src/cli/run-command.js'
import type { FitContext } from '../../src/models/callbacks.js'
import type { RunRecord } from '../../src/report/index.js'
import { inspectPng } from '../report/png.js'
import { lanewise, workplace, writeTinySet } from './command.js'

let cwd = ''
const read = (path: string) => readFileSync(join(cwd, path), 'utf8')

beforeEach(() => {
  cwd = workplace()
})

describe('lanewise train and report', () => {
  it('leave the report of a run, and build the same one from its directory alone', async () => {
    writeTinySet(join(cwd, 'tiny'))
    const args = ['--hidden', '8', '--epochs', '3', '--validation', '0.1', '--dropout', '0.1', '--out', 'run']
    const trained = await lanewise(cwd, ['train', '--dataset', './tiny', '--batch-size', '16', ...args])
    expect(trained.code, trained.stderr).toBe(0)
    expect(trained.stdout).toContain('run/report.html')
    const files = readdirSync(join(cwd, 'run')).sort()
    expect(files).toEqual([
      'history.csv',
      'metrics.json',
      'model.safetensors',
      'params.txt',
      'performance',
      'predictions.csv',
      'report.html',
      'report.json',
      'report.md',
    ])
    const pictures = readdirSync(join(cwd, 'run/performance')).sort()
    expect(pictures).toEqual(
      expect.arrayContaining(['accuracy_plot.png', 'confusion_matrix.png', 'loss_curve.png']),
    )
    for (const name of pictures) {
      const { colors, inked } = inspectPng(readFileSync(join(cwd, 'run/performance', name)))
      expect([name, colors > 8, inked > 0.01]).toEqual([name, true, true])
    }

    const record = JSON.parse(read('run/report.json')) as RunRecord
    const metrics = JSON.parse(read('run/metrics.json')) as { test: { accuracy: number }; parameters: number }
    expect(record.figures.test.accuracy).toBe(metrics.test.accuracy)
    expect(record.model.layers.map(({ name, parameters }) => [name, parameters])).toEqual([
      ['dense_1', 136],
      ['dropout_1', 0],
      ['dense_2', 27],
    ])
    expect(record.model.parameters).toBe(163)
    expect(record.data).toMatchObject({
      trainRows: 108,
      validationRows: 12,
      testRows: 60,
      sampleShape: [4, 4],
    })
    expect(record.command).toBe(
      'npx lanewise train --dataset ./tiny --batch-size 16 --hidden 8 --epochs 3 --validation 0.1 --dropout 0.1',
    )
    expect(record.activations.map(({ name, units }) => [name, units])).toEqual([['dense_1', 8]])

    // The answers, row by row, give the accuracy that is told.
    const [header, ...rows] = read('run/predictions.csv').trimEnd().split('\n')
    expect(header).toBe('row,true,predicted,confidence')
    const right = rows.map((row) => row.split(',')).filter(([, actual, predicted]) => actual === predicted)
    expect(right.length / rows.length).toBeCloseTo(metrics.test.accuracy, 12)
    expect(record.classification!.mistakeCount).toBe(60 - right.length)

    const before = new Map(
      ['report.html', 'report.md', ...pictures.map((name) => join('performance', name))].map((path) => [
        path,
        readFileSync(join(cwd, 'run', path)),
      ]),
    )
    for (const path of before.keys()) rmSync(join(cwd, 'run', path))
    const rebuilt = await lanewise(cwd, ['report', 'run', '--json'])
    expect(rebuilt.code, rebuilt.stderr).toBe(0)
    expect(JSON.parse(rebuilt.stdout)).toEqual({
      kind: 'run',
      out: join(cwd, 'run'),
      files: [...before.keys()].sort(),
    })
    for (const [path, content] of before)
      expect(readFileSync(join(cwd, 'run', path)).equals(content), path).toBe(true)

    // Into a directory that has results, `performance` moves file by file.
    writeFileSync(join(cwd, 'run/performance/mine.txt'), 'kept')
    const again = await lanewise(cwd, ['train', '--dataset', './tiny', ...args, '--overwrite', '--quiet'])
    expect(again.code, again.stderr).toBe(0)
    expect(existsSync(join(cwd, 'run/performance/mine.txt'))).toBe(true)
    expect(readdirSync(join(cwd, 'run')).sort()).toEqual(files)
  })

  it.each([
    ['a directory without a record', undefined, /holds report\.json; received .*empty, which has none/],
    ['a record that is no JSON', '{', /a record is JSON/],
    ['a record that is no object', '[]', /a record is a JSON object/],
    [
      'a record of another kind',
      '{"version":1,"kind":"<b>"}',
      /kinds run, comparison, search; received version 1, kind <b>/,
    ],
    [
      'a record with parts missing',
      '{"version":1,"kind":"run"}',
      /the record\.title is text; received nothing/,
    ],
  ])('tell %s in one line', async (_, content, message) => {
    const directory = join(cwd, 'empty')
    writeTinySet(directory)
    if (content !== undefined) writeFileSync(join(directory, 'report.json'), content)
    const { code, stdout, stderr } = await lanewise(cwd, ['report', 'empty'])
    expect(stderr).toMatch(message)
    expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1])
  })
})

describe('the command that repeats a run', () => {
  it('leaves out where results go, quotes what a shell would change, and names the data', () => {
    expect(repeatingCommand('mnist', ['train', '--out', 'x y', '--overwrite', '--json', '--lr', '0.1'])).toBe(
      'npx lanewise train --lr 0.1 --dataset mnist',
    )
    expect(repeatingCommand('x', ['train', '--out=a', "--dataset=it's $HOME"])).toBe(
      `npx lanewise train '--dataset=it'\\''s $HOME'`,
    )
  })
})

describe('the course within epochs', () => {
  const context = (learningRate: number) => ({ stepsPerEpoch: 10, epochs: 2, learningRate }) as FitContext
  const told = (slices: [epoch: number, step: number, loss: number][]) => {
    const recorder = new CourseRecorder()
    void recorder.callback.onTrainBegin!(context(0.1))
    for (const [epoch, step, loss] of slices) {
      const result = { epoch, step, steps: 1, loss, accuracy: loss / 4, samplesPerSecond: 1 }
      void recorder.callback.onSlice!(result, context(0.1))
    }
    return recorder.slices
  }

  it('is taken from means over epochs so far', () => {
    // Means of 2 over four steps, then 1 over six: their mean so far is 1.4.
    expect(
      told([
        [1, 4, 2],
        [1, 10, 1.4],
        [2, 5, 0.5],
      ]),
    ).toEqual([
      { at: 0.4, loss: 2, accuracy: 0.5, learningRate: 0.1 },
      { at: 1, loss: 1, accuracy: 0.25, learningRate: 0.1 },
      { at: 1.5, loss: 0.5, accuracy: 0.125, learningRate: 0.1 },
    ])
  })

  it('is joined where it is long, with the same mean', () => {
    const rows = told(Array.from({ length: 5000 }, (_, i) => [i + 1, 10, i]))
    expect(rows.length).toBeLessThanOrEqual(150)
    expect(rows.at(-1)!.at).toBe(5000)
    expect(rows[0].loss).toBeGreaterThan(0)
  })
})
