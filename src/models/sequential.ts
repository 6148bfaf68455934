// A stack of layers in the manner of Keras: compile, fit, evaluate, predict.
import { canShare, sharingNote } from '../core/threads.js'
import { isChunkSource, type ChunkSource } from '../core/chunks.js'
import { ArgumentError, ShapeError, StateError } from '../core/errors.js'
import { given } from '../core/given.js'
import { matrixOf, type Matrix } from '../core/matrix.js'
import type { Architecture, JsonObject, ModelState, OutputMeaning, Preprocessing } from '../core/state.js'
import type { ColumnInfo, NamedTensor, Rows, Samples } from '../core/tensor.js'
import type { Numerics } from '../core/wasm.js'
import { augmentationFrom, type AugmentationSpec } from '../data/augmentation.js'
import { layerConfig, layerFrom } from '../nn/architecture.js'
import type { Layer } from '../nn/layer.js'
import { lossConfig, type LossInput } from '../nn/losses.js'
import { alwaysInBackground } from './background-host.js'
import type { FitJob, TrainingCounters } from './background-messages.js'
import type { BatchTraining } from './batch-training.js'
import { Boundary } from './boundary.js'
import type { Compiled, CompileOptions, MetricName, OptimizerSpec } from './compile.js'
import type { Diagnosis } from './diagnosis.js'
import { consoleLines, fitData, fitSettings, requireInterval, requireSameRows } from './fit-options.js'
import type { FitData, FitOptions, Pair } from './fit-options.js'
import type { History } from './history.js'
import type { Inference } from './inference.js'
import type { Evaluation } from './inference-run.js'
import { Lock } from './lock.js'
import type { Network } from './network.js'
import { farFromUnitScale } from './preprocessing.js'
import { isScored, regressionMetrics, type RegressionScores } from './scores.js'
import { ModelSummary } from './summary.js'
import { encodeTargets, rowWeights, type EncodedTargets, type Targets } from './targets.js'
import { findLayer, layersBeforeHead, takeWeights, type Head, type HeadOptions } from './warm-start.js'

export type { CompileOptions, FitOptions, MetricName, OptimizerSpec }

export type Scores = { loss: number; accuracy?: number } & Partial<RegressionScores>

/** What `prepare` gives: data in the network's form, what is done to them on the way in, and how they are evaluated. */
export interface PreparedFit extends FitData {
  preprocessing: Preprocessing
  evaluate(data: Pair): Promise<Evaluation>
}

export class Sequential {
  readonly layers: readonly Layer[]
  /** Where warnings go; default `console.warn`. */
  onWarning: (message: string) => void = (message) => {
    console.warn(`lanewise: ${message}`)
  }
  private compiled: Compiled | undefined
  /** There once the model is compiled. */
  private machinery!: typeof import('./machinery.js')
  private built: Network | undefined
  private readonly boundary = new Boundary((message) => {
    this.onWarning(message)
  })
  private describe = (state: ModelState) => state
  private readonly lock = new Lock()
  private trained = { steps: 0, epochs: 0 }
  private batches: BatchTraining | undefined
  private inferences: Inference | undefined

  /** @param layers in order, as objects or in their JSON form. */
  constructor(layers: readonly (Layer | JsonObject)[]) {
    this.layers = layers.map((layer) => layerFrom(layer))
  }

  /**
   * Settles how the model is trained. With `inputShape` it is built at once, else at the first `fit`.
   * @throws ArgumentError for an unknown name or a value out of range.
   */
  compile(options: CompileOptions): Promise<void> {
    return this.compileWith(options, true)
  }

  /** @param draws whether initial weights are wanted; else the caller sets all weights next. */
  private async compileWith(options: CompileOptions, draws: boolean): Promise<void> {
    this.lock.require()
    this.machinery = await import('./machinery.js')
    await this.machinery.prepareCore()
    const { inputShape } = options
    const previous = this.compiled
    this.compiled = this.machinery.settle(options)
    const weights = this.built?.weights()
    const shape = inputShape ?? this.built?.graph.input.shape
    if (shape === undefined) return
    this.drop()
    this.build(shape, draws)
    // Compiling again keeps what was learnt, unless another seed asks for a new start.
    if (
      weights !== undefined &&
      previous?.seed === this.compiled.seed &&
      shape.join() === this.network.graph.input.shape.join()
    ) {
      this.network.setWeights(weights)
    }
  }

  /** The number of trainable and fixed weights. @throws StateError before the model is built. */
  get parameterCount(): number {
    return this.network.store.count
  }

  /**
   * Trains on samples `x` (`[rows, columns]`, or shaped samples) and targets `y`. Sets larger than memory come in chunks: `x` is
   * then an async iterable of `{ x, y }` that is gone through once an epoch (and again up to its place by a fit that resumes), or the path of a CSV table (`y`: its target
   * column, default the last), or of an NPY or IDX file (`y`: the path of the targets). Rows are then shuffled within windows.
   */
  async fit(
    x: Samples | ChunkSource | string,
    y?: Targets | string,
    options: FitOptions = {},
  ): Promise<History> {
    const compiled = this.requireCompiled('fit')
    if (typeof x === 'string' || isChunkSource(x)) return this.fitChunks(x, y, options)
    return this.fitRows(x, y as Targets, options, compiled)
  }

  private fitRows(x: Samples, y: Targets, options: FitOptions, compiled: Compiled): Promise<History> {
    return this.lock.during(async () => {
      const { checkpoints, callbacks = [], signal, verbose = false } = options
      const { keeping, found, settings } = await this.settleFit(options)
      const { batchSize } = settings
      if (options.augment !== undefined) compiled.augmentation = augmentationFrom(options.augment)
      const data = this.prepare(x, y, options)
      const { rows, targets, weights, held, preprocessing, evaluate } = data
      if (options.background ?? alwaysInBackground) return this.fitAway(data, settings, options, compiled)
      const unscaled = this.warnOfScale(rows, preprocessing)
      if (!canShare()) this.tellOfSharing(compiled)
      const threads = this.machinery.threadsFor(compiled, this.network, Math.min(batchSize, rows.rows))
      if (threads > 1) {
        this.machinery.startWorkers(threads - 1)
        this.network.engine.share()
      }
      const shared = {
        network: this.network,
        state: () => this.describe(this.state()),
        callbacks,
        trained: this.trained,
      }
      const warn = this.onWarning
      const asked = { ...shared, ...settings, data, found, options: checkpoints, warn }
      const kept = keeping && (await keeping.openCheckpoints(asked))
      const [{ fitLoop }, { TrainingRun }] = await training()
      const run = new TrainingRun(this.network, {
        ...this.runOptions(rows, targets),
        weights,
        batchSize,
        threads: compiled.threads ?? this.machinery.defaultThreads(),
      })
      let diagnosis: Diagnosis | undefined
      try {
        if (options.hints !== false) {
          const { Diagnosis } = await import('./diagnosis.js')
          diagnosis = new Diagnosis({
            network: this.network,
            run,
            loss: compiled.loss,
            rows,
            targets,
            weighted: weights !== undefined,
            held: held?.rows,
            epochs: settings.epochs,
            unscaled,
            classes: this.boundary.meaning?.classes,
            callbacks,
          })
        }
        const history = await fitLoop({
          ...shared,
          ...settings,
          kept,
          run,
          optimizer: compiled.optimizer,
          loss: compiled.loss,
          targets,
          threads,
          fixedThreads: compiled.threads !== undefined,
          scored: isScored(compiled.loss),
          validate: held === undefined ? undefined : () => evaluate(held),
          callbacks: [diagnosis ?? {}, ...callbacks, ...(verbose ? [consoleLines] : [])],
          signal,
          save: async (path) => save(path, shared.state()),
          profile: options.profile === true,
        })
        diagnosis?.finish(history)
        return history
      } catch (error) {
        diagnosis?.explain(error)
        throw error
      } finally {
        diagnosis?.release()
        run.release()
      }
    })
  }

  /** The settings of a fit, with what it goes on from; the preprocessing of that is the model's from here on. */
  private async settleFit(options: FitOptions) {
    const { resume, checkpoints } = options
    const keeping = resume || checkpoints !== undefined ? await import('./resume.js') : undefined
    const found = keeping && (await keeping.findCheckpoint(resume, checkpoints, this.onWarning))
    if (found !== undefined && !this.boundary.isSettled) {
      this.dropRuns()
      this.boundary.set(found.checkpoint.model.preprocessing, this.built?.graph.input.columns)
    }
    return { keeping, found, settings: fitSettings(options, found?.checkpoint.training) }
  }

  /** A fit in a worker of its own, on rows and targets that are prepared. */
  private async fitAway(
    { rows, targets, weights, held }: FitData,
    settings: Pick<FitJob, 'epochs' | 'batchSize' | 'shuffle'>,
    options: FitOptions,
    { threads, numerics }: Compiled,
  ): Promise<History> {
    const { callbacks = [], signal, verbose = false, profile = false, hints = true, mirrorEvery } = options
    requireInterval(mirrorEvery)
    const { fitInBackground, jobPair, requireBackground } = await import('./background.js')
    requireBackground(options)
    const state = this.state()
    const { scale, shift } = state.preprocessing
    const outputs = { ...state.outputs }
    delete outputs.target
    const [x, y] = jobPair({ rows, targets })
    const job: FitJob = {
      ...settings,
      // The rows have passed the boundary: the worker's model is one without it.
      state: { ...state, preprocessing: { scale, shift }, outputs },
      overrides: { numerics, ...(threads === undefined ? {} : { threads }) },
      training: this.trainingCounters,
      x,
      y,
      profile,
      hints,
      ...(weights === undefined ? {} : { sampleWeight: weights }),
      ...(held === undefined ? {} : { validationData: jobPair(held) }),
      ...(mirrorEvery === undefined ? {} : { mirrorEvery }),
    }
    return fitInBackground(job, {
      callbacks: verbose ? [...callbacks, consoleLines] : callbacks,
      signal,
      save: (path) => save(path, this.describe(this.state())),
      mirror: (values) => {
        this.network.setWeights(values)
      },
      settle: (outcome) => {
        this.network.setWeights(outcome.weights)
        this.trainingCounters = outcome
      },
      warn: this.onWarning,
    })
  }

  /** One line where threads were asked for, or would serve, and cannot be had. */
  private tellOfSharing({ threads = 2 }: Compiled): void {
    if (threads > 1) this.onWarning(sharingNote)
  }

  /** Warns of inputs that are far from unit scale. @returns that they are, in words. */
  private warnOfScale(rows: Rows, preprocessing: Preprocessing): string | undefined {
    const unscaled = farFromUnitScale(rows, preprocessing)
    const remedy =
      "training may diverge or crawl: scale them, with preprocessing: { scaling: 'standard' } or StandardScaler"
    if (unscaled !== undefined) this.onWarning(`${unscaled}; ${remedy}`)
    return unscaled
  }

  /** What the model knows of its training beside weights and settings. */
  get trainingCounters(): TrainingCounters {
    return { slots: this.machinery.slotsOf(this.network), trained: { ...this.trained } }
  }

  set trainingCounters({ slots, trained }: TrainingCounters) {
    const { store } = this.network
    slots.forEach((slot, s) => {
      store.parameters.forEach((parameter, i) => {
        store.write(parameter, slot[i]!.data, s)
      })
    })
    this.trained = { ...trained }
  }

  private fitChunks(
    x: ChunkSource | string,
    y: Targets | string | undefined,
    options: FitOptions,
  ): Promise<History> {
    const compiled = this.requireCompiled('fit')
    return this.lock.during(async () => {
      const { fitStream } = await import('./stream-fit.js')
      const { openSource, requireStreamable } = await import('./stream-source.js')
      const { windowRows } = await import('./windows.js')
      const [, { TrainingRun }] = await training()
      requireStreamable(options)
      const { source, first } = await openSource(x, y)
      const { keeping, found, settings } = await this.settleFit(options)
      if (options.augment !== undefined) compiled.augmentation = augmentationFrom(options.augment)
      const rows = this.boundary.rows(first.x)
      this.prepareFor(rows)
      this.warnOfScale(rows, this.boundary.preprocessing(rows.data instanceof Uint8Array))
      const { validationData, classWeight, callbacks = [], signal, verbose = false, checkpoints } = options
      const { batchSize } = settings
      const window = windowRows(options.window ?? found?.checkpoint.training.stream?.window, rows, batchSize)
      const threads = this.machinery.threadsFor(compiled, this.network, batchSize)
      if (threads > 1) {
        this.machinery.startWorkers(threads - 1)
        this.network.engine.share()
      }
      const held = validationData && this.pair(...validationData)
      const state = () => this.describe(this.state())
      const { network, trained, onWarning: warn } = this
      const shared = { ...settings, network, state, trained }
      const data = { rows: source.rows, window, first: this.pair(first.x, first.y), classWeight, held }
      const asked = { ...shared, callbacks, data, found, options: checkpoints, warn }
      return fitStream({
        ...shared,
        source,
        window,
        keeping: keeping && (await keeping.openStreamCheckpoints(asked)),
        optimizer: compiled.optimizer,
        loss: compiled.loss,
        threads,
        fixedThreads: compiled.threads !== undefined,
        scored: isScored(compiled.loss),
        validate: held && (() => this.evaluateRows(held.rows, held.targets)),
        callbacks: verbose ? [...callbacks, consoleLines] : callbacks,
        signal,
        save: (path) => save(path, state()),
        pair: (chunk) => this.pair(chunk.x, chunk.y),
        weigh: (targets) =>
          rowWeights(
            targets.rows,
            targets.byClass ? Array.from(targets.data) : undefined,
            undefined,
            classWeight,
          ),
        makeRun: (part, weights) =>
          new TrainingRun(this.network, {
            ...this.runOptions(part.rows, part.targets),
            weights,
            batchSize,
            threads: compiled.threads ?? this.machinery.defaultThreads(),
          }),
      })
    })
  }

  /**
   * What a fit with these options trains and validates on, as the network takes it; builds the network for its first rows.
   * For estimators that find the weights in another way.
   */
  prepare(x: Samples, y: Targets, options: FitOptions): PreparedFit {
    const { seed } = this.requireCompiled('fit')
    const rows = this.boundary.rows(x)
    this.prepareFor(rows)
    const targets = this.encode(y)
    requireSameRows(rows.rows, targets.rows)
    const pair = (x: Samples, y: Targets) => this.pair(x, y)
    const preprocessing = this.boundary.preprocessing(rows.data instanceof Uint8Array)
    const evaluate = (data: Pair) => this.evaluateRows(data.rows, data.targets)
    return { ...fitData({ rows, targets }, y, options, pair, seed), preprocessing, evaluate }
  }

  /** One step on one batch, in the order given. The optimizer's state goes on from call to call. */
  async trainOnBatch(x: Samples, y: Targets): Promise<{ loss: number; accuracy?: number }> {
    const { loss, threads = 1 } = this.requireCompiled('trainOnBatch')
    return this.lock.during(async () => {
      const rows = this.boundary.rows(x)
      this.prepareFor(rows)
      const targets = this.encode(y)
      requireSameRows(rows.rows, targets.rows)
      if (this.batches === undefined) {
        const { BatchTraining } = await import('./batch-training.js')
        this.batches = new BatchTraining(this.network)
      }
      const options = { ...this.runOptions(rows, targets), batchSize: rows.rows, threads }
      const result = await this.batches.step(options, this.trained.steps)
      this.trained.steps++
      return { loss: result.loss, ...(isScored(loss) ? { accuracy: result.score } : {}) }
    })
  }

  /**
   * Mean loss, accuracy where the loss counts it, and the metrics that were asked for: of regression in the target's own units,
   * where the loss is that of the scaled targets if the model scales them.
   */
  async evaluate(x: Samples, y: Targets): Promise<Scores> {
    const { loss, metrics } = this.requireCompiled('evaluate')
    const { rows, targets } = this.pair(x, y)
    const { loss: mean, score } = await this.evaluateRows(rows, targets)
    const scores: Scores = { loss: mean, ...(isScored(loss) ? { accuracy: score } : {}) }
    const wanted = metrics.filter((metric) => metric !== 'accuracy')
    if (wanted.length === 0 || targets.byClass) return scores
    const raw = encodeTargets(y, loss, targets.columns) as typeof targets
    const all = regressionMetrics(raw.data, await this.outputs(rows), targets.columns)
    for (const metric of wanted) scores[metric] = all[metric]
    return scores
  }

  /** The outputs for each row: `[rows, outputs]`. */
  async predict(x: Samples): Promise<Matrix> {
    const { network } = this
    const rows = this.boundary.rows(x)
    this.requireInput(rows)
    return matrixOf(await this.outputs(rows), network.output.columns)
  }

  /**
   * The outputs for one row of raw values, written into `into`; synchronous, makes no garbage.
   * @param row `Uint8Array` for a model that is trained on bytes as they are, else floats; of a table, the columns in the order
   *   of training, words as numbers of the training categories, NaN for a missing value.
   */
  predictSync(row: Uint8Array | Float32Array, into: Float32Array): Float32Array {
    this.inference.predictRow(this.boundary.row(row), into)
    return this.boundary.outputs(into, this.network.output.columns)
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

  /**
   * A layer by its name or place. Its `trainable` may be set: false keeps its weights as they are in the next `fit`.
   * @throws ArgumentError that lists the names.
   */
  getLayer(which: string | number): Layer {
    return findLayer(
      this.built?.layers ?? this.layers.map((layer) => ({ layer, name: layer.name ?? layer.type })),
      which,
    )
  }

  /**
   * A new model with the trained layers of this one and another head, to go on training on other data. The head's weights are
   * fresh; everything else is as here, unless the options say otherwise. This model stays as it is.
   * @param head the layers in place of the last layer with weights and all after it, or of those from `from` on.
   * @throws ArgumentError for an unknown layer, and where no weights would stay.
   * @example const letters = await digits.replaceHead(dense(26, { activation: 'softmax' }), { freeze: true })
   */
  async replaceHead(head: Head, options: HeadOptions = {}): Promise<Sequential> {
    const { network } = this
    const { optimizer, loss, metrics, seed, threads, numerics, augmentation } =
      this.requireCompiled('replaceHead')
    const kept = layersBeforeHead(network, options)
    const { from, freeze, ...compile } = options
    void [from, freeze]
    const model = new Sequential([...kept, ...[head].flat()])
    model.onWarning = this.onWarning
    await model.compile({
      ...{ optimizer, loss: lossConfig(loss) as LossInput, metrics, seed, numerics },
      ...given({ threads, augment: augmentation?.config as AugmentationSpec | undefined }),
      ...compile,
      inputShape: network.graph.input.shape,
    })
    if (this.boundary.isSettled) model.setPreprocessing(this.boundary.preprocessing(false))
    takeWeights(model.network, network, kept.length)
    return model
  }

  /** Layers, shapes, weights, memory and arithmetic; a table as text. @throws StateError before the model is built. */
  summary(): ModelSummary {
    const slots = this.compiled?.optimizer.slots ?? 0
    return new ModelSummary(this.network, this.architecture().layers, slots)
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
    const { optimizer, loss, metrics, seed, numerics, augmentation } = this.requireCompiled('save')
    return {
      version: 1,
      kind: 'sequential',
      architecture: this.architecture(),
      weights: this.weights(),
      preprocessing: this.boundary.preprocessing(false),
      outputs: this.boundary.meaning ?? {
        task: loss.name.endsWith('crossentropy') ? 'classification' : 'regression',
      },
      settings: {
        optimizer: optimizer.config(),
        loss: lossConfig(loss),
        metrics: [...metrics],
        seed,
        numerics,
        ...(augmentation === undefined ? {} : { augment: augmentation.config }),
      },
    }
  }

  /** Writes the model to a file: `.safetensors`, or `.txt`/`.json` as readable text. */
  async save(path: string): Promise<void> {
    await save(path, this.state())
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
    const options: CompileOptions = {
      optimizer: settings['optimizer'] as OptimizerSpec,
      loss: settings['loss'] as LossInput,
      metrics: (settings['metrics'] ?? []) as MetricName[],
      seed: (settings['seed'] ?? 1) as number,
      numerics: (settings['numerics'] ?? 'fast') as Numerics,
      ...(settings['augment'] === undefined ? {} : { augment: settings['augment'] as AugmentationSpec }),
      ...overrides,
      inputShape: architecture.inputShape,
    }
    await model.compileWith(options, false)
    model.setMeaning(outputs)
    model.setPreprocessing(preprocessing)
    model.setWeights(model.network.inOrder(weights))
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
    this.boundary.meaning = meaning
  }

  /** How training saves the model, for estimators that are made of this one: a state as the estimator's own. */
  saveAs(describe: (state: ModelState) => ModelState): void {
    this.describe = describe
  }

  /**
   * How raw samples are scaled on the way in: x · scale + shift, one number for all columns or one each; before that the fitted
   * transform of a table, if there is one.
   * @throws ArgumentError for a transform that does not make the numbers which the first layer takes.
   */
  setPreprocessing(preprocessing: Preprocessing): void {
    this.lock.require()
    this.boundary.set(preprocessing, this.built?.graph.input.columns)
    this.dropRuns()
  }

  /** The columns of the tables that the model takes, in the order of training; undefined where it takes plain numbers. */
  get features(): readonly ColumnInfo[] | undefined {
    return this.boundary.features
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

  private build(inputShape: readonly number[], draws = true): void {
    const { seed, numerics } = this.requireCompiled('fit')
    const network = new this.machinery.Network({ layers: this.layers, inputShape, seed, numerics, draws })
    network.store.allocateSlots(this.compiled!.optimizer.slots)
    this.built = network
    this.trained = { steps: 0, epochs: 0 }
  }

  /** Builds the model for its first rows, or checks that they fit the one that is there. */
  private prepareFor(rows: Rows): void {
    if (this.built === undefined) this.build(rows.sampleShape)
    this.requireInput(rows)
    if (this.boundary.settle(rows)) this.dropRuns()
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
    return this.boundary.targets(y, this.requireCompiled('fit').loss, this.network.output.columns)
  }

  private pair(x: Samples, y: Targets): Pair {
    const rows = this.boundary.rows(x)
    this.requireInput(rows)
    const targets = this.encode(y)
    requireSameRows(rows.rows, targets.rows)
    return { rows, targets }
  }

  /** What every training of the model has in common. */
  private runOptions(rows: Rows, targets: EncodedTargets) {
    const preprocessing = this.boundary.preprocessing(rows.data instanceof Uint8Array)
    return {
      rows,
      targets,
      weights: undefined,
      preprocessing,
      ...this.machinery.runSettings(this.compiled!, rows.sampleShape),
    }
  }

  /** The outputs in the target's own units, row-major. */
  private async outputs(rows: Rows): Promise<Float32Array<ArrayBuffer>> {
    return this.boundary.outputs(await this.inference.predict(rows))
  }

  private evaluateRows(rows: Rows, targets: EncodedTargets): Promise<Evaluation> {
    return this.inference.evaluate(rows, targets, this.compiled!.loss)
  }

  private get inference(): Inference {
    return (this.inferences ??= new this.machinery.Inference(this.network, (isBytes) =>
      this.boundary.preprocessing(isBytes),
    ))
  }

  private dropRuns(): void {
    this.batches?.release()
    this.batches = undefined
    this.inferences?.release()
    this.inferences = undefined
  }

  private drop(): void {
    this.dropRuns()
    this.built = undefined
  }
}

/** What only training needs: a page that predicts does not load it. */
function training() {
  return Promise.all([import('./fit.js'), import('./training-run.js')])
}

async function save(path: string, state: ModelState): Promise<void> {
  const { saveModel } = await import('../persist/file.js')
  await saveModel(path, state)
}
