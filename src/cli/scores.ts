// The figures of a model over a part of the data, as metrics.json tells them and `evaluate` prints them.
import { ArgumentError, ShapeError, StateError } from '../core/errors.js'
import { sizeOf } from '../core/tensor.js'
import { classificationScores, type ClassScores } from '../metrics/index.js'
import type { NeuralNetwork } from '../models/neural-network.js'
import { regressionMetrics, type RegressionScores } from '../models/scores.js'
import type { Label } from '../models/targets.js'
import type { Data, Part } from './data.js'
import type { SavedModel } from './saved-model.js'

export interface ClassificationFigures {
  /** Mean loss, as it was trained for, penalties left out. */
  loss: number
  accuracy: number
  /** Macro averages over the classes that occur. */
  precision: number
  recall: number
  f1: number
  perClass: ClassScores[]
}

export type RegressionFigures = { loss: number } & RegressionScores
export type Figures = ClassificationFigures | RegressionFigures

/** Figures from a final pass over a part, without dropout. @throws StateError for a model that gives no finite loss. */
export async function figuresOf(net: NeuralNetwork, { x, y }: Part): Promise<Figures> {
  const { loss } = await net.evaluate(x, y)
  if (!Number.isFinite(loss)) {
    throw new StateError({
      rule: 'a trained model has a finite loss',
      received: String(loss),
      remedy:
        'its training diverged in the end: lower the learning rate (by 10), scale the inputs, or clip gradients',
    })
  }
  const predicted = await net.predict(x)
  if (net.task === 'regression') {
    const targets = y as number[]
    return {
      loss,
      ...regressionMetrics(targets, (predicted as number[]).flat(), predicted.length / targets.length),
    }
  }
  const labels = predicted as Label[]
  const occurring = new Set([...y, ...labels])
  const { accuracy, macro, perClass } = classificationScores(y, labels, {
    labels: net.classes!.filter((label) => occurring.has(label)),
  })
  const { precision, recall, f1 } = macro
  return { loss, accuracy, precision, recall, f1, perClass }
}

/** @throws ArgumentError unless the model is for the task of the data; ShapeError unless it takes their samples. */
export function requireFit({ net, sampleShape }: SavedModel, { name, task, test }: Data): void {
  if (net.task !== task) {
    throw new ArgumentError({
      rule: `a model for ${net.task} is evaluated on data for ${net.task}`,
      received: `the data set ${name}, which is for ${task}`,
      remedy: 'name another data set',
    })
  }
  const columns = sizeOf(test.x.shape.slice(1))
  if (columns === sizeOf(sampleShape)) return
  throw new ShapeError({
    rule: `the model takes samples of ${String(sizeOf(sampleShape))} numbers`,
    received: `samples of ${String(columns)} in the data set ${name}`,
    remedy: 'name the data set that it was trained on, or one like it',
  })
}

/** The main figures in one line. */
export function describeFigures(part: string, figures: Figures): string {
  const fixed = (value: number) => value.toFixed(4)
  if ('accuracy' in figures) {
    const { loss, accuracy, precision, recall, f1 } = figures
    const rest = `loss ${fixed(loss)}, precision ${fixed(precision)}, recall ${fixed(recall)}, F1 ${fixed(f1)}`
    return `${part} accuracy ${fixed(accuracy)}  (${rest})`
  }
  const { loss, rmse, mae, r2 } = figures
  return `${part} RMSE ${rmse.toPrecision(5)}, R² ${fixed(r2)}  (loss ${loss.toPrecision(5)}, MAE ${mae.toPrecision(5)})`
}
