// What the hidden layers of a model give for some rows.
import type { ModelState } from '../core/state.js'
import type { Samples } from '../core/tensor.js'
import { Sequential } from '../models/sequential.js'

/** Hidden layers whose outputs a report shows. */
const mostHidden = 6

/** What hidden layers give, rows × units, layer by layer: the model is cut after each and run over the rows. */
export async function hiddenOutputs(
  state: ModelState,
  x: Samples,
): Promise<{ name: string; values: Float32Array; units: number }[]> {
  const { layers } = state.architecture
  const ends = layers.flatMap(({ type }, i) => {
    const next = layers[i + 1]
    const isOutput = next === undefined || layers.slice(i + 1).every((later) => later.type === 'activation')
    const isLast = type === 'activation' || (type === 'dense' && next?.type !== 'activation')
    return isLast && !isOutput ? [i + 1] : []
  })
  const found = []
  for (const end of ends.slice(0, mostHidden)) {
    const kept = layers.slice(0, end)
    const names = new Set(kept.map(({ name }) => name))
    const part = await Sequential.fromState({
      ...state,
      kind: 'sequential',
      architecture: { ...state.architecture, layers: kept },
      weights: state.weights.filter(({ name }) => names.has(name.replace(/\/[^/]*$/, ''))),
      outputs: { task: 'regression' },
      settings: { ...state.settings, loss: 'mse', metrics: [] },
    })
    const { data, shape } = await part.predict(x)
    part.close()
    found.push({ name: kept.at(-1)!.name ?? `layer ${String(end)}`, values: data, units: shape[1]! })
  }
  return found
}
