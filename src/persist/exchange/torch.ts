// Weights as PyTorch's `nn.Sequential` names and stores them, and back: `0.weight` `[out, in]`, `0.bias`, `2.weight`, …, the
// numbers counting all modules, so that `load_state_dict` takes the file as it is.
import { FormatError } from '../../core/errors.js'
import type { ModelState } from '../../core/state.js'
import type { NamedTensor } from '../../core/tensor.js'
import type { Fields } from '../fields.js'
import { describe } from '../json.js'
import { stackOf, transposed, type StackLayer } from './stack.js'

const modules: Record<string, (parameter: number) => string> = {
  relu: () => 'ReLU()',
  'leaky-relu': (slope) => `LeakyReLU(${String(slope)})`,
  elu: (alpha) => `ELU(${String(alpha)})`,
  sigmoid: () => 'Sigmoid()',
  tanh: () => 'Tanh()',
  gelu: () => 'GELU()',
  'gelu-tanh': () => "GELU(approximate='tanh')",
  silu: () => 'SiLU()',
  softplus: () => 'Softplus()',
  softmax: () => 'Softmax(dim=1)',
}

/**
 * @returns tensors, and the Python expression of the module that takes them.
 * @throws ArgumentError, ShapeError as stackOf.
 */
export function torchWeights(state: ModelState): { tensors: NamedTensor[]; module: string } {
  const stack = stackOf(state)
  const tensors = stack.flatMap((layer, i) => {
    if (layer.kind !== 'dense') return []
    const weight = { name: `${String(i)}.weight`, ...transposed(layer.weight) }
    return layer.bias === undefined ? [weight] : [weight, { ...layer.bias, name: `${String(i)}.bias` }]
  })
  return { tensors, module: `nn.Sequential(${stack.map((layer) => `nn.${moduleOf(layer)}`).join(', ')})` }
}

function moduleOf(layer: StackLayer): string {
  if (layer.kind === 'activation') return modules[layer.activation]!(layer.parameter)
  if (layer.kind === 'dropout') return `Dropout(${String(layer.rate)})`
  if (layer.kind === 'flatten') return 'Flatten()'
  const [inputs, outputs] = layer.weight.shape
  return `Linear(${String(inputs)}, ${String(outputs)}${layer.bias === undefined ? ', bias=False' : ''})`
}

/** The model whose weights `torchWeights` wrote. @throws FormatError where a weight is missing or of no matrix form. */
export function fromTorch(fields: Fields, tensors: readonly NamedTensor[], file: string): ModelState {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  let place = 0
  const weights = fields.architecture.layers.flatMap((layer): NamedTensor[] => {
    const activation = layer['activation'] ?? 'linear'
    const own = place
    if (layer.type !== 'activation') place++
    if (activation !== 'linear' && (layer.type === 'dense' || layer.type === 'activation')) place++
    if (layer.type !== 'dense') return []
    const name = layer.name ?? ''
    const weight = requireTensor(byName, `${String(own)}.weight`, 2, file)
    const kernel = { name: `${name}/weight`, ...transposed(weight) }
    if (layer['useBias'] === false) return [kernel]
    return [kernel, { ...requireTensor(byName, `${String(own)}.bias`, 1, file), name: `${name}/bias` }]
  })
  return { ...fields, weights }
}

function requireTensor(
  tensors: ReadonlyMap<string, NamedTensor>,
  name: string,
  dimensions: number,
  file: string,
): NamedTensor {
  const tensor = tensors.get(name)
  if (tensor?.shape.length === dimensions) return tensor
  throw new FormatError({
    file,
    rule: `the file has ${describe(name)} with ${String(dimensions)} dimensions, as its architecture says`,
    received: tensor === undefined ? 'none of this name' : `shape [${tensor.shape.join(', ')}]`,
    remedy: 'export the model again',
  })
}
