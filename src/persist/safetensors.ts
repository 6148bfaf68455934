// The safetensors container: named tensors and text metadata to bytes and back. Knows nothing of models.
// Layout: u64 length N of the header (little-endian), N bytes of JSON { name: { dtype, shape, data_offsets } } with the
// texts under "__metadata__", then the data of all tensors without gaps. Format: github.com/huggingface/safetensors.
import { FormatError } from '../core/errors.js'
import { sizeOf, type NamedTensor } from '../core/tensor.js'
import { requireObject, requireShape, requireWeights } from './fields.js'
import { float32Of, bytesPerElement } from './floats.js'
import { decodeText, describe, parseJson } from './json.js'

/** The longest header that the reference implementation reads. */
const maximumHeader = 100_000_000

export interface SafeTensors {
  /** In the order of their data. */
  tensors: NamedTensor[]
  metadata: Map<string, string>
}

/**
 * Tensors as the bytes of a safetensors file, float32, in the order given; the data begin at a multiple of 8 bytes.
 * @throws ShapeError for names that are not unique and shapes that do not fit.
 */
export function encodeSafeTensors({ tensors, metadata }: SafeTensors): Uint8Array<ArrayBuffer> {
  requireWeights(tensors)
  const header = new TextEncoder().encode(headerText(tensors, metadata))
  const padded = Math.ceil(header.length / 8) * 8
  const data = tensors.reduce((sum, tensor) => sum + tensor.data.byteLength, 0)
  const bytes = new Uint8Array(8 + padded + data).fill(0x20, 8 + header.length, 8 + padded)
  new DataView(bytes.buffer).setUint32(0, padded, true)
  bytes.set(header, 8)
  let at = 8 + padded
  for (const tensor of tensors) {
    bytes.set(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength), at)
    at += tensor.data.byteLength
  }
  return bytes
}

/** Written piece by piece: an object literal would lose a tensor named `__proto__` and reorder one named `7`. */
function headerText(tensors: readonly NamedTensor[], metadata: ReadonlyMap<string, string>): string {
  let end = 0
  const entries = tensors.map(({ name, shape, data }) => {
    const begin = end
    end += data.byteLength
    return `${JSON.stringify(name)}:{"dtype":"F32","shape":[${shape.join()}],"data_offsets":[${String(begin)},${String(end)}]}`
  })
  const texts = [...metadata].map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`)
  return `{${[`"__metadata__":{${texts.join()}}`, ...entries].join()}}`
}

/**
 * The tensors of a safetensors file as float32; F32, F64 (rounded), F16 and BF16 are read.
 * @param file how messages name the file.
 * @throws FormatError for everything that the format forbids (a header longer than the file or 100 MB, offsets that
 *   overlap, leave gaps or the file, a shape that does not fit) and for other types, naming the tensor.
 */
export function decodeSafeTensors(bytes: Uint8Array, file: string): SafeTensors {
  const dataStart = 8 + headerLength(bytes, file)
  const parsed = parseJson(decodeText(bytes.subarray(8, dataStart), file, 'the header'), file, 'the header')
  const { __metadata__: texts = {}, ...rest } = requireObject(parsed, file, 'the header')
  const entries = Object.entries(rest)
    .map(([name, entry]) => readEntry(name, entry, file))
    .sort((a, b) => a.begin - b.begin)
  const data = bytes.subarray(dataStart)
  requireContiguous(entries, data.length, file)
  const tensors = entries.map(({ name, dtype, shape, begin, end }) => {
    return { name, shape, data: float32Of(data.subarray(begin, end), dtype) }
  })
  return { tensors, metadata: readMetadata(texts, file) }
}

function headerLength(bytes: Uint8Array, file: string): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = bytes.length < 8 ? Infinity : view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32
  if (length <= Math.min(maximumHeader, bytes.length - 8)) return length
  throw new FormatError({
    file,
    rule: 'a safetensors file begins with the length of its header, at most 100 MB and within the file',
    received:
      bytes.length < 8
        ? `${String(bytes.length)} bytes`
        : `${String(length)} in a file of ${String(bytes.length)} bytes`,
    remedy: 'check that the file is complete',
  })
}

interface Entry {
  name: string
  dtype: string
  shape: number[]
  begin: number
  end: number
}

function readEntry(name: string, value: unknown, file: string): Entry {
  const {
    dtype,
    shape: sizes,
    data_offsets: offsets,
  } = requireObject(value, file, `the header's ${describe(name)}`)
  const width = typeof dtype === 'string' ? bytesPerElement(dtype) : undefined
  if (width === undefined) {
    throw new FormatError({
      file,
      rule: 'tensors are of type F32, F64, F16 or BF16',
      received: `${describe(dtype)} for ${describe(name)}`,
      remedy: 'convert the file to float32 first',
    })
  }
  const shape = requireShape(sizes, file, describe(name))
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : []
  if (typeof begin === 'number' && typeof end === 'number' && end - begin === sizeOf(shape) * width) {
    return { name, dtype: dtype as string, shape, begin, end }
  }
  throw new FormatError({
    file,
    rule: `data_offsets of ${describe(name)} span ${String(dtype)} values of shape [${shape.join(', ')}]`,
    received: Array.isArray(offsets) ? `[${offsets.map(describe).join(', ')}]` : describe(offsets),
    remedy: 'check that the file is complete',
  })
}

/** Sorted entries must follow each other from 0 to the end of the data; so offsets are integers and nothing overlaps. */
function requireContiguous(entries: readonly Entry[], bytes: number, file: string): void {
  let end = 0
  for (const entry of entries) {
    if (entry.begin !== end) {
      throw new FormatError({
        file,
        rule: 'the data of the tensors follow each other without gap or overlap',
        received: `${describe(entry.name)} at byte ${String(entry.begin)} after byte ${String(end)}`,
      })
    }
    end = entry.end
  }
  if (end === bytes) return
  throw new FormatError({
    file,
    rule: `the data end where the last tensor ends, at byte ${String(end)}`,
    received: `${String(bytes)} bytes of data`,
    remedy: 'check that the file is complete',
  })
}

function readMetadata(value: unknown, file: string): Map<string, string> {
  const entries = Object.entries(requireObject(value, file, '__metadata__'))
  for (const [key, text] of entries) {
    if (typeof text === 'string') continue
    throw new FormatError({
      file,
      rule: `__metadata__ holds texts only`,
      received: `${describe(text)} for ${describe(key)}`,
    })
  }
  return new Map(entries as [string, string][])
}
