// Bars: figures of each class, and histograms.
import { draw, usualSize, xAxis, yAxis, type AxisOptions } from './chart.js'
import { color, type ColorName } from './theme.js'
import { plain } from './text.js'
import type { ClassFigures, Histogram } from './run.js'

const figures = [
  { field: 'precision', color: 'blue' },
  { field: 'recall', color: 'orange' },
  { field: 'f1', color: 'ink' },
] as const

/**
 * Precision, recall and F1 of each class as SVG text: a bar from the lower of precision and recall to the higher, with a mark
 * for each figure. Classes stand one below the other, the worst F1 first; the axis starts where the lowest figure needs it.
 */
export function perClassPlot(perClass: readonly ClassFigures[]): Promise<string> {
  const sorted = [...perClass].sort((a, b) => a.f1 - b.f1)
  const values = sorted.flatMap((one) => figures.map(({ field }) => one[field]))
  const lowest = Math.min(...values, 1)
  const start = lowest > 0.5 ? Math.floor(Math.max(0, lowest - 0.01) * 20) / 20 : 0
  const names = sorted.map(({ label }) => plain(label))
  const rows = sorted.map((one, i) => ({
    i,
    low: Math.min(one.precision, one.recall),
    high: Math.max(one.precision, one.recall),
  }))
  const marks = sorted.flatMap((one, i) =>
    figures.map(({ field, color: name }) => ({ i, value: one[field], fill: color(name) })),
  )
  const step = sorted.length > 30 ? 13 : 20
  const place = { y: { scale: 'y', field: 'i', band: 0.5 } }
  return draw({
    label: `Precision, recall and F1 of ${String(names.length)} classes`,
    width: usualSize.width - 40,
    height: step * names.length,
    signals: [{ name: 'names', value: names }],
    data: [
      { name: 'rows', values: rows },
      { name: 'marks', values: marks },
    ],
    scales: [
      { name: 'x', type: 'linear', range: 'width', domain: [start, 1], zero: false },
      { name: 'y', type: 'band', range: [0, step * names.length], domain: names.map((_, i) => i) },
      {
        name: 'figures',
        type: 'ordinal',
        domain: ['precision', 'recall', 'F1'],
        range: figures.map((one) => color(one.color)),
      },
    ],
    axes: [
      xAxis({ title: 'share', grid: true }),
      yAxis(
        { title: 'class', grid: false },
        {
          labelOverlap: false,
          labelLimit: 120,
          tickSize: 0,
          domain: false,
          labelPadding: 6,
          encode: {
            labels: {
              update: { text: { signal: 'names[datum.value]' }, fontSize: { value: step > 15 ? 11 : 10 } },
            },
          },
        },
      ),
    ],
    legends: [
      { fill: 'figures', symbolType: 'circle', symbolSize: 70, orient: 'top', direction: 'horizontal' },
    ],
    marks: [
      {
        type: 'rule',
        from: { data: 'rows' },
        encode: {
          enter: {
            ...place,
            x: { scale: 'x', field: 'low' },
            x2: { scale: 'x', field: 'high' },
            stroke: { value: color('line') },
            strokeWidth: { value: 2 },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'marks' },
        encode: {
          enter: {
            ...place,
            x: { scale: 'x', field: 'value' },
            size: { value: 55 },
            fill: { field: 'fill' },
          },
        },
      },
    ],
  })
}

export interface HistogramOptions {
  /** What it shows, for readers who do not see it. */
  label: string
  x: AxisOptions
  y: AxisOptions
  color?: ColorName
  size?: { width: number; height: number }
}

/** A histogram as SVG text: bins of equal width from `low` to `high`. */
export function histogramPlot({ low, high, counts }: Histogram, options: HistogramOptions): Promise<string> {
  const width = (high - low) / counts.length
  const size = options.size ?? usualSize
  return draw({
    label: options.label,
    ...size,
    data: [
      {
        name: 'bins',
        values: counts.map((count, i) => ({ from: low + i * width, to: low + (i + 1) * width, count })),
      },
    ],
    scales: [
      { name: 'x', type: 'linear', range: 'width', domain: [low, high], zero: false },
      { name: 'y', type: 'linear', range: 'height', domain: [0, Math.max(1, ...counts)], nice: true },
    ],
    axes: [xAxis(options.x), yAxis(options.y, { tickCount: 4 })],
    marks: [
      {
        type: 'rect',
        from: { data: 'bins' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'from' },
            x2: { scale: 'x', field: 'to', offset: -0.5 },
            y: { scale: 'y', field: 'count' },
            y2: { scale: 'y', value: 0 },
            fill: { value: color(options.color ?? 'blue') },
          },
        },
      },
    ],
  })
}
