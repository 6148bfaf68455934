// A stack of plain layers as a model: what all foreign formats are read to. The model can be evaluated, used and trained on.
import { ArgumentError } from '../../core/errors.js'
import type { JsonObject, LayerConfig, ModelState, OutputMeaning, Preprocessing } from '../../core/state.js'
import type { NamedTensor } from '../../core/tensor.js'
import type { StackLayer } from './stack.js'

export type Task = 'classification' | 'regression'

export interface Meaning {
  /** Default by the last layer: softmax and sigmoid classify, everything else is a regression. */
  task?: Task | undefined
  /** In output order; default 0, 1, …. */
  classes?: (string | number)[] | undefined
  /** Shape of one sample; default one number for each row of the first weight. */
  inputShape?: number[] | undefined
  preprocessing?: Preprocessing | undefined
}

/** @throws ArgumentError for classes that are not as many as the outputs tell. */
export function stateOfStack(stack: readonly StackLayer[], meaning: Meaning): ModelState {
  const layers: LayerConfig[] = []
  const weights: NamedTensor[] = []
  let outputs = 1
  for (const layer of closed(stack, meaning.task)) {
    if (layer.kind === 'dense') {
      const name = `dense_${String(weights.filter(({ shape }) => shape.length === 2).length + 1)}`
      outputs = layer.weight.shape[1]!
      layers.push({
        type: 'dense',
        name,
        units: outputs,
        activation: 'linear',
        useBias: layer.bias !== undefined,
      })
      weights.push({ ...layer.weight, name: `${name}/weight` })
      if (layer.bias !== undefined) weights.push({ ...layer.bias, name: `${name}/bias` })
    } else if (layer.kind === 'activation') {
      const spec = configOf(layer)
      const last = layers.at(-1)
      if (last?.type === 'dense' && last['activation'] === 'linear') last['activation'] = spec
      else
        layers.push({ type: 'activation', name: `activation_${String(layers.length + 1)}`, activation: spec })
    } else if (layer.kind === 'dropout') {
      layers.push({ type: 'dropout', name: `dropout_${String(layers.length + 1)}`, rate: layer.rate })
    } else {
      layers.push({ type: 'flatten', name: `flatten_${String(layers.length + 1)}` })
    }
  }
  const link = linkOf(stack, meaning.task)
  const { inputShape = [weights[0]!.shape[0]!], preprocessing = { scale: [1], shift: [0] } } = meaning
  return {
    version: 1,
    kind: 'neural-network',
    architecture: { version: 1, inputShape, layers },
    weights,
    preprocessing,
    outputs: outputMeaning(link, outputs, meaning.classes),
    settings: settingsFor(link),
  }
}

type Link = 'softmax' | 'sigmoid' | undefined

/** The last activation, if it tells classes; a classifier that ends in logits is closed by the one that its outputs ask for. */
function linkOf(stack: readonly StackLayer[], task: Task | undefined): Link {
  const last = stack.at(-1)
  const activation = last?.kind === 'activation' ? last.activation : undefined
  if (task === 'regression') return undefined
  if (activation === 'softmax' || activation === 'sigmoid') return activation
  if (task === undefined) return undefined
  const dense = stack.findLast((layer) => layer.kind === 'dense')
  return dense?.weight.shape[1] === 1 ? 'sigmoid' : 'softmax'
}

function closed(stack: readonly StackLayer[], task: Task | undefined): readonly StackLayer[] {
  const link = linkOf(stack, task)
  const last = stack.at(-1)
  if (link === undefined || (last?.kind === 'activation' && last.activation === link)) return stack
  return [...stack, { kind: 'activation', activation: link, parameter: 0 }]
}

function configOf({
  activation,
  parameter,
}: Extract<StackLayer, { kind: 'activation' }>): string | JsonObject {
  if (activation === 'leaky-relu') return { name: activation, slope: parameter }
  return activation === 'elu' ? { name: activation, alpha: parameter } : activation
}

function outputMeaning(link: Link, outputs: number, given: (string | number)[] | undefined): OutputMeaning {
  if (link === undefined) return { task: 'regression' }
  const count = link === 'sigmoid' && outputs === 1 ? 2 : outputs
  const classes = given ?? Array.from({ length: count }, (_, i) => i)
  if (classes.length !== count || count < 2) {
    throw new ArgumentError({
      rule: `a classifier of ${String(outputs)} outputs by ${link} has ${String(Math.max(2, count))} classes`,
      received: String(classes.length),
      remedy: 'check the classes, or pass --task regression',
    })
  }
  const columns = link === 'softmax' ? {} : { columns: outputs > 1 }
  return { task: 'classification', classes, ...columns }
}

/** What further training begins with. */
function settingsFor(link: Link): JsonObject {
  const common = { optimizer: 'adam', seed: 1, numerics: 'fast' }
  if (link === undefined)
    return { ...common, loss: 'mse', metrics: ['mse', 'rmse', 'mae', 'r2'], task: 'regression' }
  const loss = link === 'softmax' ? 'crossentropy' : 'binary-crossentropy'
  return { ...common, loss, metrics: ['accuracy'], task: 'classification' }
}
