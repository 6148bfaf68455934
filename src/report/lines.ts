// Plots of lines over numbers: curves of training, ROC, precision and recall, calibration.
import type { Mark, Scale } from 'vega'
import { draw, extentOf, usualSize, xAxis, yAxis, type AxisOptions } from './chart.js'
import { color, seriesColors, type ColorName } from './theme.js'
import { plain } from './text.js'

export interface Point {
  x: number
  y: number
  /** Area of its mark in square pixels; default 30. */
  size?: number
}

export interface Series {
  /** For the legend; a series without a name is not in it. */
  name?: string
  points: readonly Point[]
  color?: ColorName
  /** Default 2 px. */
  width?: number
  /** 0 to 1; default 1. */
  opacity?: number
  dashed?: boolean
  /** Whether each point is marked. Default: when the series has at most 40. */
  markers?: boolean
}

export interface LineChart {
  /** What it shows, for readers who do not see it. */
  label: string
  x: AxisOptions & { domain?: readonly [number, number] }
  y: AxisOptions & { domain?: readonly [number, number]; log?: boolean; zero?: boolean }
  series: readonly Series[]
  size?: { width: number; height: number }
}

/** The lines as SVG text. Points that are not finite are left out (with `log` also those that are not positive). */
export function lineChart({ label, x, y, series, size = usualSize }: LineChart): Promise<string> {
  const drawn = series.map((one, i) => ({
    ...one,
    color: color(one.color ?? seriesColors[i % seriesColors.length]!),
    points: one.points.filter((point) => isDrawable(point, y.log ?? false)),
  }))
  const all = drawn.flatMap(({ points }) => points)
  const named = drawn.filter(({ name }) => name !== undefined)
  const names = named.map(({ name }) => plain(name!))
  const domain = y.domain ?? extentOf(all.map((point) => point.y))
  const scales: Scale[] = [
    {
      name: 'x',
      type: 'linear',
      range: 'width',
      domain: [...(x.domain ?? extentOf(all.map((point) => point.x)))],
      zero: false,
    },
    {
      name: 'y',
      type: (y.log ? 'log' : 'linear') as 'linear',
      range: 'height',
      domain: [...domain],
      zero: y.zero ?? false,
      nice: y.domain === undefined && !y.log,
    },
    {
      name: 'names',
      type: 'ordinal',
      domain: names,
      range: named.map((one) => one.color),
    },
    { name: 'dashes', type: 'ordinal', domain: names, range: named.map(dashOf) },
  ]
  return draw({
    label,
    ...size,
    data: drawn.map(({ points }, i) => ({
      name: `series${String(i)}`,
      values: points.map((point) => ({ size: 30, ...point })),
    })),
    scales,
    axes: [
      xAxis({ grid: true, ...x }),
      yAxis(y, y.log ? { format: y.format ?? '~g', values: decades(domain) } : {}),
    ],
    legends:
      named.length < 2 && drawn.length < 2
        ? []
        : [
            {
              stroke: 'names',
              ...(named.some((one) => one.dashed) ? { strokeDash: 'dashes' } : {}),
              symbolType: 'stroke',
              orient: 'top',
              offset: 6,
              columns: columnsOf(names, size.width),
            },
          ],
    marks: drawn.flatMap((one, i) => marksOf(one, i)),
  })
}

/** Lengths of line and gap in turn. */
function dashOf({ dashed = false }: Pick<Series, 'dashed'>): number[] {
  return dashed ? [5, 4] : [1, 0]
}

/** How many names of a legend stand side by side over a plot of this width. */
function columnsOf(names: readonly string[], width: number): number {
  const longest = Math.max(...names.map((name) => [...name].length))
  const most = Math.max(1, Math.min(names.length, Math.floor(width / (7 * longest + 40))))
  // No more than fill the rows: Vega mixes up the order of names otherwise.
  return Math.max(1, Math.ceil(names.length / Math.ceil(names.length / most)))
}

/** Ticks of a logarithmic axis: powers of ten, with 2 and 5 times them where these are few. */
function decades([low, high]: readonly [number, number]): number[] {
  const first = Math.floor(Math.log10(low))
  const last = Math.ceil(Math.log10(high))
  const steps = high <= 1000 * low ? [1, 2, 5] : [1]
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  const ticks = powers.flatMap((power) => steps.map((step) => Number(`${String(step)}e${String(power)}`)))
  return ticks.filter((tick) => tick >= low && tick <= high)
}

function isDrawable({ x, y }: Point, log: boolean): boolean {
  return Number.isFinite(x) && Number.isFinite(y) && (!log || y > 0)
}

function marksOf(series: Omit<Series, 'color'> & { color: string }, index: number): Mark[] {
  const { points, width = 2, opacity = 1, dashed = false, markers = points.length <= 40 } = series
  const from = { data: `series${String(index)}` }
  const place = { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' } }
  const line: Mark = {
    type: 'line',
    from,
    encode: {
      enter: {
        ...place,
        stroke: { value: series.color },
        strokeWidth: { value: width },
        strokeOpacity: { value: opacity },
        strokeJoin: { value: 'round' },
        ...(dashed ? { strokeDash: { value: dashOf({ dashed }) } } : {}),
      },
    },
  }
  if (!markers) return [line]
  const dot: Mark = {
    type: 'symbol',
    from,
    encode: {
      enter: {
        ...place,
        size: { field: 'size' },
        fill: { value: series.color },
        fillOpacity: { value: opacity },
      },
    },
  }
  return [line, dot]
}
