// The messages of an ONNX file as plain objects: graph, nodes, attributes, tensors still as bytes. Reads what the import needs and
// skips the rest; knows nothing of what operators mean.
// Source of the field numbers: onnx.proto of ONNX 1.12 (IR version 8).
import type { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { FormatError } from '../../core/errors.js'

export interface OnnxModel {
  /** Version of each operator set by domain; the standard one is `''`. */
  operatorSets: ReadonlyMap<string, number>
  metadata: ReadonlyMap<string, string>
  nodes: readonly OnnxNode[]
  initializers: readonly TensorProto[]
  inputs: readonly ValueInfo[]
  outputs: readonly ValueInfo[]
}

export interface OnnxNode {
  name: string
  operator: string
  domain: string
  inputs: readonly string[]
  outputs: readonly string[]
  attributes: ReadonlyMap<string, Attribute>
}

export interface Attribute {
  float: number
  integer: number
  text: string
  tensor: TensorProto | undefined
  floats: readonly number[]
  integers: readonly number[]
  texts: readonly string[]
}

/** A tensor as it stands in the file; its size is not checked yet. */
export interface TensorProto {
  name: string
  /** TensorProto.DataType */
  type: number
  shape: readonly number[]
  /** Little-endian, row by row. */
  raw: Uint8Array | undefined
  /** Values that are not raw, and the number of the field that they stand in (0: none; −1: in several). */
  values: readonly number[]
  valueField: number
  texts: readonly string[]
  isExternal: boolean
}

export interface ValueInfo {
  name: string
  /** TensorProto.DataType; 0 for what is no tensor. */
  type: number
  /** Undefined where the file does not tell. Sizes that are free are undefined. */
  shape: readonly (number | undefined)[] | undefined
}

type Reader = (bytes: Uint8Array) => BinaryReader
type OnField = (field: number, reader: BinaryReader, wire: WireType) => boolean

/** @throws FormatError for bytes that are not these messages, and for parts that are not read. */
export async function readModelProto(bytes: Uint8Array, file: string): Promise<OnnxModel> {
  const wire = await import('@bufbuild/protobuf/wire')
  const open: Reader = (part) => new wire.BinaryReader(part)
  try {
    return readModel(open, bytes, file)
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    throw new FormatError({
      file,
      rule: 'an ONNX file is a whole protobuf message',
      received: cause instanceof Error ? cause.message : String(cause),
      remedy: 'check that the file is complete, or export the model again',
      cause,
    })
  }
}

/** Calls `on` for each field; skips those for which it returns false. */
function eachField(reader: BinaryReader, on: OnField): void {
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (!on(field, reader, wire)) reader.skip(wire, field)
    requireInside(reader)
  }
}

/** Numbers of fixed width are read beyond a part's end without an error of the reader's. */
function requireInside(reader: BinaryReader): void {
  if (reader.pos > reader.len) throw new RangeError('a value that ends beyond its message')
}

function readModel(open: Reader, bytes: Uint8Array, file: string): OnnxModel {
  const operatorSets = new Map<string, number>()
  const metadata = new Map<string, string>()
  let graph: Uint8Array | undefined
  eachField(open(bytes), (field, reader, wire) => {
    if (wire !== lengthDelimited) return false
    if (field === 7) graph = reader.bytes()
    else if (field === 8) {
      const { domain, version } = readOperatorSet(open(reader.bytes()))
      operatorSets.set(domain === 'ai.onnx' ? '' : domain, version)
    } else if (field === 14) {
      const texts = readTexts(open(reader.bytes()))
      metadata.set(texts.get(1) ?? '', texts.get(2) ?? '')
    } else return false
    return true
  })
  if (graph === undefined || operatorSets.size === 0) {
    throw new FormatError({
      file,
      rule: 'an ONNX file has a graph and tells its operator sets',
      received: graph === undefined ? 'none' : 'a graph without them',
      remedy: 'check that the file is complete, or export the model again',
    })
  }
  return { operatorSets, metadata, ...readGraph(open, graph, file) }
}

function readGraph(open: Reader, bytes: Uint8Array, file: string) {
  const nodes: OnnxNode[] = []
  const initializers: TensorProto[] = []
  const inputs: ValueInfo[] = []
  const outputs: ValueInfo[] = []
  eachField(open(bytes), (field, reader, wire) => {
    if (wire !== lengthDelimited) return false
    if (field === 1) nodes.push(readNode(open, reader.bytes()))
    else if (field === 5) initializers.push(readTensor(open(reader.bytes())))
    else if (field === 11) inputs.push(readValueInfo(open, reader.bytes()))
    else if (field === 12) outputs.push(readValueInfo(open, reader.bytes()))
    else if (field === 15) {
      throw new FormatError({
        file,
        rule: 'initializers are dense tensors',
        received: 'a sparse one',
        remedy: 'export the model with dense weights',
      })
    } else return false
    return true
  })
  return { nodes, initializers, inputs, outputs }
}

function readNode(open: Reader, bytes: Uint8Array): OnnxNode {
  const inputs: string[] = []
  const outputs: string[] = []
  const attributes = new Map<string, Attribute>()
  let [name, operator, domain] = ['', '', '']
  eachField(open(bytes), (field, reader, wire) => {
    if (wire !== lengthDelimited) return false
    if (field === 1) inputs.push(reader.string())
    else if (field === 2) outputs.push(reader.string())
    else if (field === 3) name = reader.string()
    else if (field === 4) operator = reader.string()
    else if (field === 5) {
      const [key, attribute] = readAttribute(open, reader.bytes())
      attributes.set(key, attribute)
    } else if (field === 7) domain = reader.string()
    else return false
    return true
  })
  return { name, operator, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs, attributes }
}

function readAttribute(open: Reader, bytes: Uint8Array): [string, Attribute] {
  let name = ''
  const [floats, integers, texts]: [number[], number[], string[]] = [[], [], []]
  const attribute: Attribute = { float: 0, integer: 0, text: '', tensor: undefined, floats, integers, texts }
  eachField(open(bytes), (field, reader, wire) => {
    if (field === 1 && wire === lengthDelimited) name = reader.string()
    else if (field === 2 && wire === bit32) attribute.float = reader.float()
    else if (field === 3 && wire === varint) attribute.integer = Number(reader.int64())
    else if (field === 4 && wire === lengthDelimited) attribute.text = reader.string()
    else if (field === 5 && wire === lengthDelimited) attribute.tensor = readTensor(open(reader.bytes()))
    else if (field === 7) pushAll(open, reader, wire, floats, (part) => part.float())
    else if (field === 8) pushAll(open, reader, wire, integers, (part) => Number(part.int64()))
    else if (field === 9 && wire === lengthDelimited) texts.push(reader.string())
    else return false
    return true
  })
  return [name, attribute]
}

/** A repeated field: packed values, or one. */
function pushAll(
  open: Reader,
  reader: BinaryReader,
  wire: WireType,
  values: number[],
  read: (reader: BinaryReader) => number,
): void {
  if (wire !== lengthDelimited) {
    values.push(read(reader))
    return
  }
  const packed = open(reader.bytes())
  while (packed.pos < packed.len) values.push(read(packed))
  requireInside(packed)
}

function readTensor(reader: BinaryReader): TensorProto {
  const shape: number[] = []
  const values: number[] = []
  const texts: string[] = []
  let [name, type, valueField, isExternal] = ['', 0, 0, false]
  let raw: Uint8Array | undefined
  const open: Reader = (part) => new (reader.constructor as new (bytes: Uint8Array) => BinaryReader)(part)
  eachField(reader, (field, _, wire) => {
    if (field === 1) pushAll(open, reader, wire, shape, (part) => Number(part.int64()))
    else if (field === 2 && wire === varint) type = reader.int32()
    else if (valueReaders[field] !== undefined) {
      valueField = valueField === 0 || valueField === field ? field : -1
      pushAll(open, reader, wire, values, valueReaders[field])
    } else if (field === 6 && wire === lengthDelimited) texts.push(reader.string())
    else if (field === 8 && wire === lengthDelimited) name = reader.string()
    else if (field === 9 && wire === lengthDelimited) raw = reader.bytes()
    else if (field === 13) {
      isExternal = true
      return false
    } else if (field === 14 && wire === varint) isExternal = reader.int32() !== 0 || isExternal
    else return false
    return true
  })
  return { name, type, shape, raw, values, valueField, texts, isExternal }
}

function readValueInfo(open: Reader, bytes: Uint8Array): ValueInfo {
  let [name, type] = ['', 0]
  let shape: (number | undefined)[] | undefined
  eachField(open(bytes), (field, reader, wire) => {
    if (wire !== lengthDelimited || (field !== 1 && field !== 2)) return false
    if (field === 1) name = reader.string()
    else {
      eachField(open(reader.bytes()), (kind, inner, innerWire) => {
        if (kind !== 1 || innerWire !== lengthDelimited) return false
        eachField(open(inner.bytes()), (part, tensor, tensorWire) => {
          if (part === 1 && tensorWire === varint) type = tensor.int32()
          else if (part === 2 && tensorWire === lengthDelimited) shape = readShape(open, tensor.bytes())
          else return false
          return true
        })
        return true
      })
    }
    return true
  })
  return { name, type, shape }
}

function readShape(open: Reader, bytes: Uint8Array): (number | undefined)[] {
  const sizes: (number | undefined)[] = []
  eachField(open(bytes), (field, reader, wire) => {
    if (field !== 1 || wire !== lengthDelimited) return false
    let size: number | undefined
    eachField(open(reader.bytes()), (part, dimension, partWire) => {
      if (part !== 1 || partWire !== varint) return false
      size = Number(dimension.int64())
      return true
    })
    sizes.push(size)
    return true
  })
  return sizes
}

function readOperatorSet(reader: BinaryReader): { domain: string; version: number } {
  let [domain, version] = ['', 0]
  eachField(reader, (field, _, wire) => {
    if (field === 1 && wire === lengthDelimited) domain = reader.string()
    else if (field === 2 && wire === varint) version = Number(reader.int64())
    else return false
    return true
  })
  return { domain, version }
}

function readTexts(reader: BinaryReader): Map<number, string> {
  const texts = new Map<number, string>()
  eachField(reader, (field, _, wire) => {
    if (wire !== lengthDelimited) return false
    texts.set(field, reader.string())
    return true
  })
  return texts
}

const varint = 0 as WireType
const lengthDelimited = 2 as WireType
const bit32 = 5 as WireType
/** float_data, int32_data, int64_data, double_data, uint64_data */
const valueReaders: Partial<Record<number, (reader: BinaryReader) => number>> = {
  4: (reader) => reader.float(),
  5: (reader) => reader.int32(),
  7: (reader) => Number(reader.int64()),
  10: (reader) => reader.double(),
  11: (reader) => Number(reader.uint64()),
}
