// Checks of files against the catalogue: each kind of finding, and the real sets.
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { catalog } from '../../src/data/catalog.js'
import { verifyDataset } from '../../src/data/verify.js'
import { temporaryFolder } from './idx-bytes.js'
import { itWithData } from './real.js'
import { archivedSet, sumOf, tinySet, type Files } from './download/sets.js'

let user = ''
beforeEach(() => {
  user = temporaryFolder({})
  vi.stubEnv('INIT_CWD', user)
  vi.stubEnv('LANEWISE_DATA', '')
  return () => vi.unstubAllEnvs()
})

function put(files: Files): void {
  mkdirSync(join(user, 'data/tiny'), { recursive: true })
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(user, 'data/tiny', name), bytes)
}

async function check(entry: ReturnType<typeof tinySet>['entry'], split?: string) {
  const results = await verifyDataset(entry, { split })
  return results.flatMap(({ files }) => files.map(({ path, status }) => `${status} ${basename(path)}`))
}

describe('verifyDataset', () => {
  it('finds right, wrong, cut and missing files', async () => {
    const { entry, files } = tinySet()
    const [[one, right], [two, other], [three, cut], [four]] = Object.entries(files) as [
      string,
      Uint8Array,
    ][] & { length: 4 }
    put({ [one]: right, [two]: other.map((byte) => byte ^ 1), [three]: cut.slice(1) })
    expect(await verifyDataset(entry)).toEqual([
      {
        name: 'tiny',
        place: join(user, 'data/tiny'),
        files: [
          { path: join(user, 'data/tiny', one), status: 'ok', bytes: right.length, sha256: sumOf(right) },
          expect.objectContaining({
            status: 'wrong',
            detail: expect.stringMatching(/^another SHA-256, /) as string,
          }),
          expect.objectContaining({
            status: 'wrong',
            detail: `${String(cut.length - 1)} bytes instead of ${String(cut.length)}`,
          }),
          { path: join(user, 'data/tiny', four), status: 'missing' },
        ],
      },
    ])
  })

  it('tells sums of files that the catalogue does not know, and counts them as there', async () => {
    const { entry, files } = tinySet()
    const unpacked = Object.entries(files).map(
      ([name, bytes]) => [name.replace('.gz', ''), gunzipSync(bytes)] as const,
    )
    put(Object.fromEntries(unpacked))
    const checks = (await verifyDataset(entry))[0]!.files
    expect(checks).toEqual(
      unpacked.map(([name, bytes]) => ({
        path: join(user, 'data/tiny', name),
        status: 'unchecked',
        bytes: bytes.length,
        sha256: sumOf(bytes),
        detail: 'no SHA-256 is known',
      })),
    )
  })

  it('tells which other set a file belongs to', async () => {
    const { entry, files } = tinySet()
    const [train, , test] = Object.keys(files) as [string, string, string]
    const same = gzipSync(new Uint8Array(3))
    entry.files[2] = { name: test, bytes: same.length, sha256: sumOf(same) }
    put({ [train]: same })
    entry.files[0] = { ...entry.files[0]!, bytes: same.length }
    const checks = (await verifyDataset(entry))[0]!.files
    expect(checks[0]!.detail).toMatch(/^it is a file of tiny, "train-images/)
  })

  it('lets gzip check files without a known sum, split by split', async () => {
    const { entry } = archivedSet()
    const [images, labels] = entry.files.map(({ name }) => name) as [string, string]
    put({
      [images]: gzipSync(new Uint8Array(9)),
      [labels]: gzipSync(new Uint8Array(99)).subarray(0, 20),
      'gzip.zip': new Uint8Array(7),
    })
    expect(await check(entry)).toEqual([
      `unchecked ${images}`,
      `wrong ${labels}`,
      'wrong gzip.zip',
      'missing emnist-x-test-images-idx3-ubyte.gz',
      'missing emnist-x-test-labels-idx1-ubyte.gz',
    ])
    expect(await check(entry, 'y')).toEqual(entry.files.slice(4).map(({ name }) => `missing ${name}`))
  })

  it('has nothing to say of a set that is built in, nor of splits that are not there', async () => {
    expect(await verifyDataset(catalog.find(({ name }) => name === 'digits')!)).toEqual([
      { name: 'digits', files: [] },
    ])
    expect(await check(archivedSet().entry)).toEqual([])
  })
})

for (const name of ['mnist', 'fashion-mnist']) {
  itWithData(name, `finds ${name} itself right`, async (path) => {
    const entry = catalog.find((known) => known.name === name)!
    const { files, place } = (await verifyDataset(entry, { dataDir: join(path, '..') }))[0]!
    expect(place).toBe(path)
    expect(files.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok'])
  })
}
