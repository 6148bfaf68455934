// The values of NPY files as typed arrays and back. Little-endian, as the typed arrays of all supported hosts.
import { ArgumentError, FormatError } from '../errors.js'
import type { NumericArray } from '../tensor.js'
import { narrowToHalf, widenHalf } from './half.js'

/** NumPy's names of the types that are read and written: order, kind, bytes a value. */
export const npyTypes = {
  '|b1': { bytes: 1, array: Uint8Array },
  '|u1': { bytes: 1, array: Uint8Array },
  '|i1': { bytes: 1, array: Int8Array },
  '<u2': { bytes: 2, array: Uint16Array },
  '<i2': { bytes: 2, array: Int16Array },
  '<u4': { bytes: 4, array: Uint32Array },
  '<i4': { bytes: 4, array: Int32Array },
  '<u8': { bytes: 8, array: BigUint64Array },
  '<i8': { bytes: 8, array: BigInt64Array },
  '<f2': { bytes: 2, array: Uint16Array },
  '<f4': { bytes: 4, array: Float32Array },
  '<f8': { bytes: 8, array: Float64Array },
} as const

export type NpyType = keyof typeof npyTypes

/** The type in which an array is stored when nobody says otherwise. */
export function typeOf(data: NumericArray): NpyType {
  if (data instanceof Float32Array) return '<f4'
  if (data instanceof Float64Array) return '<f8'
  if (data instanceof Int8Array) return '|i1'
  if (data instanceof Uint16Array) return '<u2'
  if (data instanceof Int16Array) return '<i2'
  if (data instanceof Uint32Array) return '<u4'
  return data instanceof Int32Array ? '<i4' : '|u1'
}

/** Values from their bytes, of which there are as many as the type needs; may share memory with them. */
export function decodeValues(bytes: Uint8Array, type: NpyType, file: string): NumericArray {
  const width = npyTypes[type].bytes
  // In a file values may begin anywhere; in memory they may not.
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes)
  const length = bytes.length / width
  if (type === '|b1') return new Uint8Array(buffer, byteOffset, length).map((value) => (value === 0 ? 0 : 1))
  if (type === '<f2') {
    const bits = Uint32Array.from(new Uint16Array(buffer, byteOffset, length), widenHalf)
    return new Float32Array(bits.buffer)
  }
  if (type === '<u8' || type === '<i8') {
    return decodeLong(new Uint32Array(buffer, byteOffset, 2 * length), type, file)
  }
  return new (npyTypes[type].array as new (b: ArrayBufferLike, o: number, l: number) => NumericArray)(
    buffer,
    byteOffset,
    length,
  )
}

function decodeLong(words: Uint32Array, type: '<u8' | '<i8', file: string): Float64Array {
  const values = new Float64Array(words.length / 2)
  for (let i = 0; i < values.length; i++) {
    const high = words[2 * i + 1]!
    const value = (type === '<i8' ? high | 0 : high) * 2 ** 32 + words[2 * i]!
    if (!Number.isSafeInteger(value)) {
      throw new FormatError({
        file,
        rule: 'integers of 64 bits are between -2^53 and 2^53',
        received: `about ${String(value)} as value ${String(i)}`,
        remedy: "save array.astype('float64') if the last digits do not matter",
      })
    }
    values[i] = value
  }
  return values
}

/**
 * The bytes of values in a type.
 * @throws ArgumentError for values that an integer type cannot hold.
 */
export function encodeValues(data: NumericArray, type: NpyType): Uint8Array {
  if (type === typeOf(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const kind = type[1]
  if (kind !== 'f') requireIntegers(data, type)
  if (type === '<f2') {
    const bits = new Uint32Array(Float32Array.from(data).buffer)
    return bytesOf(Uint16Array.from(bits, narrowToHalf))
  }
  if (type === '<u8') return bytesOf(BigUint64Array.from(data as ArrayLike<number> as number[], BigInt))
  if (type === '<i8') return bytesOf(BigInt64Array.from(data as ArrayLike<number> as number[], BigInt))
  const { array } = npyTypes[type]
  return bytesOf((array as { from(values: ArrayLike<number>): NumericArray }).from(data))
}

function bytesOf({ buffer }: { buffer: ArrayBufferLike }): Uint8Array {
  return new Uint8Array(buffer)
}

function requireIntegers(data: NumericArray, type: NpyType): void {
  const bits = 8 * npyTypes[type].bytes
  const signed = type[1] === 'i'
  const top = type === '|b1' ? 1 : Math.min(2 ** (signed ? bits - 1 : bits) - 1, Number.MAX_SAFE_INTEGER)
  const bottom = signed ? Math.max(-(2 ** (bits - 1)), Number.MIN_SAFE_INTEGER) : 0
  const bad = data.findIndex((value: number) => !(Number.isInteger(value) && value >= bottom && value <= top))
  if (bad < 0) return
  throw new ArgumentError({
    rule: `values of type ${type} are integers from ${String(bottom)} to ${String(top)}`,
    received: `${String(data[bad])} as value ${String(bad)}`,
    remedy: 'choose another type',
  })
}
