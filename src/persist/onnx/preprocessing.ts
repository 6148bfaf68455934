// Preprocessing as ONNX nodes, so that the file takes raw units: scale and shift, and the transform of a table, whose columns
// are numbers and, for words, the numbers of their categories; NaN is a missing value. A graph cannot refuse a value: what is
// an error in lanewise (missing without imputation, a category that is none) comes out as NaN or as no category there.
import type {
  CategoryColumn,
  ColumnMap,
  Preprocessing,
  TableColumn,
  TableTransform,
} from '../../core/state.js'
import { types, type OnnxGraph } from './graph.js'

/** Adds `x · scale + shift` over rows, where it changes anything. */
export function addScaling(graph: OnnxGraph, x: string, { scale, shift }: Preprocessing): string {
  const row = (values: readonly number[]) => graph.constant(Float32Array.from(values), [1, values.length])
  const scaled = scale.every((value) => value === 1) ? x : graph.node('Mul', [x, row(scale)])
  return shift.every((value) => value === 0) ? scaled : graph.node('Add', [scaled, row(shift)])
}

/** Adds what becomes of each column of a table, one after another. */
export function addTable(graph: OnnxGraph, x: string, { columns }: TableTransform): string {
  const parts = columns.flatMap((column, i) => {
    const value = graph.node('Gather', [x, graph.constant(BigInt64Array.of(BigInt(i)), [1])], { axis: 1 })
    return addColumn(graph, value, column)
  })
  return graph.node('Concat', parts, { axis: 1 })
}

function addColumn(graph: OnnxGraph, raw: string, column: TableColumn): string[] {
  const { impute, indicator = false } = column
  const missing = impute === undefined && !indicator ? undefined : graph.node('IsNaN', [raw])
  const value =
    impute === undefined
      ? raw
      : graph.node('Where', [missing!, graph.constant(Float32Array.of(impute), []), raw])
  const own = column.kind === 'number' ? addMap(graph, value, column.map) : addCategory(graph, value, column)
  return indicator ? [own, graph.node('Cast', [missing!], { to: types.float })] : [own]
}

/** A comparison with each category's number: 1 for the row's, all 0 for none. */
function addCategory(graph: OnnxGraph, value: string, { categories, encode, map }: CategoryColumn): string {
  const count = categories.length
  const numbers = (first: number) => Float32Array.from({ length: count }, (_, i) => i + first)
  const equal = graph.node('Equal', [value, graph.constant(numbers(0), [1, count])])
  const oneHot = graph.node('Cast', [equal], { to: types.float })
  if (encode === 'one-hot') return oneHot
  const counted = graph.node('MatMul', [oneHot, graph.constant(numbers(1), [count, 1])])
  const number = graph.node('Sub', [counted, graph.constant(Float32Array.of(1), [])])
  return map === undefined ? number : addMap(graph, number, map)
}

/** In float64 and rounded at the end, as lanewise does it. */
function addMap(graph: OnnxGraph, value: string, map: ColumnMap): string {
  const number = (double: number) => graph.constant(Float64Array.of(double), [])
  const x = graph.node('Cast', [value], { to: types.double })
  const round = (result: string) => graph.node('Cast', [result], { to: types.float })
  if (map.type === 'piecewise') return round(addPiecewise(graph, x, map))
  const logarithm = () => {
    const size = graph.node('Log', [graph.node('Add', [graph.node('Abs', [x]), number(1)])])
    return graph.node('Mul', [graph.node('Sign', [x]), size])
  }
  const mapped = map.type === 'log' ? logarithm() : x
  return round(graph.node('Div', [graph.node('Sub', [mapped, number(map.center)]), number(map.scale)]))
}

/** The value at the first point, and for each piece its slope times as much of it as lies below x. */
function addPiecewise(
  graph: OnnxGraph,
  x: string,
  { from, to }: Extract<ColumnMap, { type: 'piecewise' }>,
): string {
  const pieces = Math.max(1, from.length - 1)
  const row = (valueOf: (i: number) => number, shape: readonly number[]) =>
    graph.constant(
      Float64Array.from({ length: pieces }, (_, i) => valueOf(i)),
      shape,
    )
  const low = row((i) => from[i]!, [1, pieces])
  const high = row((i) => from[i + 1] ?? from[i]!, [1, pieces])
  const slopes = row(
    (i) => (from.length === 1 ? 0 : (to[i + 1]! - to[i]!) / (from[i + 1]! - from[i]!)),
    [pieces, 1],
  )
  const within = graph.node('Sub', [graph.node('Max', [graph.node('Min', [x, high]), low]), low])
  return graph.node('Add', [
    graph.node('MatMul', [within, slopes]),
    graph.constant(Float64Array.of(to[0]!), []),
  ])
}
