// Whole data sets: what is fetched, what is kept, where it lands.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  fetchDataset,
  type FetchedFile,
  type FetchOptions,
} from '../../../src/data/download/fetch-dataset.js'
import { loadDataset } from '../../../src/data/load.js'
import { temporaryFolder } from '../idx-bytes.js'
import { archivedSet, mirror, sumOf, tinySet, type Files } from './sets.js'

let user = ''
beforeEach(() => {
  user = temporaryFolder({})
  vi.stubEnv('INIT_CWD', user)
  vi.stubEnv('LANEWISE_DATA', '')
  return () => vi.unstubAllEnvs()
})

function put(folder: string, files: Files): void {
  mkdirSync(join(user, folder), { recursive: true })
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(user, folder, name), bytes)
}

function contents(folder: string): Files {
  const path = join(user, folder)
  return Object.fromEntries(
    readdirSync(path).map((name) => [name, new Uint8Array(readFileSync(join(path, name)))]),
  )
}

const plain = (files: Files) =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, new Uint8Array(bytes)]))
const get = (options: FetchOptions) => fetchDataset('tiny', { patience: 2000, pauses: [], ...options })
const statuses = (files: FetchedFile[]) => files.map(({ status }) => status)

describe('a set of single files', () => {
  it('lands in a folder of its name, complete and checked, and can be loaded', async () => {
    const { files } = tinySet()
    const { url, requests } = await mirror(files)
    const told: string[] = []
    const got = await get({ mirrors: [`${url}pub`], onFile: ({ name }) => told.push(name) })
    expect(got).toEqual({
      name: 'tiny',
      place: join(user, 'datasets/tiny'),
      files: Object.entries(files).map(([name, bytes]) => ({
        name,
        path: join(user, 'datasets/tiny', name),
        status: 'downloaded',
        bytes: bytes.length,
        sha256: sumOf(bytes),
        from: `${url}pub/${name}`,
      })),
    })
    expect(told).toEqual(Object.keys(files))
    expect(contents('datasets/tiny')).toEqual(plain(files))
    expect(requests.map(({ path }) => path)).toEqual(Object.keys(files).map((name) => `/pub/${name}`))
    const { train } = await loadDataset('./datasets/tiny')
    expect(train.y).toHaveLength(9)
  })

  it('is not fetched again where it is complete, wherever that is', async () => {
    const { files } = tinySet()
    put('data', files)
    const { url, requests } = await mirror(files)
    const { place, files: found } = await get({ mirrors: [url] })
    expect([place, ...statuses(found)]).toEqual([join(user, 'data'), ...Array<string>(4).fill('present')])
    await get({ mirrors: [`${url}pub/`], dataDir: 'mine' })
    expect(requests).toHaveLength(4)
    expect(contents('mine/tiny')).toEqual(plain(files))
  })

  it('is completed; unpacked files count', async () => {
    const { files } = tinySet()
    const [first, second] = Object.entries(files)
    const unpacked = { [second![0].replace('.gz', '')]: gunzipSync(second![1]) }
    put('datasets/tiny', { [first![0]]: first![1], ...unpacked })
    const { url } = await mirror(files)
    const { files: got } = await get({ mirrors: [`${url}pub/`] })
    expect(statuses(got)).toEqual(['present', 'present', 'downloaded', 'downloaded'])
    expect((await loadDataset('./datasets/tiny')).train.y).toHaveLength(9)
  })

  it.each([1, 4])('has wrong files replaced only when asked, %i of 4 there', async (there) => {
    const { files } = tinySet()
    const [[name, bytes], ...others] = Object.entries(files) as [
      [string, Uint8Array],
      ...[string, Uint8Array][],
    ]
    const wrong = bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte))
    put('datasets/tiny', { [name]: wrong, ...Object.fromEntries(others.slice(0, there - 1)) })
    const { url, requests } = await mirror(files)
    await expect(get({ mirrors: [`${url}pub/`] })).rejects.toMatchObject({
      name: 'DataError',
      message: expect.stringMatching(
        `${name} is the file that the catalogue knows; received another SHA-256, .* --overwrite`,
      ) as string,
    })
    expect(requests).toHaveLength(0)
    const { files: got } = await get({ mirrors: [`${url}pub/`], overwrite: true })
    expect(got.filter(({ status }) => status === 'downloaded')).toHaveLength(5 - there)
    expect(contents('datasets/tiny')).toEqual(plain(files))
  })

  it('comes from the mirror that gave its first file', async () => {
    const { files } = tinySet()
    const bad = await mirror({})
    const { url, requests } = await mirror(files)
    await get({ mirrors: [bad.url, `${url}pub/`] })
    expect([bad.requests.length, requests.length]).toEqual([1, 4])
  })

  it('leaves no folder behind when nothing came', async () => {
    tinySet()
    const { url } = await mirror({})
    await expect(get({ mirrors: [url] })).rejects.toMatchObject({ name: 'NetworkError' })
    expect(existsSync(join(user, 'datasets'))).toBe(false)
  })

  it('comes from the mirrors of the catalogue where no other is asked for', async () => {
    const { entry, files } = tinySet()
    const { url, requests } = await mirror(files)
    entry.mirrors.push(`${url}pub/`)
    await get({})
    expect(requests).toHaveLength(4)
  })
})

describe('the data directory', () => {
  it('is $LANEWISE_DATA where that may be written, else ./datasets with a note', async () => {
    const { files } = tinySet()
    const { url } = await mirror(files)
    const notes: string[] = []
    const onNote = (text: string) => notes.push(text)
    vi.stubEnv('LANEWISE_DATA', join(user, 'not', 'yet'))
    expect((await get({ mirrors: [`${url}pub/`], onNote })).place).toBe(join(user, 'not/yet/tiny'))
    expect(notes).toEqual([])
    put('', { 'a-file': new Uint8Array(1) })
    vi.stubEnv('LANEWISE_DATA', join(user, 'a-file'))
    expect((await get({ mirrors: [`${url}pub/`], onNote })).place).toBe(join(user, 'datasets/tiny'))
    expect(notes).toEqual([expect.stringMatching(/a-file, may not be written; using .*datasets$/)])
  })
})

describe('a set in an archive', () => {
  it.each([
    ['x', 4],
    [undefined, 8],
  ])('gives the files of split %s only; the archive goes', async (split, count) => {
    const { entry, files } = archivedSet()
    const { url, requests } = await mirror(files)
    const got = await get({ mirrors: [`${url}pub/`], ...(split === undefined ? {} : { split }) })
    expect(got.split).toBe(split)
    expect(statuses(got.files)).toEqual(Array(count).fill('unpacked'))
    expect(got.files[0]!.from).toBe(`${url}pub/gzip.zip`)
    const names = entry.files.map(({ name }) => name).slice(0, count)
    expect(Object.keys(contents('datasets/tiny')).sort()).toEqual(names.sort())
    expect(requests).toHaveLength(1)
    const again = await get({ mirrors: [url], ...(split === undefined ? {} : { split }) })
    expect(statuses(again.files)).toEqual(Array(count).fill('present'))
    expect(requests).toHaveLength(1)
  })

  it('is unpacked from an archive that the user has, which stays', async () => {
    const { files } = archivedSet()
    put('datasets/tiny', files)
    const got = await get({ mirrors: ['http://127.0.0.1:1/'], split: 'y' })
    expect(statuses(got.files)).toEqual(Array(4).fill('unpacked'))
    expect(existsSync(join(user, 'datasets/tiny/gzip.zip'))).toBe(true)
  })

  it('refuses an archive that is not the known one, or lacks files', async () => {
    const { files } = archivedSet((all) => Object.fromEntries(Object.entries(all).slice(1)))
    const { url } = await mirror(files)
    await expect(get({ mirrors: [`${url}pub/`], split: 'x' })).rejects.toThrow(
      /received one without emnist-x-train-images-idx3-ubyte.gz/,
    )
    put('datasets/tiny', { 'gzip.zip': files['gzip.zip']!.slice(1) })
    await expect(get({ mirrors: [`${url}pub/`] })).rejects.toThrow(/bytes instead of/)
  })

  it('refuses a split that it does not have', async () => {
    archivedSet()
    await expect(get({ split: 'z' })).rejects.toThrow(/the splits of tiny are x, y; received "z"/)
  })
})

it('has nothing to fetch for a set that is built in', async () => {
  expect(await fetchDataset('digits')).toEqual({ name: 'digits', place: undefined, files: [] })
  expect(existsSync(join(user, 'datasets'))).toBe(false)
})

it.each(['ftp://host/', 'host/folder', 'https://me:secret@host/', 'https://host/?a=1'])(
  'refuses the mirror %s',
  async (url) => {
    await expect(fetchDataset('mnist', { mirrors: [url] })).rejects.toMatchObject({ name: 'ArgumentError' })
  },
)

it('refuses a name that it does not know', async () => {
  await expect(fetchDataset('minst')).rejects.toThrow(/are mnist, .*; received "minst"/)
})
