// A multi-layer perceptron in the manner of scikit-learn: settings in the constructor, then fit, predict, score.
import { ArgumentError, StateError } from '../core/errors.js'
import { given } from '../core/given.js'
import { matrixOf, type Matrix } from '../core/matrix.js'
import type { ModelState, OutputMeaning } from '../core/state.js'
import { toRows, type NamedTensor, type Samples } from '../core/tensor.js'
import type { Numerics } from '../core/wasm.js'
import { augmentationFrom, type AugmentationSpec } from '../data/augmentation.js'
import type { ActivationSpec } from '../nn/activations.js'
import { layerFrom } from '../nn/architecture.js'
import { Dense } from '../nn/dense.js'
import { Dropout } from '../nn/dropout.js'
import { Flatten } from '../nn/flatten.js'
import type { initializerFrom } from '../nn/initializers.js'
import { requireCount, type Layer } from '../nn/layer.js'
import { optimizerFrom } from '../nn/optimizers.js'
import type { LossInput } from '../nn/losses.js'
import type { JsonObject } from '../core/state.js'
import type { History } from './history.js'
import { Labels } from './labels.js'
import { regressionMetrics } from './scores.js'
import { Sequential, type FitOptions, type OptimizerSpec, type Scores } from './sequential.js'
import { encodeTargets, labelsOf, type Label, type Targets } from './targets.js'
import { lossFrom } from '../nn/losses.js'

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
  /** Default 1. */
  seed?: number
  threads?: number
  /** Default `fast`. */
  numerics?: Numerics
  /** Lets the engine use 256-bit vectors (Node 24 or later on x64, the first model of the process); default false. */
  revectorize?: boolean
}

/** Options of one fit; epochs and batch size override the constructor's. */
export type EstimatorFitOptions = FitOptions

export class NeuralNetwork {
  readonly options: NeuralNetworkOptions
  /** Classes in output order; undefined for regression and before the first fit. */
  protected labels: Labels | undefined
  private inner: Sequential | undefined

  constructor(options: NeuralNetworkOptions = {}) {
    checkOptions(options)
    this.options = options
  }

  /** The task that the model was made for. */
  get task(): 'classification' | 'regression' {
    return this.options.task ?? 'classification'
  }

  /** The classes in the order of `predictProba`'s columns. */
  get classes(): readonly Label[] | undefined {
    return this.labels?.classes
  }

  /** Trains from fresh initial weights. @returns the history. */
  async fit(x: Samples, y: Targets, options: EstimatorFitOptions = {}): Promise<History> {
    this.inner = undefined
    this.labels = undefined
    return this.train(x, y, options, this.options.epochs ?? (options.resume ? undefined : 10))
  }

  /** Goes on training, from the present weights and optimizer state; one epoch unless told otherwise. */
  async partialFit(
    x: Samples,
    y: Targets,
    options: EstimatorFitOptions & { classes?: readonly Label[] } = {},
  ): Promise<History> {
    const { classes, ...rest } = options
    if (this.labels === undefined && classes !== undefined)
      this.labels = Labels.ofClasses(classes, this.binaryByOne)
    return this.train(x, y, rest, options.resume ? undefined : 1)
  }

  /** Labels as they were given to `fit`; 0/1 rows for several yes/no columns; numbers or rows of them for regression. */
  async predict(x: Samples): Promise<Label[] | number[][]> {
    const outputs = await this.model.predict(x)
    if (this.labels !== undefined) return this.labels.decode(outputs)
    if (outputs.shape[1] === 1) return Array.from(outputs.data)
    return outputs.map((row) => Array.from(row))
  }

  /** Probability of each class (or of each yes): rows × classes; of both classes also where one output serves two. */
  async predictProba(x: Samples): Promise<Matrix> {
    this.requireClassifier('predictProba')
    const outputs = await this.model.predict(x)
    if (this.labels?.mode !== 'binary') return outputs
    const both = new Float32Array(outputs.length * 2)
    outputs.data.forEach((p, r) => {
      both[2 * r] = 1 - p
      both[2 * r + 1] = p
    })
    return matrixOf(both, 2)
  }

  /** Accuracy, or R² for regression (mean over columns). */
  async score(x: Samples, y: Targets): Promise<number> {
    const { model } = this
    if (this.labels !== undefined) return (await model.evaluate(x, this.labels.encode(y))).accuracy!
    const outputs = await model.predict(x)
    const columns = outputs.shape[1]!
    const targets = encodeTargets(y, lossFrom('mse'), columns)
    return regressionMetrics(targets.data, outputs.data, columns).r2
  }

  /** Mean loss, with accuracy or the regression figures. */
  async evaluate(x: Samples, y: Targets): Promise<Scores> {
    return this.model.evaluate(x, this.labels === undefined ? y : this.labels.encode(y))
  }

  /** The outputs for one row, synchronously, into the caller's array: probabilities, or predictions. */
  predictSync(row: Uint8Array | Float32Array, into: Float32Array): Float32Array {
    return this.model.predictSync(row, into)
  }

  /** Copies of the weights: weight then bias, layer by layer. */
  weights(): NamedTensor[] {
    return this.model.weights()
  }

  setWeights(weights: readonly Pick<NamedTensor, 'shape' | 'data'>[]): void {
    this.model.setWeights(weights)
  }

  /** The layers under it. @throws StateError before fit. */
  get model(): Sequential {
    if (this.inner !== undefined) return this.inner
    throw new StateError({
      rule: 'a model is fitted before it is used',
      received: 'a call before fit',
      remedy: 'call await fit(x, y) first, or load a saved model',
    })
  }

  /** The model as plain data. */
  state(): ModelState {
    return this.describe(this.model.state())
  }

  /** A state of the layers under it as one of this model. */
  private describe(state: ModelState): ModelState {
    const { hiddenLayers, task, epochs, batchSize } = this.options
    const own: JsonObject = { task: task ?? 'classification' }
    if (hiddenLayers !== undefined) own['hiddenLayers'] = [...hiddenLayers]
    if (epochs !== undefined) own['epochs'] = epochs
    if (batchSize !== undefined) own['batchSize'] = batchSize
    return { ...state, kind: this.kind, settings: { ...state.settings, ...own } }
  }

  /** Writes the model to a file: `.safetensors`, or `.txt`/`.json` as readable text. */
  async save(path: string): Promise<void> {
    const { saveModel } = await import('../persist/file.js')
    await saveModel(path, this.state())
  }

  /** Reads a model that `save` wrote. @throws FormatError, NotFoundError; ArgumentError when a subclass meets another kind. */
  static async load(path: string): Promise<NeuralNetwork> {
    const { loadModel } = await import('../persist/file.js')
    return this.fromState(await loadModel(path))
  }

  /** A model from plain data. `overrides` change how it will run. */
  static async fromState(
    state: ModelState,
    overrides: { threads?: number; numerics?: Numerics } = {},
  ): Promise<NeuralNetwork> {
    const { settings, outputs, architecture } = state
    const model = new this({
      layers: architecture.layers,
      task: outputs.task,
      optimizer: settings['optimizer'] as OptimizerSpec,
      loss: settings['loss'] as LossInput,
      seed: (settings['seed'] ?? 1) as number,
      ...(settings['hiddenLayers'] === undefined
        ? {}
        : { hiddenLayers: settings['hiddenLayers'] as number[] }),
      ...(settings['epochs'] === undefined ? {} : { epochs: settings['epochs'] as number }),
      ...(settings['batchSize'] === undefined ? {} : { batchSize: settings['batchSize'] as number }),
      ...overrides,
    })
    if (model.kind !== 'neural-network' && model.kind !== state.kind) {
      throw new ArgumentError({
        rule: `a file that is loaded as ${model.kind} holds one`,
        received: state.kind,
        remedy: 'load it with NeuralNetwork.load, which takes any kind',
      })
    }
    model.inner = await Sequential.fromState(state, overrides)
    model.inner.saveAs((saved) => model.describe(saved))
    model.labels = Labels.ofMeaning(outputs)
    return model
  }

  /** Frees the model's memory at once; never needed. */
  close(): void {
    this.inner?.close()
    this.inner = undefined
  }

  protected get kind(): ModelState['kind'] {
    return 'neural-network'
  }

  /** The layers for `outputs` outputs; `link` is the last activation. */
  protected layersFor(outputs: number, link: string): Layer[] {
    const {
      hiddenLayers = [128],
      activation = 'relu',
      init = 'he-normal',
      dropout = 0,
      l1 = 0,
      l2 = 0,
      layers,
    } = this.options
    if (layers !== undefined) return layers.map((layer) => layerFrom(layer))
    const kernelRegularizer = { l1, l2 }
    const hidden = hiddenLayers.flatMap((units): Layer[] => [
      new Dense(units, { activation, kernelInitializer: init, kernelRegularizer }),
      ...(dropout > 0 ? [new Dropout(dropout)] : []),
    ])
    return [...hidden, new Dense(outputs, { activation: link, kernelRegularizer })]
  }

  /** Whether two classes are told by one output, as in LogisticRegression. */
  protected get binaryByOne(): boolean {
    return false
  }

  /** @param epochs unless the options say otherwise; undefined for the checkpoint's, when a fit goes on. */
  private async train(
    x: Samples,
    y: Targets,
    options: EstimatorFitOptions,
    epochs: number | undefined,
  ): Promise<History> {
    if (this.task === 'classification') this.labels ??= Labels.of(y, this.binaryByOne)
    const { labels } = this
    if (this.inner === undefined) await this.build(x, y)
    const batchSize = this.options.batchSize ?? (options.resume ? undefined : 64)
    const settings = { ...given({ epochs, batchSize }), ...given(options) }
    if (labels === undefined) return this.model.fit(x, y, settings)
    const { validationData, classWeight } = options
    return this.model.fit(x, labels.encode(y), {
      ...settings,
      ...(classWeight === undefined ? {} : { classWeight: labels.encodeWeights(classWeight) }),
      ...(validationData === undefined
        ? {}
        : { validationData: [validationData[0], labels.encode(validationData[1])] as const }),
    })
  }

  private async build(x: Samples, y: Targets): Promise<void> {
    const { optimizer = 'adam', seed = 1, threads, numerics = 'fast', revectorize = false } = this.options
    const { labelSmoothing = 0, augment } = this.options
    const { labels } = this
    const outputs = labels?.outputs ?? targetColumns(y)
    const binary = labels?.link === 'sigmoid'
    const usual =
      labels === undefined ? 'mse' : { name: binary ? 'binary-crossentropy' : 'crossentropy', labelSmoothing }
    const rows = toRows(x, 'x')
    const layers = this.layersFor(outputs, labels?.link ?? 'linear')
    const stack =
      rows.sampleShape.length > 1 && !(layers[0] instanceof Flatten) ? [new Flatten(), ...layers] : layers
    const inner = new Sequential(stack)
    await inner.compile({
      optimizer,
      loss: this.options.loss ?? usual,
      metrics: labels === undefined ? ['mse', 'rmse', 'mae', 'r2'] : ['accuracy'],
      seed,
      numerics,
      revectorize,
      ...(augment === undefined ? {} : { augment }),
      ...(threads === undefined ? {} : { threads }),
    })
    const meaning: OutputMeaning = labels?.meaning ?? { task: 'regression' }
    inner.setMeaning(meaning)
    inner.saveAs((state) => this.describe(state))
    this.inner = inner
  }

  private requireClassifier(call: string): void {
    if (this.task === 'classification') return
    throw new StateError({
      rule: `${call} is for classifiers`,
      received: 'a regression model',
      remedy: 'use predict',
    })
  }
}

function targetColumns(y: Targets): number {
  return labelsOf(y) === undefined ? toRows(y as Samples, 'y').columns : 1
}

function checkOptions(options: NeuralNetworkOptions): void {
  const { hiddenLayers = [], task = 'classification', layers, optimizer, loss, dropout = 0 } = options
  const { activation = 'relu', init = 'he-normal', l1 = 0, l2 = 0, epochs = 1, batchSize = 1 } = options
  if (task !== 'classification' && task !== 'regression') {
    throw new ArgumentError({
      rule: 'task is classification or regression',
      received: String(task),
      remedy: 'leave it out for classification',
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
