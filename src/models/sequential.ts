// A stack of layers in the manner of Keras: compile, fit, evaluate, predict.
import { ArgumentError, ShapeError, StateError } from '../core/errors.js'
import { matrixOf, type Matrix } from '../core/matrix.js'
import { defaultThreads, startWorkers } from '../core/pool.js'
import type { Architecture, JsonObject, ModelState, OutputMeaning, Preprocessing } from '../core/state.js'
import { toRows, type NamedTensor, type Rows, type Samples } from '../core/tensor.js'
import { revectorize, type Numerics } from '../core/wasm.js'
import { layerConfig, layerFrom } from '../nn/architecture.js'
import type { Layer } from '../nn/layer.js'
import { lossConfig, lossFrom, type Loss, type LossInput } from '../nn/losses.js'
import { optimizerFrom, type Optimizer } from '../nn/optimizers.js'
import type { Callback } from './callbacks.js'
import { fitLoop, Lock } from './fit.js'
import { History } from './history.js'
import { InferenceRun, type Evaluation, type InferenceOptions } from './inference-run.js'
import { Network } from './network.js'
import { isListable, isSparse, preprocessingFor, scaleWarning, usualPreprocessing } from './preprocessing.js'
import { pickRows, pickTargets, splitRows } from './rows.js'
import { regressionMetrics, type RegressionScores } from './scores.js'
import {
  encodeTargets,
  labelsOf,
  rowWeights,
  type EncodedTargets,
  type Label,
  type Targets,
} from './targets.js'
import { TrainingRun } from './training-run.js'

export interface CompileOptions {
  /** Default Adam with its defaults. */
  optimizer?: OptimizerSpec
  loss: LossInput
  /** `accuracy` (cross-entropies), `mse`, `rmse`, `mae`, `r2`; `evaluate` reports them beside the loss. */
  metrics?: readonly MetricName[]
  /** Integer from 0 to 2^53 - 1; default 1. */
  seed?: number
  /** Default: what the machine has, fewer for small work. The result does not depend on it. */
  threads?: number
  /** Default `fast`. */
  numerics?: Numerics
  /**
   * Lets the engine use 256-bit vectors (Node 24 or later on x64; experimental in V8, for the whole process, with the same
   * bits). Choose it with the first model. Default false.
   */
  revectorize?: boolean
  /** Shape of one sample, to have weights before the first fit. */
  inputShape?: readonly number[]
}

/** A name, a configuration, or an optimizer. */
export type OptimizerSpec = Parameters<typeof optimizerFrom>[0]

export type MetricName = 'accuracy' | 'mse' | 'rmse' | 'mae' | 'r2'
const metricNames: readonly MetricName[] = ['accuracy', 'mse', 'rmse', 'mae', 'r2']

export interface FitOptions {
  /** Default 1. */
  epochs?: number
  /** Default 32. */
  batchSize?: number
  /** Default true; the order depends on seed and epoch only. */
  shuffle?: boolean
  /** Samples and targets that are evaluated after each epoch. */
  validationData?: readonly [Samples, Targets]
  /** Share of the rows that is set aside for that, chosen by the seed; default 0. */
  validationSplit?: number
  /** A non-negative weight for each row. */
  sampleWeight?: ArrayLike<number>
  /** A non-negative weight for each class; 1 for those left out. */
  classWeight?: Readonly<Record<Label, number>>
  callbacks?: readonly Callback[]
  /** Ends training after the present slice; the model keeps the weights it has then. */
  signal?: AbortSignal
  /** Prints a line an epoch to the console; default false. */
  verbose?: boolean
  /** Times each operation of a step after training, into `history.profile`; default false. */
  profile?: boolean
}

export type Scores = { loss: number; accuracy?: number } & Partial<RegressionScores>

/** What compile settled. */
interface Compiled {
  optimizer: Optimizer
  loss: Loss
  metrics: readonly MetricName[]
  seed: number
  threads: number | undefined
  numerics: Numerics
}

export class Sequential {
  readonly layers: readonly Layer[]
  /** Where warnings go; default `console.warn`. */
  onWarning: (message: string) => void = (message) => {
    console.warn(`lanewise: ${message}`)
  }
  private compiled: Compiled | undefined
  private built: Network | undefined
  private preprocessing: Preprocessing | undefined
  private meaning: OutputMeaning | undefined
  private readonly lock = new Lock()
  private trained = { steps: 0, epochs: 0 }
  private batchRun: TrainingRun | undefined
  private rowRun: { run: InferenceRun; isBytes: boolean } | undefined
  private readonly inferenceRuns = new Map<string, InferenceRun>()

  /** @param layers in order, as objects or in their JSON form. */
  constructor(layers: readonly (Layer | JsonObject)[]) {
    this.layers = layers.map((layer) => layerFrom(layer))
  }

  /**
   * Settles how the model is trained. With `inputShape` it is built at once, else at the first `fit`.
   * @throws ArgumentError for an unknown name or a value out of range.
   */
  async compile(options: CompileOptions): Promise<void> {
    this.lock.require()
    const { metrics = [], seed = 1, threads, numerics = 'fast', inputShape } = options
    const unknown = metrics.find((metric) => !metricNames.includes(metric))
    if (unknown !== undefined) {
      throw new ArgumentError({
        rule: `a metric is one of ${metricNames.join(', ')}`,
        received: String(unknown),
        remedy: 'check the spelling',
      })
    }
    if (numerics !== 'fast' && numerics !== 'strict') {
      throw new ArgumentError({
        rule: 'numerics is fast or strict',
        received: String(numerics),
        remedy: 'use fast',
      })
    }
    if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 64)) {
      throw new ArgumentError({
        rule: 'threads is an integer from 1 to 64',
        received: String(threads),
        remedy: 'leave it out to use what the machine has',
      })
    }
    if (options.revectorize === true) revectorize()
    const previous = this.compiled
    this.compiled = {
      optimizer: optimizerFrom(options.optimizer ?? 'adam'),
      loss: lossFrom(options.loss),
      metrics,
      seed,
      threads,
      numerics,
    }
    const weights = this.built?.weights()
    const shape = inputShape ?? this.built?.graph.input.shape
    if (shape === undefined) return
    this.drop()
    this.build(shape)
    // Compiling again keeps what was learnt, unless another seed asks for a new start.
    if (
      weights !== undefined &&
      previous?.seed === seed &&
      shape.join() === this.network.graph.input.shape.join()
    ) {
      this.network.setWeights(weights)
    }
  }

  /** The number of trainable and fixed weights. @throws StateError before the model is built. */
  get parameterCount(): number {
    return this.network.store.count
  }

  /** Trains on samples `x` (`[rows, columns]`, or shaped samples) and targets `y`. */
  async fit(x: Samples, y: Targets, options: FitOptions = {}): Promise<History> {
    const compiled = this.requireCompiled('fit')
    return this.lock.during(async () => {
      const { epochs = 1, batchSize = 32, shuffle = true, callbacks = [], verbose = false, signal } = options
      requireCount(epochs, 'epochs')
      requireCount(batchSize, 'batchSize')
      let rows = toRows(x, 'x')
      this.prepareFor(rows)
      let targets = this.encode(y)
      requireSameRows(rows.rows, targets.rows)
      let weights = rowWeights(rows.rows, labelsOf(y), options.sampleWeight, options.classWeight)
      let held: { rows: Rows; targets: EncodedTargets } | undefined
      if (options.validationData !== undefined) {
        held = this.pair(...options.validationData)
      } else if (options.validationSplit !== undefined && options.validationSplit !== 0) {
        const [training, validation] = splitRows(rows.rows, options.validationSplit, compiled.seed)
        held = { rows: pickRows(rows, validation), targets: pickTargets(targets, validation) }
        weights &&= Float32Array.from(training, (row) => weights![row]!)
        rows = pickRows(rows, training)
        targets = pickTargets(targets, training)
      }
      const warning = scaleWarning(rows, this.preprocessing!)
      if (warning !== undefined) this.onWarning(warning)
      const threads = this.threadsFor(Math.min(batchSize, rows.rows))
      if (threads > 1) {
        startWorkers(threads - 1)
        this.network.engine.share()
      }
      const run = this.openRun(rows, targets, weights, batchSize)
      try {
        return await fitLoop({
          network: this.network,
          run,
          optimizer: compiled.optimizer,
          loss: compiled.loss,
          targets,
          epochs,
          shuffle,
          threads,
          fixedThreads: compiled.threads !== undefined,
          trained: this.trained,
          scored: isScored(compiled.loss),
          validate: held === undefined ? undefined : () => this.evaluateRows(held.rows, held.targets),
          callbacks: verbose ? [...callbacks, consoleLines] : callbacks,
          signal,
          save: (path) => this.save(path),
          profile: options.profile === true,
        })
      } finally {
        run.release()
      }
    })
  }

  /** One step on one batch, in the order given. The optimizer's state goes on from call to call. */
  async trainOnBatch(x: Samples, y: Targets): Promise<{ loss: number; accuracy?: number }> {
    const { optimizer, loss, threads = 1 } = this.requireCompiled('trainOnBatch')
    return this.lock.during(async () => {
      const rows = toRows(x, 'x')
      this.prepareFor(rows)
      const targets = this.encode(y)
      requireSameRows(rows.rows, targets.rows)
      const run = this.openBatchRun(rows, targets)
      const { learningRate } = optimizer
      const context = { totalSteps: Math.max(1, this.trained.steps), stepsPerEpoch: 1 }
      const rate =
        typeof learningRate === 'number' ? learningRate : learningRate.at(this.trained.steps, context)
      run.prepare(0, 1, this.trained.steps, () => rate)
      this.network.engine.openSession(threads)
      let result: Evaluation
      try {
        await run.run(1)
        const { losses, scores } = run.results(1)
        result = { loss: losses[0]!, score: scores[0]! }
      } finally {
        this.network.engine.closeSession()
      }
      this.trained.steps++
      return { loss: result.loss, ...(isScored(loss) ? { accuracy: result.score } : {}) }
    })
  }

  /** Mean loss, accuracy where the loss counts it, and the metrics that were asked for. */
  async evaluate(x: Samples, y: Targets): Promise<Scores> {
    const { loss, metrics } = this.requireCompiled('evaluate')
    const { rows, targets } = this.pair(x, y)
    const { loss: mean, score } = await this.evaluateRows(rows, targets)
    const scores: Scores = { loss: mean, ...(isScored(loss) ? { accuracy: score } : {}) }
    const wanted = metrics.filter((metric) => metric !== 'accuracy')
    if (wanted.length === 0 || targets.byClass) return scores
    const all = regressionMetrics(targets.data, await this.outputs(rows), targets.columns)
    for (const metric of wanted) scores[metric] = all[metric]
    return scores
  }

  /** The outputs for each row: `[rows, outputs]`. */
  async predict(x: Samples): Promise<Matrix> {
    const rows = toRows(x, 'x')
    this.requireInput(rows)
    return matrixOf(await this.outputs(rows), this.network.output.columns)
  }

  /**
   * The outputs for one row of raw values, written into `into`; synchronous, makes no garbage.
   * @param row `Uint8Array` for a model that is trained on bytes as they are, else floats.
   */
  predictSync(row: Uint8Array | Float32Array, into: Float32Array): Float32Array {
    const { network } = this
    if (row.length !== network.graph.input.columns || into.length < network.output.columns) {
      throw new ShapeError({
        rule: `predictSync takes ${String(network.graph.input.columns)} inputs and room for ${String(network.output.columns)} outputs`,
        received: `${String(row.length)} and ${String(into.length)}`,
        remedy: 'pass one sample, flat, and a Float32Array for the outputs',
      })
    }
    const isBytes = row instanceof Uint8Array
    if (this.rowRun?.isBytes !== isBytes) {
      this.rowRun?.run.release()
      const scaling = this.scaling(isBytes)
      // Lists cost little where few inputs are zero, and save much where many are.
      const listed = isListable(scaling)
      this.rowRun = { run: new InferenceRun(network, scaling, isBytes, { capacity: 1, listed }), isBytes }
    }
    this.rowRun.run.predictRow(row, into)
    return into
  }

  /** Copies of the weights: weight then bias, layer by layer; weights `[in, out]`, biases `[out]`. */
  weights(): NamedTensor[] {
    return this.network.weights()
  }

  /** Sets all weights. @throws ShapeError when a shape, the count or a value does not fit; then nothing has changed. */
  setWeights(weights: readonly Pick<NamedTensor, 'shape' | 'data'>[]): void {
    this.lock.require()
    this.network.setWeights(weights)
  }

  /** The JSON form of the architecture. */
  architecture(): Architecture {
    const names = this.built?.layers.map(({ name }) => name)
    const layers = this.layers.map((layer, i) => layerConfig(layer, names?.[i] ?? layer.name ?? ''))
    if (names === undefined) for (const layer of layers) if (layer.name === '') delete layer.name
    const shape = this.built === undefined ? {} : { inputShape: [...this.built.graph.input.shape] }
    return { version: 1, ...shape, layers }
  }

  /** The model as plain data. */
  state(): ModelState {
    const { optimizer, loss, metrics, seed, numerics } = this.requireCompiled('save')
    return {
      version: 1,
      kind: 'sequential',
      architecture: this.architecture(),
      weights: this.weights(),
      preprocessing: this.scaling(false),
      outputs: this.meaning ?? { task: loss.name.endsWith('crossentropy') ? 'classification' : 'regression' },
      settings: {
        optimizer: optimizer.config(),
        loss: lossConfig(loss),
        metrics: [...metrics],
        seed,
        numerics,
      },
    }
  }

  /** Writes the model to a file: `.safetensors`, or `.txt`/`.json` as readable text. */
  async save(path: string): Promise<void> {
    const { saveModel } = await import('../persist/file.js')
    await saveModel(path, this.state())
  }

  /** Reads a model that `save` wrote. @throws FormatError, NotFoundError */
  static async load(path: string): Promise<Sequential> {
    const { loadModel } = await import('../persist/file.js')
    return Sequential.fromState(await loadModel(path))
  }

  /** A model from plain data. `overrides` change how it will run. */
  static async fromState(
    state: ModelState,
    overrides: Pick<CompileOptions, 'threads' | 'numerics' | 'revectorize'> = {},
  ): Promise<Sequential> {
    const { architecture, weights, preprocessing, outputs, settings } = state
    if (architecture.inputShape === undefined) {
      throw new ArgumentError({
        rule: 'a saved model tells its input shape',
        received: 'none',
        remedy: 'save the model again after fit or compile',
      })
    }
    const model = new Sequential(architecture.layers)
    await model.compile({
      optimizer: settings['optimizer'] as OptimizerSpec,
      loss: settings['loss'] as LossInput,
      metrics: (settings['metrics'] ?? []) as MetricName[],
      seed: (settings['seed'] ?? 1) as number,
      numerics: (settings['numerics'] ?? 'fast') as Numerics,
      ...overrides,
      inputShape: architecture.inputShape,
    })
    model.preprocessing = preprocessing
    model.meaning = outputs
    model.setWeights(inOrder(weights, model.network))
    return model
  }

  /** Frees the model's memory at once; never needed, the collector does it. The model cannot be used any more. */
  close(): void {
    this.lock.require()
    this.drop()
    this.compiled = undefined
  }

  /** What the outputs mean, for estimators that are made of this model. */
  setMeaning(meaning: OutputMeaning): void {
    this.meaning = meaning
  }

  /** How raw samples are scaled on the way in: x · scale + shift, one number for all columns or one each. */
  setPreprocessing(preprocessing: Preprocessing): void {
    this.lock.require()
    this.dropRuns()
    this.preprocessing = preprocessing
  }

  /** Bytes of linear memory that the model holds. */
  get memoryBytes(): number {
    return this.built?.engine.arena.byteLength ?? 0
  }

  /** The variant that runs: `strict` where `fast` was asked for and the engine cannot. */
  get numerics(): Numerics {
    return this.network.engine.numerics
  }

  private get network(): Network {
    if (this.built !== undefined) return this.built
    throw new StateError({
      rule: 'a model has weights once its input shape is known',
      received: 'a call before fit',
      remedy: 'call fit first, or pass inputShape to compile',
    })
  }

  private requireCompiled(call: string): Compiled {
    if (this.compiled !== undefined) return this.compiled
    throw new StateError({
      rule: `a model is compiled before ${call}`,
      received: 'a model that is not',
      remedy: "call await model.compile({ optimizer: adam(), loss: 'crossentropy' })",
    })
  }

  private build(inputShape: readonly number[]): void {
    const { seed, numerics } = this.requireCompiled('fit')
    const network = new Network({ layers: this.layers, inputShape, seed, numerics })
    network.store.allocateSlots(this.compiled!.optimizer.slots)
    this.built = network
    this.trained = { steps: 0, epochs: 0 }
  }

  /** Builds the model for its first rows, or checks that they fit the one that is there. */
  private prepareFor(rows: Rows): void {
    if (this.built === undefined) this.build(rows.sampleShape)
    this.requireInput(rows)
    if (this.preprocessing !== undefined) return
    this.dropRuns()
    this.preprocessing = preprocessingFor(rows)
  }

  /** What is done to raw values; settled by the first fit, or by what is passed in before. */
  private scaling(isBytes: boolean): Preprocessing {
    return this.preprocessing ?? usualPreprocessing(isBytes)
  }

  private requireInput({ columns, sampleShape }: Rows): void {
    const { shape, columns: expected } = this.network.graph.input
    if (columns === expected) return
    throw new ShapeError({
      rule: `the model takes samples of shape [${shape.join(', ')}]`,
      received: `[${sampleShape.join(', ')}]`,
      remedy: 'pass data of the form that the model was trained on',
    })
  }

  private encode(y: Targets): EncodedTargets {
    return encodeTargets(y, this.requireCompiled('fit').loss, this.network.output.columns)
  }

  private pair(x: Samples, y: Targets): { rows: Rows; targets: EncodedTargets } {
    const rows = toRows(x, 'x')
    this.requireInput(rows)
    const targets = this.encode(y)
    requireSameRows(rows.rows, targets.rows)
    return { rows, targets }
  }

  private openRun(
    rows: Rows,
    targets: EncodedTargets,
    weights: Float32Array | undefined,
    batchSize: number,
  ): TrainingRun {
    const { optimizer, loss, threads } = this.compiled!
    return new TrainingRun(this.network, {
      rows,
      targets,
      weights,
      preprocessing: this.preprocessing!,
      batchSize,
      optimizer,
      loss,
      threads: threads ?? defaultThreads(),
    })
  }

  private openBatchRun(rows: Rows, targets: EncodedTargets): TrainingRun {
    const { optimizer, loss, threads = 1 } = this.compiled!
    const options = {
      rows,
      targets,
      weights: undefined,
      preprocessing: this.preprocessing!,
      batchSize: rows.rows,
      optimizer,
      loss,
      threads,
    }
    if (this.batchRun?.fits(options)) {
      this.batchRun.refill(rows, targets)
    } else {
      this.batchRun?.release()
      this.batchRun = new TrainingRun(this.network, options)
    }
    return this.batchRun
  }

  /** The threads asked for; else those of the machine, as far as a step has work for them. */
  private threadsFor(batchSize: number): number {
    const { threads } = this.compiled!
    if (threads !== undefined) return threads
    const work = batchSize * this.network.workPerRow + 16 * this.network.store.count
    return Math.max(1, Math.min(defaultThreads(), Math.floor(work / workPerThread)))
  }

  private evaluateRows(rows: Rows, targets: EncodedTargets): Promise<Evaluation> {
    const { loss } = this.compiled!
    return this.inference(rows, `${loss.name}/${String(targets.byClass)}`, {
      loss,
      byClass: targets.byClass,
    }).evaluate(rows, targets)
  }

  private outputs(rows: Rows): Promise<Float32Array<ArrayBuffer>> {
    return this.inference(rows, 'predict', {}).predict(rows)
  }

  private inference(rows: Rows, purpose: string, options: InferenceOptions): InferenceRun {
    const isBytes = rows.data instanceof Uint8Array
    const listed = isSparse(rows, this.scaling(isBytes))
    const key = `${purpose}/${String(isBytes)}/${String(listed)}`
    let run = this.inferenceRuns.get(key)
    if (run === undefined) {
      run = new InferenceRun(this.network, this.scaling(isBytes), isBytes, { ...options, listed })
      this.inferenceRuns.set(key, run)
    }
    return run
  }

  private dropRuns(): void {
    this.batchRun?.release()
    this.batchRun = undefined
    this.rowRun?.run.release()
    this.rowRun = undefined
    for (const run of this.inferenceRuns.values()) run.release()
    this.inferenceRuns.clear()
  }

  private drop(): void {
    this.dropRuns()
    this.built = undefined
  }
}

/** Saved weights in the model's order: other programs may have written them in another one. */
function inOrder(weights: readonly NamedTensor[], { store }: Network): NamedTensor[] {
  const byName = new Map(weights.map((weight) => [weight.name, weight]))
  const ordered = store.parameters.flatMap(({ name }) => byName.get(name) ?? [])
  return ordered.length === weights.length ? ordered : [...weights]
}

/** Work of a step, in multiplications and additions, below which another thread does not pay. */
const workPerThread = 400_000

/** Whether a loss counts right answers. */
function isScored({ name }: Loss): boolean {
  return name.endsWith('crossentropy')
}

const consoleLines: Callback = {
  onEpochEnd(result, { epochs }) {
    const figures = [
      `loss ${result.loss.toFixed(4)}`,
      ...(result.accuracy === undefined ? [] : [`accuracy ${result.accuracy.toFixed(4)}`]),
      ...(result.validationLoss === undefined ? [] : [`validation loss ${result.validationLoss.toFixed(4)}`]),
      ...(result.validationAccuracy === undefined
        ? []
        : [`validation accuracy ${result.validationAccuracy.toFixed(4)}`]),
    ]
    console.log(`epoch ${String(result.epoch)}/${String(epochs)}: ${figures.join(', ')}`)
  },
}

function requireCount(value: number, what: string): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new ArgumentError({
    rule: `${what} is a positive integer`,
    received: String(value),
    remedy: 'give 1 or more',
  })
}

function requireSameRows(samples: number, targets: number): void {
  if (samples === targets) return
  throw new ShapeError({
    rule: 'x and y have the same number of rows',
    received: `${String(samples)} and ${String(targets)}`,
    remedy: 'check how they were cut',
  })
}
