// What a layer is: a description without state, that names its weights for an input shape and writes itself into a graph as a
// composition of kernels. Users extend it the same way; gradients are derived from the graph.
import { ArgumentError } from '../core/errors.js'
import type { Graph, Value } from '../core/graph.js'
import type { Parameter, Penalty } from '../core/parameters.js'
import type { JsonObject } from '../core/state.js'
import type { Initializer } from './initializers.js'

/** A weight that a layer asks for. */
export interface WeightSpec {
  /** Unique within the layer: `weight`, `bias`. */
  role: string
  /** `[in, out]` or `[out]`. */
  shape: number[]
  initializer: Initializer
  /** Penalty on its magnitude, added to the loss; none by default. */
  penalty?: Penalty
}

export interface LayerOptions {
  /** Default: the type and a number, as `dense_1`. */
  name?: string
  /** Whether training changes its weights; default true. */
  trainable?: boolean
}

export abstract class Layer {
  /** The word for it in a configuration: `dense`. */
  abstract readonly type: string
  readonly name: string | undefined
  trainable: boolean

  constructor({ name, trainable = true }: LayerOptions = {}) {
    if (name !== undefined && !/^[A-Za-z0-9_.-]+$/.test(name)) {
      throw new ArgumentError({
        rule: 'a layer name is made of letters, digits, dots, dashes and underscores',
        received: JSON.stringify(name),
        remedy: 'leave it out for a name by type and number',
      })
    }
    this.name = name
    this.trainable = trainable
  }

  /** The weights for samples of `inputShape`, in the order in which `apply` gets them. */
  weights(inputShape: readonly number[]): WeightSpec[] {
    void inputShape
    return []
  }

  /** Writes the layer into `graph` and returns its output. */
  abstract apply(graph: Graph, x: Value, weights: readonly Parameter[]): Value

  /** What rebuilds it, without type and name. */
  config(): JsonObject {
    return {}
  }
}

/** A positive integer, or an error that names it. */
export function requireCount(value: number, what: string): number {
  if (Number.isInteger(value) && value >= 1 && value <= 2 ** 24) return value
  throw new ArgumentError({
    rule: `${what} is a positive integer`,
    received: String(value),
    remedy: 'give a whole number such as 128',
  })
}
