// The options of NeuralNetwork and its kin: what they are, whether they can be, and how a saved model tells them.
import { ArgumentError } from '../core/errors.js'
import type { JsonObject, ModelState } from '../core/state.js'
import type { Numerics } from '../core/wasm.js'
import { augmentationFrom, type AugmentationSpec } from '../data/augmentation.js'
import { requirePreprocessing, type PreprocessingOptions } from '../data/transforms/preprocessing-options.js'
import type { ActivationSpec } from '../nn/activations.js'
import { layerFrom } from '../nn/architecture.js'
import { Dense } from '../nn/dense.js'
import { Dropout } from '../nn/dropout.js'
import type { initializerFrom } from '../nn/initializers.js'
import { requireCount, type Layer } from '../nn/layer.js'
import { lossFrom, type LossInput } from '../nn/losses.js'
import { optimizerFrom } from '../nn/optimizers.js'
import type { OptimizerSpec } from './compile.js'

export interface NeuralNetworkOptions {
  /** Units of each hidden layer; default [128]. */
  hiddenLayers?: readonly number[]
  /** Layers in place of `hiddenLayers`, the last one included. */
  layers?: readonly (Layer | JsonObject)[]
  /** Of the hidden layers; default `relu`. */
  activation?: ActivationSpec
  /** Initializer of the hidden layers' weights; default `he-normal`. The output layer's is `glorot-uniform`. */
  init?: Parameters<typeof initializerFrom>[0]
  /** Share dropped after each hidden layer; default 0. */
  dropout?: number
  /** Penalties on the weights, added to the loss: l1 · Σ|w| + l2 · Σw²; default 0. */
  l1?: number
  l2?: number
  /** Default `classification`. */
  task?: 'classification' | 'regression'
  /** Default: cross-entropy (binary for several yes/no columns) or mean squared error. */
  loss?: LossInput
  /** Default Adam with its defaults. */
  optimizer?: OptimizerSpec
  /** Default 10. */
  epochs?: number
  /** Default 64. */
  batchSize?: number
  /** Share of each target that is spread evenly over the classes; default 0. */
  labelSmoothing?: number
  /** How rows are changed at random on their way into a batch, in training only; default none. */
  augment?: AugmentationSpec
  /**
   * What is done to the columns of tables before the first layer, fitted on the training rows. Default: a tensor with `columns`
   * is standardized, its words one-hot, its missing numbers the median; anything else is taken as it is.
   */
  preprocessing?: PreprocessingOptions
  /**
   * Of regression: `standard` trains on targets of mean 0 and deviation 1; predictions and figures stay in the target's own
   * units, only the loss is that of the scaled targets. Default `none`.
   */
  targetScaling?: 'standard' | 'none'
  /** Default 1. */
  seed?: number
  threads?: number
  /** Default `fast`. */
  numerics?: Numerics
  /** Lets the engine use 256-bit vectors (Node 24 or later on x64, the first model of the process); default false. */
  revectorize?: boolean
}

/** Options that a saved model keeps among its settings, besides those of training. */
const kept = ['hiddenLayers', 'epochs', 'batchSize', 'preprocessing', 'targetScaling'] as const
/** Others among its settings: of LinearRegression, and of the layers' own compile. */
const alsoRead = ['solver', 'augment']

/** What a saved model tells of the options. @param preprocessing with all defaults, as it was used. */
export function settingsOf(
  options: NeuralNetworkOptions,
  preprocessing: PreprocessingOptions | undefined,
): JsonObject {
  const { task = 'classification' } = options
  const given = { ...options, preprocessing }
  const entries = kept.flatMap((key) => (given[key] === undefined ? [] : [[key, given[key]] as const]))
  return structuredClone({ task, ...Object.fromEntries(entries) }) as JsonObject
}

/** The options of a saved model. */
export function optionsOf({ settings, outputs, architecture }: ModelState): NeuralNetworkOptions {
  const entries = [...kept, ...alsoRead].flatMap((key) => {
    return settings[key] === undefined ? [] : [[key, settings[key]] as const]
  })
  return {
    layers: architecture.layers,
    task: outputs.task,
    optimizer: settings['optimizer'] as OptimizerSpec,
    loss: settings['loss'] as LossInput,
    seed: (settings['seed'] ?? 1) as number,
    ...(Object.fromEntries(entries) as NeuralNetworkOptions),
  }
}

/** @throws ArgumentError for an option that cannot be. */
export function checkOptions(options: NeuralNetworkOptions): void {
  const { hiddenLayers = [], task = 'classification', layers, optimizer, loss, dropout = 0 } = options
  const { preprocessing, targetScaling = 'none' } = options
  const { activation = 'relu', init = 'he-normal', l1 = 0, l2 = 0, epochs = 1, batchSize = 1 } = options
  if (task !== 'classification' && task !== 'regression') {
    throw new ArgumentError({
      rule: 'task is classification or regression',
      received: String(task),
      remedy: 'leave it out for classification',
    })
  }
  if (preprocessing !== undefined) requirePreprocessing(preprocessing)
  if (targetScaling !== 'none' && (targetScaling !== 'standard' || task !== 'regression')) {
    throw new ArgumentError({
      rule: "targetScaling is standard or none, and standard goes with task: 'regression'",
      received: `${String(targetScaling)} for ${task}`,
      remedy: 'leave it out',
    })
  }
  // Layers and optimizer check themselves: made once here, so that a bad option is told before fit.
  for (const units of [...hiddenLayers, 1]) {
    new Dense(units, { activation, kernelInitializer: init, kernelRegularizer: { l1, l2 } })
  }
  if (dropout !== 0) new Dropout(dropout)
  if (layers !== undefined) for (const layer of layers) layerFrom(layer)
  if (loss !== undefined) lossFrom(loss)
  augmentationFrom(options.augment)
  if (optimizer !== undefined) optimizerFrom(optimizer)
  requireCount(epochs, 'epochs')
  requireCount(batchSize, 'batchSize')
}
