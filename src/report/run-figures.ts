// The figures of a run as both reports tell them: headline, table of parts, most frequent confusions.
import { count, duration, figure, percent, several } from './text.js'
import type { ClassificationResults, Interval, PartFigures, RunRecord } from './run.js'

interface Named {
  key: keyof PartFigures
  name: string
  show: (value: number) => string
}

const ofClassification: readonly Named[] = [
  { key: 'accuracy', name: 'accuracy', show: (value) => percent(value) },
  { key: 'precision', name: 'precision (macro)', show: (value) => percent(value) },
  { key: 'recall', name: 'recall (macro)', show: (value) => percent(value) },
  { key: 'f1', name: 'F1 (macro)', show: (value) => percent(value) },
  { key: 'loss', name: 'loss', show: figure },
]

const ofRegression: readonly Named[] = [
  { key: 'r2', name: 'R²', show: figure },
  { key: 'rmse', name: 'RMSE', show: figure },
  { key: 'mae', name: 'MAE', show: figure },
  { key: 'mse', name: 'MSE', show: figure },
  { key: 'loss', name: 'loss', show: figure },
]

/** The figures that are told for a task, in order. */
export function figuresFor({ task }: RunRecord): readonly Named[] {
  return task === 'classification' ? ofClassification : ofRegression
}

/** The parts that the run has figures of. */
export function partsOf({
  figures,
  data,
}: RunRecord): { name: string; rows: number; figures: PartFigures }[] {
  const { train, validation, test } = figures
  return [
    { name: 'training', rows: data.trainRows, figures: train },
    ...(validation === undefined
      ? []
      : [{ name: 'validation', rows: data.validationRows, figures: validation }]),
    { name: 'test', rows: data.testRows, figures: test },
  ]
}

/** One row a figure: its name, its value over each part, and the interval of that over the test part, if it is known. */
export function figureRows(run: RunRecord): string[][] {
  const parts = partsOf(run)
  return figuresFor(run).map(({ key, name, show }) => [
    name,
    ...parts.map(({ figures }) => {
      const value = figures[key]
      return typeof value === 'number' ? show(value) : ''
    }),
    ...(run.intervals === undefined ? [] : [showInterval(run.intervals[key], show)]),
  ])
}

function showInterval(interval: Interval | undefined, show: (value: number) => string): string {
  if (interval === undefined) return ''
  const [low, high] = interval.map(show)
  // The unit stands once, behind both.
  return `${low!.replace(/\u00a0%$/, '')} to ${high!}`
}

/** The few figures at the head of a report. */
export function headline(run: RunRecord): { name: string; value: string; note?: string }[] {
  const told = figuresFor(run).slice(0, run.task === 'classification' ? 1 : 2)
  const seconds = trainSeconds(run)
  const { epochs } = run.history
  return [
    ...told.map(({ key, name, show }) => {
      const interval = run.intervals?.[key]
      return {
        name: `test ${name}`,
        value: show(run.figures.test[key] as number),
        ...(interval === undefined ? {} : { note: `95 % interval ${showInterval(interval, show)}` }),
      }
    }),
    ...(run.classification === undefined
      ? []
      : [
          {
            name: 'mistakes',
            value: count(run.classification.mistakeCount),
            note: `of ${several(run.data.testRows, 'test row')}`,
          },
        ]),
    { name: 'parameters', value: count(run.model.parameters), note: run.model.name },
    { name: 'training time', value: duration(seconds), note: `${several(epochs.length, 'epoch')}` },
    { name: 'samples per second', value: count(Math.round(run.samplesPerSecond)), note: 'in training' },
  ]
}

/** Seconds inside the training loop. */
export function trainSeconds({ history }: RunRecord): number {
  return history.epochs.reduce((sum, { seconds = 0 }) => sum + seconds, 0)
}

/** How training went, in sentences. */
export function describeTraining({ history }: RunRecord): string[] {
  const { epochs, stoppedBy } = history
  const sentences = [
    stoppedBy === 'earlyStopping'
      ? `Training stopped after ${several(epochs.length, 'epoch')}, as the figure that was watched no longer improved; the model has the weights of its best epoch.`
      : `Training took ${several(epochs.length, 'epoch')}.`,
  ]
  const validated = epochs.filter(({ validationLoss }) => validationLoss !== undefined)
  if (validated.length > 1) {
    const best = validated.reduce((a, b) => (b.validationLoss! < a.validationLoss! ? b : a))
    sentences.push(
      `The validation loss was lowest in epoch ${count(best.epoch)}, at ${figure(best.validationLoss!)}.`,
    )
  }
  return sentences
}

/** The pairs of classes that are mixed up most often: true class, predicted class, rows, share of the true class. */
export function confusions({ classes, confusion }: ClassificationResults, most = 10) {
  return confusion
    .flatMap((counts, row) => {
      const total = counts.reduce((sum, one) => sum + one, 0)
      return counts.map((rows, column) => ({ row, column, rows, share: rows / total }))
    })
    .filter(({ row, column, rows }) => row !== column && rows > 0)
    .sort((a, b) => b.rows - a.rows || a.row - b.row || a.column - b.column)
    .slice(0, most)
    .map(({ row, column, rows, share }) => ({
      actual: classes[row]!,
      predicted: classes[column]!,
      rows,
      share,
    }))
}

/** Further figures over the test rows, name and value. */
export function furtherRows({ classification, regression }: RunRecord): [string, string][] {
  const more = classification?.more ?? regression?.more ?? []
  return more.map(({ name, value }) => [name, value === null ? 'not defined' : figure(value)])
}
