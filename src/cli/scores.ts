// The figures of a model over a part of the data, as metrics.json tells them and `evaluate` prints them.
import { ArgumentError, ShapeError, StateError } from '../core/errors.js'
import type { Matrix } from '../core/matrix.js'
import { sizeOf } from '../core/tensor.js'
import {
  averagePrecision,
  balancedAccuracy,
  calibration,
  classificationScores,
  matthewsCorrelation,
  regressionScores,
  rocAuc,
  topKAccuracy,
  type ClassScores,
  type RegressionFigures as AllRegressionFigures,
} from '../metrics/index.js'
import type { NeuralNetwork } from '../models/neural-network.js'
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
  /** Mean recall of the classes that occur among the labels. */
  balancedAccuracy: number
  /** Matthews correlation, -1 to 1. */
  matthews: number
  /** Expected calibration error over 15 bins: how far the probability of the predicted class is from how often it is right. */
  calibrationError: number
  /** Share of rows whose class is among the five most probable; for more than ten classes. */
  top5Accuracy?: number
  /** Areas under the ROC and the precision-recall curve of the second of two classes. */
  rocAuc?: number
  averagePrecision?: number
  perClass: ClassScores[]
}

export type RegressionFigures = { loss: number } & AllRegressionFigures
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
  if (net.task === 'regression') {
    const predicted = (await net.predict(x)) as number[]
    const targets = y as number[]
    const scores = regressionScores(targets, predicted.flat(), { outputs: predicted.length / targets.length })
    const { mse, rmse, mae, r2, ...others } = scores
    const { perOutput, ...rest } = others
    return { loss, mse, rmse: perOutput.length > 1 ? Math.sqrt(mse) : rmse, mae, r2, ...rest }
  }
  return { loss, ...classificationFigures(y, await net.predictProba(x), net.classes!) }
}

function classificationFigures(
  y: readonly Label[],
  probabilities: Matrix,
  classes: readonly Label[],
): Omit<ClassificationFigures, 'loss'> {
  const predicted = probabilities.map((row) => classes[row.indexOf(Math.max(...row))]!)
  const occurring = new Set([...y, ...predicted])
  const { accuracy, macro, perClass } = classificationScores(y, predicted, {
    labels: classes.filter((label) => occurring.has(label)),
  })
  const { precision, recall, f1 } = macro
  const labels = { labels: classes }
  return {
    accuracy,
    precision,
    recall,
    f1,
    balancedAccuracy: balancedAccuracy(y, predicted),
    matthews: matthewsCorrelation(y, predicted),
    calibrationError: calibration(y, probabilities, { ...labels, bins: 15 }).expectedError,
    ...(classes.length > 10 ? { top5Accuracy: topKAccuracy(y, probabilities, 5, labels) } : {}),
    ...(classes.length === 2 ? areas(y, probabilities, classes[1]!) : {}),
    perClass,
  }
}

/** Areas under the curves of the positive class; none where all rows are of one class. */
function areas(y: readonly Label[], probabilities: Matrix, positive: Label) {
  const scores = probabilities.map((row) => row[1]!)
  const area = rocAuc(y, scores, { positive })
  if (Number.isNaN(area)) return {}
  return { rocAuc: area, averagePrecision: averagePrecision(y, scores, { positive }) }
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
  // Of tables the model finds the columns itself, and says which one is missing.
  if (net.features !== undefined) return
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
    const { loss, accuracy, precision, recall, f1, top5Accuracy } = figures
    const rest = `loss ${fixed(loss)}, precision ${fixed(precision)}, recall ${fixed(recall)}, F1 ${fixed(f1)}`
    const top = top5Accuracy === undefined ? '' : `, top 5 ${fixed(top5Accuracy)}`
    return `${part} accuracy ${fixed(accuracy)}  (${rest}${top})`
  }
  const { loss, rmse, mae, r2 } = figures
  return `${part} RMSE ${rmse.toPrecision(5)}, R² ${fixed(r2)}  (loss ${loss.toPrecision(5)}, MAE ${mae.toPrecision(5)})`
}

/** All figures as a table for people: by class, or by name. */
export function describeAll(figures: Figures): string {
  if (!('accuracy' in figures)) {
    return Object.entries(figures)
      .map(([name, value]) => `${name.padEnd(22)}${value.toPrecision(5)}`)
      .join('\n')
  }
  const { perClass, ...overall } = figures
  const width = Math.max(5, ...perClass.map(({ label }) => [...String(label)].length))
  const line = (label: string, cells: string[]) =>
    label.padStart(width) + cells.map((cell) => cell.padStart(11)).join('')
  const named = { balancedAccuracy: 'balanced accuracy', matthews: 'Matthews correlation' }
  const more = {
    calibrationError: 'calibration error',
    rocAuc: 'ROC AUC',
    averagePrecision: 'average precision',
  }
  return [
    line('class', ['precision', 'recall', 'F1', 'rows']),
    ...perClass.map(({ label, precision, recall, f1, support }) =>
      line(String(label), [...[precision, recall, f1].map((value) => value.toFixed(4)), String(support)]),
    ),
    Object.entries({ ...named, ...more })
      .flatMap(([key, name]) => {
        const value = overall[key as keyof typeof overall]
        return value === undefined ? [] : `${name} ${value.toFixed(4)}`
      })
      .join(', '),
  ].join('\n')
}
