// Operators on constants, as exporters leave them in their graphs: computed while reading. Results are never larger than
// `limit` values, whatever sizes a file asks for.
import { sizeOf } from '../../core/tensor.js'
import { constant, type Constant, type Texts } from './constants.js'

/** Why an operator cannot be computed, as the rule that it breaks. */
export class FoldProblem extends Error {}

type Arithmetic = (a: number, b: number) => number

const arithmetic: Readonly<Record<string, Arithmetic>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
}

const unary: Readonly<Record<string, (value: number) => number>> = {
  Neg: (value) => -value,
  Sqrt: Math.sqrt,
  Reciprocal: (value) => 1 / value,
  Abs: Math.abs,
}

export function isElementwise(operator: string): boolean {
  return Object.hasOwn(arithmetic, operator) || Object.hasOwn(unary, operator)
}

/** @throws FoldProblem */
export function elementwise(operator: string, [a, b]: readonly Constant[], limit: number): Constant {
  if (a === undefined) throw new FoldProblem('an operator has its inputs')
  if (Object.hasOwn(unary, operator)) return constant(a.shape, a.data.map(unary[operator]!), a.isInteger)
  if (b === undefined) throw new FoldProblem('an operator has its inputs')
  const isInteger = a.isInteger && b.isInteger
  const plain = arithmetic[operator]!
  const operation: Arithmetic = isInteger && operator === 'Div' ? (x, y) => Math.trunc(x / y) : plain
  const rank = Math.max(a.shape.length, b.shape.length)
  const [left, right] = [a, b].map(({ shape }) =>
    Array.from({ length: rank }, (_, d) => shape[d - rank + shape.length] ?? 1),
  )
  const shape = left!.map((size, d) => (size === 1 ? right![d]! : size))
  if (shape.some((size, d) => right![d] !== 1 && right![d] !== size))
    throw new FoldProblem(`shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}] fit each other`)
  const data = new Float64Array(bounded(shape, limit))
  const [first, second] = [stridesFor(left!, shape), stridesFor(right!, shape)]
  eachIndex(shape, [first, second], (i, [x, y]) => (data[i] = operation(a.data[x!]!, b.data[y!]!)))
  return constant(shape, data, isInteger)
}

/** The same values with their axes in another order. */
export function transposed<T extends Constant | Texts>(tensor: T, order: readonly number[]): T {
  const rank = tensor.shape.length
  if (
    order.length !== rank ||
    new Set(order).size !== rank ||
    !order.every((axis) => axis >= 0 && axis < rank)
  )
    throw new FoldProblem('perm names every axis once')
  const strides = stridesFor(tensor.shape, tensor.shape)
  const shape = order.map((axis) => tensor.shape[axis]!)
  return picked(
    tensor,
    shape,
    order.map((axis) => strides[axis]!),
  )
}

/** A new shape, where −1 is the size that is left and 0 the old one. */
export function reshaped(from: readonly number[], target: readonly number[]): number[] {
  const shape = target.map((size, d) => (size === 0 ? (from[d] ?? 0) : size))
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1)
  const free = shape.indexOf(-1)
  if (free >= 0) shape[free] = sizeOf(from) / known
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || sizeOf(shape) !== sizeOf(from))
    throw new FoldProblem(`[${target.join(', ')}] has as many values as [${from.join(', ')}]`)
  return shape
}

export function concatenated(tensors: readonly Constant[], axis: number, limit: number): Constant {
  const [first, ...rest] = tensors
  if (first === undefined) throw new FoldProblem('an operator has its inputs')
  const at = axisOf(axis, first.shape.length)
  const same = (shape: readonly number[]) => shape.map((size, d) => (d === at ? 0 : size)).join()
  if (rest.some(({ shape }) => same(shape) !== same(first.shape)))
    throw new FoldProblem('tensors that are joined have the same other sizes')
  const before = sizeOf(first.shape.slice(0, at))
  const shape = first.shape.map((size, d) =>
    d === at ? tensors.reduce((sum, t) => sum + t.shape[at]!, 0) : size,
  )
  const data = new Float64Array(bounded(shape, limit))
  let to = 0
  for (let block = 0; block < before; block++) {
    for (const { data: values } of tensors) {
      const length = values.length / before
      data.set(values.subarray(block * length, (block + 1) * length), to)
      to += length
    }
  }
  return constant(
    shape,
    data,
    tensors.every(({ isInteger }) => isInteger),
  )
}

/** Gather: along `axis` the places that `indices` names. */
export function gathered<T extends Constant | Texts>(
  tensor: T,
  indices: Constant,
  axis: number,
  limit: number,
): T {
  const at = axisOf(axis, tensor.shape.length)
  const size = tensor.shape[at]!
  const places = Array.from(indices.data, (index) => (index < 0 ? index + size : index))
  if (!places.every((place) => Number.isInteger(place) && place >= 0 && place < size))
    throw new FoldProblem(`indices are below ${String(size)}`)
  const [before, after] = [sizeOf(tensor.shape.slice(0, at)), sizeOf(tensor.shape.slice(at + 1))]
  const shape = [...tensor.shape.slice(0, at), ...indices.shape, ...tensor.shape.slice(at + 1)]
  bounded(shape, limit)
  const sources: number[] = []
  for (let block = 0; block < before; block++)
    for (const place of places)
      for (let i = 0; i < after; i++) sources.push((block * size + place) * after + i)
  return pick(tensor, shape, sources)
}

/** Slice of one axis with a positive step. */
export function sliced(
  tensor: Constant,
  start: number,
  end: number,
  axis: number,
  step: number,
  limit: number,
): Constant {
  const at = axisOf(axis, tensor.shape.length)
  const size = tensor.shape[at]!
  const bound = (value: number) => Math.min(size, Math.max(0, value < 0 ? value + size : value))
  if (!(Number.isInteger(step) && step > 0)) throw new FoldProblem('a slice has a positive step')
  const places: number[] = []
  for (let i = bound(start); i < bound(end); i += step) places.push(i)
  return gathered(tensor, constant([places.length], Float64Array.from(places), true), at, limit)
}

export function filled(shape: readonly number[], value: number, isInteger: boolean, limit: number): Constant {
  return constant(shape, new Float64Array(bounded(shape, limit)).fill(value), isInteger)
}

/** A non-negative axis. */
export function axisOf(axis: number, rank: number): number {
  const own = axis < 0 ? axis + rank : axis
  if (Number.isInteger(own) && own >= 0 && own < rank) return own
  throw new FoldProblem(`an axis is one of ${String(rank)}; ${String(axis)} is none`)
}

function bounded(shape: readonly number[], limit: number): number {
  const count = sizeOf(shape)
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0) && count <= limit) return count
  throw new FoldProblem(`a constant has at most ${String(limit)} values here; [${shape.join(', ')}] has more`)
}

/** How far each axis of a tensor steps; 0 where it is repeated to fit `shape`. */
function stridesFor(own: readonly number[], shape: readonly number[]): number[] {
  const strides = new Array<number>(own.length)
  let step = 1
  for (let d = own.length - 1; d >= 0; d--) {
    strides[d] = own[d] === 1 && shape[d] !== 1 ? 0 : step
    step *= own[d]!
  }
  return strides
}

function eachIndex(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (i: number, places: readonly number[]) => void,
): void {
  const count = sizeOf(shape)
  const index = new Array<number>(shape.length).fill(0)
  const places = strides.map(() => 0)
  for (let i = 0; i < count; i++) {
    visit(i, places)
    for (let d = shape.length - 1; d >= 0; d--) {
      index[d]!++
      const wrapped = index[d] === shape[d]
      strides.forEach((own, s) => (places[s]! += wrapped ? own[d]! * (1 - shape[d]!) : own[d]!))
      if (!wrapped) break
      index[d] = 0
    }
  }
}

function picked<T extends Constant | Texts>(
  tensor: T,
  shape: readonly number[],
  strides: readonly number[],
): T {
  const sources = new Array<number>(sizeOf(shape))
  eachIndex(shape, [strides], (i, [place]) => (sources[i] = place!))
  return pick(tensor, shape, sources)
}

function pick<T extends Constant | Texts>(
  tensor: T,
  shape: readonly number[],
  sources: readonly number[],
): T {
  if (tensor.kind === 'texts')
    return { ...tensor, shape, values: sources.map((source) => tensor.values[source]!) }
  const data = new (tensor.data.constructor as Float64ArrayConstructor)(sources.length)
  sources.forEach((source, i) => (data[i] = tensor.data[source]!))
  return { ...tensor, shape, data }
}
