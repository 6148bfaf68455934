// NPY and NPZ: what NumPy writes is read, what is written is NumPy's to the byte, and damage is told.
import { describe, expect, it } from 'vitest'
import * as errors from '../../src/core/errors.js'
import { narrowToHalf, widenHalf } from '../../src/core/formats/half.js'
import { parseNpy, parseNpyHeader, writeNpy } from '../../src/core/formats/npy.js'
import type { NpyType } from '../../src/core/formats/npy-values.js'
import { listNpz, readNpz, writeNpz } from '../../src/core/formats/npz.js'
import { bytesSource } from '../../src/core/formats/zip.js'
import { writeZip } from '../../src/core/formats/zip-entry.js'
import { inflateNode } from '../../src/data/inflate-node.js'
import golden from '../golden/npy.json' with { type: 'json' }
import { seeded } from '../persist/states.js'
import { mutate } from '../data/mutate.js'

const bytesOf = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'))
const array = (name: string) => bytesOf(golden.arrays.find((entry) => entry.name === name)?.file ?? '')

describe('an NPY file', () => {
  it.each(golden.arrays)('with $name is read and written', ({ file, shape, values, type, fortran, name }) => {
    const read = parseNpy(bytesOf(file), 'a.npy')
    expect(read.shape).toEqual(shape)
    const expected = values.map(Number)
    const exact = type === '<f4' || type === '<f2' ? expected.map(Math.fround) : expected
    expect(Array.from(read.data)).toEqual(exact)
    const options = { type: type as NpyType, fortranOrder: fortran }
    const written = writeNpy(read, options)
    if (name.startsWith('version')) expect(parseNpy(written, 'a.npy')).toEqual(read)
    else expect(Buffer.from(written).toString('base64')).toBe(file)
  })

  it('comes in the array type that holds it', () => {
    const types = Object.fromEntries(
      golden.arrays
        .filter(({ name }) => name.startsWith('type '))
        .map(({ type, file }) => [type, parseNpy(bytesOf(file), 'a').data.constructor.name]),
    )
    expect(types).toEqual({
      '|b1': 'Uint8Array',
      '|u1': 'Uint8Array',
      '|i1': 'Int8Array',
      '<u2': 'Uint16Array',
      '<i2': 'Int16Array',
      '<u4': 'Uint32Array',
      '<i4': 'Int32Array',
      '<u8': 'Float64Array',
      '<i8': 'Float64Array',
      '<f2': 'Float32Array',
      '<f4': 'Float32Array',
      '<f8': 'Float64Array',
    })
  })

  it('is read wherever its values begin, and by whatever order of its header', () => {
    const file = array('type <f4')
    const shifted = new Uint8Array(file.length + 3)
    shifted.set(file, 3)
    expect(parseNpy(shifted.subarray(3), 'a')).toEqual(parseNpy(file, 'a'))
    const text = `{"shape":(2L , 3L,),'fortran_order' :False,"descr":"<u1"}`
    const header = new Uint8Array(10 + text.length)
    header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length, 0])
    header.set(new TextEncoder().encode(text), 10)
    const odd = Buffer.concat([header, Uint8Array.of(1, 2, 3, 4, 5, 6)])
    expect(parseNpy(odd, 'a')).toEqual({ data: Uint8Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] })
    expect(parseNpyHeader(odd, 'a')).toMatchObject({ type: '|u1', headerBytes: header.length, dataBytes: 6 })
  })

  it.each([
    ['big-endian', /of the types \|b1.*<f8; received >f4; save array.astype\(array.dtype.newbyteorder/],
    ['objects', /received \|O, Python objects; save/],
    ['words', /received <U2/],
    ['a record', /tells 'descr'.* of a plain array; received "\{'descr': \[\('a'/],
    ['complex', /received <c8/],
    ['time', /received <M8\[s\]/],
    ['long', /between -2\^53 and 2\^53; received about 9007199254740992 as value 1/],
  ] as const)('of %s is refused', (name, message) => {
    expect(() => parseNpy(bytesOf(golden.refused[name]), 'a.npy')).toThrow(errors.FormatError)
    expect(() => parseNpy(bytesOf(golden.refused[name]), 'a.npy')).toThrow(message)
  })

  it.each([
    ['(-2, 3)', /of a plain array/],
    ['(2, 3, 4)', /of shape \(2, 3, 4\) and type <f4 takes 96 bytes; received 24 bytes/],
    ['(2, 2)', /takes 16 bytes; received 24 bytes/],
    ['(9e9, )', /of a plain array/],
    ['(2147483648, 0)', /fewer than 2\^31 bytes and rows/],
    ['(99999999, 99)', /fewer than 2\^31 bytes and rows/],
    ['(2, 3', /of a plain array/],
    ['(2, 3), }x', /of a plain array/],
    ['(2, 3), "a": "b"', /of a plain array/],
  ])('with the shape %s is refused', (shape, message) => {
    const file = Buffer.from(array('type <f4'))
    const at = file.indexOf('(2, 3)')
    file.fill(0x20, at, at + 6)
    const rest = file.subarray(at + 6, at + 6 + 40).toString('latin1')
    file.write(`${shape}${rest}`.slice(0, 46), at, 'latin1')
    expect(() => parseNpy(file, 'a.npy')).toThrow(errors.FormatError)
    expect(() => parseNpy(file, 'a.npy')).toThrow(message)
  })

  it('that is not whole is refused', () => {
    const file = array('type <f4')
    for (let length = 0; length < file.length; length++) {
      expect(() => parseNpy(file.subarray(0, length), 'a')).toThrow(errors.FormatError)
    }
    expect(() => parseNpy(Buffer.concat([file, file]), 'a')).toThrow(/takes 24 bytes; received/)
  })

  it('is not written of values that the type cannot hold', () => {
    const data = Float32Array.of(1, 2.5, 300)
    expect(() => writeNpy({ data, shape: [3] }, { type: '|u1' })).toThrow(
      /type \|u1 are integers from 0 to 255; received 2.5 as value 1/,
    )
    expect(() => writeNpy({ data: Int8Array.of(0, -1), shape: [2] }, { type: '<u8' })).toThrow(
      errors.ArgumentError,
    )
    expect(() => writeNpy({ data: Float64Array.of(2 ** 53), shape: [] }, { type: '<i8' })).toThrow(
      /9007199254740991/,
    )
    expect(() => writeNpy({ data, shape: [3] }, { type: '>f4' as NpyType })).toThrow(/one of \|b1/)
    expect(() => writeNpy({ data, shape: [2] })).toThrow(errors.ShapeError)
  })
})

describe('float16', () => {
  it('widens and narrows as NumPy does', () => {
    const { halves, narrowed } = golden
    expect(halves.bits.map((bits) => widenHalf(bits) >>> 0)).toEqual(halves.wide)
    expect(narrowed.wide.map(narrowToHalf)).toEqual(narrowed.bits)
    const all = Array.from({ length: 65536 }, (_, bits) => bits).filter((bits) => (bits & 0x7fff) <= 0x7c00)
    expect(all.filter((bits) => narrowToHalf(widenHalf(bits)) !== bits)).toEqual([])
    expect(narrowToHalf(0x7fc00001)).toBe(0x7e00)
  })
})

describe('an NPZ file', () => {
  it.each(['stored', 'compressed'] as const)('that is %s is read', (kind) => {
    const file = bytesOf(golden.npz[kind])
    for (const inflate of [undefined, inflateNode]) {
      const arrays = readNpz(file, 'a.npz', inflate === undefined ? {} : { inflate })
      expect([...arrays.keys()]).toEqual(['x_train', 'y_train', 'x_test', 'y_test'])
      for (const [name, { data, shape }] of arrays) {
        expect(shape).toEqual(golden.npz.shapes[name as 'x_train'])
        expect(Array.from(data)).toEqual(golden.npz.values[name as 'x_train'])
      }
    }
    expect([...readNpz(file, 'a.npz', { only: ['y_test'] }).keys()]).toEqual(['y_test'])
    expect(listNpz(bytesSource(file, 'a.npz'))).toEqual(['x_train', 'y_train', 'x_test', 'y_test'])
  })

  it('is written and read again', () => {
    const weight = { data: Float32Array.of(1, -0, 3, 4, 5, 6), shape: [2, 3] }
    const entries = [
      ['dense_1/weight', weight],
      ['labels', { data: Int32Array.of(1, -2), shape: [2] }, { type: '<i8' }],
    ] as const
    for (const compress of [false, true]) {
      const arrays = readNpz(writeNpz(entries, { compress }), 'a.npz')
      expect(arrays.get('dense_1/weight')).toEqual(weight)
      expect(arrays.get('labels')).toEqual({ data: Float64Array.of(1, -2), shape: [2] })
    }
    expect(writeNpz(entries)).toEqual(writeNpz(entries))
    expect(readNpz(writeNpz([]), 'a.npz').size).toBe(0)
    expect(() =>
      writeNpz([
        ['a', weight],
        ['a', weight],
      ]),
    ).toThrow(/different names, none empty; received a.npy, a.npy/)
  })

  it('is refused when it is another archive, says so twice, or is too large', () => {
    const npy = writeNpy({ data: new Uint8Array(1e6), shape: [1e6] })
    const twice = writeZip([
      { name: 'a.npy', bytes: npy },
      { name: 'a.npy', bytes: npy },
    ])
    expect(() => readNpz(twice, 'a.npz')).toThrow(/"a" twice/)
    const one = writeNpz([['a', { data: new Uint8Array(1e6), shape: [1e6] }]], { compress: true })
    expect(one.length).toBeLessThan(3000)
    expect(() => readNpz(one, 'a.npz', { maxBytes: 1e5 })).toThrow(/at most 100000 bytes; received 1000128/)
    expect(() => readNpz(npy, 'a.npz')).toThrow(/a zip archive ends with its directory/)
    expect(readNpz(writeZip([{ name: 'README', bytes: npy }]), 'a').size).toBe(0)
  })

  it('that lies about its size is left at once, by either way of unpacking', () => {
    const bytes = writeNpz([['a', { data: new Uint8Array(3e7), shape: [3e7] }]], { compress: true })
    const directory = bytes.length - 22 - 46 - 5
    new DataView(bytes.buffer).setUint32(directory + 24, 4096, true)
    for (const options of [{}, { inflate: inflateNode }]) {
      expect(() => readNpz(bytes, 'a.npz', options)).toThrow(/received more than 4096 bytes/)
    }
  })
})

describe('damaged files', () => {
  it('are refused or right, in 4,000 cases of NPY', () => {
    const files = golden.arrays.slice(0, 30).map(({ file }) => bytesOf(file))
    const next = seeded(11)
    let refused = 0
    for (let i = 0; i < 4000; i++) {
      try {
        const { data, shape } = parseNpy(mutate(files[i % files.length], next), 'a.npy')
        expect(shape.reduce((product, size) => product * size, 1)).toBe(data.length)
      } catch (error) {
        refused++
        expect(error).toBeInstanceOf(errors.FormatError)
      }
    }
    expect(refused).toBeGreaterThan(1500)
  })

  it('are refused or right, in 3,000 cases of NPZ', () => {
    const files = [golden.npz.stored, golden.npz.compressed].map(bytesOf)
    const next = seeded(12)
    let refused = 0
    for (let i = 0; i < 3000; i++) {
      try {
        const options = i % 4 < 2 ? { inflate: inflateNode } : {}
        for (const [name, { data }] of readNpz(mutate(files[i % 2], next), 'a.npz', options)) {
          const values = golden.npz.values[name as 'x_train'] as number[] | undefined
          // A name of the directory has no checksum.
          if (values !== undefined) expect(Array.from(data)).toEqual(values)
        }
      } catch (error) {
        refused++
        expect(error).toBeInstanceOf(errors.FormatError)
      }
    }
    expect(refused).toBeGreaterThan(1000)
  })
})
