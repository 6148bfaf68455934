// Operators that move values or give them another shape: on constants they are computed, on what layers compute they may change the
// shape of samples but neither rows nor the order of columns.
import { constant, type Constant } from './constants.js'
import { axisOf, concatenated, filled, FoldProblem, gathered, reshaped, sliced, transposed } from './fold.js'
import type { NodeReader, Operator } from './node.js'
import { every, joined, plus, type Polynomial, type Value } from './values.js'
import { sizeOf } from '../../core/tensor.js'

export const shapeOperators: Readonly<Record<string, Operator>> = {
  ':Constant': constantNode,
  ':ConstantOfShape': constantOfShape,
  ':Identity': (node) => node.input(0),
  ':Shape': shapeOf,
  ':Reshape': reshape,
  ':Flatten': flatten,
  ':Squeeze': squeeze,
  ':Unsqueeze': unsqueeze,
  ':Transpose': transpose,
  ':Concat': concat,
  ':Gather': gather,
  ':Slice': slice,
}

function constantNode(node: NodeReader): Value {
  const tensor = node.tensor('value')
  if (tensor !== undefined) return tensor
  const scalar = (value: number, isInteger: boolean) => constant([], Float64Array.of(value), isInteger)
  const row = (values: readonly number[], isInteger: boolean) =>
    constant([values.length], Float64Array.from(values), isInteger)
  if (node.has('value_float')) return scalar(node.float('value_float', 0), false)
  if (node.has('value_int')) return scalar(node.integer('value_int', 0), true)
  if (node.has('value_floats')) return row(node.floats('value_floats')!, false)
  if (node.has('value_ints')) return row(node.integers('value_ints')!, true)
  if (node.has('value_string')) return { kind: 'texts', shape: [], values: [node.text('value_string', '')] }
  const texts = node.texts('value_strings')
  if (texts !== undefined) return { kind: 'texts', shape: [texts.length], values: texts }
  throw node.error('a constant has a value')
}

function constantOfShape(node: NodeReader): Value {
  const value = node.tensor('value')
  if (value?.kind === 'texts') throw node.error('the value is a number')
  return filled(Array.from(node.constant(0).data), value?.data[0] ?? 0, value?.isInteger ?? false, node.limit)
}

/** The number of rows is not known: −1, as Reshape takes it. */
function shapeOf(node: NodeReader): Value {
  const value = node.input(0)
  const shape =
    value.kind === 'polynomial' ? [-1, ...value.shape] : value.kind === 'constant' ? value.shape : undefined
  if (shape === undefined) throw node.error('a shape is that of numbers')
  return constant([shape.length], Float64Array.from(shape), true)
}

function reshape(node: NodeReader): Value {
  const value = node.input(0)
  const target = node.list('shape', 1)
  if (target === undefined) throw node.error('a new shape is told')
  if (node.integer('allowzero', 0) !== 0 && target.includes(0)) throw node.error('no size is 0')
  if (value.kind === 'constant' || value.kind === 'texts')
    return { ...value, shape: reshaped(value.shape, target) }
  if (value.kind !== 'polynomial') return value
  const [rows, ...sizes] = target
  const own = value.shape
  if (rows === undefined || sizes.length === 0) {
    // All in one row of numbers: of one column only are these the rows.
    if (rows === -1 && sizeOf(own) === 1) return { ...value, shape: [1] }
    throw node.error('a new shape keeps the rows')
  }
  // Rows are told as −1, 0, or as many as an exporter saw: then the sizes must be those of one sample.
  if (rows < -1 || (rows > 1 && sizes.includes(-1)))
    throw node.error(`a new shape keeps the rows; [${target.join(', ')}] does not tell`)
  return {
    ...value,
    shape: reshaped(
      own,
      sizes.map((size, d) => (size === 0 ? (own[d] ?? 0) : size)),
    ),
  }
}

function flatten(node: NodeReader): Value {
  const value = node.input(0)
  const axis = node.integer('axis', 1)
  if (value.kind === 'constant') {
    const at = axis === value.shape.length ? axis : axisOf(axis, value.shape.length)
    return { ...value, shape: [sizeOf(value.shape.slice(0, at)), sizeOf(value.shape.slice(at))] }
  }
  const p = node.computed(0)
  if (axis !== 1 && axis !== -p.shape.length) throw node.error('what is flattened is one sample: axis is 1')
  return { ...p, shape: [sizeOf(p.shape)] }
}

function squeeze(node: NodeReader): Value {
  const value = node.input(0)
  const axes = node.list('axes', 1)
  if (value.kind !== 'constant' && value.kind !== 'polynomial') return value
  const whole = value.kind === 'constant' ? value.shape : [-1, ...value.shape]
  const gone = new Set(axes === undefined ? ones(whole) : axes.map((axis) => axisOf(axis, whole.length)))
  if ([...gone].some((axis) => whole[axis] !== 1))
    throw node.error('axes that are left out have size 1, and are not the rows')
  const rest = whole.filter((_, axis) => !gone.has(axis))
  return value.kind === 'constant' ? { ...value, shape: rest } : rowsOf(value, rest)
}

function ones(shape: readonly number[]): number[] {
  return shape.flatMap((size, axis) => (size === 1 ? [axis] : []))
}

/** A sample of one number is a row of one. */
function rowsOf(value: Polynomial, whole: readonly number[]): Polynomial {
  return { ...value, shape: whole.length === 1 ? [1] : whole.slice(1) }
}

function unsqueeze(node: NodeReader): Value {
  const value = node.input(0)
  const axes = node.list('axes', 1) ?? []
  if (value.kind !== 'constant' && value.kind !== 'polynomial') return value
  const whole = value.kind === 'constant' ? [...value.shape] : [-1, ...value.shape]
  const rank = whole.length + axes.length
  if (rank > 32) throw node.error('tensors have at most 32 axes')
  for (const axis of axes.map((given) => axisOf(given, rank)).sort((a, b) => a - b)) whole.splice(axis, 0, 1)
  if (value.kind === 'constant') return { ...value, shape: whole }
  if (whole[0] !== -1) throw node.error('the first axis stays that of the rows')
  return rowsOf(value, whole)
}

function transpose(node: NodeReader): Value {
  const value = node.input(0)
  const order = node.integers('perm')
  if (value.kind === 'constant' || value.kind === 'texts')
    return transposed(value, order ?? value.shape.map((_, axis) => value.shape.length - 1 - axis))
  node.computed(0)
  if (order?.every((axis, i) => axis === i) === true) return value
  throw node.error('computed values keep the order of their axes')
}

/** Of computed values only 1 − p beside p: the probabilities of no and yes. */
function concat(node: NodeReader): Value {
  const values = node.inputs.map((_, place) => node.input(place))
  const constants = values.filter((value) => value.kind === 'constant')
  const axis = node.integer('axis', 1)
  if (constants.length === values.length) return concatenated(constants as Constant[], axis, node.limit)
  if (values.length === 1) return node.computed(0)
  const [no, yes] = [node.computed(0, 1), node.computed(1, 1)]
  if (values.length === 2 && (axis === 1 || axis === -1) && no.base === yes.base && yes.shape[0] === 1) {
    const [zero, ...rest] = joined(no, yes, plus).coefficients
    const isOne = every(zero!, (value) => Math.abs(value - 1) < 1e-6)
    if (isOne && rest.every((c) => every(c, (value) => Math.abs(value) < 1e-6)))
      return { kind: 'both', of: yes }
  }
  throw node.error('of computed values only 1 − p and p are joined')
}

function gather(node: NodeReader): Value {
  const [from, indices] = [node.input(0), node.input(1)]
  if (indices.kind === 'label') return labelled(node, 0, 1)
  if (from.kind === 'constant' || from.kind === 'texts')
    return gathered(from, node.constant(1), node.integer('axis', 0), node.limit)
  throw node.error('columns stay together: none is chosen')
}

/** Labels at the place of the likeliest class. */
export function labelled(node: NodeReader, classes: number, index: number): Value {
  const [names, label] = [node.input(classes), node.input(index)]
  if (label.kind !== 'label' || (names.kind !== 'constant' && names.kind !== 'texts'))
    throw node.error('labels are chosen by ArgMax out of constants')
  if (names.kind === 'texts') return { ...label, classes: names.values }
  if (names.data.every(Number.isFinite)) return { ...label, classes: Array.from(names.data) }
  throw node.error('labels are finite numbers or texts')
}

function slice(node: NodeReader): Value {
  let value = node.constant(0)
  const [starts, ends] = [node.list('starts', 1), node.list('ends', 2)]
  if (starts === undefined || ends === undefined) throw node.error('starts and ends are told')
  const axes = node.list('axes', 3) ?? starts.map((_, i) => i)
  const steps = node.list('steps', 4) ?? starts.map(() => 1)
  if ([ends, axes, steps].some(({ length }) => length !== starts.length))
    throw new FoldProblem('starts, ends, axes and steps are equally many')
  starts.forEach((start, i) => {
    value = sliced(value, start, ends[i]!, axes[i]!, steps[i]!, node.limit)
  })
  return value
}
