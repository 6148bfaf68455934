// The plots of a run: which there are for what is known of it, what they are called as files, and how they are explained.
import { perClassPlot } from './bars.js'
import { confusionPlot } from './confusion.js'
import { accuracyCurve, gradientNormCurve, learningRateCurve, lossCurve } from './curves.js'
import { activationsPlot, weightsPlot } from './distributions.js'
import { firstLayerPng, mistakesSheet } from './pictures.js'
import { toPng } from './png.js'
import { predictedVsTruePlot, residualHistogram, residualsPlot } from './regression-plots.js'
import { calibrationPlot, precisionRecallPlot, rocPlot } from './thresholds.js'
import { count } from './text.js'
import type { RunRecord } from './run.js'

/** A plot with the part of the report that it belongs to. */
export interface Plot {
  part: 'training' | 'results' | 'probabilities' | 'weights' | 'activations'
  svg: string
  caption: string
  /** Name of its PNG file under `performance/`; undefined for those that only the report shows. */
  file?: string
  /** Larger than a phone is wide. */
  big?: boolean
}

/** Draws all plots of a run. */
export async function plotsOf(run: RunRecord): Promise<Plot[]> {
  return drawn(planned(run))
}

type Planned = Omit<Plot, 'svg'> & { svg: () => Promise<string> }

function planned(run: RunRecord): Planned[] {
  return [...trainingPlots(run), ...classificationPlots(run), ...regressionPlots(run), ...layerPlots(run)]
}

/** Draws the plots of training alone. */
export async function trainingPlotsOf(run: Pick<RunRecord, 'history'>): Promise<Plot[]> {
  return drawn(trainingPlots(run))
}

/** One after the other, so that what watches them is not held up for long. */
async function drawn(planned: readonly Planned[]): Promise<Plot[]> {
  const plots: Plot[] = []
  for (const plot of planned) plots.push({ ...plot, svg: await plot.svg() })
  return plots
}

function trainingPlots({ history }: Pick<RunRecord, 'history'>): Planned[] {
  const { epochs, slices = [] } = history
  const within = slices.length > 1 ? ' The faint line follows the steps within epochs.' : ''
  const plots: Planned[] = [
    {
      part: 'training',
      file: 'loss_curve.png',
      svg: () => lossCurve(history, history.lossTitle),
      caption: `Loss. Training values are means over an epoch while the weights still change, with dropout; validation values are those at its end.${within}`,
    },
  ]
  if ([...epochs, ...slices].some(({ accuracy }) => accuracy !== undefined)) {
    const caption = 'Accuracy: share of rows that are answered right.'
    plots.push({ part: 'training', file: 'accuracy_plot.png', svg: () => accuracyCurve(history), caption })
  }
  if ([...epochs, ...slices].some(({ learningRate }) => learningRate !== undefined)) {
    plots.push({ part: 'training', svg: () => learningRateCurve(history), caption: 'Learning rate.' })
  }
  if (epochs.some(({ gradientNorm }) => gradientNorm !== undefined)) {
    const parts = epochs.some(({ layers = [] }) => layers.length > 1) ? ', and of each layer' : ''
    const caption = `Norm of the gradient of all weights together${parts}, over one batch after the epoch.`
    plots.push({ part: 'training', svg: () => gradientNormCurve(history), caption })
  }
  return plots
}

function classificationPlots({ classification, figures }: RunRecord): Planned[] {
  if (classification === undefined) return []
  const { classes, confusion, roc, precisionRecall, calibration, curveRows } = classification
  const sampled = curveRows === undefined ? '' : ` From ${count(curveRows)} of the test rows.`
  const plots: Planned[] = [
    {
      part: 'results',
      file: 'confusion_matrix.png',
      big: classes.length > 20,
      svg: () => confusionPlot(confusion, classes),
      caption: `Where the test rows of each true class went${classes.length > 20 ? '' : ', in per cent of the class'}: blue is right, orange is wrong; the darker, the more.`,
    },
  ]
  const { perClass = [] } = figures.test
  if (perClass.length > 0) {
    const caption = 'Precision, recall and F1 of each class over the test rows, the lowest F1 first.'
    plots.push({ part: 'results', svg: () => perClassPlot(perClass), caption })
  }
  if (roc !== undefined && roc.length > 0) {
    const caption = `ROC: each class against the rest.${sampled}`
    plots.push({ part: 'probabilities', file: 'roc_curve.png', svg: () => rocPlot(roc), caption })
  }
  if (precisionRecall !== undefined && precisionRecall.length > 0) {
    const caption = `Precision against recall: each class against the rest.${sampled}`
    plots.push({ part: 'probabilities', svg: () => precisionRecallPlot(precisionRecall), caption })
  }
  if (calibration !== undefined) {
    const caption = `Calibration: on the dashed line, an answer given with 80 % confidence is right in 80 % of cases; below it the model is too sure; larger points stand for more rows. Expected error ${calibration.expectedError.toFixed(4)}.`
    plots.push({ part: 'probabilities', svg: () => calibrationPlot(calibration.bins), caption })
  }
  return plots
}

function regressionPlots({ regression }: RunRecord): Planned[] {
  if (regression === undefined) return []
  const { points, target, residuals, count: rows } = regression
  const sampled =
    points.length < rows ? ` ${count(points.length)} of ${count(rows)} test rows are drawn.` : ''
  return [
    {
      part: 'results',
      file: 'predicted_vs_true.png',
      svg: () => predictedVsTruePlot(points, target),
      caption: `Predicted against true values; on the line a prediction is right.${sampled}`,
    },
    {
      part: 'results',
      file: 'residuals.png',
      svg: () => residualsPlot(points, target),
      caption: `Residuals against predictions: a good fit leaves a level band around 0.${sampled}`,
    },
    {
      part: 'results',
      svg: () => residualHistogram(residuals, target),
      caption: 'How often errors of each size come.',
    },
  ]
}

function layerPlots({ weights, activations }: RunRecord): Planned[] {
  return [
    ...weights.map((one): Planned => {
      const caption = `${one.name}: mean ${one.mean.toPrecision(3)}, standard deviation ${one.deviation.toPrecision(3)}.`
      return { part: 'weights', svg: () => weightsPlot(one), caption }
    }),
    ...activations.map((one): Planned => {
      const { deadUnits = 0, units } = one
      const dead =
        units === undefined ? '' : ` ${String(deadUnits)} of ${String(units)} units were 0 throughout.`
      const caption = `${one.name}: mean ${one.mean.toPrecision(3)}, standard deviation ${one.deviation.toPrecision(3)}.${dead}`
      return { part: 'activations', svg: () => activationsPlot(one), caption }
    }),
  ]
}

/** The PNG files of a run by their names, out of its plots and pictures. */
export async function pictureFiles(run: RunRecord, plots: readonly Plot[]): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const { file, svg } of plots) {
    if (file !== undefined) files.set(`performance/${file}`, await toPng(svg))
  }
  const mistakes = run.classification?.mistakes ?? []
  if (mistakes.some(({ picture }) => picture !== undefined)) {
    files.set('performance/worst_mistakes.png', await toPng(mistakesSheet(mistakes), 1.5))
  }
  if (run.firstLayer !== undefined && run.firstLayer.pictures.length > 0) {
    files.set('performance/first_layer_weights.png', firstLayerPng(run.firstLayer))
  }
  return files
}
