// Builds an ONNX graph, node by node, and writes it as protobuf. Knows nothing of models.
// Source of the field numbers: onnx.proto of ONNX 1.12 (IR version 8); operators as of set 13.
import type { BinaryWriter } from '@bufbuild/protobuf/wire'

/** TensorProto.DataType */
export const types = { float: 1, int64: 7, string: 8, double: 11 } as const
export type ElementType = (typeof types)[keyof typeof types]

/** Sizes of a tensor; `n` stands for any number of rows. */
export type Shape = readonly (number | 'n')[]

/** Writes the fields of one message. */
export type Fields = (writer: BinaryWriter) => void

const lengthDelimited = 2

export class OnnxGraph {
  private readonly nodes: Fields[] = []
  private readonly initializers: Fields[] = []
  private readonly ends: { field: 11 | 12; fields: Fields }[] = []
  private count = 0

  /** An input (field 11) or output (12) of the graph. */
  end(kind: 'input' | 'output', name: string, type: ElementType, shape: Shape): string {
    this.ends.push({ field: kind === 'input' ? 11 : 12, fields: valueInfo(name, type, shape) })
    return name
  }

  /**
   * Adds a node. @param attributes integers, or floats as `{ float }`.
   * @param output its name; default one of its own. @returns that name.
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, number | { float: number }>> = {},
    output = `${operator.toLowerCase()}_${String(++this.count)}`,
  ): string {
    this.nodes.push((writer) => {
      for (const input of inputs) text(writer, 1, input)
      text(writer, 2, output)
      text(writer, 3, `node_${output}`)
      text(writer, 4, operator)
      for (const [name, value] of Object.entries(attributes)) message(writer, 5, attribute(name, value))
    })
    return output
  }

  /** A constant: float32, float64 or int64 values, or texts. @returns its name. */
  constant(
    values: Float32Array | Float64Array | BigInt64Array | readonly string[],
    shape: readonly number[],
    name = `constant_${String(++this.count)}`,
  ): string {
    this.initializers.push((writer) => {
      for (const size of shape) writer.tag(1, 0).int64(size)
      writer.tag(2, 0).int32(typeOf(values))
      if (!ArrayBuffer.isView(values)) for (const value of values) text(writer, 6, value)
      text(writer, 8, name)
      if (ArrayBuffer.isView(values)) {
        writer
          .tag(9, lengthDelimited)
          .bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
      }
    })
    return name
  }

  /** The whole file. @param metadata texts by name. */
  write(writer: BinaryWriter, operatorSet: number, metadata: ReadonlyMap<string, string>): Uint8Array {
    writer.tag(1, 0).int64(8)
    text(writer, 2, 'lanewise')
    message(writer, 7, (graph) => {
      for (const fields of this.nodes) message(graph, 1, fields)
      text(graph, 2, 'lanewise')
      for (const fields of this.initializers) message(graph, 5, fields)
      for (const { field, fields } of this.ends) message(graph, field, fields)
    })
    message(writer, 8, (set) => {
      text(set, 1, '')
      set.tag(2, 0).int64(operatorSet)
    })
    for (const [key, value] of metadata) {
      message(writer, 14, (entry) => {
        text(entry, 1, key)
        text(entry, 2, value)
      })
    }
    return writer.finish()
  }
}

function typeOf(values: Float32Array | Float64Array | BigInt64Array | readonly string[]): ElementType {
  if (values instanceof Float32Array) return types.float
  if (values instanceof Float64Array) return types.double
  return values instanceof BigInt64Array ? types.int64 : types.string
}

function attribute(name: string, value: number | { float: number }): Fields {
  return (writer) => {
    text(writer, 1, name)
    if (typeof value === 'number') writer.tag(3, 0).int64(value).tag(20, 0).int32(2)
    else writer.tag(2, 5).float(value.float).tag(20, 0).int32(1)
  }
}

function valueInfo(name: string, type: ElementType, shape: Shape): Fields {
  return (writer) => {
    text(writer, 1, name)
    message(writer, 2, (outer) => {
      message(outer, 1, (tensor) => {
        tensor.tag(1, 0).int32(type)
        message(tensor, 2, (sizes) => {
          for (const size of shape) {
            message(sizes, 1, (dimension) => {
              if (size === 'n') text(dimension, 2, size)
              else dimension.tag(1, 0).int64(size)
            })
          }
        })
      })
    })
  }
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, lengthDelimited).string(value)
}

function message(writer: BinaryWriter, field: number, fields: Fields): void {
  writer.tag(field, lengthDelimited).fork()
  fields(writer)
  writer.join()
}
