// Linear regression: one layer, its weights found by solving the least squares, or by the same gradient descent as others.
import type { ModelState } from '../core/state.js'
import { ArgumentError } from '../core/errors.js'
import type { Matrix } from '../core/matrix.js'
import type { Layer } from '../nn/layer.js'
import { lossFrom } from '../nn/losses.js'
import type { History } from './history.js'
import { coefficientsOf, oneLayer } from './one-layer.js'
import { NeuralNetwork, type NeuralNetworkOptions, type Training } from './neural-network.js'
import type { Sequential } from './sequential.js'

export type LinearRegressionOptions = Omit<
  NeuralNetworkOptions,
  'hiddenLayers' | 'activation' | 'dropout' | 'labelSmoothing'
> & {
  /**
   * How `fit` finds the weights. `qr` solves the least squares directly, in float64, with the penalty `l2` if there is one.
   * `gradient` descends. `auto` (default) solves, unless something is asked for that belongs to descending (`optimizer`,
   * `epochs`, `batchSize`, `init`, `augment`, `l1`, another loss), or rows · columns² pass 2e9. `partialFit` always descends.
   */
  solver?: Solver
}

type Solver = 'auto' | 'qr' | 'gradient'

export class LinearRegression extends NeuralNetwork {
  private readonly solver: Solver
  private solved: Solver | undefined

  /** @throws ArgumentError for options of other models. */
  constructor(options: LinearRegressionOptions = {}) {
    for (const key of ['hiddenLayers', 'activation', 'dropout', 'labelSmoothing'] as const) {
      if (key in options && options.layers === undefined) {
        throw new ArgumentError({
          rule: 'linear regression has one layer and no activation',
          received: key,
          remedy: "use NeuralNetwork with task: 'regression' for hidden layers",
        })
      }
    }
    const { solver = 'auto', ...rest } = options
    if (!['auto', 'qr', 'gradient'].includes(solver)) {
      throw new ArgumentError({
        rule: 'the solver is auto, qr or gradient',
        received: String(solver),
        remedy: 'leave it out',
      })
    }
    super({ ...rest, task: 'regression' })
    this.solver = solver
  }

  /** One row of weights for each target: `[targets, features]`. */
  get coefficients(): Matrix {
    return coefficientsOf(this.weights()[0]!)
  }

  /** The bias of each target. */
  get intercept(): Float32Array {
    return this.weights()[1]!.data
  }

  /** Reads a model that `save` wrote. @throws FormatError, NotFoundError; ArgumentError for another kind of model. */
  static override async load(path: string): Promise<LinearRegression> {
    return (await super.load(path)) as LinearRegression
  }

  protected override async findWeights(model: Sequential, training: Training): Promise<History> {
    const { x, y, options, fresh } = training
    const { directFit, solvableLayer, directWork } = await import('./direct-fit.js')
    const loss = lossFrom(this.options.loss ?? 'mse').name
    const solvable = loss === 'mse' && solvableLayer(model) !== undefined
    if (this.solver === 'qr' && !solvable) {
      throw new ArgumentError({
        rule: "solver: 'qr' solves least squares of one linear layer, without l1",
        received: loss === 'mse' ? 'another model, or l1' : `the loss ${loss}`,
        remedy: "use solver: 'gradient'",
      })
    }
    const { optimizer, epochs, batchSize, init, augment, resume } = { ...this.options, ...options }
    const descends = [optimizer, epochs, batchSize, init, augment, resume].some(
      (option) => option !== undefined,
    )
    this.solved = 'gradient'
    if (fresh && solvable && (this.solver === 'qr' || (this.solver === 'auto' && !descends))) {
      const data = model.prepare(x, y, options)
      const { rows, columns } = data.rows
      if (this.solver === 'qr' || rows * columns * columns <= directWork) {
        this.solved = 'qr'
        return directFit(model, data, options, (path) => this.save(path))
      }
    }
    return super.findWeights(model, training)
  }

  /** As of any estimator; `settings.solver` tells how its weights were found. */
  protected override describe(saved: ModelState): ModelState {
    const state = super.describe(saved)
    const { solved = this.solver } = this
    return { ...state, settings: { ...state.settings, solver: solved } }
  }

  protected override get kind(): ModelState['kind'] {
    return 'linear-regression'
  }

  protected override layersFor(outputs: number, link: string): Layer[] {
    return oneLayer(this.options, outputs, link) ?? super.layersFor(outputs, link)
  }
}
