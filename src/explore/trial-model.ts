// The model of a trial out of its settings, checked before anything runs: what `lanewise train` makes of its options.
import { ArgumentError } from '../core/errors.js'
import { given } from '../core/given.js'
import { parseSpec } from '../core/options.js'
import type { JsonObject } from '../core/state.js'
import { augmentationFrom, requireAllowed, type AugmentationSpec } from '../data/augmentation.js'
import { catalog, type Recommended } from '../data/catalog.js'
import { LinearRegression } from '../models/linear-regression.js'
import { LogisticRegression } from '../models/logistic-regression.js'
import { NeuralNetwork } from '../models/neural-network.js'
import { Activation } from '../nn/activation.js'
import { layerFrom } from '../nn/architecture.js'
import { Dense } from '../nn/dense.js'
import type { Layer } from '../nn/layer.js'
import { lossFrom } from '../nn/losses.js'
import { optimizerFrom, type Optimizer } from '../nn/optimizers.js'
import { scheduleFrom } from '../nn/schedules.js'
import type { TrialSettings } from './job.js'
import type { TrialData } from './trial-data.js'

/** What a model has to know of the data. */
export interface ModelContext {
  dataset: string
  task: 'classification' | 'regression'
  sampleShape: readonly number[]
  /** Whether its rows are those of a table, with named columns. */
  isTable: boolean
  usual: Recommended
}

/** What a model has to know of these data. */
export function contextOf({ name, task, sampleShape, usual, train }: TrialData): ModelContext {
  return { dataset: name, task, sampleShape, usual, isTable: train.x.columns !== undefined }
}

/** Settings that mean nothing to a kind of model. */
const foreign: Record<string, readonly (keyof TrialSettings)[]> = {
  mlp: [],
  layers: ['model', 'hidden', 'activation', 'init', 'dropout', 'l1', 'l2'],
  logistic: ['hidden', 'activation', 'dropout', 'loss'],
  linear: ['hidden', 'activation', 'dropout', 'labelSmoothing', 'classWeight'],
}
const forNumbers = ['targetScaling'] as const
const forClasses = ['labelSmoothing', 'classWeight'] as const
const withMomentum = ['sgd', 'momentum', 'nesterov', 'rmsprop']

/**
 * The model that the settings describe.
 * @param run what the settings do not tell. @throws ArgumentError for settings out of range, or that do not go together.
 */
export function modelOf(
  settings: TrialSettings,
  context: ModelContext,
  run: { seed: number; threads?: number } = { seed: 1 },
): NeuralNetwork {
  const kind = settings.layers === undefined ? (settings.model ?? 'mlp') : 'layers'
  for (const field of foreign[kind]!) {
    if (settings[field] !== undefined) conflict(field, kind === 'layers' ? 'layers' : `model: ${kind}`)
  }
  const { task } = context
  if (task === 'regression') {
    for (const field of forClasses) if (settings[field] !== undefined) conflict(field, 'data for regression')
  }
  if (task === 'classification') {
    for (const field of forNumbers)
      if (settings[field] !== undefined) conflict(field, 'data for classification')
  }
  if (kind === 'logistic' && task === 'regression') conflict('model: logistic', 'data for regression')
  if (kind === 'linear' && task === 'classification') conflict('model: linear', 'data for classification')
  if (settings.patience !== undefined && !(settings.validation! > 0))
    conflict('patience', 'no validation rows', 'add validation: 0.1')
  const { targetScaling } = settings
  const usual = usualOf(kind, context.usual)
  const { batchSize = usual.batchSize, numerics, init, l1, l2, labelSmoothing } = settings
  const preprocessing = context.isTable
    ? { scaling: usual.scaling ?? 'standard', ...settings.preprocessing }
    : settings.preprocessing
  const shared = {
    optimizer: optimizerOf(settings, usual),
    ...run,
    ...given({
      batchSize,
      numerics,
      augment: augmentOf(settings.augment, context),
      labelSmoothing,
      preprocessing,
      targetScaling,
    }),
  }
  const weights = given({ init, l1, l2 })
  if (kind === 'logistic') return new LogisticRegression({ ...shared, ...weights })
  const loss = given({ loss: lossOf(settings, task) })
  if (kind === 'linear') return new LinearRegression({ ...shared, ...weights, ...loss })
  const own =
    kind === 'layers'
      ? { layers: layersOf(settings.layers!, task) }
      : given({
          hiddenLayers: settings.hidden ?? usual.hidden,
          activation: settings.activation ?? usual.activation,
          dropout: settings.dropout ?? usual.dropout,
        })
  // As `lanewise train`, which scales the targets of a network unless told otherwise.
  const scaled = task === 'regression' ? { targetScaling: targetScaling ?? 'standard' } : {}
  return new NeuralNetwork({ ...shared, ...weights, ...loss, ...own, ...scaled, task })
}

/** What the data set recommends to a kind of model; as for `lanewise train`, most of it is for networks. */
function usualOf(kind: string, usual: Recommended): Recommended {
  if (kind === 'mlp' || kind === 'layers') return usual
  const { optimizer, lr, schedule } = usual
  return given({ optimizer, lr, schedule })
}

/** The layers; where a classifier's last one has no activation, softmax is added. */
function layersOf(configs: readonly JsonObject[], task: ModelContext['task']): Layer[] {
  const layers = configs.map((config) => layerFrom(config))
  const last = layers.at(-1)
  const ends =
    last instanceof Activation || (last instanceof Dense && last.config()['activation'] !== 'linear')
  return task === 'classification' && !ends ? [...layers, new Activation('softmax')] : layers
}

/** The optimizer with its rate or schedule. What the data set recommends counts unless other ones are asked for. */
function optimizerOf(settings: TrialSettings, usual: Recommended): Optimizer {
  const { optimizer = usual.optimizer ?? 'adam', momentum, clipNorm, clipValue } = settings
  const own = usual.optimizer === optimizer
  const recommended = own && settings.schedule === undefined ? usual : {}
  const weightDecay = settings.weightDecay ?? (own ? usual.weightDecay : undefined)
  const { lr: learningRate, schedule } = {
    ...given({ lr: recommended.lr, schedule: recommended.schedule }),
    ...given({ lr: settings.lr, schedule: settings.schedule }),
  }
  const named = parseSpec(optimizer)
  const separate: JsonObject = given({ learningRate, momentum, weightDecay, clipNorm, clipValue })
  for (const key of Object.keys(separate)) {
    if (key in named) conflict(key === 'learningRate' ? 'lr' : key, `optimizer: ${optimizer}`, `give it once`)
  }
  if (momentum !== undefined && !withMomentum.includes(named.type))
    conflict('momentum', `optimizer: ${named.type}`, `momentum goes with ${withMomentum.join(', ')}`)
  const config = { ...named, ...separate }
  const plain = optimizerFrom(config)
  if (schedule === undefined) return plain
  if (learningRate !== undefined && 'learningRate' in parseSpec(schedule))
    conflict('lr', `schedule: ${schedule}`, 'give the learning rate once')
  const rates = scheduleFrom(schedule, plain.learningRate as number)
  return optimizerFrom({ ...config, learningRate: rates.config() })
}

function lossOf({ loss, labelSmoothing }: TrialSettings, task: ModelContext['task']) {
  if (loss === undefined) return undefined
  const { name } = lossFrom(loss)
  const ofClasses = name === 'crossentropy'
  if (ofClasses !== (task === 'classification') || name === 'binary-crossentropy')
    conflict(`loss: ${loss}`, `data for ${task}`, ofClasses ? 'use mse, mae or huber' : 'use crossentropy')
  return { name, ...given({ labelSmoothing }) }
}

/** What the catalogue does not allow is refused; pictures that come as flat rows get their form. */
function augmentOf(
  text: string | undefined,
  { dataset, sampleShape }: ModelContext,
): AugmentationSpec | undefined {
  const settled = augmentationFrom(text)
  if (settled === undefined) return undefined
  requireAllowed(settled, { name: dataset, flips: catalog.find(({ name }) => name === dataset)?.flips })
  const [height, width, channels = 1] = sampleShape
  if (settled.picture !== undefined || width === undefined || (width === height && channels === 1))
    return settled.config
  return { ...settled.config, picture: { height: height!, width, channels } }
}

function conflict(what: string, other: string, remedy = 'leave one of them out'): never {
  throw new ArgumentError({ rule: `${what} does not go with ${other}`, received: 'both', remedy })
}
