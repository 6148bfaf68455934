// loadDataset: where it looks, what it accepts, what it says when it finds nothing or something wrong.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ArgumentError, NotFoundError } from '../../src/core/errors.js'
import { catalog } from '../../src/data/catalog.js'
import { generateDigits } from '../../src/data/digits.js'
import { loadDataset } from '../../src/data/load.js'
import { counting, idxBytes, temporaryFolder } from './idx-bytes.js'
import { itWithData } from './real.js'

const labels = (rows: number) => Uint8Array.from({ length: rows }, (_, i) => i % 10)

function mnistFiles(train = 12, test = 5): Record<string, Uint8Array> {
  return {
    'train-images-idx3-ubyte': idxBytes(8, [train, 28, 28], counting(train * 784)),
    'train-labels-idx1-ubyte': idxBytes(8, [train], labels(train)),
    't10k-images-idx3-ubyte': idxBytes(8, [test, 28, 28], counting(test * 784)),
    't10k-labels-idx1-ubyte': idxBytes(8, [test], labels(test)),
  }
}

function csv(rows: number, header = true): string {
  const pixels = counting(rows * 784)
  const lines = Array.from({ length: rows }, (_, i) =>
    [i % 10, ...pixels.subarray(i * 784, (i + 1) * 784)].join(),
  )
  const names = Array.from(
    { length: 784 },
    (_, i) => `${String(1 + Math.floor(i / 28))}x${String(1 + (i % 28))}`,
  )
  return [...(header ? [`label,${names.join()}`] : []), ...lines, ''].join('\n')
}

const expectedTrain = { x: { data: counting(12 * 784), shape: [12, 784] }, y: labels(12) }
const expectedTest = { x: { data: counting(5 * 784), shape: [5, 784] }, y: labels(5) }

// Nothing of the machine on which the tests run may be found.
let user = ''
beforeEach(() => {
  user = temporaryFolder({})
  vi.stubEnv('INIT_CWD', user)
  vi.stubEnv('LANEWISE_DATA', '')
  return () => vi.unstubAllEnvs()
})

function put(directory: string, files = mnistFiles()): string {
  const folder = join(user, directory)
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

describe("loadDataset('mnist')", () => {
  it('gives images as rows of bytes with labels and classes', async () => {
    const folder = put('datasets/mnist')
    expect(await loadDataset('mnist')).toEqual({
      name: 'mnist',
      task: 'classification',
      classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      sampleShape: [28, 28],
      train: expectedTrain,
      test: expectedTest,
      source: `12 training and 5 test images, IDX, from ${folder}`,
    })
  })

  it('looks in dataDir, LANEWISE_DATA, datasets and data, in this order, in a folder first', async () => {
    const found = async () => {
      const { train } = await loadDataset('mnist', { dataDir: 'mine' })
      return train.y.length
    }
    vi.stubEnv('LANEWISE_DATA', join(user, 'env'))
    const places = [
      'data',
      'data/MNIST/raw',
      'data/mnist',
      'datasets',
      'datasets/mnist',
      'env',
      'env/mnist',
      'mine',
      'mine/mnist',
    ]
    for (const [i, place] of places.entries()) {
      put(place, mnistFiles(i + 2))
      expect(await found()).toBe(i + 2)
    }
  })

  it('passes by a place where files are missing, and by folders under the names of files', async () => {
    const three = Object.entries(mnistFiles(3)).slice(0, 3)
    const partial = put('datasets/mnist', Object.fromEntries(three))
    mkdirSync(join(partial, 't10k-labels-idx1-ubyte'))
    put('data')
    expect((await loadDataset('mnist')).train.y).toHaveLength(12)
  })

  it.each(['.gz', ''])('accepts names with dots, ending in "%s"', async (ending) => {
    const files = Object.entries(mnistFiles()).map(([name, bytes]) => [
      name.replace('-idx', '.idx') + ending,
      ending === '' ? bytes : gzipSync(bytes),
    ])
    put('data', Object.fromEntries(files) as Record<string, Uint8Array>)
    const { train, test } = await loadDataset('mnist')
    expect(train).toEqual(expectedTrain)
    expect(test).toEqual(expectedTest)
  })

  it('says where it looked and how to get the files', async () => {
    put('data/mnist', { 't10k-images.idx3-ubyte': new Uint8Array(0), 'mnist_test.csv': new Uint8Array(0) })
    const error: unknown = await loadDataset('mnist', { dataDir: 'mine' }).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(NotFoundError)
    const { message } = error as NotFoundError
    for (const part of ['mine', 'datasets', 'data']) expect(message).toContain(join(user, part))
    expect(message).toContain(`${join(user, 'data/mnist')} has only t10k-images.idx3-ubyte, mnist_test.csv`)
    expect(message).toContain('train-images-idx3-ubyte.gz')
    expect(message).toContain('https://storage.googleapis.com/cvdf-datasets/mnist/')
    expect(message).toContain('"digits" needs no files')
  })

  it.each([
    ['t10k-labels-idx1-ubyte', idxBytes(8, [4], labels(4)), /4 labels for images of shape \[5, 28, 28\]/],
    ['t10k-labels-idx1-ubyte', idxBytes(8, [5], [0, 1, 10, 3, 4]), /from 0 to 9; received 10 in row 2/],
    [
      't10k-labels-idx1-ubyte',
      mnistFiles()['t10k-images-idx3-ubyte'],
      /labels are an array of one dimension.* received Uint8Array of shape/,
    ],
    ['t10k-images-idx3-ubyte', idxBytes(9, [5, 1, 1], labels(5)), /\[28, 28\] and \[1\] in /],
    ['t10k-images-idx3-ubyte', idxBytes(8, [5, 2, 2], counting(20)), /\[28, 28\] and \[2, 2\] in /],
    ['t10k-images-idx3-ubyte', new Uint8Array(3), /an IDX file starts with/],
  ])('refuses a set whose %s is wrong', async (name, bytes, message) => {
    put('datasets/mnist', { ...mnistFiles(), [name]: bytes })
    await expect(loadDataset('mnist')).rejects.toThrow(message)
    await expect(loadDataset('mnist')).rejects.toThrow(name)
  })

  it('refuses a set without rows', async () => {
    put('datasets/mnist', mnistFiles(0, 5))
    await expect(loadDataset('mnist')).rejects.toMatchObject({ name: 'DataError' })
  })
})

describe("loadDataset('emnist')", () => {
  const emnistFiles = (split: string, first: number) => {
    const part = (name: string, rows: number) => ({
      [`emnist-${split}-${name}-images-idx3-ubyte`]: idxBytes(8, [rows, 28, 28], counting(rows * 784)),
      [`emnist-${split}-${name}-labels-idx1-ubyte.gz`]: gzipSync(
        idxBytes(
          8,
          [rows],
          labels(rows).map((label) => label + first),
        ),
      ),
    })
    return { ...part('train', 12), ...part('test', 5) }
  }

  it('stands upright, and letters count from 0', async () => {
    put('data/emnist', { ...emnistFiles('balanced', 0), ...emnistFiles('letters', 1) })
    const { train, classes, split } = await loadDataset('emnist', { split: 'letters' })
    const upright = Uint8Array.from({ length: 12 * 784 }, (_, i) => {
      const [image, row, column] = [Math.floor(i / 784), Math.floor((i % 784) / 28), i % 28]
      return (image * 784 + column * 28 + row) % 256
    })
    expect(train.x.data).toEqual(upright)
    expect(train.y).toEqual(labels(12))
    expect([classes?.[0], classes?.length, split]).toEqual(['A', 26, 'letters'])
    expect((await loadDataset('emnist')).classes).toHaveLength(47)
  })

  it('refuses labels and splits that it does not have', async () => {
    put('data/emnist', emnistFiles('letters', 0))
    await expect(loadDataset('emnist', { split: 'letters' })).rejects.toThrow(
      /integer from 1 to 26; received 0 in row 0/,
    )
    await expect(loadDataset('emnist', { split: 'all' })).rejects.toThrow(
      /the splits of emnist are balanced, byclass/,
    )
    await expect(loadDataset('mnist', { split: 'all' })).rejects.toThrow(
      /of a data set that has several; received "all"/,
    )
    await expect(loadDataset('emnist', { split: 'mnist' })).rejects.toThrow(
      /download gzip.zip from https:\/\/biometrics/,
    )
  })
})

describe('Kaggle CSV files', () => {
  function putCsv(
    train: string | Uint8Array,
    test: string | Uint8Array = csv(5),
    folder = 'data/mnist',
  ): string {
    put(folder, {})
    const path = join(user, folder, 'mnist_train.csv')
    writeFileSync(path, train)
    writeFileSync(join(user, folder, 'mnist_test.csv'), test)
    return path
  }

  it.each([
    ['with a header', csv(12)],
    ['without a header', csv(12, false)],
    ['with a strange header', csv(12).replace('label', 'digit')],
    ['with the label last', csv(12).replace(/^([^,\n]+),(.*)$/gm, '$2,$1')],
    ['with semicolons and spaces', csv(12).replaceAll(',', '; ')],
    ['with quotes', csv(12).replace(/\n(\d),/g, '\n"$1",')],
    ['with a few fractions', csv(12).replace(/\n(\d),/g, '\n$1.0,')],
    ['gzipped', gzipSync(csv(12))],
    [
      'with a byte order mark, CRLF and blank lines at the end',
      `\ufeff${csv(12).replaceAll('\n', '\r\n')}\r\n`,
    ],
  ])('are read %s', async (_, train) => {
    putCsv(train)
    const set = await loadDataset('mnist')
    expect(set.train).toEqual(expectedTrain)
    expect(set.test).toEqual(expectedTest)
    expect(set.sampleShape).toEqual([28, 28])
    expect(set.source).toMatch(/^12 training and 5 test images, CSV, from /)
  })

  it('are read when there are more rows than the first room holds', async () => {
    putCsv(csv(1025))
    const { train } = await loadDataset('mnist')
    expect(isDeepStrictEqual(train.x, { data: counting(1025 * 784), shape: [1025, 784] })).toBe(true)
    expect(train.y).toEqual(labels(1025))
  })

  it('come after IDX files', async () => {
    putCsv(csv(3))
    put('data/mnist')
    expect((await loadDataset('mnist')).train.y).toHaveLength(12)
  })

  it.each([
    [
      'a long line',
      csv(4).replace(/\n2,/, '\n2,7,'),
      /every line has 785 values, as the first one; received 786 values in line 4/,
    ],
    ['a short line', csv(4, false).replace(/\n3,\d+/, '\n3'), /received 784 values in line 4/],
    [
      'a large pixel',
      csv(4).replace(/\n2,\d+/, '\n2,256'),
      /pixel is an integer from 0 to 255; received "256" in line 4/,
    ],
    ['a fraction', csv(4).replace(/\n2,\d+/, '\n2,0.5'), /received "0.5" in line 4/],
    ['a missing pixel', csv(4).replace(/\n1,\d+/, '\n1,'), /received "" in line 3/],
    [
      'a negative label',
      csv(4).replace('\n1,', '\n-1,'),
      /label is an integer from 0 to 9; received "-1" in line 3/,
    ],
    ['a label above 9', csv(4).replace('\n1,', '\n10,'), /received "10" in line 3/],
    ['words', csv(4).replace(/\n1,\d+/, '\n1,ink'), /received "ink" in line 3/],
    ['two headers', csv(0) + csv(4), /received "label" in line 1/],
    ['other columns', 'label,ink\n1,2\n', /every line has a label and 784 pixels; received 2 values/],
    [
      'one endless line',
      new Uint8Array(200000).fill(0x31),
      /every line has a label and 784 pixels; received 1 values in the first/,
    ],
    [
      'an open quote',
      csv(4).replace('\n1,', '\n"1,'),
      /is text with separated values \(CSV\); received Quote Not Closed/,
    ],
    ['a cut gzip file', gzipSync(csv(12)).subarray(0, 1000), /a gzip file is whole/],
  ])('are refused with %s', async (_, train, message) => {
    const path = putCsv(train)
    await expect(loadDataset('mnist')).rejects.toThrow(message)
    await expect(loadDataset('mnist')).rejects.toMatchObject({ name: 'FormatError', file: path })
  })

  it.each([
    ['nothing', ''],
    ['only a header', csv(0)],
  ])('are refused with %s', async (_, train) => {
    putCsv(train)
    await expect(loadDataset('mnist')).rejects.toThrow(
      /mnist_train.csv: a (table|data set) has at least one row/,
    )
  })
})

describe('a folder as name', () => {
  it('is read under its own name, with any number of classes', async () => {
    const files = { ...mnistFiles(), 't10k-labels-idx1-ubyte': idxBytes(8, [5], [0, 1, 2, 3, 46]) }
    const folder = put('letters', files)
    const set = await loadDataset('./letters')
    expect(set).toMatchObject({ name: 'letters', task: 'classification', train: expectedTrain })
    expect(set).not.toHaveProperty('classes')
    expect([...set.test.y]).toEqual([0, 1, 2, 3, 46])
    expect(await loadDataset(folder)).toEqual(set)
    renameSync(folder, join(user, 'mnist'))
    expect((await loadDataset(join(user, 'mnist'))).test.y).toEqual(set.test.y)
  })

  it('must hold a complete set', async () => {
    put('some', { 'mnist_train.csv': new Uint8Array(0) })
    await expect(loadDataset('./none')).rejects.toThrow(NotFoundError)
    await expect(loadDataset('./none')).rejects.toThrow(/none with none of them/)
    await expect(loadDataset('./some')).rejects.toThrow(/some with only mnist_train.csv/)
  })
})

describe('names', () => {
  it('that are unknown are refused with the known ones', async () => {
    for (const name of ['mnits', '', 'MNIST', 'constructor']) {
      await expect(loadDataset(name)).rejects.toThrow(ArgumentError)
      await expect(loadDataset(name)).rejects.toThrow(
        /one of mnist, fashion-mnist, kmnist, emnist, digits, california-housing, or the path of a folder/,
      )
    }
  })

  it('digits is drawn, and needs no files', async () => {
    const set = await loadDataset('digits')
    const drawn = generateDigits()
    for (const part of ['train', 'test'] as const) {
      // Node's comparison: vitest's takes a minute for so many bytes
      expect(isDeepStrictEqual(set[part], drawn[part])).toBe(true)
    }
    expect(set).toMatchObject({ name: 'digits', task: 'classification', sampleShape: [28, 28] })
    expect(set.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect(set.source).toBe('10000 training and 2000 test images, drawn by the built-in generator')
  })

  it('are those of datasets/catalog.json', () => {
    const path = new URL('../../datasets/catalog.json', import.meta.url)
    expect(catalog).toEqual(JSON.parse(readFileSync(path, 'utf8')))
  })
})

describe('the real MNIST', () => {
  itWithData('mnist', 'has the files of the catalogue', (folder) => {
    for (const { name, bytes, sha256 } of catalog[0].files) {
      const content = readFileSync(join(folder, name))
      expect(content.length).toBe(bytes)
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256)
    }
    return Promise.resolve()
  })

  itWithData('mnist', 'loads whole', async (folder) => {
    const { train, test, sampleShape } = await loadDataset('mnist', { dataDir: join(folder, '..') })
    expect(basename(folder)).toBe('mnist')
    expect(train.x.shape).toEqual([60000, 784])
    expect(test.x.shape).toEqual([10000, 784])
    expect(sampleShape).toEqual([28, 28])
    const counts = (y: ArrayLike<number>) => {
      const result = new Array<number>(10).fill(0)
      for (let i = 0; i < y.length; i++) result[y[i]]++
      return result
    }
    expect(counts(train.y)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    expect(counts(test.y)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
    let sum = 0
    for (const pixel of train.x.data) sum += pixel
    expect(sum / 47040000).toBeCloseTo(33.3184, 4)
  })

  itWithData('fashion-mnist', 'has siblings that load by path', async (folder) => {
    const { name, train } = await loadDataset(folder)
    expect(name).toBe('fashion-mnist')
    expect([...train.y.subarray(0, 10)]).toEqual([9, 0, 0, 3, 0, 2, 7, 2, 5, 5])
  })
})
