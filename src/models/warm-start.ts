// Another head for a trained model: which of its layers stay, with their weights, and whether training may change them.
import { ArgumentError } from '../core/errors.js'
import type { JsonObject } from '../core/state.js'
import type { Layer } from '../nn/layer.js'
import type { CompileOptions } from './compile.js'
import type { BuiltLayer, Network } from './network.js'

export interface HeadOptions extends Partial<Omit<CompileOptions, 'inputShape'>> {
  /** Name of the first layer that is replaced, with all that follow; default: the last one that has weights. */
  from?: string
  /** Whether training leaves the layers that stay as they are; default false. */
  freeze?: boolean
}

/** Layers as objects or in their JSON form; one, or several in order. */
export type Head = Layer | JsonObject | readonly (Layer | JsonObject)[]

/**
 * A layer by its name, as `architecture()` tells it, or by its place, counted from 0.
 * @throws ArgumentError that lists the names.
 */
export function findLayer(layers: readonly { layer: Layer; name: string }[], which: string | number): Layer {
  const found = typeof which === 'number' ? layers[which] : layers.find(({ name }) => name === which)
  return found?.layer ?? unknownLayer(layers, which)
}

/**
 * The layers before the head, as copies: freezing them does not touch the model that they come from.
 * @throws ArgumentError for an unknown name, and where no layer with weights would stay.
 */
export function layersBeforeHead({ layers }: Network, { from, freeze = false }: HeadOptions): Layer[] {
  const withWeights = ({ parameters }: BuiltLayer) => parameters.length > 0
  const first =
    from === undefined ? layers.findLastIndex(withWeights) : layers.findIndex(({ name }) => name === from)
  if (from !== undefined && first < 0) unknownLayer(layers, from)
  const kept = layers.slice(0, Math.max(0, first))
  if (!kept.some(withWeights)) {
    throw new ArgumentError({
      rule: 'a model whose head is replaced keeps at least one layer with weights',
      received: `a head that begins with layer ${String(Math.max(0, first) + 1)} of ${String(layers.length)}`,
      remedy: 'make a new model, or name a later layer with from',
    })
  }
  return kept.map(({ layer }) => {
    const copy = Object.assign(Object.create(Object.getPrototypeOf(layer) as object) as Layer, layer)
    if (freeze) copy.trainable = false
    return copy
  })
}

/** Gives a network the weights of the layers that it shares with another. */
export function takeWeights(to: Network, from: Network, layers: number): void {
  const count = to.layers.slice(0, layers).flatMap(({ parameters }) => parameters).length
  const own = to.weights()
  to.setWeights([...from.weights().slice(0, count), ...own.slice(count)])
}

function unknownLayer(layers: readonly { name: string }[], which: string | number): never {
  throw new ArgumentError({
    rule: `the layers of the model are ${layers.map(({ name }) => name).join(', ')}`,
    received: String(which),
    remedy: 'name one of them',
  })
}
