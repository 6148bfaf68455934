// IDX files in memory and on disk: all types, and every way in which a file can be wrong.
import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../../src/core/errors.js'
import { parseIdx, parseIdxHeader } from '../../src/data/idx.js'
import { readIdx } from '../../src/data/idx-file.js'
import { counting, idxBytes, temporaryFolder } from './idx-bytes.js'

describe('parseIdx', () => {
  it.each([
    [0x08, [200, 3], Uint8Array.of(200, 3)],
    [0x09, [200, 3], Int8Array.of(-56, 3)],
    [0x0b, [0xff, 0xfe, 0x01, 0x02], Int16Array.of(-2, 258)],
    [0x0c, [0x80, 0, 0, 1, 0, 0, 1, 0], Int32Array.of(-2147483647, 256)],
    [0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0], Float32Array.of(1, -2.5)],
    [0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], Float64Array.of(1 + 2 ** -52, 0)],
  ])('reads type %i, big-endian', (code, values, expected) => {
    expect(parseIdx(idxBytes(code, [2], values), 'a')).toEqual({ data: expected, shape: [2] })
  })

  it('reads any rank, at any offset in its buffer', () => {
    const shape = [2, 1, 3, 2, 1]
    const larger = new Uint8Array(100)
    larger.set(idxBytes(8, shape, counting(12)), 7)
    expect(parseIdx(larger.subarray(7, 7 + 24 + 12), 'a')).toEqual({ data: counting(12), shape })
    const deep = Array.from({ length: 255 }, () => 1)
    expect(parseIdx(idxBytes(8, deep, [9]), 'a')).toEqual({ data: Uint8Array.of(9), shape: deep })
  })

  it('shares the memory of bytes', () => {
    const bytes = idxBytes(8, [3], [1, 2, 3])
    expect(parseIdx(bytes, 'a').data.buffer).toBe(bytes.buffer)
  })

  it.each([
    ['empty', new Uint8Array(0), /^images: an IDX file starts with .*received an empty file/],
    ['short', Uint8Array.of(0, 0, 8), /received the bytes 00 00 08/],
    ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47), /received the bytes 89 50 4e 47/],
    ['an unknown type', idxBytes(0x0a, [1], [1]), /received the bytes 00 00 0a 01/],
    ['no dimension', idxBytes(0x08, [], [1]), /received the bytes 00 00 08 00/],
    ['a cut header', idxBytes(8, [1, 1], []).subarray(0, 9), /received 9 of 12 bytes/],
    ['a cut body', idxBytes(8, [2, 2], [1, 2, 3]), /holds all that its header declares; received 15 of 16/],
    ['trailing bytes', idxBytes(8, [2], [1, 2, 3]), /ends with its last value; received more than the 10/],
    ['2^31 rows', idxBytes(8, [2 ** 31], []), /fewer than 2\^31 rows.*the shape \[2147483648\] of u8/],
    ['2^31 rows of nothing', idxBytes(8, [2 ** 31, 0], []), /fewer than 2\^31 rows/],
    ['2^31 bytes', idxBytes(0x0e, [2 ** 14, 2 ** 14], []), /fewer than 2\^31 rows and bytes/],
    ['more than 2^1024 bytes', idxBytes(8, new Array<number>(40).fill(2 ** 31 - 1), []), /fewer than 2\^31/],
  ])('refuses a file that is %s', (_, bytes, message) => {
    expect(() => parseIdx(bytes, 'images')).toThrow(FormatError)
    expect(() => parseIdx(bytes, 'images')).toThrow(message)
  })

  it('tells the header without the values', () => {
    const header = parseIdxHeader(idxBytes(0x0d, [60000, 28, 28], []), 'a')
    expect(header).toEqual({ type: 'f32', shape: [60000, 28, 28], headerBytes: 16, dataBytes: 188160000 })
  })
})

describe('readIdx', () => {
  const images = idxBytes(8, [40, 28, 28], counting(40 * 784))

  it('reads plain and gzipped files, whatever they are called', async () => {
    const folder = temporaryFolder({ 'plain.gz': images, packed: gzipSync(images) })
    const expected = { data: counting(40 * 784), shape: [40, 28, 28] }
    expect(await readIdx(join(folder, 'plain.gz'))).toEqual(expected)
    expect(await readIdx(join(folder, 'packed'))).toEqual(expected)
  })

  it('reads a gzip file whose header holds a long name, and one of several members', async () => {
    const packed = gzipSync(images)
    const name = new Uint8Array(5000).fill(0x61)
    const named = Buffer.concat([packed.subarray(0, 10), name, Uint8Array.of(0), packed.subarray(10)])
    named[3] = 8 // FNAME
    const members = Buffer.concat([gzipSync(images.subarray(0, 9)), gzipSync(images.subarray(9))])
    const folder = temporaryFolder({ named, members })
    for (const file of ['named', 'members'])
      expect((await readIdx(join(folder, file))).data).toEqual(counting(40 * 784))
  })

  it('gives arrays that share memory with nothing else', async () => {
    const small = idxBytes(8, [3], [1, 2, 3])
    const folder = temporaryFolder({ plain: small, packed: gzipSync(small) })
    for (const file of ['plain', 'packed'])
      expect((await readIdx(join(folder, file))).data.buffer.byteLength).toBe(11)
  })

  const noise = Uint8Array.from({ length: 50000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24)
  const packedNoise = gzipSync(idxBytes(8, [50000], noise))
  const wrongSum = Uint8Array.from(packedNoise)
  wrongSum[packedNoise.length - 8]! ^= 1
  it.each([
    ['cut gzip', packedNoise.subarray(0, -20), /a gzip file is whole.*ends in the middle/],
    ['gzip without its last byte', packedNoise.subarray(0, -1), /a gzip file is whole.*ends in the middle/],
    ['cut gzip header', packedNoise.subarray(0, 5), /an IDX file starts with|ends in the middle/],
    ['wrong checksum', wrongSum, /a gzip file is whole.*incorrect data check/],
    ['damaged gzip', packedNoise.map((byte, i) => (i < 10 ? byte : 0xff)), /a gzip file is whole/],
    ['gzipped text', gzipSync('hello'), /received the bytes 68 65 6c 6c/],
    ['plain, cut', images.subarray(0, 5000), /received 5000 of 31376 bytes/],
    ['plain, trailing', Buffer.concat([images, new Uint8Array(1)]), /ends with its last value/],
    ['gzipped, cut inside', gzipSync(images.subarray(0, 5000)), /received 5000 of 31376 bytes/],
    ['gzipped, trailing', gzipSync(Buffer.concat([images, images])), /ends with its last value/],
    ['gzipped, trailing megabytes', gzipSync(Buffer.concat([images, new Uint8Array(9e6)])), /its last value/],
    ['empty', new Uint8Array(0), /an empty file/],
  ])('refuses %s and names the file', async (_, bytes, message) => {
    const path = join(temporaryFolder({ damaged: bytes }), 'damaged')
    await expect(readIdx(path)).rejects.toThrow(message)
    await expect(readIdx(path)).rejects.toMatchObject({ name: 'FormatError', file: path })
  })

  it('refuses a small file that declares gigabytes before it takes memory for them', async () => {
    const liar = idxBytes(8, [2 ** 31 - 1], counting(100))
    const folder = temporaryFolder({ plain: liar, packed: gzipSync(liar), huge: '' })
    truncateSync(join(folder, 'huge'), 2 ** 20)
    const before = process.memoryUsage().arrayBuffers
    await expect(readIdx(join(folder, 'plain'))).rejects.toThrow(/received 108 of 2147483655 bytes/)
    await expect(readIdx(join(folder, 'packed'))).rejects.toThrow(/of 2147483655 bytes/)
    await expect(readIdx(join(folder, 'huge'))).rejects.toThrow(/the bytes 00 00 00 00/)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26)
  })

  it('leaves the error of a missing file as the system gives it', async () => {
    await expect(readIdx(join(temporaryFolder({}), 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
