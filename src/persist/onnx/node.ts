// One node of a graph while it is read: its inputs and attributes, checked, and errors that name it.
import { FormatError } from '../../core/errors.js'
import { describe } from '../json.js'
import { decodeTensor, type Constant, type Texts } from './constants.js'
import type { OnnxNode } from './model-proto.js'
import { alongColumns, type Coefficient, type Polynomial, type Value } from './values.js'

/** What a node makes: its first output, or all that it has. */
export type Operator = (node: NodeReader) => Value | readonly Value[]

/** A node as messages name it. */
export function nameOf({ name, operator, domain, outputs }: OnnxNode): string {
  const own = name === '' ? `the node that makes ${describe(outputs[0] ?? '')}` : `node ${describe(name)}`
  return `${own} of operator ${operator} (${domain === '' ? 'ai.onnx' : domain})`
}

export class NodeReader {
  readonly name: string

  constructor(
    private readonly node: OnnxNode,
    /** In order; undefined where one is left out. */
    readonly inputs: readonly (Value | undefined)[],
    /** Version of the node's operator set. */
    readonly version: number,
    private readonly file: string,
    /** The most values that a constant may have. */
    readonly limit: number,
  ) {
    this.name = nameOf(node)
  }

  get operator(): string {
    return this.node.operator
  }

  error(rule: string, remedy = 'only networks of dense layers and activations are imported'): FormatError {
    return new FormatError({ file: this.file, rule, received: this.name, remedy })
  }

  has(attribute: string): boolean {
    return this.node.attributes.has(attribute)
  }

  integer(attribute: string, usual: number): number {
    return this.node.attributes.get(attribute)?.integer ?? usual
  }

  float(attribute: string, usual: number): number {
    return this.node.attributes.get(attribute)?.float ?? usual
  }

  text(attribute: string, usual: string): string {
    return this.node.attributes.get(attribute)?.text ?? usual
  }

  integers(attribute: string): readonly number[] | undefined {
    return this.node.attributes.get(attribute)?.integers
  }

  floats(attribute: string): readonly number[] | undefined {
    return this.node.attributes.get(attribute)?.floats
  }

  texts(attribute: string): readonly string[] | undefined {
    return this.node.attributes.get(attribute)?.texts
  }

  tensor(attribute: string): Constant | Texts | undefined {
    const tensor = this.node.attributes.get(attribute)?.tensor
    return tensor === undefined ? undefined : decodeTensor(tensor, this.file)
  }

  input(place: number): Value {
    const value = this.inputs[place]
    if (value === undefined) throw this.error(`the node has input ${String(place + 1)}`)
    return value
  }

  /** An input that is computed from the model's, of the given rank of samples where that matters. */
  computed(place: number, rank?: number): Polynomial {
    const value = this.input(place)
    if (value.kind !== 'polynomial')
      throw this.error(`input ${String(place + 1)} of this operator is computed by layers`)
    if (rank !== undefined && value.shape.length !== rank)
      throw this.error(`samples are rows of numbers here; they are of shape [${value.shape.join(', ')}]`)
    return value
  }

  constant(place: number): Constant {
    const value = this.input(place)
    if (value.kind === 'constant') return value
    throw this.error(`input ${String(place + 1)} of this operator is a constant`)
  }

  /** A constant input that meets all rows alike. */
  column(place: number, shape: readonly number[]): Coefficient {
    return this.along(this.constant(place), shape)
  }

  along(value: Constant, shape: readonly number[]): Coefficient {
    const size = shape.reduce((product, one) => product * one, 1)
    const found = value.data.length > 1 && size > this.limit ? undefined : alongColumns(value, shape)
    if (found !== undefined) return found
    const [own, sample] = [value.shape, shape].map((sizes) => `[${sizes.join(', ')}]`)
    throw this.error(`a constant of shape ${own!} fits samples of shape ${sample!}, alike for all rows`)
  }

  /** A list of whole numbers: an attribute, or an input where newer operator sets have one. */
  list(attribute: string, place: number): number[] | undefined {
    const given = this.integers(attribute)
    if (given !== undefined) return [...given]
    return this.inputs[place] === undefined ? undefined : Array.from(this.constant(place).data)
  }
}
