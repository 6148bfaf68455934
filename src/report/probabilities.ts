// What a report tells of a classifier's probabilities: ROC and precision-recall curves of each class against the rest, calibration,
// and figures that look beyond the answer itself.
import {
  balancedAccuracy,
  brierScore,
  calibration,
  cohensKappa,
  logLoss,
  matthewsCorrelation,
  precisionRecallCurve,
  rocCurve,
  topKAccuracy,
  type Label,
} from '../metrics/index.js'
import { plain } from './text.js'
import type { Answers } from './describe.js'
import type { ClassificationResults, NamedFigure, ThresholdCurve } from './run.js'

/** Scores that are sorted for the curves; of larger test parts only each n-th row is. */
const mostScores = 600_000
/** Points between which the mean of the curves is taken. */
const gridSize = 200

type Found = Pick<ClassificationResults, 'roc' | 'precisionRecall' | 'calibration' | 'curveRows' | 'more'>

/** Curves and figures; those that are not defined are left out. */
export function probabilityResults(answers: Answers): Found {
  const { classes, actual, probabilities } = answers
  const scores = { data: probabilities, shape: [actual.length, classes.length] }
  const { bins, expectedError } = calibration(actual, scores, { labels: classes })
  return {
    ...curvesOf(answers),
    calibration: {
      bins: bins.map(({ predicted, observed, rows }) => ({ predicted, observed, rows })),
      expectedError,
    },
    more: figuresOf(answers),
  }
}

function figuresOf({ classes, actual, predicted, probabilities }: Answers): NamedFigure[] {
  const scores = { data: probabilities, shape: [actual.length, classes.length] }
  const labels = { labels: classes }
  const figures: [string, number][] = [
    ['balanced accuracy', balancedAccuracy(actual, predicted)],
    ['Matthews correlation', matthewsCorrelation(actual, predicted)],
    ["Cohen's kappa", cohensKappa(actual, predicted)],
    ['log-loss', logLoss(actual, scores, labels)],
    ['Brier score', brierScore(actual, scores, labels)],
    ...(classes.length > 5
      ? [['top-5 accuracy', topKAccuracy(actual, scores, 5, labels)] as [string, number]]
      : []),
  ]
  return figures.map(([name, value]) => ({ name, value: Number.isFinite(value) ? value : null }))
}

function curvesOf({
  classes,
  actual,
  probabilities,
}: Answers): Pick<Found, 'roc' | 'precisionRecall' | 'curveRows'> {
  const stride = Math.max(1, Math.ceil((actual.length * classes.length) / mostScores))
  const rows = actual.flatMap((_, row) => (row % stride === 0 ? [row] : []))
  const roc: ThresholdCurve[] = []
  const precisionRecall: ThresholdCurve[] = []
  classes.forEach((label, column) => {
    const came = Uint8Array.from(rows, (row) => Number(actual[row] === label))
    const positives = came.reduce((sum, one) => sum + one, 0)
    // Without rows of the class, or with no others, there is no curve.
    if (positives === 0 || positives === came.length) return
    const scores = Float32Array.from(rows, (row) => probabilities[row * classes.length + column]!)
    const byRate = rocCurve(came, scores)
    roc.push(curve(label, byRate.area, byRate.falsePositiveRate, byRate.truePositiveRate))
    const byRecall = precisionRecallCurve(came, scores)
    const { averagePrecision, recall, precision } = byRecall
    precisionRecall.push(curve(label, averagePrecision, recall.toReversed(), precision.toReversed()))
  })
  if (roc.length === 0) return {}
  return {
    roc: roc.length > 1 ? [...roc, macro(roc)] : roc,
    precisionRecall:
      precisionRecall.length > 1 ? [...precisionRecall, macro(precisionRecall)] : precisionRecall,
    ...(stride > 1 ? { curveRows: rows.length } : {}),
  }
}

/** A curve with the points that can be told apart in a plot. */
function curve(label: Label, area: number, x: readonly number[], y: readonly number[]): ThresholdCurve {
  const points: [number, number][] = []
  x.forEach((across, i) => {
    const last = points.at(-1)
    const up = y[i]!
    const isEnd = i === x.length - 1
    if (last !== undefined && !isEnd && Math.hypot(across - last[0], up - last[1]) < 0.008) return
    points.push([round(across), round(up)])
  })
  return { name: plain(label), area, points }
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4
}

/** The mean of curves over x, each class weighing the same. */
function macro(curves: readonly ThresholdCurve[]): ThresholdCurve {
  // Closer near 0, where ROC curves rise.
  const grid = Array.from({ length: gridSize + 1 }, (_, i) => (i / gridSize) ** 2)
  const points = grid.map((x): [number, number] => {
    const sum = curves.reduce((total, { points: own }) => total + heightAt(own, x), 0)
    return [round(x), round(sum / curves.length)]
  })
  const area = curves.reduce((total, one) => total + one.area, 0) / curves.length
  return { name: 'macro', area, points }
}

/** Height of the polygon at x; of several points with this x the last one's. */
function heightAt(points: ThresholdCurve['points'], x: number): number {
  const next = points.findIndex(([at]) => at > x)
  if (next === 0) return points[0]![1]
  if (next < 0) return points.at(-1)![1]
  const [[x0, y0], [x1, y1]] = [points[next - 1]!, points[next]!]
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0)
}
