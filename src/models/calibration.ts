// How large the numbers are that go into each dense layer: what exported modules round activations by.
import type { ModelState } from '../core/state.js'
import type { Samples } from '../core/tensor.js'
import { Sequential } from './sequential.js'

/**
 * The largest magnitude that goes into each dense layer over some rows, in the layers' order.
 * @param state of a model. @param x rows as its `predict` takes them; a thousand of the training part will do.
 * @throws DataError, ShapeError for rows that the model does not take.
 */
export async function activationPeaks(state: ModelState, x: Samples): Promise<number[]> {
  const { layers } = state.architecture
  const peaks: number[] = []
  for (const [i, layer] of layers.entries()) {
    if (layer.type === 'dense') peaks.push(await peakBefore(state, i, x))
  }
  return peaks
}

/** Runs the layers before layer `count`; before the first, one that changes nothing. */
async function peakBefore(state: ModelState, count: number, x: Samples): Promise<number> {
  const own = state.architecture.layers.slice(0, count)
  const layers = own.length > 0 ? own : [{ type: 'activation', activation: 'linear' }]
  const names = new Set(own.map(({ name }) => name))
  const weights = state.weights.filter(({ name }) => names.has(name.slice(0, name.lastIndexOf('/'))))
  const part = await Sequential.fromState({
    ...state,
    kind: 'sequential',
    architecture: { ...state.architecture, layers },
    weights,
    outputs: { task: 'regression' },
    settings: { optimizer: 'sgd', loss: 'mse', seed: 1 },
  })
  let peak = 0
  for (const row of await part.predict(x)) for (const value of row) peak = Math.max(peak, Math.abs(value))
  part.close()
  return peak
}
