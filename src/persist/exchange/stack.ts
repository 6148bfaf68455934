// A saved model as a stack of plain layers with their weights: what all foreign formats are written from. Checks that weights
// fit the architecture; knows no format.
import { ArgumentError, ShapeError } from '../../core/errors.js'
import type { Json, LayerConfig, ModelState } from '../../core/state.js'
import type { NamedTensor } from '../../core/tensor.js'

export type StackLayer =
  /** y = x · weight + bias, weight `[in, out]`, bias `[out]`. */
  | { kind: 'dense'; name: string; weight: NamedTensor; bias: NamedTensor | undefined }
  /** Canonical name in kebab case; `parameter` is the slope of leaky ReLU, alpha of ELU, else 0. */
  | { kind: 'activation'; activation: string; parameter: number }
  | { kind: 'dropout'; rate: number }
  | { kind: 'flatten' }

/** Activations that formats can hold, with the field and default of their parameter. */
const parameters: Record<string, { field: string; value: number } | undefined> = {
  linear: undefined,
  relu: undefined,
  'leaky-relu': { field: 'slope', value: 0.01 },
  elu: { field: 'alpha', value: 1 },
  sigmoid: undefined,
  tanh: undefined,
  gelu: undefined,
  'gelu-tanh': undefined,
  silu: undefined,
  softplus: undefined,
  softmax: undefined,
}

/**
 * The layers of a model; a dense layer's activation follows it as a layer of its own, linear ones are left out.
 * @throws ArgumentError for a custom layer or activation; ShapeError where weights do not fit the architecture.
 */
export function stackOf({ architecture, weights }: ModelState): StackLayer[] {
  const byName = new Map(weights.map((tensor) => [tensor.name, tensor]))
  let columns = architecture.inputShape?.reduce((product, size) => product * size, 1)
  const stack = architecture.layers.flatMap((layer): StackLayer[] => {
    if (layer.type === 'dense') {
      const dense = denseOf(layer, byName, columns)
      columns = dense.weight.shape[1]
      return [dense, ...activationOf(layer['activation'])]
    }
    if (layer.type === 'activation') return activationOf(layer['activation'])
    if (layer.type === 'dropout') return [{ kind: 'dropout', rate: Number(layer['rate']) }]
    if (layer.type === 'flatten') return [{ kind: 'flatten' }]
    throw new ArgumentError({
      rule: 'models of dense, activation, dropout and flatten layers go to other formats',
      received: `a layer of type ${JSON.stringify(layer.type)}`,
      remedy: 'export to json or safetensors, which keep every layer',
    })
  })
  const used = stack.reduce((sum, layer) => {
    return layer.kind === 'dense' ? sum + (layer.bias === undefined ? 1 : 2) : sum
  }, 0)
  if (used > 0 && used === weights.length) return stack
  throw new ShapeError({
    rule: 'every weight of a model belongs to a dense layer of its architecture',
    received: `${String(weights.length)} weights for ${String(used)} places`,
    remedy: 'save the model again with lanewise',
  })
}

function denseOf(
  layer: LayerConfig,
  weights: ReadonlyMap<string, NamedTensor>,
  inputs: number | undefined,
): Extract<StackLayer, { kind: 'dense' }> {
  const name = layer.name ?? ''
  const weight = weights.get(`${name}/weight`)
  const bias = weights.get(`${name}/bias`)
  const [rows, units, ...more] = weight?.shape ?? []
  const fits =
    units !== undefined &&
    more.length === 0 &&
    units === layer['units'] &&
    (inputs === undefined || rows === inputs) &&
    (bias === undefined) === (layer['useBias'] === false) &&
    (bias === undefined || (bias.shape.length === 1 && bias.shape[0] === units))
  if (fits) return { kind: 'dense', name, weight: weight!, bias }
  throw new ShapeError({
    rule: `the weights of layer ${JSON.stringify(name)} fit the architecture`,
    received: weight === undefined ? 'none of its name' : `[${weight.shape.join(', ')}]`,
    remedy: 'save the model again with lanewise',
  })
}

function activationOf(spec: Json | undefined): StackLayer[] {
  const given = typeof spec === 'string' ? { name: spec } : spec
  const fields = typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {}
  const name = fields['name'] ?? 'linear'
  if (typeof name !== 'string' || !Object.hasOwn(parameters, name)) {
    throw new ArgumentError({
      rule: `an activation that goes to other formats is one of ${Object.keys(parameters).join(', ')}`,
      received: JSON.stringify(name),
      remedy: 'train with one of these',
    })
  }
  if (name === 'linear') return []
  const parameter = parameters[name]
  const value = parameter === undefined ? 0 : (fields[parameter.field] ?? parameter.value)
  return [{ kind: 'activation', activation: name, parameter: Number(value) }]
}

/** `[rows, columns]` as `[columns, rows]`. */
export function transposed({
  shape,
  data,
}: Pick<NamedTensor, 'shape' | 'data'>): Pick<NamedTensor, 'shape' | 'data'> {
  const [rows = 0, columns = 0] = shape
  const out = new Float32Array(data.length)
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!
  }
  return { shape: [columns, rows], data: out }
}
