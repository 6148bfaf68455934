// NumPy's array file to a tensor and back: magic, version, a Python dictionary as text, the values. Reads every numeric
// type in little-endian order, C and Fortran order, versions 1 to 3. Does not read objects, words, records and
// big-endian numbers. Format: numpy.org, "numpy.lib.format".
import { ArgumentError, FormatError, ShapeError } from '../errors.js'
import { sizeOf, type Tensor } from '../tensor.js'
import { decodeValues, encodeValues, npyTypes, typeOf, type NpyType } from './npy-values.js'
import { toColumnOrder, toRowOrder } from './order.js'

export interface NpyHeader {
  type: NpyType
  fortranOrder: boolean
  shape: number[]
  /** Bytes before the first value. */
  headerBytes: number
  /** Bytes of all values. */
  dataBytes: number
}

/** The longest header that is read; NumPy itself stops at 10,000 unless told otherwise. */
export const maxNpyHeaderBytes = 12 + 65536

/**
 * The header at the start of `bytes`, which may be longer or, past the header, shorter than the file.
 * @param file the name that errors tell. @param mostBytes for readers that do not take all of it at once.
 * @throws FormatError for another kind of file, another type or byte order, and for arrays of 2^31 bytes and more.
 */
export function parseNpyHeader(bytes: Uint8Array, file: string, mostBytes = 2 ** 31): NpyHeader {
  const { text, headerBytes } = readHeader(bytes, file)
  const { descr, fortranOrder, shape } = parseDictionary(text, file)
  const type = requireType(descr, file)
  const dataBytes = sizeOf(shape) * npyTypes[type].bytes
  if (!(dataBytes < mostBytes) || shape.some((size) => size >= 2 ** 31)) {
    throw new FormatError({
      file,
      rule: 'an array in an NPY file has fewer than 2^31 bytes and rows',
      received: `shape (${shape.join(', ')}) of type ${descr}`,
      remedy: 'cut it in parts, or check that the header is not damaged',
    })
  }
  return { type, fortranOrder, shape, headerBytes, dataBytes }
}

/**
 * Throws unless the file has exactly the size that its header declares. @throws FormatError
 * @param actualBytes of the whole file.
 */
export function requireNpySize(header: NpyHeader, actualBytes: number, file: string): void {
  const { shape, type, headerBytes, dataBytes } = header
  if (headerBytes + dataBytes === actualBytes) return
  throw new FormatError({
    file,
    rule: `an array of shape (${shape.join(', ')}) and type ${type} takes ${String(dataBytes)} bytes`,
    received: `${String(Math.max(actualBytes - headerBytes, 0))} bytes`,
    remedy: 'save it again; the file is not whole',
  })
}

/**
 * The array of an NPY file, in row-major order. Float16 becomes float32, truth values become bytes 0 and 1, integers of
 * 64 bits become float64. May share memory with `bytes`.
 * @throws FormatError as parseNpyHeader, for a file that is not just as long as its shape says, and for integers of 64
 *   bits that float64 cannot hold (beyond 2^53).
 */
export function parseNpy(bytes: Uint8Array, file: string): Tensor {
  const header = parseNpyHeader(bytes, file)
  requireNpySize(header, bytes.length, file)
  const { type, fortranOrder, shape, headerBytes } = header
  const data = decodeValues(bytes.subarray(headerBytes), type, file)
  return { data: fortranOrder ? toRowOrder(data, shape) : data, shape }
}

export interface NpyOptions {
  /** How values are stored; default the type of the array (bytes as |u1, …). */
  type?: NpyType
  /** Column-major order; default false. */
  fortranOrder?: boolean
}

/**
 * An array as the bytes of an NPY file, version 1 where that can hold the header; as `numpy.save` writes it.
 * @throws ShapeError for a shape that does not fit; ArgumentError for values that the type cannot hold exactly
 *   (float16 and float32 round).
 */
export function writeNpy({ data, shape }: Tensor, options: NpyOptions = {}): Uint8Array<ArrayBuffer> {
  const { type = typeOf(data), fortranOrder = false } = options
  const valid = shape.every((size) => Number.isInteger(size) && size >= 0)
  if (!valid || sizeOf(shape) !== data.length) {
    throw new ShapeError({
      rule: 'the shape of an array multiplies to the length of its data',
      received: `shape [${shape.join(', ')}] for ${String(data.length)} values`,
      remedy: 'pass shape as [rows, columns]',
    })
  }
  if (!Object.hasOwn(npyTypes, type)) {
    throw new ArgumentError({
      rule: `a type of NPY files is one of ${Object.keys(npyTypes).join(', ')}`,
      received: String(type),
      remedy: 'leave it out',
    })
  }
  const values = encodeValues(fortranOrder ? toColumnOrder(data, shape) : data, type)
  const header = headerOf(type, fortranOrder, shape)
  const bytes = new Uint8Array(header.length + values.length)
  bytes.set(header)
  bytes.set(values, header.length)
  return bytes
}

function headerOf(type: NpyType, fortranOrder: boolean, shape: readonly number[]): Uint8Array {
  const sizes = shape.length === 1 ? `${String(shape[0])},` : shape.join(', ')
  const order = fortranOrder ? 'True' : 'False'
  const text = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${sizes}), }`
  // NumPy leaves room for the size that may grow, up to 21 digits, and always pads.
  const growing = shape.at(fortranOrder ? -1 : 0)
  const needed = text.length + 1 + (growing === undefined ? 0 : 21 - String(growing).length)
  const version = needed + 64 <= 0xffff ? 1 : 2
  const start = version === 1 ? 10 : 12
  const total = (Math.floor((start + needed) / 64) + 1) * 64
  const bytes = new Uint8Array(total).fill(0x20)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0])
  const view = new DataView(bytes.buffer)
  if (version === 1) view.setUint16(8, total - start, true)
  else view.setUint32(8, total - start, true)
  bytes.set(new TextEncoder().encode(text), start)
  bytes[total - 1] = 0x0a
  return bytes
}

function readHeader(bytes: Uint8Array, file: string): { text: string; headerBytes: number } {
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte)) {
    throw new FormatError({
      file,
      rule: 'an NPY file begins with \\x93NUMPY and a header',
      received: bytes.length < 12 ? `${String(bytes.length)} bytes` : 'other bytes',
      remedy: 'save it again with numpy.save',
    })
  }
  const major = bytes[6]!
  if (major < 1 || major > 3) {
    throw new FormatError({
      file,
      rule: 'an NPY file is of version 1, 2 or 3',
      received: `version ${String(major)}`,
      remedy: 'save it again with numpy.save',
    })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = major === 1 ? 10 : 12
  const headerBytes = start + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  if (headerBytes > bytes.length || headerBytes > maxNpyHeaderBytes) {
    throw new FormatError({
      file,
      rule: 'the header of an NPY file is within the file, and no longer than 64 KiB',
      received: `one up to byte ${String(headerBytes)} of ${String(bytes.length)}`,
      remedy: 'save it again; the file is not whole',
    })
  }
  const encoding = major === 3 ? 'utf-8' : 'latin1'
  return { text: new TextDecoder(encoding).decode(bytes.subarray(start, headerBytes)), headerBytes }
}

/** One entry of the dictionary with its value: a word, a truth value, or the sizes of a shape. */
const entry =
  /\s*(?:'(\w+)'|"(\w+)")\s*:\s*(?:'([^'\\]*)'|"([^"\\]*)"|(True|False)|\(((?:\s*\d{1,16}L?\s*,)*(?:\s*\d{1,16}L?)?\s*)\))\s*(,|(?=\}))/y

function parseDictionary(text: string, file: string) {
  const found = new Map<string, string | number[]>()
  const body = text.trim()
  let at = 1
  while (body[0] === '{' && at < body.length && body[at] !== '}') {
    entry.lastIndex = at
    const match = entry.exec(body)
    if (match === null) break
    const [, single, double, word, quoted, truth, sizes] = match
    const sizesOf = (list: string) => list.split(',').map((size) => size.replace('L', '').trim())
    const value =
      word ??
      quoted ??
      truth ??
      sizesOf(sizes!)
        .filter((size) => size !== '')
        .map(Number)
    found.set((single ?? double)!, value)
    at = entry.lastIndex + (/^\s*(?=\})/.exec(body.slice(entry.lastIndex))?.[0].length ?? 0)
  }
  const [descr, order, shape] = ['descr', 'fortran_order', 'shape'].map((name) => found.get(name))
  const whole = body[at] === '}' && at === body.length - 1 && found.size === 3
  if (whole && typeof descr === 'string' && (order === 'True' || order === 'False') && Array.isArray(shape)) {
    return { descr, fortranOrder: order === 'True', shape }
  }
  throw new FormatError({
    file,
    rule: "the header of an NPY file tells 'descr', 'fortran_order' and 'shape' of a plain array",
    received: JSON.stringify(body.slice(0, 80)),
    remedy: 'save one array of numbers with numpy.save',
  })
}

function requireType(descr: string, file: string): NpyType {
  // Of single bytes there is no order; NumPy writes "|", others "<".
  const type = descr.replace(/^<(?=[uib]1$)/, '|')
  if (Object.hasOwn(npyTypes, type)) return type as NpyType
  const bigEndian = descr.startsWith('>')
  throw new FormatError({
    file,
    rule: `an NPY file holds numbers of one of the types ${Object.keys(npyTypes).join(', ')}`,
    received: /O/.test(descr) ? `${descr}, Python objects` : descr,
    remedy: bigEndian
      ? "save array.astype(array.dtype.newbyteorder('<'))"
      : "save array.astype('float32'), or 'int32' for labels",
  })
}
