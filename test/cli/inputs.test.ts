import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readInput } from '../../src/cli/inputs.js'
import * as errors from '../../src/core/errors.js'
import golden from '../golden/inputs.json' with { type: 'json' }
import { idxBytes, temporaryFolder } from '../data/idx-bytes.js'
import { bitsOf, seeded } from '../persist/states.js'

const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'))
const [height, width] = golden.size
const picture = { columns: height * width, sampleShape: [height, width] }
const flat = (columns: number) => ({ columns, sampleShape: [columns] })

/** Reads `content` as the file `input`. */
const read = (content: string | Uint8Array, expected: { columns: number; sampleShape: number[] }) =>
  readInput(join(temporaryFolder({ input: content }), 'input'), expected)

describe('a picture', () => {
  it.each(golden.pictures)('of $name becomes the bytes that Pillow gives', async ({ file, pixels }) => {
    const { data, shape } = await read(bytesOf(file), picture)
    expect(data).toBeInstanceOf(Uint8Array)
    expect([...data]).toEqual(pixels)
    expect(shape).toEqual([1, height, width])
  })

  it('fits models of flat samples and of one channel', async () => {
    const file = bytesOf(golden.pictures[0].file)
    expect((await read(file, flat(35))).shape).toEqual([1, 35])
    expect((await read(file, { columns: 35, sampleShape: [1, 5, 7] })).shape).toEqual([1, 1, 5, 7])
    expect((await read(file, { columns: 35, sampleShape: [5, 7, 1] })).shape).toEqual([1, 5, 7, 1])
  })

  it('of another size is refused with both sizes', async () => {
    const file = bytesOf(golden.pictures[0].file)
    await expect(read(file, flat(784))).rejects.toThrow(errors.ShapeError)
    await expect(read(file, flat(784))).rejects.toThrow(
      /one pixel for each of the model's 784 inputs; received 7 × 5 pixels; scale the picture to 28 × 28 pixels/,
    )
    const turned = { columns: 35, sampleShape: [7, 5] }
    await expect(read(file, turned)).rejects.toThrow(
      /received 7 × 5 pixels; scale the picture to 5 × 7 pixels/,
    )
    const huge = file.slice()
    new DataView(huge.buffer).setUint32(16, 0xffffffff)
    await expect(read(huge, flat(35))).rejects.toThrow(
      /received 4294967295 × 5 pixels; scale the picture to that/,
    )
  })

  it('that is damaged is refused', async () => {
    const file = bytesOf(golden.pictures[6].file)
    for (let length = 4; length < file.length; length++) {
      await expect(read(file.subarray(0, length), picture)).rejects.toThrow(errors.FormatError)
    }
    const next = seeded(8)
    for (let i = 0; i < 300; i++) {
      const copy = file.slice()
      copy[8 + (next() % (copy.length - 8))] ^= 1 << (next() % 8)
      await expect(read(copy, picture)).rejects.toThrow(errors.LanewiseError)
    }
  })

  it('of less than 8 bits and interlaced is refused', async () => {
    await expect(read(bytesOf(golden.interlaced1bit), picture)).rejects.toThrow(
      /received an interlaced one of 1 bits/,
    )
  })
})

describe('an NPY file', () => {
  it.each(golden.arrays)('of $name is read', async ({ file, bits }) => {
    const { data, shape } = await read(bytesOf(file), flat(3))
    expect(bitsOf(Float32Array.from(data))).toEqual(bits)
    expect(shape).toEqual([2, 3])
  })

  it('may hold one sample alone, and bytes stay bytes', async () => {
    const { data, shape } = await read(bytesOf(golden.arrays[0].file), { columns: 6, sampleShape: [2, 3] })
    expect(data).toEqual(Uint8Array.of(0, 1, 200, 7, 255, 3))
    expect(shape).toEqual([1, 2, 3])
  })

  it('of another shape is refused with both shapes', async () => {
    const file = bytesOf(golden.arrays[0].file)
    await expect(read(file, flat(784))).rejects.toThrow(errors.ShapeError)
    await expect(read(file, flat(784))).rejects.toThrow(
      /the shape that the model takes, \[784\]; received an array of shape \[2, 3\]; reshape it to \[rows, 784\]/,
    )
    await expect(read(file, { columns: 6, sampleShape: [3, 2] })).rejects.toThrow(
      /received an array of shape \[2, 3\]/,
    )
  })

  it('may be in Fortran order or of integers of 64 bits, not of another order of bytes', async () => {
    for (const file of [golden.fortran, golden.int64]) {
      expect(await read(bytesOf(file), flat(3))).toEqual({ data: new Float32Array(6), shape: [2, 3] })
    }
    await expect(read(bytesOf(golden.bigEndian), flat(3))).rejects.toThrow(/<f8; received >f4; save/)
    await expect(read(bytesOf(golden.record), flat(3))).rejects.toThrow(
      /of a plain array; received "\{'descr': \[\('a'/,
    )
  })

  it('that is damaged is refused, or read as far as it says the truth', async () => {
    const file = bytesOf(golden.arrays[15].file)
    for (let length = 6; length < file.length; length++) {
      await expect(read(file.subarray(0, length), flat(3))).rejects.toThrow(errors.FormatError)
    }
    const next = seeded(9)
    for (let i = 0; i < 300; i++) {
      const copy = file.slice()
      copy[6 + (next() % 74)] = next() & 255
      await read(copy, flat(3)).then(
        ({ shape }) => {
          expect(shape).toEqual([2, 3])
        },
        (error: unknown) => {
          expect(error).toBeInstanceOf(errors.LanewiseError)
        },
      )
    }
  })

  it('with values that are not finite is refused with row and column', async () => {
    const file = bytesOf(golden.arrays[15].file)
    new DataView(file.buffer).setFloat32(file.length - 4, NaN, true)
    await expect(read(file, flat(3))).rejects.toThrow(errors.DataError)
    await expect(read(file, flat(3))).rejects.toThrow(/received NaN in row 1, column 2/)
  })
})

describe('an IDX file', () => {
  const file = idxBytes(8, [2, 2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))

  it('is read, plain or gzipped', async () => {
    for (const content of [file, gzipSync(file)]) {
      const { data, shape } = await read(content, flat(6))
      expect([...data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      expect(shape).toEqual([2, 6])
    }
  })

  it('of another shape, or cut, is refused', async () => {
    await expect(read(file, flat(784))).rejects.toThrow(
      /takes, \[784\]; received an array of shape \[2, 2, 3\]/,
    )
    await expect(read(file.subarray(0, 20), flat(6))).rejects.toThrow(errors.FormatError)
  })
})

describe('a CSV file', () => {
  const rows = [Math.fround(0.1), -2, 300, 4, 5.5, -6e-3].map(Math.fround)
  it.each([
    ['without names', '0.1,-2,3e2\n4,5.5,-6e-3\n'],
    ['with names', 'a,b,c\n0.1,-2,3e2\n4,5.5,-6e-3\n'],
    [
      'with a byte order mark, quotes, CRLF and empty lines',
      '\ufeff"a","b","c"\r\n\r\n"0.1",-2,+3E2\r\n4,5.5,-.006\r\n',
    ],
    ['with semicolons and spaces', '0.1; -2; 300.\n4 ;5.5 ;-0.006'],
    ['with tabs', '0.1\t-2\t300\n4\t5.5\t-0.006'],
  ])('%s is read as float32', async (_, text) => {
    const { data, shape } = await read(text, flat(3))
    expect(data).toEqual(Float32Array.from(rows))
    expect(shape).toEqual([2, 3])
  })

  it('takes the shape of the samples', async () => {
    expect((await read('1,2,3,4\n5,6,7,8\n1,2,3,4\n', { columns: 4, sampleShape: [2, 2] })).shape).toEqual([
      3, 2, 2,
    ])
    expect((await read('1\n2\n', flat(1))).shape).toEqual([2, 1])
  })

  it('is read whole when it is longer than one slice', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => [i, i + 0.5, i / 8])
    const { data, shape } = await read(rows.map((row) => row.join()).join('\n'), flat(3))
    expect(shape).toEqual([20_000, 3])
    expect(data).toEqual(Float32Array.from(rows.flat()))
  })

  it.each([
    [
      'a column too many',
      '1,2,3,4\n',
      errors.ShapeError,
      /model's 3 inputs; received 4 in line 1; remove the column.*label/,
    ],
    ['a short line', '1,2,3\n1,2\n', errors.ShapeError, /received 2 in line 2/],
    ['text', '1,2,3\n1,x\u001b,3\n', errors.DataError, /received "x\\u001b" in line 2, column 2/],
    ['an empty cell in the first line', ',2,3\n', errors.DataError, /received "" in line 1, column 1/],
    [
      'a name among numbers in the first line',
      'a,2,3\n',
      errors.DataError,
      /received "a" in line 1, column 1/,
    ],
    [
      'a first line of missing values',
      'nan,NA,\n1,2,3\n',
      errors.DataError,
      /received "nan" in line 1, column 1/,
    ],
    ['infinity', '1,2,3\n1,2,Infinity\n', errors.DataError, /received "Infinity" in line 2, column 3/],
    ['a number beyond float32', '1,2,1e39\n', errors.DataError, /received "1e39" in line 1, column 3/],
    ['a hexadecimal number', '1,2,0x10\n', errors.DataError, /received "0x10" in line 1, column 3/],
    ['names only', 'a,b,c\n', errors.DataError, /at least one row/],
    [
      'an open quote',
      '1,"2,3\n1,2,3\n',
      errors.FormatError,
      /text of numbers separated by commas; received Quote/,
    ],
  ])('with %s is refused', async (_, text, type, message) => {
    await expect(read(text, flat(3))).rejects.toThrow(type)
    await expect(read(text, flat(3))).rejects.toThrow(message)
  })
})

describe('other files', () => {
  it('are refused by what they are', async () => {
    await expect(read('', flat(3))).rejects.toThrow(/is PNG, CSV, NPY or IDX; received an empty file/)
    await expect(read('PK\u0003\u0004\u0000\u0000', flat(3))).rejects.toThrow(/received another kind of file/)
    await expect(read(Buffer.from('1,2,3', 'utf16le'), flat(3))).rejects.toThrow(/text must be UTF-8/)
  })

  it('are refused when they are not there', async () => {
    const folder = temporaryFolder({})
    await expect(readInput(join(folder, 'none.png'), flat(3))).rejects.toThrow(errors.NotFoundError)
    await expect(readInput(folder, flat(3))).rejects.toThrow(errors.ArgumentError)
  })
})
