// Plots of a regression over the test rows: predicted against true values, and residuals.
import type { Mark, Scale } from 'vega'
import { histogramPlot } from './bars.js'
import { draw, extentOf, xAxis, yAxis } from './chart.js'
import { color } from './theme.js'
import type { Histogram } from './run.js'

type Pairs = readonly (readonly [actual: number, predicted: number])[]

/**
 * Predicted against true values as SVG text, with the diagonal on which all predictions would be right.
 * @param pairs true and predicted value of each row. @param target what is predicted, with its unit.
 */
export function predictedVsTruePlot(pairs: Pairs, target: string): Promise<string> {
  const domain = extentOf(pairs.flat())
  const points = pairs.map(([x, y]) => ({ x, y }))
  return scatter(points, {
    label: `Predicted against true ${target}, ${String(points.length)} rows`,
    size: { width: 330, height: 330 },
    x: `true ${target}`,
    y: `predicted ${target}`,
    domains: [domain, domain],
    line: [
      { x: domain[0], y: domain[0] },
      { x: domain[1], y: domain[1] },
    ],
  })
}

/** Residuals (predicted − true) against predictions as SVG text; a good fit leaves a level band around 0. */
export function residualsPlot(pairs: Pairs, target: string): Promise<string> {
  const points = pairs.map(([actual, predicted]) => ({ x: predicted, y: predicted - actual }))
  const [low, high] = extentOf(points.map(({ x }) => x))
  return scatter(points, {
    label: `Residuals of ${target} against predictions, ${String(points.length)} rows`,
    size: { width: 380, height: 270 },
    x: `predicted ${target}`,
    y: `residual (predicted − true)`,
    domains: [[low, high], extentOf([0, ...points.map(({ y }) => y)])],
    line: [
      { x: low, y: 0 },
      { x: high, y: 0 },
    ],
  })
}

/** How often residuals of each size come, as SVG text. */
export function residualHistogram(residuals: Histogram, target: string): Promise<string> {
  return histogramPlot(residuals, {
    label: `Distribution of residuals of ${target}`,
    x: { title: `residual of ${target}` },
    y: { title: 'test rows' },
  })
}

interface Scatter {
  label: string
  size: { width: number; height: number }
  x: string
  y: string
  domains: readonly [readonly [number, number], readonly [number, number]]
  line: readonly { x: number; y: number }[]
}

function scatter(points: readonly { x: number; y: number }[], options: Scatter): Promise<string> {
  const [across, up] = options.domains
  const scales: Scale[] = [
    { name: 'x', type: 'linear', range: 'width', domain: [...across], zero: false, nice: true },
    { name: 'y', type: 'linear', range: 'height', domain: [...up], zero: false, nice: true },
  ]
  const place = { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' } }
  const opacity = points.length > 1000 ? 0.22 : points.length > 200 ? 0.4 : 0.7
  const marks: Mark[] = [
    {
      type: 'symbol',
      from: { data: 'points' },
      encode: {
        enter: {
          ...place,
          size: { value: points.length > 1000 ? 9 : 20 },
          fill: { value: color('blue') },
          fillOpacity: { value: opacity },
        },
      },
    },
    {
      type: 'line',
      from: { data: 'ideal' },
      encode: { enter: { ...place, stroke: { value: color('orange') }, strokeWidth: { value: 1.5 } } },
    },
  ]
  return draw({
    label: options.label,
    ...options.size,
    data: [
      { name: 'points', values: [...points] },
      { name: 'ideal', values: [...options.line] },
    ],
    scales,
    axes: [xAxis({ title: options.x, grid: true }), yAxis({ title: options.y })],
    marks,
  })
}
