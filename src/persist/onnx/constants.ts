// Tensors of an ONNX file that do not depend on the input, as numbers or texts. A size that a file declares is compared with the
// bytes that are there before any memory is taken.
import { FormatError } from '../../core/errors.js'
import { widenHalf } from '../../core/formats/half.js'
import { sizeOf } from '../../core/tensor.js'
import { describe } from '../json.js'
import type { TensorProto } from './model-proto.js'

/** Numbers, row by row. Integers are kept in float64. */
export interface Constant {
  kind: 'constant'
  shape: readonly number[]
  data: Float32Array | Float64Array
  isInteger: boolean
}

export interface Texts {
  kind: 'texts'
  shape: readonly number[]
  values: readonly string[]
}

export function constant(
  shape: readonly number[],
  data: Float32Array | Float64Array,
  isInteger = false,
): Constant {
  return { kind: 'constant', shape, data, isInteger }
}

interface ElementType {
  bytes: number
  /** Number of the field that holds values where they are not raw. */
  field: number
  read: (view: DataView, at: number) => number
  isInteger?: boolean
  /** Whether float32 holds all values. */
  isNarrow?: boolean
}

const scratch = new DataView(new ArrayBuffer(4))
const floatBits = new DataView(new ArrayBuffer(4))
const float32Of = (bits: number) => {
  floatBits.setUint32(0, bits)
  return floatBits.getFloat32(0)
}

/** By TensorProto.DataType. Field 5 holds varints of 32 bits, 7 and 11 of 64, 4 floats, 10 doubles. */
const elementTypes: Partial<Record<number, ElementType>> = {
  1: { bytes: 4, field: 4, read: (view, at) => view.getFloat32(at, true), isNarrow: true },
  2: { bytes: 1, field: 5, read: (view, at) => view.getUint8(at), isInteger: true },
  3: { bytes: 1, field: 5, read: (view, at) => view.getInt8(at), isInteger: true },
  4: { bytes: 2, field: 5, read: (view, at) => view.getUint16(at, true), isInteger: true },
  5: { bytes: 2, field: 5, read: (view, at) => view.getInt16(at, true), isInteger: true },
  6: { bytes: 4, field: 5, read: (view, at) => view.getInt32(at, true), isInteger: true },
  7: { bytes: 8, field: 7, read: (view, at) => Number(view.getBigInt64(at, true)), isInteger: true },
  9: { bytes: 1, field: 5, read: (view, at) => Number(view.getUint8(at) !== 0), isInteger: true },
  10: {
    bytes: 2,
    field: 5,
    read: (view, at) => float32Of(widenHalf(view.getUint16(at, true)) >>> 0),
    isNarrow: true,
  },
  11: { bytes: 8, field: 10, read: (view, at) => view.getFloat64(at, true) },
  12: { bytes: 4, field: 11, read: (view, at) => view.getUint32(at, true), isInteger: true },
  13: { bytes: 8, field: 11, read: (view, at) => Number(view.getBigUint64(at, true)), isInteger: true },
  16: {
    bytes: 2,
    field: 5,
    read: (view, at) => float32Of((view.getUint16(at, true) << 16) >>> 0),
    isNarrow: true,
  },
}

/** Whether TensorProto.DataType `type` is one of integers or truth values; undefined where it is no number. */
export function isIntegerType(type: number): boolean | undefined {
  const found = elementTypes[type]
  return found === undefined ? undefined : (found.isInteger ?? false)
}

/** @throws FormatError for data in another file, types that are not read, and sizes that are not those of the data. */
export function decodeTensor(tensor: TensorProto, file: string): Constant | Texts {
  const name = `tensor ${describe(tensor.name)}`
  if (tensor.isExternal) {
    throw new FormatError({
      file,
      rule: 'the weights are in the ONNX file itself',
      received: `${name} with its data in another file`,
      remedy: 'save it as one file: onnx.save(onnx.load(FILE), OUT, save_as_external_data=False)',
    })
  }
  const { shape, raw, values, texts } = tensor
  if (shape.length > 32 || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
    throw damaged(file, `${name} has at most 32 sizes, none negative`, `[${shape.join(', ')}]`)
  const count = sizeOf(shape)
  const misfit = (received: string) =>
    damaged(file, `${name} of shape [${shape.join(', ')}] has as many values`, received)
  if (tensor.type === textType) {
    if (texts.length === count) return { kind: 'texts', shape, values: texts }
    throw misfit(`${String(texts.length)} texts`)
  }
  const type = elementTypes[tensor.type]
  if (type === undefined) {
    throw new FormatError({
      file,
      rule: 'tensors hold float, float16, bfloat16, double, integers, truth values or texts',
      received: `${name} of type ${String(tensor.type)}`,
      remedy: 'export the model with float32 weights',
    })
  }
  if (raw === undefined) {
    if (values.length !== count) throw misfit(`${String(values.length)} values`)
    if (count > 0 && tensor.valueField !== type.field)
      throw damaged(file, `${name} has values of its type`, 'values of another one')
  } else if (raw.length !== count * type.bytes) throw misfit(`${String(raw.length)} bytes`)
  const view = raw === undefined ? undefined : new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const data = type.isNarrow === true ? new Float32Array(count) : new Float64Array(count)
  for (let i = 0; i < count; i++)
    data[i] = view === undefined ? typed(type, values[i]!) : type.read(view, i * type.bytes)
  return constant(shape, data, type.isInteger)
}

/** Small integers and the bits of 16-bit floats stand in varints of 32 bits. */
function typed(type: ElementType, value: number): number {
  if (type.field !== 5) return value
  scratch.setInt32(0, value, true)
  return type.read(scratch, 0)
}

function damaged(file: string, rule: string, received: string): FormatError {
  return new FormatError({
    file,
    rule,
    received,
    remedy: 'check that the file is complete, or export the model again',
  })
}

const textType = 8
