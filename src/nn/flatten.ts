// Flatten: a sample of any shape as one row of numbers.
import type { Graph, Value } from '../core/graph.js'
import { Layer, type LayerOptions } from './layer.js'

export class Flatten extends Layer {
  readonly type = 'flatten'

  override apply(graph: Graph, x: Value): Value {
    return x.shape.length === 1 ? x : graph.reshape(x, [x.columns])
  }
}

/** Turns samples of shape `[28, 28]` to rows of 784. */
export function flatten(options?: LayerOptions): Flatten {
  return new Flatten(options)
}
