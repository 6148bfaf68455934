// What the tests of checkpoints share: a model, what of it and its history must be equal, and a way to break a fit off.
import { expect } from 'vitest'
import {
  dense,
  dropout,
  Sequential,
  type Callback,
  type History,
  type OptimizerSpec,
} from '../../src/index.js'
import { bitsOf } from '../persist/states.js'

/** Two layers with dropout and a penalty, for five classes. */
export async function make(
  { optimizer, numerics }: { optimizer: () => OptimizerSpec; numerics: 'strict' | 'fast' },
  threads = 1,
) {
  const model = new Sequential([
    dense(20, { activation: 'relu' }),
    dropout(0.25),
    dense(5, { activation: 'softmax', kernelRegularizer: { l2: 0.001 } }),
  ])
  await model.compile({ optimizer: optimizer(), loss: 'crossentropy', seed: 5, threads, numerics })
  return model
}

/** The bits of all weights. */
export const weightsOf = (model: Pick<Sequential, 'weights'>) =>
  model.weights().map(({ data }) => bitsOf(data))
/** A history without what hangs on the clock. */
export const untimed = ({ epochs, stoppedBy }: History) => ({
  stoppedBy,
  epochs: epochs.map(({ seconds, samplesPerSecond, threads, ...figures }) => {
    expect([seconds >= 0, samplesPerSecond >= 0, threads >= 1]).toEqual([true, true, true])
    return figures
  }),
})

/** A callback that aborts after some slices. */
export function interrupt(slices: number): { signal: AbortSignal; callback: Callback } {
  const controller = new AbortController()
  const onSlice = () => {
    if (--slices <= 0) controller.abort()
  }
  return { signal: controller.signal, callback: { onSlice } }
}
