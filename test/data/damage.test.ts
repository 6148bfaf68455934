// Damaged files of every binary form, by the thousand: the right data or a typed error, in bounded memory and time.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync, gzipSync } from 'node:zlib'
import { encode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { crc32 } from '../../src/core/formats/crc32.js'
import { writeNpy } from '../../src/core/formats/npy.js'
import { writeNpz } from '../../src/core/formats/npz.js'
import { FormatError, LanewiseError } from '../../src/core/errors.js'
import { parseMapping } from '../../src/data/emnist-mapping.js'
import { readIdx } from '../../src/data/idx-file.js'
import { parseIdx } from '../../src/data/idx.js'
import { loadDataset } from '../../src/data/load.js'
import { readNpy } from '../../src/data/npy-file.js'
import { decodePng } from '../../src/data/png.js'
import { seeded } from '../persist/states.js'
import { counting, idxBytes, temporaryFolder } from './idx-bytes.js'
import { mutate } from './mutate.js'

/** Runs `read` on damaged copies; what it throws must be of `type`. Returns how many were refused. */
async function refusals(
  cases: number,
  originals: readonly Uint8Array[],
  seed: number,
  read: (bytes: Uint8Array) => unknown,
  type: typeof LanewiseError | typeof FormatError = FormatError,
): Promise<number> {
  const next = seeded(seed)
  let refused = 0
  const before = memory()
  for (let i = 0; i < cases; i++) {
    try {
      await read(mutate(originals[i % originals.length], next))
    } catch (error) {
      refused++
      if (!(error instanceof type)) throw error
    }
  }
  expect(memory() - before).toBeLessThan(2 ** 26)
  return refused
}

const size = (shape: readonly number[]) => shape.reduce((product, dimension) => product * dimension, 1)
const memory = () => process.memoryUsage().arrayBuffers
/** Throws where more than 64 MiB of memory stand after `use` than before. */
async function inBounds(use: () => Promise<void>): Promise<void> {
  const before = memory()
  await use()
  expect(memory() - before).toBeLessThan(2 ** 26)
}

describe('damaged', () => {
  const codes = [0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e]
  const files = codes.map((code, i) => {
    const width = [1, 1, 2, 4, 4, 8][i]
    return idxBytes(code, [5, 3, 2], counting(30 * width))
  })

  it('IDX files, 3,000 of all types', async () => {
    const refused = await refusals(3000, files, 31, (bytes) => {
      const { data, shape } = parseIdx(bytes, 'a')
      expect(data.length).toBe(size(shape))
    })
    expect(refused).toBeGreaterThan(1000)
  })

  it.each([
    ['IDX', files.map((file) => gzipSync(file)), readIdx],
    [
      'NPY',
      [writeNpy({ data: counting(300), shape: [20, 15] })].flatMap((file) => [file, gzipSync(file)]),
      readNpy,
    ],
  ] as const)('%s files on disk, 1,000 plain or gzipped', async (_, originals, read) => {
    const path = join(temporaryFolder({}), 'a')
    const refused = await refusals(1000, originals, 32, async (bytes) => {
      writeFileSync(path, bytes)
      const { data, shape } = await read(path)
      expect(data.length).toBe(size(shape))
    })
    expect(refused).toBeGreaterThan(300)
  })

  it('pictures, 1,500', async () => {
    const pictures = [
      encode({ width: 9, height: 7, data: counting(63), channels: 1, depth: 8 }),
      encode({ width: 9, height: 7, data: counting(252), channels: 4, depth: 8 }),
      encode({
        width: 9,
        height: 7,
        data: Uint16Array.from({ length: 189 }, (_, i) => 300 * i),
        channels: 3,
        depth: 16,
      }),
    ]
    const refused = await refusals(1500, pictures, 33, async (bytes) => {
      const { pixels, width, height } = await decodePng(bytes, 'a')
      expect(pixels.length).toBe(width * height)
    })
    expect(refused).toBeGreaterThan(1000)
  })

  it('mapping files, 1,000', async () => {
    const text = new TextEncoder().encode('1 65 97\n2 66 98\n3 67 99\n')
    const refused = await refusals(1000, [text], 34, (bytes) => {
      for (const name of parseMapping(new TextDecoder('latin1').decode(bytes), 1, 'a'))
        expect(name).toHaveLength(1)
    })
    expect(refused).toBeGreaterThan(200)
  })

  it('sets, 300, as a whole', async () => {
    const x = { data: counting(6 * 16), shape: [6, 4, 4] }
    const y = { data: Uint8Array.of(0, 1, 2, 0, 1, 2), shape: [6] }
    const arrays = [
      ['x_train', x],
      ['y_train', y],
      ['x_test', x],
      ['y_test', y],
    ] as const
    const path = join(temporaryFolder({}), 'mnist.npz')
    const originals = [writeNpz(arrays), writeNpz(arrays, { compress: true })]
    const load = async (bytes: Uint8Array) => {
      writeFileSync(path, bytes)
      const { train } = await loadDataset(path, { warn: () => undefined })
      expect([train.x.data.length, train.y.length]).toEqual([96, 6])
    }
    expect(await refusals(300, originals, 35, load, LanewiseError)).toBeGreaterThan(100)
  })
})

describe('bombs', () => {
  const zeros = new Uint8Array(2 ** 27)

  it('in gzip are left when they are longer than their header says', async () => {
    const idx = gzipSync(Buffer.concat([idxBytes(8, [10, 10], counting(100)), zeros]), { level: 1 })
    const npy = gzipSync(Buffer.concat([writeNpy({ data: counting(9), shape: [9] }), zeros]), { level: 1 })
    const folder = temporaryFolder({ idx, npy })
    await inBounds(async () => {
      await expect(readIdx(join(folder, 'idx'))).rejects.toThrow(/last value; received more than the 112/)
      await expect(readNpy(join(folder, 'npy'))).rejects.toThrow(/an NPY file ends with its last value/)
    })
  })

  it('in pictures are left: pixels beyond the size, and profiles that unpack to anything', async () => {
    const chunk = (kind: string, data: Uint8Array) => {
      const body = Buffer.concat([Buffer.from(kind), data])
      const frame = Buffer.alloc(8)
      frame.writeUInt32BE(data.length, 0)
      frame.writeUInt32BE(crc32(body), 4)
      return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
    }
    const picture = Buffer.from(encode({ width: 4, height: 4, data: counting(16), channels: 1, depth: 8 }))
    const packed = deflateSync(zeros, { level: 1 })
    const profile = chunk('iCCP', Buffer.concat([Buffer.from('bomb\0\0'), packed]))
    const withProfile = Buffer.concat([picture.subarray(0, 33), profile, picture.subarray(33)])
    const pixels = Buffer.concat([
      picture.subarray(0, 33),
      chunk('IDAT', packed),
      chunk('IEND', Buffer.alloc(0)),
    ])
    await inBounds(async () => {
      expect((await decodePng(withProfile, 'a')).pixels).toEqual(counting(16))
      await expect(decodePng(pixels, 'a')).rejects.toThrow(/packed bytes for 16 pixels/)
    })
  })
})
