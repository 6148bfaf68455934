// The plots of a comparison: the metric against training time and against parameters, with intervals, and all curves together.
import type { Comparison } from '../explore/compare.js'
import { draw, extentOf, usualSize, xAxis, yAxis } from './chart.js'
import { lineChart, type Point } from './lines.js'
import { shorten } from './text.js'
import { color, seriesColors } from './theme.js'

/** A plot under its file name, with its caption. */
export interface NamedPlot {
  name: string
  svg: string
  caption: string
}

/** Architectures whose curves are drawn; more cannot be told apart. */
const mostCurves = 12

export async function comparisonPlots(comparison: Comparison): Promise<NamedPlot[]> {
  const { metric } = comparison
  const numbered = 'Numbers are ranks; bars are 95 % intervals over seeds.'
  return [
    {
      name: 'metric_vs_time',
      svg: await scatter(comparison, 'training time of one trial (s)', ({ trainSeconds }) => trainSeconds),
      caption: `Mean ${metric} against training time. ${numbered}`,
    },
    {
      name: 'metric_vs_parameters',
      svg: await scatter(comparison, 'weights and biases', ({ parameters }) => parameters),
      caption: `Mean ${metric} against the number of weights and biases. ${numbered}`,
    },
    {
      name: 'curves',
      svg: await curves(comparison),
      caption: 'Training loss over epochs, means over seeds.',
    },
  ]
}

/** Where the rank of a point stands: by turns, since neighbours are often of one size. */
const sides = { right: { dx: 7, align: 'left' }, left: { dx: -7, align: 'right' } }

type Ranked = Comparison['ranking'][number]

/** The mean of the metric over a logarithmic axis; each point is named by its rank. */
function scatter(
  { ranking, metric }: Comparison,
  title: string,
  xOf: (one: Ranked) => number,
): Promise<string> {
  const values = ranking.flatMap((one) => {
    const { rank, mean, low = mean, high = mean } = one
    return mean === undefined || !(xOf(one) > 0)
      ? []
      : [
          {
            rank: String(rank),
            ...(rank % 2 === 1 ? sides.right : sides.left),
            x: xOf(one),
            mean,
            low: low!,
            high: high!,
          },
        ]
  })
  const xs = values.map(({ x }) => x)
  const [from, to] = extentOf(xs)
  const place = { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'mean' } }
  return draw({
    label: `${metric} against ${title} of ${String(values.length)} architectures`,
    ...usualSize,
    data: [{ name: 'points', values }],
    scales: [
      {
        name: 'x',
        type: 'log',
        range: 'width',
        domain: [Math.max(from / 1.6, Number.MIN_VALUE), to * 1.6],
        zero: false,
      } as never,
      {
        name: 'y',
        type: 'linear',
        range: 'height',
        domain: extentOf(values.flatMap(({ low, mean, high }) => [low, mean, high])),
        zero: false,
        nice: true,
      },
    ],
    axes: [
      xAxis({ title, grid: true }, { values: ticksOf(from, to), format: from < 1 ? '~g' : '~s' }),
      yAxis({ title: `${metric}, mean over seeds`, format: '~g' }),
    ],
    marks: [
      {
        type: 'rule',
        from: { data: 'points' },
        encode: {
          enter: {
            x: place.x,
            y: { scale: 'y', field: 'low' },
            y2: { scale: 'y', field: 'high' },
            stroke: { value: color('line') },
            strokeWidth: { value: 1.5 },
          },
        },
      },
      {
        type: 'symbol',
        from: { data: 'points' },
        encode: { enter: { ...place, size: { value: 60 }, fill: { value: color('blue') } } },
      },
      {
        type: 'text',
        from: { data: 'points' },
        encode: {
          enter: {
            ...place,
            dx: { field: 'dx' },
            align: { field: 'align' },
            dy: { value: -6 },
            text: { field: 'rank' },
            fill: { value: color('ink') },
          },
        },
      },
    ],
  })
}

/** 1, 2 and 5 times the powers of ten between and around the ends. */
function ticksOf(from: number, to: number): number[] {
  const first = Math.floor(Math.log10(from / 1.6))
  const last = Math.ceil(Math.log10(to * 1.6))
  const steps = last - first > 3 ? [1] : [1, 2, 5]
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    .flatMap((power) => steps.map((step) => Number(`${String(step)}e${String(power)}`)))
    .filter((tick) => tick >= from / 1.6 && tick <= to * 1.6)
}

function curves({ ranking }: Comparison): Promise<string> {
  const series = ranking.slice(0, mostCurves).map(({ rank, name, trials }, i) => ({
    name: `${String(rank)} ${shorten(name, 26)}`,
    points: meanCurve(trials.map(({ history }) => history.map(({ epoch, loss }) => ({ x: epoch, y: loss })))),
    color: seriesColors[i % seriesColors.length]!,
    dashed: i >= seriesColors.length,
  }))
  const values = series.flatMap(({ points }) => points.map(({ y }) => y))
  const log = Math.min(...values) > 0 && Math.max(...values) > 10 * Math.min(...values)
  return lineChart({
    label: `Training loss over epochs of ${String(series.length)} architectures`,
    x: { title: 'epoch', integers: true },
    y: { title: 'training loss, mean over seeds', log },
    series,
    size: { width: usualSize.width + 100, height: usualSize.height + 70 },
  })
}

/** The mean of several curves, as far as all of those that are there go. */
function meanCurve(all: readonly Point[][]): Point[] {
  const there = all.filter((points) => points.length > 0)
  const length = there.length === 0 ? 0 : Math.min(...there.map((points) => points.length))
  return Array.from({ length }, (_, i) => ({
    x: there[0]![i]!.x,
    y: there.reduce((sum, points) => sum + points[i]!.y, 0) / there.length,
  }))
}
