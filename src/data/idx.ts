// The IDX format of MNIST and its kin: two zero bytes, a type code, the rank, one big-endian u32 a dimension, then
// the values, big-endian, in row-major order. Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of
// handwritten digits", section "File formats". Parses bytes in memory; reading and unpacking files is the work of
// idx-file.ts.
import { FormatError } from '../core/errors.js'
import type { NumericArray, Tensor } from '../core/tensor.js'

export type IdxType = 'u8' | 'i8' | 'i16' | 'i32' | 'f32' | 'f64'

export interface IdxHeader {
  type: IdxType
  shape: number[]
  /** Bytes before the first value. */
  headerBytes: number
  /** Bytes of all values. */
  dataBytes: number
}

/** The longest header: 255 dimensions. */
export const maxHeaderBytes = 4 + 4 * 255

const types: Record<number, { type: IdxType; bytes: number }> = {
  0x08: { type: 'u8', bytes: 1 },
  0x09: { type: 'i8', bytes: 1 },
  0x0b: { type: 'i16', bytes: 2 },
  0x0c: { type: 'i32', bytes: 4 },
  0x0d: { type: 'f32', bytes: 4 },
  0x0e: { type: 'f64', bytes: 8 },
}

/** Bytes that the header of an IDX file has, told by its first four bytes; 4 while these are not there. */
export function idxHeaderBytes(bytes: Uint8Array): number {
  return bytes.length < 4 ? 4 : 4 + 4 * bytes[3]!
}

/**
 * The header at the start of `bytes`, which may be longer or, past the header, shorter than the file.
 * @param file the name that errors tell.
 * @throws FormatError for a wrong magic number, no dimension, a cut header, or 2^31 and more rows or bytes.
 */
export function parseIdxHeader(bytes: Uint8Array, file: string, mostBytes = 2 ** 31): IdxHeader {
  const known = bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 ? types[bytes[2]!] : undefined
  if (known === undefined || bytes[3] === 0) {
    throw new FormatError({
      file,
      rule: 'an IDX file starts with two zero bytes, a type code from 08 to 0e and at least one dimension',
      received: bytes.length === 0 ? 'an empty file' : `the bytes ${hex(bytes.subarray(0, 4))}`,
      remedy: 'check that it is an IDX file, plain or gzipped, and download it again',
    })
  }
  const headerBytes = idxHeaderBytes(bytes)
  if (bytes.length < headerBytes) throw truncated(file, headerBytes, bytes.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: bytes[3]! }, (_, dimension) => view.getUint32(4 + 4 * dimension))
  const dataBytes = shape.reduce((product, dimension) => product * dimension, known.bytes)
  if (!(dataBytes < mostBytes) || shape.some((dimension) => dimension >= 2 ** 31)) {
    throw new FormatError({
      file,
      rule: 'an IDX file declares fewer than 2^31 rows and bytes',
      received: `the shape [${shape.join(', ')}] of ${known.type}`,
      remedy: 'cut the set in parts, or check that the header is not damaged',
    })
  }
  return { type: known.type, shape, headerBytes, dataBytes }
}

/**
 * Throws unless the file has exactly the size that its header declares.
 * @throws FormatError for missing or trailing bytes.
 */
export function requireIdxSize(header: IdxHeader, actualBytes: number, file: string): void {
  const declared = header.headerBytes + header.dataBytes
  if (actualBytes < declared) throw truncated(file, declared, actualBytes)
  if (actualBytes > declared) throw trailing(file, header)
}

/** The error for a file that goes on after the last declared value. */
export function trailing(file: string, { shape, headerBytes, dataBytes }: IdxHeader): FormatError {
  return new FormatError({
    file,
    rule: 'an IDX file ends with its last value',
    received: `more than the ${String(headerBytes + dataBytes)} bytes that the shape [${shape.join(', ')}] takes`,
    remedy: 'download the file again',
  })
}

function truncated(file: string, declared: number, actual: number): FormatError {
  return new FormatError({
    file,
    rule: 'an IDX file holds all that its header declares',
    received: `${String(actual)} of ${String(declared)} bytes`,
    remedy: 'download the file again',
  })
}

/**
 * The values of an IDX file as a tensor. Bytes stay bytes and are a view on `bytes`; other types are copied to this
 * machine's order.
 * @throws FormatError as parseIdxHeader and requireIdxSize.
 */
export function parseIdx(bytes: Uint8Array, file: string): Tensor {
  const header = parseIdxHeader(bytes, file)
  requireIdxSize(header, bytes.length, file)
  const { type, headerBytes, dataBytes, shape } = header
  return { data: decodeIdxValues(type, bytes.subarray(headerBytes, headerBytes + dataBytes)), shape }
}

/** Bytes of a value of each type. */
export const idxTypes: Readonly<Record<IdxType, number>> = { u8: 1, i8: 1, i16: 2, i32: 4, f32: 4, f64: 8 }

/** Values from their big-endian bytes; of one byte each they share memory with them. */
export function decodeIdxValues(type: IdxType, bytes: Uint8Array): NumericArray {
  const { buffer, byteOffset, length } = bytes
  const view = new DataView(buffer, byteOffset, length)
  switch (type) {
    case 'u8':
      return new Uint8Array(buffer, byteOffset, length)
    case 'i8':
      return new Int8Array(buffer, byteOffset, length)
    case 'i16':
      return Int16Array.from({ length: length / 2 }, (_, i) => view.getInt16(2 * i))
    case 'i32':
      return Int32Array.from({ length: length / 4 }, (_, i) => view.getInt32(4 * i))
    case 'f32':
      return Float32Array.from({ length: length / 4 }, (_, i) => view.getFloat32(4 * i))
    case 'f64':
      return Float64Array.from({ length: length / 8 }, (_, i) => view.getFloat64(8 * i))
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
