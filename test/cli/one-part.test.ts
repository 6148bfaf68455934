// A set of which one part alone is there, several forms of one set, and splits, on the command line.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { idxBytes } from '../data/idx-bytes.js'
import { seeded } from '../persist/states.js'
import { lanewise, workplace } from './command.js'

const rows = 60

function emnistTest(): string {
  const cwd = workplace()
  const folder = join(cwd, 'data/emnist')
  mkdirSync(folder, { recursive: true })
  const next = seeded(3)
  const labels = Uint8Array.from({ length: rows }, (_, i) => i % 3)
  // Class k is bright in column k of the file: in row k, once it stands upright.
  const pixels = Uint8Array.from({ length: rows * 784 }, (_, i) => {
    return i % 28 === labels[Math.floor(i / 784)] ? 255 : next() & 31
  })
  writeFileSync(join(folder, 'emnist-bymerge-test-images-idx3-ubyte'), idxBytes(8, [rows, 28, 28], pixels))
  writeFileSync(join(folder, 'emnist-bymerge-test-labels-idx1-ubyte'), idxBytes(8, [rows], labels))
  return cwd
}

it('cuts both parts from the one that is there, and says so in one line', async () => {
  const cwd = emnistTest()
  const set = ['--dataset', 'emnist', '--split', 'bymerge']
  const train = ['train', ...set, '--epochs', '2', '--hidden', '4', '--out', 'run', '--json']
  const { code, stdout, stderr } = await lanewise(cwd, [
    ...train,
    '--train-rows',
    '0:45',
    '--test-rows',
    '45:',
  ])
  expect([code, stderr]).toEqual([0, expect.stringContaining('only the test part is in ')])
  expect(JSON.parse(stdout)).toMatchObject({
    dataset: 'emnist',
    split: 'bymerge',
    test: { accuracy: expect.any(Number) },
  })
  expect(JSON.parse(readFileSync(join(cwd, 'run/metrics.json'), 'utf8'))).toMatchObject({ split: 'bymerge' })

  const evaluate = await lanewise(cwd, [
    'evaluate',
    'run/model.safetensors',
    ...set,
    '--test-rows',
    '45:',
    '--json',
  ])
  expect(JSON.parse(evaluate.stdout)).toMatchObject({ dataset: 'emnist', split: 'bymerge', rows: 15 })
  const whole = await lanewise(cwd, ['evaluate', 'run/model.safetensors', ...set, '--json'])
  expect(JSON.parse(whole.stdout)).toMatchObject({ rows })

  const shared = await lanewise(cwd, [...train, '--train-rows', '0:46', '--test-rows', '45:', '--overwrite'])
  expect([shared.code, shared.stderr]).toEqual([2, expect.stringContaining('share no rows')])
  const uncut = await lanewise(cwd, [...train, '--overwrite'])
  expect([uncut.code, uncut.stderr]).toEqual([
    2,
    expect.stringMatching(/cut both parts from the test part of the split bymerge/),
  ])
})
