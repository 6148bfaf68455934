// What each operator makes of its inputs: of values that are computed from the model's input. On constants see shapes.ts and fold.ts.
// Source: the operator specifications of ONNX (sets 7 to 22) and ONNX-ML.
import { sizeOf } from '../../core/tensor.js'
import { constant, isIntegerType, type Constant } from './constants.js'
import { elementwise, isElementwise, transposed } from './fold.js'
import { gated } from './gates.js'
import type { NodeReader, Operator } from './node.js'
import { linearOperators } from './linear.js'
import { labelled, shapeOperators } from './shapes.js'
import {
  combine,
  every,
  identity,
  joined,
  minus,
  multiplied,
  over,
  plus,
  scaled,
  shifted,
  times,
  type Coefficient,
  type Polynomial,
  type Value,
} from './values.js'

/** Operators by `domain:name`; those of the standard domain begin with a colon. */
export function operatorOf(domain: string, name: string): Operator | undefined {
  const key = `${domain}:${name}`
  return Object.hasOwn(operators, key) ? operators[key] : undefined
}

const operators: Readonly<Record<string, Operator>> = {
  ...shapeOperators,
  ...linearOperators,
  ':Add': add,
  ':Sub': subtract,
  ':Mul': multiply,
  ':Div': divide,
  ':Pow': power,
  ':Neg': (node) => onConstants(node) ?? scaled(node.computed(0), -1),
  ':Sqrt': constantsOnly,
  ':Reciprocal': constantsOnly,
  ':Abs': constantsOnly,
  ':Cast': cast,
  ':Dropout': dropout,
  ':Gemm': gemm,
  ':MatMul': matMul,
  ':BatchNormalization': batchNormalization,
  ':Relu': activation('relu'),
  ':Sigmoid': activation('sigmoid'),
  ':Tanh': activation('tanh'),
  ':Softplus': activation('softplus'),
  ':Erf': activation('erf'),
  ':LeakyRelu': (node) => activated(node, 'leaky-relu', node.float('alpha', Math.fround(0.01))),
  ':Elu': (node) => activated(node, 'elu', node.float('alpha', 1)),
  ':Selu': selu,
  ':PRelu': prelu,
  ':Gelu': gelu,
  ':Softmax': softmax('softmax'),
  ':LogSoftmax': softmax('log-softmax'),
  ':ArgMax': argMax,
  ':Greater': greater,
  ':GreaterOrEqual': greater,
  'ai.onnx.ml:ArrayFeatureExtractor': (node) => labelled(node, 0, 1),
  'ai.onnx.ml:Scaler': scaler,
  'ai.onnx.ml:Normalizer': normalizer,
  'ai.onnx.ml:ZipMap': zipMap,
}

/** The result on constants alone; undefined where an input is computed. */
function onConstants(node: NodeReader): Constant | undefined {
  const constants = node.inputs.filter((value) => value?.kind === 'constant')
  if (constants.length < node.inputs.length || !isElementwise(node.operator)) return undefined
  return elementwise(node.operator, constants, node.limit)
}

function constantsOnly(node: NodeReader): Value {
  const found = onConstants(node)
  if (found !== undefined) return found
  throw node.error('this operator is read on constants only')
}

/** The computed input, the other one along its columns, and whether it is the first. */
function withConstant(node: NodeReader): { p: Polynomial; c: Coefficient; isFirst: boolean } | undefined {
  const [a, b] = [node.input(0), node.input(1)]
  if (a.kind === 'polynomial' && b.kind === 'constant')
    return { p: a, c: node.along(b, a.shape), isFirst: true }
  if (b.kind === 'polynomial' && a.kind === 'constant')
    return { p: b, c: node.along(a, b.shape), isFirst: false }
  return undefined
}

function add(node: NodeReader): Value {
  const found = onConstants(node)
  if (found !== undefined) return found
  const mixed = withConstant(node)
  return mixed === undefined ? sum(node, plus) : shifted(mixed.p, mixed.c)
}

function subtract(node: NodeReader): Value {
  const found = onConstants(node)
  if (found !== undefined) return found
  const mixed = withConstant(node)
  if (mixed === undefined) return sum(node, minus)
  return mixed.isFirst ? shifted(mixed.p, combine(mixed.c, -1, times)) : shifted(scaled(mixed.p, -1), mixed.c)
}

function sum(node: NodeReader, operation: typeof plus): Value {
  const [p, q] = [node.computed(0), node.computed(1)]
  if (p.base === q.base && p.shape.join() === q.shape.join()) return joined(p, q, operation)
  throw node.error('two values that are added come from one layer: networks are chains, without branches')
}

function multiply(node: NodeReader): Value {
  const found = onConstants(node)
  if (found !== undefined) return found
  const mixed = withConstant(node)
  if (mixed !== undefined) return scaled(mixed.p, mixed.c)
  const [p, q] = [node.computed(0), node.computed(1)]
  const product =
    p.shape.join() !== q.shape.join()
      ? undefined
      : p.base === q.base
        ? multiplied(p, q)
        : gated(p, q, node.name)
  if (product !== undefined) return product
  throw node.error(
    'a product of two computed values is a GELU or SiLU: x · sigmoid(x), or ½ x · (1 + erf or tanh)',
  )
}

function divide(node: NodeReader): Value {
  const found = onConstants(node)
  if (found !== undefined) return found
  const mixed = withConstant(node)
  if (mixed?.isFirst === true) return scaled(mixed.p, mixed.c, over)
  throw node.error('what divides is a constant')
}

function power(node: NodeReader): Value {
  const found = onConstants(node)
  if (found !== undefined) return found
  const mixed = withConstant(node)
  const square = mixed === undefined ? undefined : multiplied(mixed.p, mixed.p)
  if (mixed?.isFirst === true && square !== undefined) {
    if (mixed.c === 2) return square
    const cube = mixed.c === 3 ? multiplied(square, mixed.p) : undefined
    if (cube !== undefined) return cube
  }
  throw node.error('a power is a square or cube within a GELU')
}

function cast(node: NodeReader): Value {
  const value = node.input(0)
  const to = node.integer('to', 0)
  const isInteger = isIntegerType(to)
  if (value.kind === 'constant' && isInteger !== undefined)
    return constant(value.shape, isInteger ? value.data.map(Math.trunc) : value.data, isInteger)
  if (value.kind === 'polynomial' && isInteger !== false)
    throw node.error('computed values stay floating-point numbers')
  return value
}

function dropout(node: NodeReader): Value {
  const value = node.input(0)
  const training = node.inputs[2]
  if (training !== undefined && node.constant(2).data[0] !== 0) throw notForTraining(node)
  if (value.kind !== 'polynomial') return value
  const given = node.inputs[1] === undefined ? undefined : node.constant(1).data[0]
  const rate = node.has('ratio') ? node.float('ratio', 0.5) : (given ?? 0.5)
  if (!(rate >= 0 && rate < 1)) throw node.error('the ratio of a dropout is from 0 to below 1')
  if (rate === 0) return value
  return identity({ kind: 'dropout', rate, argument: value, node: node.name }, value.shape)
}

function notForTraining(node: NodeReader) {
  return node.error(
    'nodes are those of inference',
    'export the model in evaluation mode (model.eval() in PyTorch)',
  )
}

/** alpha · A · B + beta · C, with B or its transpose. */
function gemm(node: NodeReader): Value {
  if (node.integer('transA', 0) !== 0) throw node.error('the rows of A are samples: transA is 0')
  const given = node.constant(1)
  if (given.shape.length !== 2) throw node.error(`B is a matrix; it has shape [${given.shape.join(', ')}]`)
  const weight = node.integer('transB', 0) === 0 ? given : transposed(given, [1, 0])
  const product = scaled(denseOf(node, weight), node.float('alpha', 1))
  if (node.inputs[2] === undefined) return product
  return shifted(product, combine(node.column(2, product.shape), node.float('beta', 1), times))
}

function matMul(node: NodeReader): Value {
  const weight = node.constant(1)
  if (weight.shape.length === 2) return denseOf(node, weight)
  throw node.error(`the second factor is a matrix; it has shape [${weight.shape.join(', ')}]`)
}

function denseOf(node: NodeReader, { shape, data }: Constant): Polynomial {
  const argument = node.computed(0, 1)
  const [rows, outputs] = shape as [number, number]
  if (rows !== argument.shape[0] || outputs === 0) {
    throw node.error(
      `a matrix [${String(rows)}, ${String(outputs)}] has a row for each of ${String(argument.shape[0])} inputs`,
      'export the model again',
    )
  }
  return identity({ kind: 'dense', argument, weight: data, outputs, node: node.name }, [outputs])
}

/** (x − mean) / √(variance + epsilon) · scale + shift, channel by channel: the first size of a sample. */
function batchNormalization(node: NodeReader): Value {
  const p = node.computed(0)
  if (node.integer('training_mode', 0) !== 0) throw notForTraining(node)
  const channels = p.shape[0] ?? 1
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((place) => {
    const { data, shape } = node.constant(place)
    if (shape.length !== 1 || data.length !== channels)
      throw node.error(`scale, shift, mean and variance have ${String(channels)} values, one a channel`)
    const spread = sizeOf(p.shape) / channels
    return spread === 1
      ? Float64Array.from(data)
      : (node.along(constant([channels, ...p.shape.slice(1).fill(1)], data), p.shape) as Float64Array)
  })
  const epsilon = node.float('epsilon', Math.fround(1e-5))
  const deviation = combine(variance!, epsilon, (value, small) => Math.sqrt(value + small))
  if (!every(deviation, (value) => value > 0)) throw node.error('variances are not negative')
  const factor = combine(scale!, deviation, over)
  return shifted(scaled(p, factor), combine(shift!, combine(mean!, factor, times), minus))
}

function activation(name: string): Operator {
  return (node) => activated(node, name, 0)
}

function activated(node: NodeReader, name: string, parameter: number): Polynomial {
  const argument = node.computed(0)
  if (
    name === 'leaky-relu'
      ? !(parameter >= 0 && Number.isFinite(parameter))
      : name === 'elu' && !(parameter > 0)
  )
    throw node.error(`alpha of ${node.operator} is ${name === 'elu' ? 'positive' : 'not negative'}`)
  return identity({ kind: 'activation', name, parameter, argument, node: node.name }, argument.shape)
}

/** gamma · ELU(x, alpha). */
function selu(node: NodeReader): Value {
  const elu = activated(node, 'elu', node.float('alpha', Math.fround(1.6732632423543772)))
  return scaled(elu, node.float('gamma', Math.fround(1.0507009873554805)))
}

/** Leaky ReLU, where all slopes are one. */
function prelu(node: NodeReader): Value {
  const { data } = node.constant(1)
  if (data.length === 0 || data.some((slope) => slope !== data[0]))
    throw node.error('all slopes of a PRelu are the same, as those of a leaky ReLU')
  return activated(node, 'leaky-relu', data[0]!)
}

function gelu(node: NodeReader): Value {
  return activated(node, node.text('approximate', 'none') === 'tanh' ? 'gelu-tanh' : 'gelu', 0)
}

function softmax(name: string): Operator {
  return (node) => {
    const p = node.computed(0, 1)
    requireLastAxis(node, node.integer('axis', node.version < 13 ? 1 : -1))
    return identity({ kind: 'activation', name, parameter: 0, argument: p, node: node.name }, p.shape)
  }
}

function requireLastAxis(node: NodeReader, axis: number): void {
  if (axis !== 1 && axis !== -1) throw node.error('the axis is that of the columns, 1 or -1')
}

function argMax(node: NodeReader): Value {
  const of = node.input(0)
  if (of.kind !== 'both') node.computed(0, 1)
  requireLastAxis(node, node.integer('axis', 0))
  if (node.integer('select_last_index', 0) !== 0) throw node.error('of equal outputs the first counts')
  return { kind: 'label', of: of as Polynomial, classes: undefined }
}

function greater(node: NodeReader): Value {
  const of = node.computed(0, 1)
  if (node.column(1, of.shape) === 0.5) return { kind: 'yes', of }
  throw node.error('yes is more than one half')
}

/** (x − offset) · scale */
function scaler(node: NodeReader): Value {
  const p = node.computed(0)
  const values = (name: string, usual: number) => {
    const list = node.floats(name) ?? []
    return list.length === 0 ? usual : node.along(constant([list.length], Float64Array.from(list)), p.shape)
  }
  return scaled(shifted(p, combine(values('offset', 0), -1, times)), values('scale', 1))
}

/** Divides by the sum of a row, which is 1 for probabilities. */
function normalizer(node: NodeReader): Value {
  const value = node.input(0)
  const isSoftmax =
    value.kind === 'polynomial' && value.base.kind === 'activation' && value.base.name === 'softmax'
  if (node.text('norm', 'MAX') === 'L1' && (value.kind === 'both' || isSoftmax)) return value
  throw node.error('what is normalized are the probabilities of all classes, by L1')
}

function zipMap(node: NodeReader): Value {
  const of = node.input(0)
  const texts = node.texts('classlabels_strings') ?? []
  const classes = texts.length > 0 ? texts : (node.integers('classlabels_int64s') ?? [])
  if (of.kind === 'both' || of.kind === 'polynomial') return { kind: 'scores', of, classes }
  throw node.error('a map of labels holds what layers compute')
}
