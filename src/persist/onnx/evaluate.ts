// Runs a graph on symbols: every node that the outputs need, in the order of the file, makes a value of values.ts out of its
// inputs. Knows nothing of single operators.
import { FormatError } from '../../core/errors.js'
import { sizeOf } from '../../core/tensor.js'
import { describe } from '../json.js'
import { decodeTensor } from './constants.js'
import { FoldProblem } from './fold.js'
import type { OnnxModel, OnnxNode, ValueInfo } from './model-proto.js'
import { nameOf, NodeReader } from './node.js'
import { operatorOf } from './operators.js'
import { identity, type Value } from './values.js'

export interface Input {
  name: string
  shape: number[]
}

/** The one input that is no initializer: rows of samples whose shape is known. */
export function inputOf({ inputs, initializers }: OnnxModel, file: string): Input {
  const given = new Set(initializers.map(({ name }) => name))
  const free = inputs.filter(({ name }) => !given.has(name))
  const [input] = free
  if (input === undefined || free.length > 1) {
    throw new FormatError({
      file,
      rule: 'a network has one input',
      received: free.map(({ name }) => describe(name)).join(', ') || 'none',
      remedy: 'export it with all columns in one input',
    })
  }
  const [, ...sample] = input.shape ?? []
  const sizes = sample.filter(
    (size): size is number => size !== undefined && Number.isInteger(size) && size > 0,
  )
  if (
    sizes.length === 0 ||
    sizes.length < sample.length ||
    sizes.length > 31 ||
    sizeOf(sizes) > mostColumns
  ) {
    throw new FormatError({
      file,
      rule: `the input has rows, and a fixed shape of one sample, of at most ${String(mostColumns)} numbers`,
      received: `${describe(input.name)} of shape ${shapeText(input)}`,
      remedy: 'export the model with an input of a known size',
    })
  }
  return { name: input.name, shape: sizes }
}

function shapeText({ shape }: ValueInfo): string {
  return shape === undefined ? 'that is not told' : `[${shape.map((size) => size ?? 'any').join(', ')}]`
}

/** Values by name: initializers, the input, and what the nodes that are needed make. */
export function valuesOf(model: OnnxModel, input: Input, size: number, file: string): Map<string, Value> {
  const values = new Map<string, Value>()
  const needed = neededNames(model)
  for (const tensor of model.initializers) {
    if (needed.has(tensor.name)) values.set(tensor.name, decodeTensor(tensor, file))
  }
  values.set(input.name, identity({ kind: 'input' }, input.shape))
  const made = new Set(model.nodes.flatMap(({ outputs }) => outputs))
  // What constants and coefficients take together stays near the size of the file.
  let room = Math.max(leastRoom, size)
  for (const node of model.nodes) {
    if (!node.outputs.some((name) => needed.has(name))) continue
    const inputs = node.inputs.map((name) => {
      if (name === '') return undefined
      const value = values.get(name)
      if (value !== undefined) return value
      throw new FormatError({
        file,
        rule: 'nodes come after those that make their inputs',
        received: `${describe(name)}, which ${made.has(name) ? 'is made later, or out of itself' : 'nothing makes'}, in ${nameOf(node)}`,
        remedy: again,
      })
    })
    const results = evaluate(node, inputs, model, room, file)
    for (const [i, value] of results.entries()) {
      const output = node.outputs[i] ?? ''
      if (!inputs.includes(value)) room -= sizeOfValue(value)
      if (room < 0) throw tooLarge(node, file)
      if (output === '' && i > 0) continue
      if (output === '' || values.has(output)) {
        throw new FormatError({
          file,
          rule: 'each value is made once',
          received: `${describe(output)} again by ${nameOf(node)}`,
          remedy: again,
        })
      }
      values.set(output, value)
    }
  }
  return values
}

function evaluate(
  node: OnnxNode,
  inputs: readonly (Value | undefined)[],
  { operatorSets }: OnnxModel,
  limit: number,
  file: string,
): readonly Value[] {
  const version = operatorSets.get(node.domain)
  const operator = operatorOf(node.domain, node.operator)
  if (operator === undefined) {
    throw new FormatError({
      file,
      rule: 'a node is of an operator that dense networks are written with (Gemm, MatMul, Add, Relu, …)',
      received: nameOf(node),
      remedy: 'only networks of dense layers and activations are imported',
    })
  }
  if (node.domain === '' && !(version !== undefined && version >= oldest && version <= newest)) {
    throw new FormatError({
      file,
      rule: `the operator set is one from ${String(oldest)} to ${String(newest)}`,
      received: version === undefined ? 'none' : String(version),
      remedy: 'export the model with opset_version=17',
    })
  }
  const reader = new NodeReader(node, inputs, version ?? 1, file, limit)
  try {
    const made = operator(reader)
    return 'kind' in made ? [made] : made
  } catch (error) {
    if (error instanceof FoldProblem) throw reader.error(error.message, again)
    throw error
  }
}

/** Names on the ways to the outputs. */
function neededNames({ nodes, outputs }: OnnxModel): Set<string> {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  const needed = new Set<string>()
  const open = outputs.map(({ name }) => name)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (needed.has(name)) continue
    needed.add(name)
    open.push(...(makers.get(name)?.inputs ?? []))
  }
  return needed
}

function sizeOfValue(value: Value): number {
  if (value.kind === 'constant') return value.data.length
  if (value.kind === 'texts') return value.values.length
  if (value.kind !== 'polynomial') return 0
  return value.coefficients.reduce<number>((sum, c) => sum + (typeof c === 'number' ? 0 : c.length), 0)
}

function tooLarge(node: OnnxNode, file: string): FormatError {
  return new FormatError({
    file,
    rule: 'what constants a graph computes is about as large as the file',
    received: `more at ${nameOf(node)}`,
    remedy: again,
  })
}

const again = 'check that the file is complete, or export the model again'
const oldest = 7
const newest = 25
const leastRoom = 2 ** 20
/** As wide as a dense layer may be. */
const mostColumns = 2 ** 24
