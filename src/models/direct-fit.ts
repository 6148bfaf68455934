// The fit of a linear model by solving its least squares: what a training by gradient descent does, in one step.
import { Dense } from '../nn/dense.js'
import { Flatten } from '../nn/flatten.js'
import type { FitContext } from './callbacks.js'
import { consoleLines, type FitOptions } from './fit-options.js'
import { History, type EpochResult } from './history.js'
import { leastSquares } from './least-squares.js'
import type { PreparedFit, Sequential } from './sequential.js'

/** Multiplications, rows · columns², from which on a direct solution takes more than some seconds. */
export const directWork = 2e9

/** The layer whose weights a direct solution finds: the only one, linear, with a bias and no l1; undefined for other models. */
export function solvableLayer({ layers }: Sequential): Dense | undefined {
  const [layer, ...more] = layers.filter((layer) => !(layer instanceof Flatten))
  if (!(layer instanceof Dense) || more.length > 0 || !layer.trainable) return undefined
  return layer.useBias && layer.penalty.l1 === 0 && layer.config()['activation'] === 'linear'
    ? layer
    : undefined
}

/**
 * Sets the weights of a model of one solvable layer to the least squares solution, with the layer's penalty l2.
 * @param data what `prepare` gave for these options. @param save writes the model to a file.
 * @returns a history of one epoch, whose losses are those of the solution.
 */
export async function directFit(
  model: Sequential,
  data: PreparedFit,
  options: FitOptions,
  save: (path: string) => Promise<void>,
): Promise<History> {
  const { callbacks = [], verbose = false, signal } = options
  const { rows, targets, weights, held, preprocessing, evaluate } = data
  const { scale, shift } = preprocessing
  const context: FitContext = {
    epochs: 1,
    stepsPerEpoch: 1,
    learningRate: 0,
    weights: () => model.weights(),
    setWeights: (weights) => {
      model.setWeights(weights)
    },
    save,
    scaleLearningRate: () => undefined,
    stop: () => undefined,
  }
  const history = new History()
  const all = verbose ? [...callbacks, consoleLines] : callbacks
  for (const callback of all) await callback.onTrainBegin?.(context)
  const began = performance.now()
  const solution = await leastSquares({
    x: rows.data,
    value: (entry, column) => entry * (scale[column] ?? scale[0]!) + (shift[column] ?? shift[0]!),
    columns: rows.columns,
    y: targets.data,
    targets: targets.columns,
    weights,
    l2: solvableLayer(model)!.penalty.l2,
    signal,
  })
  const seconds = (performance.now() - began) / 1000
  model.setWeights([
    { shape: [rows.columns, targets.columns], data: Float32Array.from(solution.weights) },
    { shape: [targets.columns], data: Float32Array.from(solution.intercepts) },
  ])
  const result: EpochResult = {
    epoch: 1,
    loss: (await evaluate({ rows, targets })).loss,
    ...(held === undefined ? {} : { validationLoss: (await evaluate(held)).loss }),
    learningRate: 0,
    seconds,
    samplesPerSecond: rows.rows / seconds,
    threads: 1,
  }
  history.epochs.push(result)
  for (const callback of all) await callback.onEpochEnd?.(result, context)
  for (const callback of all) await callback.onTrainEnd?.(context)
  return history
}
