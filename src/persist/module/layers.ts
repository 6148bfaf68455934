// What an exported module computes, layer by layer: the architecture as dense steps and activations, each with its weights.
// Knows nothing of text and bytes.
import { ArgumentError, ShapeError } from '../../core/errors.js'
import type { LayerConfig, ModelState, OutputMeaning } from '../../core/state.js'
import { sizeOf, type NamedTensor } from '../../core/tensor.js'

/** A product with a matrix, or an activation over all values. */
export type Step =
  | { kind: 'dense'; inputs: number; outputs: number; weight: NamedTensor; bias: NamedTensor | undefined }
  | { kind: 'activation'; name: string; parameter: number }

export interface Steps {
  steps: Step[]
  inputs: number
  outputs: number
}

/** Activations by name: how the core calls them. */
const functions: ReadonlyMap<string, string> = new Map([
  ['relu', 'relu'],
  ['leaky-relu', 'leakyRelu'],
  ['elu', 'elu'],
  ['sigmoid', 'sigmoid'],
  ['tanh', 'tanh'],
  ['gelu', 'gelu'],
  ['gelu-tanh', 'geluTanh'],
  ['silu', 'silu'],
  ['softplus', 'softplus'],
  ['softmax', 'softmax'],
])

/** How labels come out of the outputs: the likeliest of several classes, yes or no by one output, or several yes/no columns. */
export type Mode = 'class' | 'binary' | 'columns' | 'regression'

export function modeOf({ task, columns }: OutputMeaning): Mode {
  if (task === 'regression') return 'regression'
  return columns === undefined ? 'class' : columns ? 'columns' : 'binary'
}

/**
 * The steps of a model; a classifier whose outputs are logits gets the last activation that makes them probabilities.
 * @throws ArgumentError for a layer or activation that modules have not; ShapeError for weights that do not fit.
 */
export function stepsOf({ architecture, weights, outputs: meaning }: ModelState): Steps {
  const inputs = sizeOf(architecture.inputShape ?? [])
  if (architecture.inputShape === undefined || inputs === 0) {
    throw new ArgumentError({
      rule: 'a model that is exported tells its input shape',
      received: 'none',
      remedy: 'save it again after fit or compile',
    })
  }
  const steps: Step[] = []
  const rest = [...weights]
  let columns = inputs
  for (const layer of architecture.layers) {
    if (layer.type === 'dense') {
      steps.push(denseStep(layer, columns, rest))
      columns = layer['units'] as number
    }
    if (layer.type === 'dense' || layer.type === 'activation') steps.push(...activationStep(layer))
    else if (layer.type !== 'dropout' && layer.type !== 'flatten') throw unknown('layer', layer.type)
  }
  if (rest.length > 0) throw misfit(rest[0]!.name, 'no layer', 'a weight that is left over')
  const mode = modeOf(meaning)
  const link = mode === 'class' ? 'softmax' : 'sigmoid'
  const last = steps.at(-1)
  if (mode !== 'regression' && !(last?.kind === 'activation' && last.name === link))
    steps.push({ kind: 'activation', name: link, parameter: 0 })
  return { steps, inputs, outputs: columns }
}

function denseStep({ units, useBias, name }: LayerConfig, inputs: number, rest: NamedTensor[]): Step {
  const outputs = units as number
  const named = (role: string, shape: readonly number[]) => {
    const full = `${String(name)}/${role}`
    const found = rest.findIndex((tensor) => tensor.name === full)
    const [tensor] = rest.splice(Math.max(0, found), 1)
    if (tensor?.shape.join() !== shape.join() || tensor.data.length !== sizeOf(shape))
      throw misfit(full, `shape [${shape.join(', ')}]`, tensor ? `[${tensor.shape.join(', ')}]` : 'none')
    if (!tensor.data.every((value) => Number.isFinite(value)))
      throw misfit(full, 'finite values', 'a value that is not finite')
    return tensor
  }
  const weight = named('weight', [inputs, outputs])
  return {
    kind: 'dense',
    inputs,
    outputs,
    weight,
    bias: useBias === false ? undefined : named('bias', [outputs]),
  }
}

function activationStep(layer: LayerConfig): Step[] {
  const spec = layer['activation'] ?? 'linear'
  const { name, slope, alpha } =
    typeof spec === 'object' && spec !== null && !Array.isArray(spec) ? spec : { name: spec }
  if (name === 'linear') return []
  const kernel = typeof name === 'string' ? functions.get(name) : undefined
  if (kernel === undefined) throw unknown('activation', JSON.stringify(name))
  return [{ kind: 'activation', name: kernel, parameter: Number(slope ?? alpha ?? usualParameter(kernel)) }]
}

function usualParameter(kernel: string): number {
  return kernel === 'leakyRelu' ? 0.01 : kernel === 'elu' ? 1 : 0
}

function unknown(what: 'layer' | 'activation', received: string): ArgumentError {
  const known = what === 'layer' ? ['dense', 'activation', 'dropout', 'flatten'] : [...functions.keys()]
  return new ArgumentError({
    rule: `a module can be made of a model whose ${what}s are ${known.join(', ')}`,
    received,
    remedy: 'export it as safetensors and run it with lanewise',
  })
}

function misfit(name: string, rule: string, received: string): ShapeError {
  return new ShapeError({
    rule: `${name} has ${rule}`,
    received,
    remedy: 'save the model again with lanewise',
  })
}
