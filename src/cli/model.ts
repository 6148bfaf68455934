// The model of a training run out of the options: checked before any data are loaded, made when the data are known.
import { basename, extname } from 'node:path'
import { ArgumentError } from '../core/errors.js'
import { sizeOf } from '../core/tensor.js'
import type { Numerics } from '../core/wasm.js'
import { augmentationFrom } from '../data/augmentation.js'
import type { Recommended } from '../data/catalog.js'
import { outputsOf } from '../data/transforms/apply-table.js'
import { fitTable } from '../data/transforms/fit-table.js'
import { LinearRegression } from '../models/linear-regression.js'
import { LogisticRegression } from '../models/logistic-regression.js'
import { NeuralNetwork, type NeuralNetworkOptions } from '../models/neural-network.js'
import { activationFrom } from '../nn/activations.js'
import { initializerFrom } from '../nn/initializers.js'
import { lossFrom } from '../nn/losses.js'
import { augmentOf } from './augment.js'
import { layersFor, readArchitecture } from './architecture-file.js'
import type { Data } from './data.js'
import { given } from '../core/given.js'
import { conflict, optimizerOf } from './optimizer.js'
import { fromUser } from './paths.js'
import { preprocessingOf, type PreprocessingFlags } from './preprocessing.js'
import { optimizerFlags, sizes, type UsualFlags } from './usual.js'

export interface ModelOptions extends UsualFlags, PreprocessingFlags {
  model: string
  hidden?: number[]
  activation?: string
  init?: string
  dropout?: number
  l1?: number
  l2?: number
  loss?: string
  labelSmoothing?: number
  augment?: string
  seed: number
  threads?: number
  numerics: Numerics
  revectorize?: boolean
}

/** A model that the options describe. */
export interface ModelPlan {
  /** For the name of the run: `mlp`, or the file's name without its ending. */
  name: string
  /** Shape of one sample that the model asks for; undefined to take that of the data. */
  inputShape: readonly number[] | undefined
  /** @throws ArgumentError, FormatError where the model does not fit the task of the data. */
  create(data: Data): NeuralNetwork
}

const flags = {
  hidden: '--hidden',
  activation: '--activation',
  init: '--init',
  dropout: '--dropout',
  l1: '--l1',
  l2: '--l2',
  loss: '--loss',
  labelSmoothing: '--label-smoothing',
} as const

/** Options that mean nothing to a model. */
const foreign: Record<string, readonly (keyof typeof flags)[]> = {
  mlp: [],
  logistic: ['hidden', 'activation', 'dropout', 'loss'],
  linear: ['hidden', 'activation', 'dropout', 'labelSmoothing'],
  file: ['hidden', 'activation', 'init', 'dropout', 'l1', 'l2'],
}

/** Checks the options and reads the architecture file, if there is one. @throws ArgumentError, FormatError, NotFoundError. */
export async function planModel(options: ModelOptions): Promise<ModelPlan> {
  const {
    model,
    activation,
    init,
    loss,
    labelSmoothing,
    seed,
    threads,
    numerics,
    revectorize,
    l1,
    l2,
    augment,
  } = options
  const kind = kindOf(model)
  for (const key of foreign[kind]!) {
    if (options[key] !== undefined) conflict(flags[key], `--model ${model}`, 'leave one of them out')
  }
  if (activation !== undefined) activationFrom(activation)
  if (init !== undefined) initializerFrom(init)
  if (loss !== undefined) lossFrom({ name: loss, ...given({ labelSmoothing }) })
  augmentationFrom(augment)
  optimizerOf(optimizerFlags(options, {}))
  const running = (data: Data) => ({
    seed,
    numerics,
    ...given({ threads, revectorize, augment: augmentOf(augment, data) }),
  })
  const shared = (data: Data, usual: Recommended) => ({
    ...running(data),
    optimizer: optimizerOf(optimizerFlags(options, usual)),
    ...sizes(options, usual),
  })
  const weights = given({ init, l1, l2 })
  if (kind === 'logistic') {
    return usual(model, 'classification', (data) => {
      const { optimizer, lr, schedule } = data.usual
      return new LogisticRegression({
        ...shared(data, given({ optimizer, lr, schedule })),
        ...weights,
        ...given({ labelSmoothing }),
        ...preprocessingOf(options, data, {}, 'none'),
      })
    })
  }
  if (kind === 'linear') {
    // What belongs to descending is passed on only where it is asked for: without it the least squares are solved.
    const asked = [
      ...(['optimizer', 'lr', 'momentum', 'schedule', 'weightDecay', 'clipNorm', 'clipValue'] as const),
      ...(['epochs', 'batchSize', 'init', 'l1', 'augment'] as const),
    ]
    const descends = asked.some((key) => options[key] !== undefined)
    return usual(model, 'regression', (data) => {
      return new LinearRegression({
        ...(descends ? shared(data, {}) : running(data)),
        ...weights,
        ...given({ loss }),
        ...preprocessingOf(options, data, {}, 'none'),
      })
    })
  }
  const lossOf = (data: Data) => lossFor(data, loss, labelSmoothing)
  if (kind === 'mlp') {
    return usual(model, undefined, (data) => {
      const { usual } = data
      const hiddenLayers = options.hidden ?? usual.hidden
      const dropout = options.dropout ?? usual.dropout
      return new NeuralNetwork({
        ...shared(data, usual),
        ...weights,
        ...given({ hiddenLayers, dropout, activation: activation ?? usual.activation }),
        ...lossOf(data),
        ...preprocessingOf(options, data, usual, 'standard'),
        task: data.task,
      })
    })
  }
  const path = fromUser(model)
  const architecture = await readArchitecture(path)
  return {
    name: basename(path, extname(path)),
    inputShape: architecture.inputShape,
    create(data) {
      const { task } = data
      const { x } = data.train
      const prepared = preprocessingOf(options, data, data.usual, 'standard')
      const { preprocessing } = prepared
      const inputShape =
        preprocessing === undefined ? x.shape.slice(1) : [outputsOf(fitTable(x, preprocessing))]
      const layers = layersFor(architecture, { inputShape, outputs: data.classes?.length ?? 1, task })
      return new NeuralNetwork({ ...shared(data, data.usual), ...lossOf(data), ...prepared, layers, task })
    },
  }
}

function kindOf(model: string): 'mlp' | 'logistic' | 'linear' | 'file' {
  if (model === 'mlp' || model === 'logistic' || model === 'linear') return model
  if (/\.json$|[\\/]/i.test(model)) return 'file'
  throw new ArgumentError({
    rule: '--model is mlp, logistic, linear or the path of a JSON architecture file',
    received: JSON.stringify(model),
    remedy: 'check the spelling; the name of a file ends in .json',
  })
}

/** A model with no file. @param only the one task that it is for, if there is one. */
function usual(name: string, only: string | undefined, create: (data: Data) => NeuralNetwork): ModelPlan {
  return {
    name,
    inputShape: undefined,
    create(data) {
      if (only !== undefined && data.task !== only) {
        const remedy = only === 'regression' ? 'use --model logistic or mlp' : 'use --model linear or mlp'
        conflict(`--model ${name}`, `the data set ${data.name}, which is for ${data.task}`, remedy)
      }
      return create(data)
    },
  }
}

/** The loss, where it is not the task's own. */
function lossFor(
  { task, name }: Data,
  loss: string | undefined,
  labelSmoothing: number | undefined,
): NeuralNetworkOptions {
  const isClassification = task === 'classification'
  if (labelSmoothing !== undefined && !isClassification) {
    conflict('--label-smoothing', `the data set ${name}, which is for ${task}`, 'leave it out')
  }
  if (loss === undefined) return given({ labelSmoothing })
  const checked = lossFrom(loss).name
  if (isClassification !== (checked === 'crossentropy') || checked === 'binary-crossentropy') {
    const remedy = isClassification ? 'use crossentropy' : 'use mse, mae or huber'
    conflict(`--loss ${loss}`, `the data set ${name}, which is for ${task}`, remedy)
  }
  return { loss: { name: checked, ...given({ labelSmoothing }) } }
}

/** Samples of `shape` as samples of another shape of the same size. */
export function reshaped<T extends { shape: readonly number[] }>(
  x: T,
  sampleShape: readonly number[] | undefined,
): T {
  if (sampleShape === undefined || sizeOf(sampleShape) !== sizeOf(x.shape.slice(1))) return x
  return { ...x, shape: [x.shape[0]!, ...sampleShape] }
}
