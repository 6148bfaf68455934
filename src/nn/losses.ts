// The losses by name. Means are over rows (weighted: divided by the sum of weights) and, but for cross-entropy, over
// columns, as PyTorch's `reduction='mean'`.
import { ArgumentError } from '../core/errors.js'
import type { LossSpec } from '../core/plan.js'
import type { JsonObject } from '../core/state.js'

/** A loss as users give it: its name, or an object with its parameters. */
export type LossInput = string | { name: string; labelSmoothing?: number; delta?: number }

export type LossName = 'crossentropy' | 'binary-crossentropy' | 'mse' | 'mae' | 'huber'

/** A checked loss. */
export interface Loss {
  name: LossName
  /** In [0, 1); 0 for losses that have none. */
  labelSmoothing: number
  /** Where Huber's loss turns linear; default 1. */
  delta: number
}

const aliases: Record<string, LossName> = {
  crossentropy: 'crossentropy',
  'cross-entropy': 'crossentropy',
  'categorical-crossentropy': 'crossentropy',
  'sparse-categorical-crossentropy': 'crossentropy',
  'binary-crossentropy': 'binary-crossentropy',
  bce: 'binary-crossentropy',
  mse: 'mse',
  'mean-squared-error': 'mse',
  mae: 'mae',
  'mean-absolute-error': 'mae',
  huber: 'huber',
}

/** The names that `loss` accepts, aliases left out. */
export const lossNames: readonly LossName[] = ['crossentropy', 'binary-crossentropy', 'mse', 'mae', 'huber']

/** A checked loss from what the user gave. @throws ArgumentError */
export function lossFrom(input: LossInput): Loss {
  const given: Exclude<LossInput, string> =
    typeof input === 'object' && (input as unknown) !== null ? input : { name: input as string }
  const key = String(given.name).toLowerCase().replaceAll('_', '-')
  const name = Object.hasOwn(aliases, key) ? aliases[key] : undefined
  if (name === undefined) {
    throw new ArgumentError({
      rule: `a loss is one of ${lossNames.join(', ')}`,
      received: String(given.name),
      remedy: 'check the spelling',
    })
  }
  const { labelSmoothing = 0, delta = 1 } = given
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new ArgumentError({
      rule: 'label smoothing is at least 0 and below 1',
      received: String(labelSmoothing),
      remedy: '0.1 is common',
    })
  }
  if (labelSmoothing > 0 && !name.endsWith('crossentropy')) {
    throw new ArgumentError({
      rule: 'label smoothing belongs to the cross-entropies',
      received: `label smoothing ${String(labelSmoothing)} with ${name}`,
      remedy: 'leave it out',
    })
  }
  if (!(delta > 0 && Number.isFinite(delta))) {
    throw new ArgumentError({
      rule: 'the delta of the Huber loss is a positive number',
      received: String(delta),
      remedy: 'leave it out for 1',
    })
  }
  return { name, labelSmoothing, delta }
}

/** What the core needs; `byClass` when the targets are class numbers. */
export function lossSpec(loss: Loss, byClass: boolean): LossSpec {
  switch (loss.name) {
    case 'crossentropy':
      return { kind: byClass ? 'crossEntropyClasses' : 'crossEntropyTargets', parameter: loss.labelSmoothing }
    case 'binary-crossentropy':
      return { kind: 'binaryCrossEntropy', parameter: loss.labelSmoothing }
    case 'mse':
      return { kind: 'meanSquaredError', parameter: 0 }
    case 'mae':
      return { kind: 'meanAbsoluteError', parameter: 0 }
    case 'huber':
      return { kind: 'huber', parameter: loss.delta }
  }
}

export function lossConfig({ name, labelSmoothing, delta }: Loss): string | JsonObject {
  if (name === 'huber') return { name, delta }
  return labelSmoothing > 0 ? { name, labelSmoothing } : name
}
