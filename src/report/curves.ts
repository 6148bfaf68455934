// The curves of training over epochs: loss, accuracy, learning rate, gradient norm.
import { lineChart, type Point, type Series } from './lines.js'
import { seriesColors } from './theme.js'
import { shorten } from './text.js'
import type { EpochRow, SliceRow } from './run.js'

/** Of layers, beside the ink of the whole. */
const layerColors = seriesColors.slice(0, 5)

/** What the curves of training are drawn from: `history.epochs` of a fit. */
export interface CurveData {
  epochs: readonly EpochRow[]
  /** Means over short stretches of steps within epochs, drawn faintly behind. */
  slices?: readonly SliceRow[]
}

/**
 * Training and validation loss over epochs, as SVG text; the axis is logarithmic where the loss falls by more than a factor of 10.
 * @param unit what the loss is called and measured in. Default `loss`.
 */
export function lossCurve(history: CurveData, unit = 'loss'): Promise<string> {
  const series = seriesOf(history, 'loss', 'validationLoss')
  const values = series.flatMap(({ points }) => points.map(({ y }) => y))
  const log = Math.min(...values) > 0 && Math.max(...values) > 10 * Math.min(...values)
  return lineChart({
    label: `Loss over epochs: ${series.map(ends).join('; ')}`,
    x: epochAxis(history),
    y: { title: unit, log, zero: !log && Math.min(...values) >= 0 },
    series,
  })
}

/** Training and validation accuracy over epochs, as SVG text. */
export function accuracyCurve(history: CurveData): Promise<string> {
  const series = seriesOf(history, 'accuracy', 'validationAccuracy')
  return lineChart({
    label: `Accuracy over epochs: ${series.map(ends).join('; ')}`,
    x: epochAxis(history),
    y: { title: 'accuracy (share of rows)', format: '~%' },
    series,
  })
}

/** The learning rate over epochs, as SVG text. */
export function learningRateCurve(history: CurveData): Promise<string> {
  const { slices = [] } = history
  const points = slices.length > 1 ? pointsOf(slices, 'learningRate') : epochPoints(history, 'learningRate')
  const series: Series = { points, color: 'green', markers: slices.length <= 1 }
  return lineChart({
    label: `Learning rate over epochs: ${ends(series)}`,
    x: epochAxis(history),
    y: { title: 'learning rate', zero: true, format: '~g' },
    series: [series],
  })
}

/** The norm of the gradient over epochs, of all weights together and of each of up to five layers, as SVG text. */
export function gradientNormCurve(history: CurveData): Promise<string> {
  const layers = [...new Set(history.epochs.flatMap((row) => (row.layers ?? []).map(({ layer }) => layer)))]
  const byLayer = layers.length > 1 && layers.length <= layerColors.length ? layers : []
  const whole: Series = { name: 'all weights', points: epochPoints(history, 'gradientNorm'), color: 'ink' }
  const parts = byLayer.map((layer, i): Series => ({
    name: shorten(layer, 20),
    points: history.epochs.flatMap(({ epoch, layers: own = [] }) => {
      const norm = own.find((one) => one.layer === layer)?.gradientNorm
      return norm === undefined ? [] : [{ x: epoch, y: norm }]
    }),
    color: layerColors[i]!,
    width: 1.5,
  }))
  return lineChart({
    label: `Gradient norm over epochs: ${ends(whole)}`,
    x: epochAxis(history),
    y: { title: 'gradient norm (L2)', zero: true, format: '~g' },
    series: [whole, ...parts],
  })
}

function seriesOf(
  history: CurveData,
  training: 'loss' | 'accuracy',
  validation: 'validationLoss' | 'validationAccuracy',
): Series[] {
  const means = epochPoints(history, training)
  const checked = epochPoints(history, validation)
  const within = pointsOf(history.slices ?? [], training)
  if (training === 'accuracy') dropStart(within, [...means, ...checked])
  return [
    ...(within.length > 1
      ? [{ points: within, color: 'blue' as const, opacity: 0.35, width: 1.5, markers: false }]
      : []),
    { name: 'training', points: means, color: 'blue' },
    ...(checked.length > 0 ? [{ name: 'validation', points: checked, color: 'orange' as const }] : []),
  ]
}

/** Leaves out the first steep rise, which would press all that follows into a corner. */
function dropStart(points: Point[], means: readonly Point[]): void {
  if (means.length === 0) return
  const values = means.map(({ y }) => y)
  const least = Math.min(...values)
  const floor = least - Math.max(0.02, Math.max(...values) - least)
  const first = points.findIndex(({ y }) => y >= floor)
  points.splice(0, Math.max(0, first))
}

function epochPoints({ epochs }: CurveData, field: Exclude<keyof EpochRow, 'epoch' | 'layers'>): Point[] {
  return epochs.flatMap((row) => {
    const y = row[field]
    return y === undefined || !Number.isFinite(y) ? [] : [{ x: row.epoch, y }]
  })
}

function pointsOf(slices: readonly SliceRow[], field: 'loss' | 'accuracy' | 'learningRate'): Point[] {
  return slices.flatMap((slice) => {
    const y = slice[field]
    return y === undefined ? [] : [{ x: slice.at, y }]
  })
}

/** From the start of training where stretches within epochs are known, else from the first epoch's end. */
function epochAxis({ epochs, slices = [] }: CurveData) {
  // While a run goes on, the course is ahead of the epochs that are done.
  const last = Math.max(epochs.at(-1)?.epoch ?? 1, slices.at(-1)?.at ?? 1)
  const first = epochs[0]?.epoch ?? 1
  const start = slices.length > 1 || first === last ? first - 1 : first
  return { title: 'epoch', integers: true, domain: [start, last] as const }
}

function ends({ name, points }: Series): string {
  const value = (point: Point | undefined) => point?.y.toPrecision(4) ?? 'none'
  return `${name ?? 'course'} from ${value(points[0])} to ${value(points.at(-1))}`
}
