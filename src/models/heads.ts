// Which value of a network a loss is computed from: softmax and sigmoid at the end belong to their cross-entropies, which are
// computed from what goes into them.
import { ArgumentError } from '../core/errors.js'
import type { Value } from '../core/graph.js'
import type { Loss } from '../nn/losses.js'

/** The value that `loss` reads. @throws ArgumentError when the last activation and the loss do not go together. */
export function lossInput(output: Value, loss: Loss): Value {
  const { producer } = output
  const last = producer?.kind === 'activation' ? producer.activation : producer?.kind
  if (loss.name === 'crossentropy') {
    if (last === 'softmax') return producer!.inputs[0]!
    requireLogits(last, 'crossentropy', 'softmax')
  }
  if (loss.name === 'binary-crossentropy') {
    if (last === 'sigmoid') return producer!.inputs[0]!
    requireLogits(last, 'binary-crossentropy', 'sigmoid')
  }
  return output
}

function requireLogits(last: string | undefined, loss: string, partner: string): void {
  const ends = [
    'sigmoid',
    'softmax',
    'relu',
    'tanh',
    'elu',
    'gelu',
    'geluTanh',
    'silu',
    'softplus',
    'leakyRelu',
  ]
  if (last === undefined || !ends.includes(last)) return
  throw new ArgumentError({
    rule: `${loss} goes with a last activation of ${partner}, or with none (then the outputs are logits)`,
    received: last,
    remedy: `set the activation of the last layer to ${partner}`,
  })
}
