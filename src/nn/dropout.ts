// Dropout: in training, a share of the numbers becomes zero and the rest is scaled so that the expectation stays; the mask is
// a function of seed, step and place. Elsewhere the identity.
// Source: Srivastava et al., "Dropout" (JMLR 2014), in the inverted form that PyTorch and Keras use.
import { ArgumentError } from '../core/errors.js'
import type { Graph, Value } from '../core/graph.js'
import type { JsonObject } from '../core/state.js'
import { Layer, type LayerOptions } from './layer.js'

export class Dropout extends Layer {
  readonly type = 'dropout'
  readonly rate: number

  constructor(rate: number, options: LayerOptions = {}) {
    super(options)
    if (!(rate >= 0 && rate < 1)) {
      throw new ArgumentError({
        rule: 'a dropout rate is at least 0 and below 1',
        received: String(rate),
        remedy: 'it is the share that is dropped: 0.2 drops a fifth',
      })
    }
    this.rate = rate
  }

  override apply(graph: Graph, x: Value): Value {
    return graph.dropout(x, this.rate)
  }

  override config(): JsonObject {
    return { rate: this.rate }
  }
}

/** Drops a share `rate` in [0, 1) of the numbers in training. */
export function dropout(rate: number, options?: LayerOptions): Dropout {
  return new Dropout(rate, options)
}
