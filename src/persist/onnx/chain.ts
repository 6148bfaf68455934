// From the polynomial of a graph's output back to its input: the layers on the way, with all sums and multiples folded into the
// weights beside them, and those of the input into preprocessing.
import { FormatError } from '../../core/errors.js'
import type { Preprocessing, TableColumn } from '../../core/state.js'
import { sizeOf, type NamedTensor } from '../../core/tensor.js'
import type { StackLayer } from '../exchange/stack.js'
import { at, every, identity, type Atom, type Coefficient, type Polynomial } from './values.js'

export interface Chain {
  stack: StackLayer[]
  preprocessing: Preprocessing
  /** Whether the last activation gives logarithms of probabilities. */
  isLog: boolean
}

/** Up to so many columns a scaling that nothing takes in becomes a layer of its own. */
const widestDiagonal = 1024
/** Up to so many columns each may have a scaler of its own, in float64, as those of tables. */
const widestTable = 1024
/** Up to so many deviations from 0 to the mean of a column, float32 keeps the digits of x · scale + shift. */
const largestShift = 16

/** @throws FormatError naming the node that no layer stands for. */
export function chainOf(output: Polynomial, inputShape: readonly number[], file: string): Chain {
  const reversed: StackLayer[] = []
  let isLog = false
  let p = output
  for (;;) {
    const { base } = p
    const [c0, c1] = linear(p, file)
    const isIdentity = every(c0, (value) => value === 0) && every(c1, (value) => value === 1)
    if (base.kind === 'input') {
      const preprocessing = preprocessingOf(c0, c1, inputShape, file)
      if (inputShape.length > 1) reversed.push({ kind: 'flatten' })
      return { stack: reversed.reverse(), preprocessing, isLog }
    }
    if (base.kind === 'dense') {
      const { layer, argument } = denseOf(base, c0, c1, file)
      reversed.push(layer)
      p = argument
    } else if (base.kind === 'dropout') {
      reversed.push({ kind: 'dropout', rate: base.rate })
      p = composed(p, base.argument, file)
    } else {
      const isLast = reversed.length === 0 && isIdentity
      if (base.name === 'erf' || (base.name === 'log-softmax' && !isLast)) throw partial(base, file)
      if (!isIdentity) reversed.push(diagonal(p, c0, c1, base, file))
      isLog = base.name === 'log-softmax'
      reversed.push({
        kind: 'activation',
        activation: isLog ? 'softmax' : base.name,
        parameter: base.parameter,
      })
      p = base.argument
    }
  }
}

function linear({ coefficients, base }: Polynomial, file: string): [Coefficient, Coefficient] {
  const [c0, c1, ...higher] = coefficients
  if (higher.every((c) => every(c, (value) => value === 0))) return [c0!, c1!]
  throw new FormatError({
    file,
    rule: 'powers of computed values stand within a GELU',
    received: `one of what ${nodeOf(base)} computes`,
    remedy: 'only networks of dense layers and activations are imported',
  })
}

function partial(base: Extract<Atom, { kind: 'activation' }>, file: string): FormatError {
  return new FormatError({
    file,
    rule:
      base.name === 'erf'
        ? 'Erf stands within a GELU, ½ x · (1 + erf(x / √2))'
        : 'LogSoftmax is the last node',
    received: base.node,
    remedy: 'only networks of dense layers and activations are imported',
  })
}

function nodeOf(base: Atom): string {
  return base.kind === 'input' ? 'the input' : base.node
}

/** A dense layer that multiplies its outputs by c₁ and adds c₀, and takes in what is done to its inputs. */
function denseOf(
  { argument, weight, outputs, node }: Extract<Atom, { kind: 'dense' }>,
  c0: Coefficient,
  c1: Coefficient,
  file: string,
): { layer: StackLayer; argument: Polynomial } {
  const rows = sizeOf(argument.shape)
  // Those of the input are preprocessing, those of a dense layer belong to it.
  const takesIn = argument.base.kind === 'activation' || argument.base.kind === 'dropout'
  const [a0, a1]: Coefficient[] = takesIn ? linear(argument, file) : [0, 1]
  const data = new Float32Array(weight.length)
  const sums = Float64Array.from({ length: outputs }, (_, c) => at(c0, c))
  for (let r = 0; r < rows; r++) {
    const [summand, factor] = [at(a0!, r), at(a1!, r)]
    for (let c = 0; c < outputs; c++) {
      const value = weight[r * outputs + c]! * at(c1, c)
      data[r * outputs + c] = value * factor
      sums[c]! += value * summand
    }
  }
  const hasBias = c0 !== 0 || sums.some((value) => value !== 0)
  const bias = hasBias ? named('bias', [outputs], Float32Array.from(sums)) : undefined
  const layer = { kind: 'dense' as const, name: node, weight: named('weight', [rows, outputs], data), bias }
  requireFinite([data, ...(bias === undefined ? [] : [bias.data])], node, file)
  return { layer, argument: takesIn ? identity(argument.base, argument.shape) : argument }
}

/** x · c₁ + c₀ as a layer, where another activation follows. */
function diagonal(p: Polynomial, c0: Coefficient, c1: Coefficient, base: Atom, file: string): StackLayer {
  const columns = sizeOf(p.shape)
  if (columns > widestDiagonal) {
    throw new FormatError({
      file,
      rule: `a scaling that no dense layer takes in has at most ${String(widestDiagonal)} columns`,
      received: `${String(columns)} after ${nodeOf(base)}`,
      remedy: 'only networks of dense layers and activations are imported',
    })
  }
  const data = new Float32Array(columns * columns)
  for (let c = 0; c < columns; c++) data[c * columns + c] = at(c1, c)
  const bias = Float32Array.from({ length: columns }, (_, c) => at(c0, c))
  requireFinite([data, bias], nodeOf(base), file)
  return {
    kind: 'dense',
    name: 'scaling',
    weight: named('weight', [columns, columns], data),
    bias: named('bias', [columns], bias),
  }
}

/** p over a layer that changes nothing, as the same over what goes into it. */
function composed(p: Polynomial, inner: Polynomial, file: string): Polynomial {
  const [[a0, a1], [b0, b1]] = [linear(p, file), linear(inner, file)]
  const columns = sizeOf(p.shape)
  const isPlain = [a0, a1, b0, b1].every((c) => typeof c === 'number')
  const of = (value: (c: number) => number): Coefficient =>
    isPlain ? value(0) : Float64Array.from({ length: columns }, (_, c) => value(c))
  return {
    ...inner,
    coefficients: [of((c) => at(a1, c) * at(b0, c) + at(a0, c)), of((c) => at(a1, c) * at(b1, c))],
  }
}

/**
 * `scale` and `shift`; where a column's center is so large that it would cancel in float32, (x − center) / scale in float64 for each
 * column, as a scaler of tables does it.
 */
function preprocessingOf(
  c0: Coefficient,
  c1: Coefficient,
  inputShape: readonly number[],
  file: string,
): Preprocessing {
  requireFinite([Float32Array.from(all(c0)), Float32Array.from(all(c1))], 'the scaling of the input', file)
  if (typeof c0 === 'number' && typeof c1 === 'number')
    return { scale: [Math.fround(c1)], shift: [Math.fround(c0)] }
  const columns = sizeOf(inputShape)
  const isNear = every(c0, (value) => Math.abs(value) <= largestShift)
  const isTable =
    !isNear && inputShape.length === 1 && columns <= widestTable && every(c1, (value) => value !== 0)
  if (!isTable) return { scale: all(c1).map(Math.fround), shift: all(c0).map(Math.fround) }
  const map = (c: number): TableColumn => ({
    name: `column ${String(c + 1)}`,
    kind: 'number',
    map: { type: 'linear', center: -at(c0, c) / at(c1, c), scale: 1 / at(c1, c) },
  })
  return {
    scale: [1],
    shift: [0],
    table: { named: false, columns: Array.from({ length: columns }, (_, c) => map(c)) },
  }
}

function all(coefficient: Coefficient): number[] {
  return typeof coefficient === 'number' ? [coefficient] : Array.from(coefficient)
}

function named(name: string, shape: number[], data: Float32Array): NamedTensor {
  return { name, shape, data }
}

function requireFinite(arrays: readonly Float32Array[], what: string, file: string): void {
  if (arrays.every((values) => values.every(Number.isFinite))) return
  throw new FormatError({
    file,
    rule: 'weights are finite float32 numbers',
    received: `others in ${what}`,
    remedy: 'train the model again',
  })
}
