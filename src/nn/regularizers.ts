// Penalties on the magnitude of weights: l1 · Σ|w| + l2 · Σw², as Keras's regularizers.
import { ArgumentError } from '../core/errors.js'
import type { Penalty } from '../core/parameters.js'
import { checkKeys } from './options.js'

export type RegularizerSpec = Partial<Penalty>

/** A checked penalty; none by default. @throws ArgumentError for a negative or non-finite factor, or another option. */
export function penaltyFrom(spec: RegularizerSpec = {}): Penalty {
  checkKeys('a regularizer', spec, ['l1', 'l2'])
  const { l1 = 0, l2 = 0 } = spec
  for (const [name, value] of Object.entries({ l1, l2 })) {
    if (!Number.isFinite(value) || value < 0) {
      throw new ArgumentError({
        rule: `${name} is a non-negative number`,
        received: String(value),
        remedy: 'use 0 for no penalty; 1e-4 is a common start',
      })
    }
  }
  return { l1, l2 }
}
