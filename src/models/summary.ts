// What a model is made of, in figures: layers with shapes and weights, memory, and arithmetic for one sample.
import type { Node, Value } from '../core/graph.js'
import type { LayerConfig } from '../core/state.js'
import { sizeOf } from '../core/tensor.js'
import type { Network } from './network.js'

export interface LayerSummary {
  name: string
  /** `dense`, `dropout`, … */
  type: string
  /** Type with what matters: `dense, 128 units, relu`. */
  kind: string
  /** Shape of what it gives for one sample. */
  outputShape: readonly number[]
  /** Weights and biases. */
  parameters: number
  trainable: boolean
  /** Additions and multiplications for one sample on the way forward; one for each number of an element-wise function. */
  operations: number
  /** Bytes of what it gives for one sample, as float32. */
  outputBytes: number
}

/** Printed by `String(summary)` as a table. */
export class ModelSummary {
  readonly inputShape: readonly number[]
  readonly layers: readonly LayerSummary[]
  readonly parameters: number
  readonly trainableParameters: number
  /** Of one sample, forward, as those of the layers. */
  readonly operations: number
  /** Of one sample in a training step: forward, backward and the gradient of the weights; without the optimizer's. */
  readonly trainingOperations: number
  /** Bytes of the weights as float32. */
  readonly weightBytes: number
  /** Bytes of the optimizer's state. */
  readonly optimizerBytes: number
  /** Bytes of what all layers give for one sample. */
  readonly outputBytes: number
  /** Bytes of linear memory that the model holds now, with its plans and batches. */
  readonly memoryBytes: number

  /** @param configs the layers' JSON forms. @param slots states of the optimizer for each weight. */
  constructor(network: Network, configs: readonly LayerConfig[], slots: number) {
    const { graph, layers, store, engine } = network
    const frozen = network.frozen()
    const count = (trainableOnly: boolean) =>
      store.parameters.reduce((sum, { name, shape }) => {
        return trainableOnly && frozen.has(name) ? sum : sum + sizeOf(shape)
      }, 0)
    this.inputShape = graph.input.shape
    this.layers = layers.map(({ layer, name, outputShape, parameters }, i) => ({
      name,
      type: layer.type,
      kind: describeLayer(configs[i]!),
      outputShape,
      parameters: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      trainable: layer.trainable,
      operations: operationsOf(graph.nodes.filter((node) => node.layer === name)),
      outputBytes: 4 * sizeOf(outputShape),
    }))
    const sum = (of: (layer: LayerSummary) => number) =>
      this.layers.reduce((total, layer) => total + of(layer), 0)
    this.parameters = count(false)
    this.trainableParameters = count(true)
    this.operations = sum(({ operations }) => operations)
    this.trainingOperations = trainingOperationsOf(network)
    this.weightBytes = 4 * this.parameters
    this.optimizerBytes = slots * this.weightBytes
    this.outputBytes = sum(({ outputBytes }) => outputBytes)
    this.memoryBytes = engine.arena.byteLength
  }

  /** A table of the layers, and the totals below it. */
  toString(): string {
    const head = ['layer', 'kind', 'output', 'parameters', 'operations']
    const rows = this.layers.map(({ name, kind, outputShape, parameters, operations, trainable }) => [
      name,
      trainable || parameters === 0 ? kind : `${kind}, frozen`,
      shapeText(outputShape),
      integer(parameters),
      integer(operations),
    ])
    const table = [head, ['input', '', shapeText(this.inputShape), '', ''], ...rows]
    const widths = head.map((_, c) => Math.max(...table.map((row) => [...row[c]!].length)))
    const lines = table.map((row) =>
      row
        .map((cell, c) => (c < 3 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
        .join('  ')
        .trimEnd(),
    )
    const fixed = this.parameters - this.trainableParameters
    return [
      lines[0],
      '-'.repeat(widths.reduce((a, b) => a + b + 2, -2)),
      ...lines.slice(1),
      '',
      `parameters  ${integer(this.parameters)}${fixed > 0 ? `, of which ${integer(fixed)} frozen` : ''}`,
      `operations  ${millions(this.operations)} MFLOP a sample, ${millions(this.trainingOperations)} in training`,
      `memory      ${bytes(this.weightBytes)} of weights, ${bytes(this.optimizerBytes)} of optimizer state, ` +
        `${bytes(this.outputBytes)} of outputs a sample; ${bytes(this.memoryBytes)} held now`,
    ].join('\n')
  }
}

/** A layer's configuration in a few words. */
export function describeLayer({ type, units, rate, activation }: LayerConfig): string {
  return [
    type,
    ...(units === undefined ? [] : [`${String(units as number)} units`]),
    ...(rate === undefined ? [] : [`rate ${String(rate as number)}`]),
    ...(activation === undefined || activation === 'linear' ? [] : [wordOf(activation)]),
  ].join(', ')
}

function wordOf(activation: unknown): string {
  if (typeof activation === 'string') return activation
  const { name, ...rest } = activation as Record<string, unknown>
  const parameters = Object.entries(rest).map(([key, value]) => `${key} ${String(value)}`)
  return `${String(name)}${parameters.length === 0 ? '' : ` (${parameters.join(', ')})`}`
}

/** Dropout and reshaping do nothing outside training. */
function operationsOf(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => {
    if (node.kind === 'reshape' || node.kind === 'dropout') return sum
    const { columns } = node.output
    if (node.kind !== 'dense') return sum + columns
    return sum + 2 * sizeOf(node.weight.shape) + (node.bias === undefined ? -columns : 0)
  }, 0)
}

/** Each product costs as much again for the gradient of its weights, and for that of its input where one goes on. */
function trainingOperationsOf(network: Network): number {
  const fixed = network.frozen()
  return network.graph.nodes.reduce((sum, node) => {
    if (node.kind === 'reshape') return sum
    if (node.kind !== 'dense') return sum + 2 * node.output.columns
    const product = 2 * sizeOf(node.weight.shape)
    const ways = 1 + Number(!fixed.has(node.weight.name)) + Number(dependsOnWeights(node.inputs[0]!))
    return sum + ways * product
  }, 0)
}

function dependsOnWeights({ producer }: Value): boolean {
  return producer !== undefined && (producer.kind === 'dense' || producer.inputs.some(dependsOnWeights))
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}

function integer(value: number): string {
  return value.toLocaleString('en')
}

function millions(operations: number): string {
  return (operations / 1e6).toPrecision(3)
}

function bytes(count: number): string {
  if (count < 1024) return `${String(count)} bytes`
  if (count < 2 ** 20) return `${(count / 1024).toPrecision(3)} KiB`
  return `${(count / 2 ** 20).toPrecision(3)} MiB`
}
