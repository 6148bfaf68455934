// A built network: layers over an input shape, their weights in the engine's memory, initial values drawn. What models share;
// knows nothing of data, losses or training.
import { Engine } from '../core/engine.js'
import { ArgumentError, ShapeError } from '../core/errors.js'
import { Graph, type Value } from '../core/graph.js'
import { paddedLength, ParameterStore, type Parameter } from '../core/parameters.js'
import { purposes, seedWords } from '../core/philox.js'
import { sizeOf, type NamedTensor } from '../core/tensor.js'
import type { Numerics } from '../core/wasm.js'
import type { Initializer } from '../nn/initializers.js'
import type { Layer } from '../nn/layer.js'

export interface NetworkOptions {
  layers: readonly Layer[]
  /** Shape of one sample. */
  inputShape: readonly number[]
  seed: number
  numerics: Numerics
  /** Whether to draw initial weights; default true. Without, all are 0. */
  draws?: boolean
}

/** A layer with its name and what it made. */
export interface BuiltLayer {
  layer: Layer
  name: string
  outputShape: readonly number[]
  parameters: readonly Parameter[]
}

export class Network {
  readonly graph: Graph
  readonly output: Value
  readonly layers: readonly BuiltLayer[]
  readonly engine: Engine
  readonly store: ParameterStore
  readonly seed: number

  constructor({ layers, inputShape, seed, numerics, draws = true }: NetworkOptions) {
    if (layers.length === 0) {
      throw new ArgumentError({
        rule: 'a model has at least one layer',
        received: 'none',
        remedy: 'end it with a dense layer that has one unit for each output',
      })
    }
    requireShape(inputShape)
    this.seed = seed
    seedWords(seed)
    this.graph = new Graph(inputShape)
    const initializers: Initializer[] = []
    const names = nameLayers(layers)
    let value = this.graph.input
    this.layers = layers.map((layer, i) => {
      const name = names[i]!
      this.graph.layer = name
      const specs = layer.weights(value.shape)
      const parameters = specs.map(({ role, shape, penalty }): Parameter => {
        return { name: `${name}/${role}`, shape, penalty: penalty ?? { l1: 0, l2: 0 }, offset: 0 }
      })
      initializers.push(...specs.map(({ initializer }) => initializer))
      value = layer.apply(this.graph, value, parameters)
      return { layer, name, outputShape: value.shape, parameters }
    })
    this.output = value
    const parameters = this.layers.flatMap((built) => [...built.parameters])
    const bytes = parameters.reduce((sum, parameter) => sum + 4 * paddedLength(parameter), 0)
    this.engine = new Engine(numerics, bytes)
    this.store = new ParameterStore(this.engine.arena, parameters)
    if (!draws) return
    parameters.forEach((parameter, i) => {
      this.initialize(parameter, initializers[i]!, i)
    })
  }

  /** The weights as copies: weight then bias, layer by layer. */
  weights(): NamedTensor[] {
    return this.store.parameters.map((parameter) => ({
      name: parameter.name,
      shape: [...parameter.shape],
      data: this.store.read(parameter),
    }))
  }

  /** Sets all weights. @throws ShapeError unless count, shapes and finiteness fit; then nothing has changed. */
  setWeights(weights: readonly Pick<NamedTensor, 'shape' | 'data'>[]): void {
    const { parameters } = this.store
    if (weights.length !== parameters.length) {
      throw new ShapeError({
        rule: `the model has ${String(parameters.length)} weights and biases`,
        received: String(weights.length),
        remedy: 'pass them in the order that weights() gives',
      })
    }
    weights.forEach(({ shape, data }, i) => {
      const { name, shape: expected } = parameters[i]!
      if (shape.join() !== expected.join() || data.length !== sizeOf(expected)) {
        throw new ShapeError({
          rule: `${name} has shape [${expected.join(', ')}]`,
          received: `[${shape.join(', ')}] with ${String(data.length)} values`,
          remedy: 'pass weights in the order and shapes that weights() gives',
        })
      }
      const bad = data.findIndex((value) => !Number.isFinite(value))
      if (bad >= 0) {
        throw new ShapeError({
          rule: `the values of ${name} are finite`,
          received: `${String(data[bad])} at index ${String(bad)}`,
          remedy: 'load weights from before training went wrong',
        })
      }
    })
    weights.forEach(({ data }, i) => {
      this.store.write(parameters[i]!, data)
    })
  }

  /** Saved weights in the model's order: other programs may have written them in another one. */
  inOrder(weights: readonly NamedTensor[]): readonly NamedTensor[] {
    const byName = new Map(weights.map((weight) => [weight.name, weight]))
    const ordered = this.store.parameters.flatMap(({ name }) => byName.get(name) ?? [])
    return ordered.length === weights.length ? ordered : weights
  }

  /** Multiplications and additions of one row in a training step, roughly. */
  get workPerRow(): number {
    const matrices = this.store.parameters.filter(({ shape }) => shape.length > 1)
    return 6 * matrices.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  }

  /** Names of the parameters of layers that are not trainable. */
  frozen(): ReadonlySet<string> {
    const fixed = this.layers.filter(({ layer }) => !layer.trainable)
    return new Set(fixed.flatMap(({ parameters }) => parameters.map(({ name }) => name)))
  }

  private initialize(parameter: Parameter, initializer: Initializer, index: number): void {
    const [rows, columns] =
      parameter.shape.length === 1 ? [1, parameter.shape[0]!] : [parameter.shape[0]!, parameter.shape[1]!]
    const fill = initializer.distribution(rows, columns)
    const address = this.store.addressOf(parameter)
    const [low, high] = seedWords(this.seed)
    const purpose = purposes.weights + index
    const { core } = this.engine
    const panelBytes = rows * 64
    if (fill.distribution === 'uniform') {
      core.fillUniformPanels(address, rows, columns, panelBytes, fill.low, fill.high, low, high, purpose)
    } else if (fill.distribution === 'normal') {
      core.fillNormalPanels(address, rows, columns, panelBytes, fill.mean, fill.deviation, low, high, purpose)
    }
  }
}

/** A name for each layer: its own, or its type and a number. @throws ArgumentError when a name comes twice. */
function nameLayers(layers: readonly Layer[]): string[] {
  const counts = new Map<string, number>()
  const names = layers.map((layer) => {
    const count = (counts.get(layer.type) ?? 0) + 1
    counts.set(layer.type, count)
    return layer.name ?? `${layer.type}_${String(count)}`
  })
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new ArgumentError({
      rule: 'the layers of a model have different names',
      received: `${twice} twice`,
      remedy: 'name one of them otherwise, or leave the names out',
    })
  }
  return names
}

function requireShape(shape: readonly number[]): void {
  if (shape.length > 0 && shape.every((dimension) => Number.isInteger(dimension) && dimension > 0)) return
  throw new ArgumentError({
    rule: 'an input shape is a list of positive integers',
    received: `[${shape.join(', ')}]`,
    remedy: 'give the shape of one sample, such as [784]',
  })
}

/** The optimizer's state, copied: for each slot a tensor of every weight. */
export function slotsOf({ store }: Network): NamedTensor[][] {
  return Array.from({ length: store.slotCount }, (_, slot) =>
    store.parameters.map((parameter) => {
      return { name: parameter.name, shape: [...parameter.shape], data: store.read(parameter, slot) }
    }),
  )
}
