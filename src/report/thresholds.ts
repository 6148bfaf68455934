// Plots over the threshold of a classifier: ROC and precision-recall curves, one class against the rest, and calibration.
import { shorten } from './text.js'
import { lineChart, type LineChart, type Series } from './lines.js'
import type { CalibrationBin, ThresholdCurve } from './run.js'

/** Classes up to which each has its own colour and its name in the legend. */
const mostNamed = 5

const share = { domain: [0, 1] as const, format: '.1f' }
const square = { width: 300, height: 300 }

/**
 * ROC curves as SVG text: share of a class's rows that are found against share of the others that are taken for it.
 * @param curves one a class; one named `macro` is drawn boldly. Beyond five classes only that one has its name shown.
 */
export function rocPlot(curves: readonly ThresholdCurve[]): Promise<string> {
  const chance: Series = {
    points: [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ],
    color: 'line',
    dashed: true,
    markers: false,
    width: 1,
  }
  return thresholdPlot(curves, {
    label: `ROC curves: ${curves.map(withArea).join('; ')}`,
    x: { title: 'false positive rate', ...share },
    y: { title: 'true positive rate', ...share },
    series: [chance],
  })
}

/** Precision against recall, one class against the rest, as SVG text; curves as for `rocPlot`. */
export function precisionRecallPlot(curves: readonly ThresholdCurve[]): Promise<string> {
  return thresholdPlot(curves, {
    label: `Precision and recall: ${curves.map(withArea).join('; ')}`,
    x: { title: 'recall', ...share },
    y: { title: 'precision', ...share },
    series: [],
  })
}

/**
 * Calibration as SVG text: of answers given with some confidence, the share that is right. On the diagonal, confidence means
 * what it says; below it the model is too sure. The more answers a bin has, the larger is its point.
 * @param bins of confidence, as `calibrationCurve` counts them; empty ones are left out.
 */
export function calibrationPlot(bins: readonly CalibrationBin[]): Promise<string> {
  const most = bins.reduce((largest, { rows }) => Math.max(largest, rows), 1)
  const points = bins
    .filter(({ rows }) => rows > 0)
    .map(({ predicted, observed, rows }) => ({
      x: predicted,
      y: observed,
      // So that the point of a single row, whose share says little, does not look like that of a thousand.
      size: Math.max(8, 80 * Math.sqrt(rows / most)),
    }))
  return lineChart({
    label: `Calibration: share of right answers by confidence, in ${String(points.length)} bins`,
    size: square,
    x: { title: 'confidence (probability of the answer)', ...share },
    y: { title: 'right answers (share of rows)', ...share },
    series: [
      {
        name: 'ideal',
        points: [
          { x: 0, y: 0 },
          { x: 1, y: 1 },
        ],
        color: 'line',
        dashed: true,
        markers: false,
        width: 1,
      },
      { name: 'model', points, color: 'blue', markers: true },
    ],
  })
}

function thresholdPlot(curves: readonly ThresholdCurve[], chart: LineChart): Promise<string> {
  const macro = curves.find(({ name }) => name === 'macro')
  const classes = curves.filter((curve) => curve !== macro)
  const few = classes.length <= mostNamed
  const series = classes.map((curve, i): Series => {
    const points = curve.points.map(([x, y]) => ({ x, y }))
    if (few) return { name: withArea(curve), points, markers: false }
    // One name stands for all the faint lines.
    return {
      points,
      color: 'sky',
      opacity: 0.55,
      width: 1,
      markers: false,
      ...(i === 0 ? { name: 'each class' } : {}),
    }
  })
  if (macro !== undefined) {
    const points = macro.points.map(([x, y]) => ({ x, y }))
    series.push({ name: withArea(macro), points, color: few ? 'ink' : 'blue', width: 2.5, markers: false })
  }
  return lineChart({ ...chart, size: square, series: [...chart.series, ...series] })
}

function withArea({ name, area }: ThresholdCurve): string {
  return `${shorten(name, 20)} (area ${area.toFixed(4)})`
}
