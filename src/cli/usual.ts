// What an option is that the user did not give: what the data set recommends, else the general default.
import { given } from '../core/given.js'
import type { Recommended } from '../data/catalog.js'
import type { OptimizerFlags } from './optimizer.js'

/** Options of training that have such defaults. */
export interface UsualFlags extends Omit<OptimizerFlags, 'optimizer'> {
  optimizer?: string
  epochs?: number
  batchSize?: number
}

/** Optimizer, learning rate and its schedule are recommended together: another optimizer or schedule counts alone. */
export function optimizerFlags(options: UsualFlags, usual: Recommended): OptimizerFlags {
  const { optimizer, schedule } = options
  const own = optimizer === undefined || optimizer === usual.optimizer
  const recommended: Partial<OptimizerFlags> = own
    ? given({
        weightDecay: usual.weightDecay,
        ...(schedule === undefined ? { lr: usual.lr, schedule: usual.schedule } : {}),
      })
    : {}
  const name = optimizer ?? usual.optimizer ?? 'adam'
  return { ...recommended, ...given(options), optimizer: name }
}

/** Epochs and rows of a batch. */
export function sizes(
  { epochs, batchSize }: UsualFlags,
  usual: Recommended,
): { epochs: number; batchSize: number } {
  return { epochs: epochs ?? usual.epochs ?? 10, batchSize: batchSize ?? usual.batchSize ?? 64 }
}
