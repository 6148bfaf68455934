// A multi-layer perceptron in the manner of scikit-learn: settings in the constructor, then fit, predict, score.
import { isChunkSource, type ChunkSource } from '../core/chunks.js'
import { ArgumentError, StateError } from '../core/errors.js'
import { given } from '../core/given.js'
import { matrixOf, type Matrix } from '../core/matrix.js'
import type { ModelState, OutputMeaning } from '../core/state.js'
import { isTensor, toRows, type ColumnInfo, type NamedTensor, type Samples } from '../core/tensor.js'
import type { Numerics } from '../core/wasm.js'
import { settledPreprocessing, type PreprocessingOptions } from '../data/transforms/preprocessing-options.js'
import { layerFrom } from '../nn/architecture.js'
import { Dense } from '../nn/dense.js'
import { Dropout } from '../nn/dropout.js'
import { Flatten } from '../nn/flatten.js'
import type { Layer } from '../nn/layer.js'
import type { History } from './history.js'
import { Labels } from './labels.js'
import { splitRows } from './rows.js'
import { regressionMetrics } from './scores.js'
import { Sequential, type FitOptions, type Scores } from './sequential.js'
import { checkOptions, optionsOf, settingsOf, type NeuralNetworkOptions } from './estimator-options.js'
import { fitTargetScaling } from './target-scaling.js'
import type { ModelSummary } from './summary.js'
import { encodeTargets, labelsOf, type Label, type Targets } from './targets.js'
import { lossFrom } from '../nn/losses.js'

export type { NeuralNetworkOptions }

/** Options of one fit; epochs and batch size override the constructor's. */
export type EstimatorFitOptions = FitOptions

/** Another output layer; what is left out is as before. */
export interface NewHead extends Pick<
  NeuralNetworkOptions,
  'task' | 'loss' | 'optimizer' | 'epochs' | 'batchSize' | 'seed' | 'threads'
> {
  /** Of a classifier, in output order: two or more. */
  classes?: readonly Label[]
  /** Numbers that a regression predicts; default 1. */
  targets?: number
  /** Whether training leaves the other layers as they are; default false. */
  freeze?: boolean
}

/** What weights are found from. */
export interface Training {
  x: Samples
  /** Class numbers, where the user's labels are others. */
  y: Targets
  options: FitOptions
  /** Whether the model was made for this. */
  fresh: boolean
}

export class NeuralNetwork {
  readonly options: NeuralNetworkOptions
  /** Classes in output order; undefined for regression and before the first fit. */
  protected labels: Labels | undefined
  private inner: Sequential | undefined
  /** With all defaults filled in; undefined where there is none. */
  private usedPreprocessing: PreprocessingOptions | undefined

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

  /**
   * The columns of the tables that the model takes, in the order of training, with their categories; undefined before the
   * first fit, and where the model takes plain numbers.
   */
  get features(): readonly ColumnInfo[] | undefined {
    return this.inner?.features
  }

  /** Trains from fresh initial weights: on samples and targets, on chunks, or on the path of a file (see Sequential's fit). */
  async fit(
    x: Samples | ChunkSource | string,
    y?: Targets | string,
    options: EstimatorFitOptions = {},
  ): Promise<History> {
    this.inner = undefined
    this.labels = undefined
    if (typeof x === 'string' || isChunkSource(x)) return this.trainOnChunks(x, y, options)
    return this.train(x, y as Targets, options, true)
  }

  /**
   * Trains on samples that come in chunks, as Sequential's fit. Classes are those of the source, or of its first chunk; the
   * preprocessing of a table is fitted on its first chunk.
   */
  private async trainOnChunks(
    x: ChunkSource | string,
    y: Targets | string | undefined,
    options: EstimatorFitOptions,
  ): Promise<History> {
    const { openSource } = await import('./stream-source.js')
    const { source, first } = await openSource(x, y)
    if (this.task === 'classification') {
      this.labels =
        source.classes === undefined
          ? Labels.of(first.y, this.binaryByOne)
          : Labels.ofClasses(source.classes, this.binaryByOne)
    }
    const { labels } = this
    await this.build(first.x, first.y, 0)
    const encode = (targets: Targets) => (labels === undefined ? targets : labels.encode(targets))
    const encoded: ChunkSource = {
      ...given({ rows: source.rows }),
      async *[Symbol.asyncIterator]() {
        for await (const chunk of source) yield { x: chunk.x, y: encode(chunk.y) as typeof chunk.y }
      },
    }
    const { validationData, classWeight, resume = false, ...rest } = options
    const usual = resume ? {} : { epochs: 10, batchSize: 64 }
    const { epochs, batchSize } = this.options
    return this.model.fit(encoded, undefined, {
      ...{ ...usual, ...given({ epochs, batchSize }), ...given(rest), resume },
      ...(classWeight === undefined
        ? {}
        : { classWeight: labels?.encodeWeights(classWeight) ?? classWeight }),
      ...(validationData === undefined
        ? {}
        : { validationData: [validationData[0], encode(validationData[1])] as const }),
    })
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
    return this.train(x, y, rest, false)
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

  /** Layers, shapes, weights, memory and arithmetic; a table as text. @throws StateError before fit. */
  summary(): ModelSummary {
    return this.model.summary()
  }

  /** The model as plain data. */
  state(): ModelState {
    return this.describe(this.model.state())
  }

  /** A state of the layers under it as one of this model. */
  protected describe(state: ModelState): ModelState {
    const own = settingsOf(this.options, this.usedPreprocessing)
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
    const model = new this({ ...optionsOf(state), ...overrides })
    if (model.kind !== 'neural-network' && model.kind !== state.kind) {
      throw new ArgumentError({
        rule: `a file that is loaded as ${model.kind} holds one`,
        received: state.kind,
        remedy: 'load it with NeuralNetwork.load, which takes any kind',
      })
    }
    model.inner = await Sequential.fromState(state, overrides)
    model.inner.saveAs((saved) => model.describe(saved))
    model.labels = Labels.ofMeaning(state.outputs)
    model.usedPreprocessing = model.options.preprocessing
    return model
  }

  /**
   * A new network with the trained layers of this one and another output layer, to go on training (`partialFit`) on other
   * classes or targets. The output layer is fresh; settings are as here, unless told otherwise. This network stays as it is.
   * @throws ArgumentError for a classifier without classes, and for a network of one layer.
   * @example const letters = await digits.replaceHead({ classes: ['a', 'b', 'c'], freeze: true })
   */
  async replaceHead(options: NewHead = {}): Promise<NeuralNetwork> {
    const {
      task = this.task,
      classes,
      targets = 1,
      freeze = false,
      loss,
      epochs,
      batchSize,
      ...rest
    } = options
    const labels = task === 'classification' ? Labels.ofClasses(requireClasses(classes)) : undefined
    const sameLoss = task === this.task && (task === 'regression' || this.labels?.mode === 'class')
    const usual = sameLoss ? {} : { loss: task === 'classification' ? 'crossentropy' : 'mse' }
    const layers = await this.model.replaceHead(
      new Dense(labels?.outputs ?? targets, { activation: labels?.link ?? 'linear' }),
      {
        freeze,
        metrics: labels === undefined ? ['mse', 'rmse', 'mae', 'r2'] : ['accuracy'],
        ...usual,
        ...given({ loss, ...rest }),
      },
    )
    const { settings, ...state } = this.describe(layers.state())
    const { targetScaling, ...kept } = settings
    void targetScaling
    return NeuralNetwork.fromState(
      {
        ...state,
        kind: 'neural-network',
        outputs: labels?.meaning ?? { task },
        settings: { ...kept, task, ...given({ epochs, batchSize }) },
      },
      given({ threads: rest.threads ?? this.options.threads }),
    )
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

  /** Finds the weights of a built model, by gradient descent; of a fit that goes on, by what its checkpoint says. */
  protected async findWeights(model: Sequential, { x, y, options, fresh }: Training): Promise<History> {
    const { resume = false } = options
    const epochs = fresh ? (this.options.epochs ?? (resume ? undefined : 10)) : resume ? undefined : 1
    const batchSize = this.options.batchSize ?? (resume ? undefined : 64)
    return model.fit(x, y, { ...given({ epochs, batchSize }), ...given(options) })
  }

  private async train(
    x: Samples,
    y: Targets,
    options: EstimatorFitOptions,
    fresh: boolean,
  ): Promise<History> {
    if (this.task === 'classification') this.labels ??= Labels.of(y, this.binaryByOne)
    const { labels } = this
    const { validationData, ...rest } = options
    if (this.inner === undefined) await this.build(x, y, options.validationSplit ?? 0)
    if (labels === undefined) return this.findWeights(this.model, { x, y, options, fresh })
    const { classWeight } = rest
    const encoded: FitOptions = {
      ...rest,
      ...(classWeight === undefined ? {} : { classWeight: labels.encodeWeights(classWeight) }),
      ...(validationData === undefined
        ? {}
        : { validationData: [validationData[0], labels.encode(validationData[1])] as const }),
    }
    return this.findWeights(this.model, { x, y: labels.encode(y), options: encoded, fresh })
  }

  private async build(x: Samples, y: Targets, validationSplit: number): Promise<void> {
    const { optimizer = 'adam', seed = 1, threads, numerics = 'fast', revectorize = false } = this.options
    const { labelSmoothing = 0, augment } = this.options
    const { labels } = this
    const outputs = labels?.outputs ?? targetColumns(y)
    const binary = labels?.link === 'sigmoid'
    const usual =
      labels === undefined ? 'mse' : { name: binary ? 'binary-crossentropy' : 'crossentropy', labelSmoothing }
    const { preprocessing, targetScaling = 'none' } = this.options
    // What is fitted is fitted on the rows that fit will train on.
    const training = (rows: number) =>
      validationSplit === 0 ? undefined : splitRows(rows, validationSplit, seed)[0]
    const isTable = preprocessing !== undefined || (isTensor(x) && x.columns !== undefined)
    const { fitTable } = isTable ? await import('../data/transforms/fit-table.js') : {}
    const table = fitTable?.(x, preprocessing, training(rowCount(x)))
    const layers = this.layersFor(outputs, labels?.link ?? 'linear')
    const stack = isShaped(x) && !(layers[0] instanceof Flatten) ? [new Flatten(), ...layers] : layers
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
    if (targetScaling === 'standard') {
      const targets = encodeTargets(y, lossFrom('mse'), outputs)
      meaning.target = fitTargetScaling(targets, training(targets.rows))
    }
    inner.setMeaning(meaning)
    inner.saveAs((state) => this.describe(state))
    if (table !== undefined) inner.setPreprocessing({ scale: [1], shift: [0], table })
    this.usedPreprocessing = table === undefined ? undefined : settledPreprocessing(preprocessing)
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

function requireClasses(classes: readonly Label[] | undefined): readonly Label[] {
  if (classes !== undefined) return classes
  throw new ArgumentError({
    rule: 'the new head of a classifier is told its classes',
    received: 'none',
    remedy: "pass classes: ['a', 'b', 'c'], or task: 'regression'",
  })
}

function rowCount(x: Samples): number {
  return isTensor(x) ? x.shape[0]! : x.length
}

/** Whether a sample has more than one dimension. */
function isShaped(x: Samples): boolean {
  if (isTensor(x)) return x.shape.length > 2
  const first: unknown = x[0]
  return Array.isArray(first) && (Array.isArray(first[0]) || ArrayBuffer.isView(first[0]))
}

function targetColumns(y: Targets): number {
  return labelsOf(y) === undefined ? toRows(y as Samples, 'y').columns : 1
}
