// The real sets: the same tensors from every form, and files told apart whatever they are called.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { expect, vi } from 'vitest'
import { writeNpz } from '../../src/core/formats/npz.js'
import type { Dataset, Examples } from '../../src/data/dataset.js'
import { loadDataset } from '../../src/data/load.js'
import { idxBytes, temporaryFolder } from './idx-bytes.js'
import { itWithData } from './real.js'

const stems = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1']
const same = (a: Dataset, b: Dataset) =>
  isDeepStrictEqual([a.train, a.test, a.sampleShape, a.classes], [b.train, b.test, b.sampleShape, b.classes])

/** One line a picture, written without the help of any reader. */
function csv({ x, y }: Examples): string {
  const lines = Array.from(
    y,
    (label, i) => `${String(label)},${x.data.subarray(i * 784, (i + 1) * 784).join()}`,
  )
  return `label,${Array.from({ length: 784 }, (_, i) => `pixel${String(i)}`).join()}\n${lines.join('\n')}\n`
}

itWithData('mnist', 'MNIST is the same as IDX, IDX.gz, CSV and NPZ', async (folder) => {
  const packed = await loadDataset(folder)
  expect(packed.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])

  const plain = temporaryFolder({})
  for (const stem of stems) {
    writeFileSync(join(plain, `${stem}-ubyte`), gunzipSync(readFileSync(join(folder, `${stem}-ubyte.gz`))))
  }
  expect(same(await loadDataset(plain), packed)).toBe(true)

  const arrays = (['train', 'test'] as const).flatMap((name) => {
    const { x, y } = packed[name]
    const images = { data: x.data, shape: [y.length, 28, 28] }
    return [[`x_${name}`, images] as const, [`y_${name}`, { data: y, shape: [y.length] }] as const]
  })
  const npz = temporaryFolder({ 'mnist.npz': writeNpz(arrays) })
  expect(same(await loadDataset(npz), packed)).toBe(true)

  const text = temporaryFolder({ 'mnist_train.csv': csv(packed.train), 'mnist_test.csv': csv(packed.test) })
  expect(same(await loadDataset(text), packed)).toBe(true)
})

itWithData('fashion-mnist', 'Fashion-MNIST under the name of MNIST is told', async (folder) => {
  const directory = temporaryFolder({})
  symlinkSync(folder, join(directory, 'mnist'))
  const warn = vi.fn()
  const { name, classes } = await loadDataset('mnist', { dataDir: directory, warn })
  expect([name, classes?.[0]]).toEqual(['mnist', 'T-shirt/top'])
  expect(warn.mock.calls).toEqual([
    [
      `${stems.map((stem) => `${stem}-ubyte.gz`).join(', ')} in ${join(directory, 'mnist')} are those of ` +
        'Fashion-MNIST, articles of clothing, not of MNIST database of handwritten digits',
    ],
  ])
  await loadDataset('fashion-mnist', { dataDir: join(folder, '..'), warn })
  expect(warn).toHaveBeenCalledTimes(1)
  expect((await loadDataset(folder, { warn })).classes?.[9]).toBe('Ankle boot')
})

itWithData('mnist', 'labels that are of no known set are told', async (folder) => {
  const directory = temporaryFolder({})
  const target = join(directory, 'mnist')
  mkdirSync(target)
  for (const stem of stems) cpSync(join(folder, `${stem}-ubyte.gz`), join(target, `${stem}-ubyte.gz`))
  for (const [stem, rows] of [
    ['train', 60000],
    ['t10k', 10000],
  ] as const) {
    const labels = idxBytes(8, [rows], new Uint8Array(rows))
    writeFileSync(join(target, `${stem}-labels-idx1-ubyte`), labels)
  }
  const warn = vi.fn()
  await loadDataset('mnist', { dataDir: directory, warn })
  expect(warn.mock.calls).toEqual([
    [
      `the labels in ${target} are not those of MNIST database of handwritten digits as published, nor of another known set`,
    ],
  ])
})

itWithData('emnist', 'EMNIST stands upright', async (folder) => {
  const options = { dataDir: join(folder, '..'), onePart: true }
  const { train, classes, split, onlyPart } = await loadDataset('emnist', options)
  expect([split, onlyPart, train.y.length]).toEqual(['bymerge', 'test', 116323])
  expect(classes?.join('')).toBe('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt')
  // A 1 is a tall stroke: upright, its ink spreads over more rows than columns; an L has its foot below.
  const ink = (name: string) => {
    const sum = new Float64Array(784)
    train.y.forEach((y, i) => {
      if (classes?.[y] !== name) return
      train.x.data.subarray(i * 784, (i + 1) * 784).forEach((value, pixel) => (sum[pixel] += value))
    })
    const side = (index: (pixel: number) => number) => {
      const total = sum.reduce((all, value) => all + value, 0)
      return Array.from({ length: 28 }, (_, k) => {
        return sum.reduce((all, value, pixel) => all + (index(pixel) === k ? value : 0), 0) / total
      })
    }
    return { rows: side((pixel) => Math.floor(pixel / 28)), columns: side((pixel) => pixel % 28) }
  }
  const widest = (shares: number[]) => Math.max(...shares)
  const one = ink('1')
  expect(widest(one.columns)).toBeGreaterThan(2 * widest(one.rows))
  const half = (shares: number[]) => shares.slice(14).reduce((sum, share) => sum + share, 0)
  expect(half(ink('T').rows)).toBeLessThan(0.4)
  expect(half(ink('P').rows)).toBeLessThan(0.4)
})
