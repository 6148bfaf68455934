// The layers of a model for people: what each is, its shapes and weights, and what hidden layers give for some rows.
import { Graph } from '../core/graph.js'
import type { Parameter } from '../core/parameters.js'
import type { LayerConfig, ModelState } from '../core/state.js'
import { sizeOf, type Samples } from '../core/tensor.js'
import { Sequential } from '../models/sequential.js'
import { layerFrom } from '../nn/architecture.js'
import type { LayerRow } from '../report/run.js'

/** Hidden layers whose outputs a report shows. */
const mostHidden = 6

/** One row a layer, with the shape of its output and the number of its weights and biases. */
export function layerRows({ architecture: { layers, inputShape = [] } }: ModelState): LayerRow[] {
  const graph = new Graph(inputShape)
  let value = graph.input
  return layers.map((config) => {
    const layer = layerFrom(config)
    const name = config.name ?? config.type
    graph.layer = name
    const parameters = layer.weights(value.shape).map(({ role, shape, penalty }): Parameter => {
      return { name: `${name}/${role}`, shape, penalty: penalty ?? { l1: 0, l2: 0 }, offset: 0 }
    })
    value = layer.apply(graph, value, parameters)
    return {
      name,
      kind: kindOf(config),
      outputShape: [...value.shape],
      parameters: parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    }
  })
}

function kindOf({ type, units, rate, activation }: LayerConfig): string {
  return [
    type,
    ...(units === undefined ? [] : [`${String(units as number)} unit${units === 1 ? '' : 's'}`]),
    ...(rate === undefined ? [] : [`rate ${String(rate as number)}`]),
    ...(activation === undefined || activation === 'linear' ? [] : [wordOf(activation)]),
  ].join(', ')
}

function wordOf(activation: unknown): string {
  if (typeof activation === 'string') return activation
  const { name, ...rest } = activation as Record<string, unknown>
  const parameters = Object.entries(rest).map(([key, value]) => `${key} ${String(value)}`)
  return `${String(name)}${parameters.length === 0 ? '' : ` (${parameters.join(', ')})`}`
}

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
