// The forms of picture sets: the same pictures in each give the same set, under all names that are in use.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { encode } from 'fast-png'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import * as errors from '../../src/core/errors.js'
import { writeNpy } from '../../src/core/formats/npy.js'
import { writeNpz } from '../../src/core/formats/npz.js'
import { loadDataset, type LoadOptions } from '../../src/data/load.js'
import { requireApart } from '../../src/data/one-part.js'
import { seeded } from '../persist/states.js'
import { idxBytes, temporaryFolder } from './idx-bytes.js'

type Files = Record<string, string | Uint8Array>

const next = seeded(21)
const noise = (length: number) => Uint8Array.from({ length }, () => next() & 255)
const part = (rows: number) => ({
  x: noise(rows * 784),
  y: Uint8Array.from({ length: rows }, (_, i) => (i * 7) % 10),
  rows,
})
const train = part(20)
const test = part(10)

let user = ''
beforeEach(() => {
  user = temporaryFolder({})
  vi.stubEnv('INIT_CWD', user)
  vi.stubEnv('LANEWISE_DATA', '')
  return () => vi.unstubAllEnvs()
})

function put(files: Files, folder = 'data/mnist'): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(user, folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
}

const images = ({ x, rows }: typeof train) => idxBytes(8, [rows, 28, 28], x)
const labels = ({ y, rows }: typeof train) => idxBytes(8, [rows], y)
const pictures = ({ x, rows }: typeof train) => ({ data: x, shape: [rows, 28, 28] })
const classes = ({ y, rows }: typeof train) => ({ data: y, shape: [rows] })
const csv = ({ x, y, rows }: typeof train) =>
  Array.from({ length: rows }, (_, i) => [y[i], ...x.subarray(i * 784, (i + 1) * 784)].join()).join('\n')
const keras = (order = false) =>
  writeNpz(
    [
      ['x_test', pictures(test), { fortranOrder: order }],
      ['x_train', pictures(train), { fortranOrder: order }],
      ['y_train', classes(train), order ? { type: '<i8' } : {}],
      ['y_test', classes(test)],
    ],
    { compress: true },
  )
const npy = (images: string, labels: string, of: typeof train): Files => ({
  [images]: writeNpy(pictures(of)),
  [labels]: writeNpy(classes(of), { type: '<i8' }),
})

const forms: [string, string, Files][] = [
  [
    'IDX with dashes',
    'IDX',
    {
      'train-images-idx3-ubyte': images(train),
      'train-labels-idx1-ubyte.gz': gzipSync(labels(train)),
      't10k-images-idx3-ubyte.gz': gzipSync(images(test)),
      't10k-labels-idx1-ubyte': labels(test),
    },
  ],
  [
    'IDX with dots, in folders of the same name',
    'IDX',
    {
      'train-images.idx3-ubyte/train-images.idx3-ubyte': images(train),
      'train-labels.idx1-ubyte': labels(train),
      't10k-images-idx3-ubyte/t10k-images-idx3-ubyte': images(test),
      't10k-labels.idx1-ubyte/t10k-labels.idx1-ubyte': labels(test),
    },
  ],
  ["Keras' mnist.npz", 'NPZ', { 'mnist.npz': keras() }],
  ['an NPZ in Fortran order with long labels', 'NPZ', { 'mnist.npz': keras(true) }],
  [
    'NPY files',
    'NPY',
    {
      ...npy('train_images.npy', 'train_labels.npy', train),
      ...npy('test_images.npy', 'test_labels.npy', test),
    },
  ],
  [
    'NPY files x and y',
    'NPY',
    { ...npy('X_train.npy', 'y_train.npy', train), ...npy('x_test.npy', 'y_test.npy', test) },
  ],
  ['CSV', 'CSV', { 'mnist_train.csv': csv(train), 'mnist_test.csv.gz': gzipSync(csv(test)) }],
]

describe('the same pictures', () => {
  it.each(forms)('as %s', async (_, form, files) => {
    put(files)
    const set = await loadDataset('mnist')
    expect(set.train).toEqual({ x: { data: train.x, shape: [20, 784] }, y: train.y })
    expect(set.test).toEqual({ x: { data: test.x, shape: [10, 784] }, y: test.y })
    expect(set.sampleShape).toEqual([28, 28])
    expect(set.source).toBe(`20 training and 10 test images, ${form}, from ${join(user, 'data/mnist')}`)
    expect(set).not.toHaveProperty('notes')
    const byPath = await loadDataset('./data/mnist')
    expect({ ...byPath, name: 'mnist', classes: set.classes }).toEqual(set)
  })

  it('are read straight from a data directory, and from the file that is named', async () => {
    put(forms[2][2], 'data')
    put(forms[0][2], 'data')
    expect((await loadDataset('mnist')).source).toMatch(/ IDX, /)
    const named = await loadDataset('data/mnist.npz')
    expect([named.name, named.train.y, named.sampleShape]).toEqual(['mnist', train.y, [28, 28]])
    expect((await loadDataset('data/train-images-idx3-ubyte')).test.y).toEqual(test.y)
    vi.stubEnv('INIT_CWD', join(user, 'data'))
    expect((await loadDataset('mnist.npz')).test.x.data).toEqual(test.x)
  })

  it('in several forms: the first is taken, and a note says so', async () => {
    for (const [, , files] of [forms[0], forms[2], forms[6]]) put(files)
    const { notes, source } = await loadDataset('mnist')
    expect(source).toMatch(/ IDX, /)
    expect(notes).toEqual([
      `IDX taken in ${join(user, 'data/mnist')}; there too: NPZ (mnist.npz), CSV (mnist_train.csv, mnist_test.csv.gz)`,
    ])
  })

  it('of Fashion-MNIST and KMNIST are found under the names of their archives', async () => {
    put({ 'fashion-mnist_train.csv': csv(train), 'fashion-mnist_test.csv': csv(test) }, 'data')
    expect((await loadDataset('fashion-mnist')).classes?.[9]).toBe('Ankle boot')
    const one = (array: { data: Uint8Array; shape: number[] }) => writeNpz([['arr_0', array]])
    put(
      {
        'kmnist-train-imgs.npz': one(pictures(train)),
        'kmnist-train-labels.npz': one(classes(train)),
        'kmnist-test-imgs.npz': one(pictures(test)),
        'kmnist-test-labels.npz': one(classes(test)),
      },
      'data/kmnist',
    )
    const { train: part, source } = await loadDataset('kmnist')
    expect(part.y).toEqual(train.y)
    expect(source).toMatch(/ NPZ, /)
  })
})

describe('IDX and NPY of other types', () => {
  it.each([
    ['i16', 0x0b, (v: number) => [0, v], 'Uint8Array'],
    ['i32', 0x0c, (v: number) => [0, 0, 0, v], 'Uint8Array'],
    ['f32', 0x0d, (v: number) => [...new Uint8Array(Float32Array.of(v).buffer)].reverse(), 'Float32Array'],
    ['f64', 0x0e, (v: number) => [...new Uint8Array(Float64Array.of(v).buffer)].reverse(), 'Float32Array'],
  ])('%s are read', async (_, code, bytes, type) => {
    put({
      'train-images-idx3-ubyte': idxBytes(code, [20, 28, 28], [...train.x].flatMap(bytes)),
      'train-labels-idx1-ubyte': idxBytes(code, [20], [...train.y].flatMap(bytes)),
      't10k-images-idx3-ubyte': idxBytes(code, [10, 28, 28, 1], [...test.x].flatMap(bytes)),
      't10k-labels-idx1-ubyte': idxBytes(code, [10, 1], [...test.y].flatMap(bytes)),
    })
    const set = await loadDataset('mnist')
    expect(set.train.x.data.constructor.name).toBe(type)
    expect([...set.train.x.data]).toEqual([...train.x])
    expect([set.train.y, set.test.y]).toEqual([train.y, test.y])
  })
})

describe('pictures without labels', () => {
  it('are refused with what is missing', async () => {
    put({ 'train_images.npy': writeNpy(pictures(train)) })
    const error: unknown = await loadDataset('mnist').catch((error: unknown) => error)
    expect(error).toBeInstanceOf(errors.NotFoundError)
    expect(String(error)).toMatch(
      /has only train_images.npy; put the labels of train_images.npy beside it as train_labels.npy, or get them with/,
    )
    await expect(loadDataset('./data/mnist')).rejects.toThrow(/with only train_images.npy; put the labels/)
    put({ 'a.npz': writeNpz([['x_train', pictures(train)]]) })
    await expect(loadDataset('./data/mnist/a.npz')).rejects.toThrow(
      /put the labels of a.npz \(x_train\) beside it as y_train/,
    )
  })

  it('and one-hot labels are told', async () => {
    put(forms[4][2])
    put({ 'train_labels.npy': writeNpy({ data: new Uint8Array(200), shape: [20, 10] }) })
    await expect(loadDataset('mnist')).rejects.toThrow(
      /one dimension.*shape \[20, 10\]; turn one-hot rows into numbers/,
    )
  })
})

describe('one part alone', () => {
  const options: LoadOptions = { onePart: true }
  beforeEach(() => {
    put({ 'emnist-bymerge-test-images-idx3-ubyte': images(test) }, 'data/emnist')
    put({ 'emnist-bymerge-test-labels-idx1-ubyte': labels(test) }, 'data/emnist')
  })

  it('is refused with the way to use it', async () => {
    for (const name of ['emnist', './data/emnist']) {
      const message = /cut both parts from the test part of the split bymerge, .*--train-rows and --test-rows/
      await expect(loadDataset(name)).rejects.toThrow(message)
    }
    await expect(loadDataset('emnist', { split: 'letters' })).rejects.toThrow(
      /no complete set in [^;]*; get them with/,
    )
  })

  it('is both parts when that is allowed', async () => {
    for (const name of ['emnist', './data/emnist']) {
      const set = await loadDataset(name, options)
      expect(set.train).toEqual(set.test)
      expect(set).toMatchObject({ onlyPart: 'test', split: 'bymerge', name: 'emnist' })
      expect(set.notes).toEqual([
        'emnist: split bymerge, as balanced is not there',
        `only the test part is in ${join(user, 'data/emnist')}: training and test rows are both cut from it`,
      ])
      expect(set.train.x.data[1]).toBe(test.x[28])
    }
  })

  it('is not trained and tested on by the same rows', async () => {
    const set = await loadDataset('emnist', options)
    const names = ['--train-rows', '--test-rows'] as const
    requireApart(set, { start: 0, end: 6 }, { start: 6 }, names)
    requireApart(set, { start: 5 }, { start: 0, end: 5 }, names)
    expect(() => {
      requireApart(set, { start: 0, end: 7 }, { start: 6 }, names)
    }).toThrow(
      /--train-rows and --test-rows share no rows of a set .*; received 0:7 and 6:10; cut its 10 rows, as 0:8 and 8:/,
    )
    expect(() => {
      requireApart(set, undefined, { start: 6 }, names)
    }).toThrow(errors.ArgumentError)
  })

  it('does not hide a whole set elsewhere', async () => {
    put({ 'emnist-digits-train.csv': csv(train), 'emnist-digits-test.csv': csv(test) }, 'data')
    const { split, train: part, source } = await loadDataset('emnist', options)
    expect([split, part.y.length]).toEqual(['digits', 20])
    expect(source).toMatch(/CSV/)
    expect(part.x.data[28]).toBe(train.x[1])
  })
})

describe("EMNIST's mapping file", () => {
  const mapping = (first: number, count: number) =>
    Array.from({ length: count }, (_, i) => `${String(first + i)} ${String(65 + i)} ${String(97 + i)}`).join(
      '\n',
    )
  const files = (text: string): Files => ({
    'emnist-letters-train.csv': csv({ ...train, y: train.y.map((y) => y + 1) }),
    'emnist-letters-test.csv': csv({ ...test, y: test.y.map((y) => y + 1) }),
    'emnist-letters-mapping.txt': text,
  })

  it('names the classes, and is checked', async () => {
    put(files(mapping(1, 26).replace('1 65 97', '1 97 65')), 'data/emnist')
    const { classes, train: part } = await loadDataset('emnist')
    expect(classes?.slice(0, 3)).toEqual(['a', 'B', 'C'])
    expect(part.y).toEqual(train.y)
    put(files(mapping(0, 26)), 'data/emnist')
    await expect(loadDataset('emnist')).rejects.toThrow(
      /line 1 of a mapping file is 1 and the codes.*received "0 65 97"/,
    )
  })
})

describe('PNG files in folders by class', () => {
  const png = (of: typeof train, i: number, channels = 1) => {
    const grey = of.x.subarray(i * 784, (i + 1) * 784)
    const data =
      channels === 1 ? grey : Uint8Array.from({ length: 784 * 3 }, (_, j) => grey[Math.floor(j / 3)])
    return encode({ width: 28, height: 28, data, channels, depth: 8 })
  }
  const folder = (of: typeof train, name: string, channels = 1): Files =>
    Object.fromEntries(
      Array.from(of.y, (y, i) => [`${name}${String(y)}/${String(i)}.png`, png(of, i, channels)]),
    )
  /** Rows in a fixed order, as pictures come mixed. */
  const rowsOf = ({ x, y }: { x: { data: ArrayLike<number> }; y: ArrayLike<number> }) =>
    Array.from(y, (label, i) => [label, ...Array.from(x.data).slice(i * 784, (i + 1) * 784)].join()).sort()
  const expected = (of: typeof train) => rowsOf({ x: { data: of.x }, y: of.y })

  it.each([
    ['train', 'test', 1],
    ['training', 'testing', 3],
  ])('in %s and %s', async (first, second, channels) => {
    put({ ...folder(train, `${first}/`, channels), ...folder(test, `${second}/`, channels) })
    put({ 'train/.DS_Store': 'x' })
    for (const name of ['mnist', './data/mnist']) {
      const set = await loadDataset(name)
      expect(rowsOf(set.train)).toEqual(expected(train))
      expect(rowsOf(set.test)).toEqual(expected(test))
      expect(set.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
      expect(set.source).toMatch(/^20 training and 10 test images, PNG, from /)
      expect(await loadDataset(name)).toEqual(set)
    }
  })

  it('alone are split, seeded, with each class in both parts', async () => {
    const many = { ...train, y: train.y.map((_, i) => i % 4) }
    const names = ['cat', 'dog', 'ant', 'bee']
    const files = Object.entries(folder(many, ''))
    put(
      Object.fromEntries(files.map(([name, file]) => [names[Number(name[0])] + name.slice(1), file])),
      'pets',
    )
    const set = await loadDataset('./pets')
    expect(set.classes).toEqual(['ant', 'bee', 'cat', 'dog'])
    expect([set.train.y.length, [...set.test.y].sort()]).toEqual([16, [0, 1, 2, 3]])
    expect(set.notes?.[0]).toMatch(/^no test part in .*pets: a fifth of the pictures of each class/)
    expect(await loadDataset('./pets')).toEqual(set)
  })

  it('of different sizes, or damaged, are refused by name', async () => {
    put({ ...folder(train, 'train/'), ...folder(test, 'test/') })
    const odd = encode({ width: 2, height: 3, data: new Uint8Array(6), channels: 1, depth: 8 })
    put({ 'test/3/odd.png': odd })
    await expect(loadDataset('mnist')).rejects.toThrow(errors.ShapeError)
    await expect(loadDataset('mnist')).rejects.toThrow(/size of the first|28 × 28/)
    put({ 'test/3/odd.png': png(test, 0).subarray(0, 100) })
    await expect(loadDataset('mnist')).rejects.toThrow(/odd.png: a PNG file is whole/)
    put({ 'test/3/odd.png': 'GIF89a' })
    await expect(loadDataset('mnist')).rejects.toThrow(/odd.png: a PNG file begins with its header/)
  })
})
