// A model as an ONNX file: input in raw units, preprocessing, Gemm and activations as nodes, dropout left out. Classifiers
// give `label` and `probabilities`, regressions `prediction` in the target's own units. The metadata hold all of the model but its
// weights, for lanewise's own import. Operator set 13, IR version 8.
import type { ModelState, OutputMeaning } from '../../core/state.js'
import { sizeOf } from '../../core/tensor.js'
import { documentOf } from '../exchange/document.js'
import { stackOf } from '../exchange/stack.js'
import { documentKey } from '../exchange/tensors.js'
import { addActivation } from './activations.js'
import { OnnxGraph, types } from './graph.js'
import { addScaling, addTable } from './preprocessing.js'

const operatorSet = 13

/**
 * @param state of a classifier that ends in probabilities, or of a regression.
 * @throws ArgumentError for layers that ONNX files are not written of; ShapeError for weights that do not fit.
 */
export async function encodeOnnx(state: ModelState): Promise<Uint8Array> {
  const { BinaryWriter } = await import('@bufbuild/protobuf/wire')
  const { preprocessing, outputs, architecture } = state
  const stack = stackOf(state)
  const graph = new OnnxGraph()
  const dense = stack.filter((layer) => layer.kind === 'dense')
  const { table } = preprocessing
  const sample =
    table === undefined ? (architecture.inputShape ?? [dense[0]!.weight.shape[0]!]) : [table.columns.length]
  let x = graph.end('input', 'input', types.float, ['n', ...sample])
  if (sample.length !== 1) x = graph.node('Flatten', [x], { axis: 1 })
  if (table !== undefined) x = addTable(graph, x, table)
  x = addScaling(graph, x, preprocessing)
  for (const layer of stack) {
    if (layer.kind === 'activation') x = addActivation(graph, x, layer)
    if (layer.kind !== 'dense') continue
    const weights = [layer.weight, ...(layer.bias === undefined ? [] : [layer.bias])]
    const names = weights.map(({ data, shape, name }) => graph.constant(data, shape, name))
    x = graph.node('Gemm', [x, ...names])
  }
  addOutputs(graph, x, outputs, sizeOf(dense.at(-1)!.weight.shape.slice(1)))
  const metadata = new Map<string, string>([['task', outputs.task]])
  if (outputs.classes !== undefined) metadata.set('classes', JSON.stringify(outputs.classes))
  if (table !== undefined) metadata.set('columns', JSON.stringify(table.columns.map(columnOf)))
  metadata.set(documentKey, documentOf(state, 'keras'))
  return graph.write(new BinaryWriter(), operatorSet, metadata)
}

/** What a user of the file must know of a column: its name, and which number stands for which word. */
function columnOf(column: NonNullable<ModelState['preprocessing']['table']>['columns'][number]): object {
  return column.kind === 'category'
    ? { name: column.name, categories: column.categories }
    : { name: column.name }
}

function addOutputs(
  graph: OnnxGraph,
  x: string,
  { task, classes, columns, target }: OutputMeaning,
  count: number,
): void {
  const same = (value: string, name: string) => graph.node('Identity', [value], {}, name)
  if (task === 'regression' || classes === undefined) {
    const row = (values: readonly number[]) => graph.constant(Float32Array.from(values), [1, values.length])
    const own =
      target === undefined
        ? x
        : graph.node('Add', [graph.node('Mul', [x, row(target.scale)]), row(target.center)])
    same(own, graph.end('output', 'prediction', types.float, ['n', count]))
    return
  }
  if (columns === true) {
    const yes = graph.node('Greater', [x, graph.constant(Float32Array.of(0.5), [])])
    graph.end('output', 'label', types.int64, ['n', count])
    graph.node('Cast', [yes], { to: types.int64 }, 'label')
    same(x, graph.end('output', 'probabilities', types.float, ['n', count]))
    return
  }
  const both = () =>
    graph.node('Concat', [graph.node('Sub', [graph.constant(Float32Array.of(1), []), x]), x], { axis: 1 })
  const probabilities = columns === false ? both() : x
  const best = graph.node('ArgMax', [probabilities], { axis: 1, keepdims: 0 })
  const isNumbered = classes.every((label) => Number.isSafeInteger(label))
  const labels = isNumbered ? BigInt64Array.from(classes, (label) => BigInt(label)) : classes.map(String)
  graph.end('output', 'label', isNumbered ? types.int64 : types.string, ['n'])
  graph.node('Gather', [graph.constant(labels, [classes.length], 'classes'), best], { axis: 0 }, 'label')
  same(probabilities, graph.end('output', 'probabilities', types.float, ['n', classes.length]))
}
