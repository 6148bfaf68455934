// An activation as a layer of its own.
import type { Graph, Value } from '../core/graph.js'
import type { JsonObject } from '../core/state.js'
import { activationConfig, activationFrom, applyActivation, type ActivationSpec } from './activations.js'
import { Layer, type LayerOptions } from './layer.js'

export class Activation extends Layer {
  readonly type = 'activation'
  readonly activation

  constructor(spec: ActivationSpec, options: LayerOptions = {}) {
    super(options)
    this.activation = activationFrom(spec)
  }

  override apply(graph: Graph, x: Value): Value {
    return applyActivation(graph, x, this.activation)
  }

  override config(): JsonObject {
    return { activation: activationConfig(this.activation) }
  }
}

/** Applies an activation to every number of a sample (softmax: over all of them). */
export function activation(spec: ActivationSpec, options?: LayerOptions): Activation {
  return new Activation(spec, options)
}
