// The plots of a search: every trial through its settings (parallel coordinates), what made the difference, and how the best grew.
import type { SearchResult } from '../explore/tune.js'
import { draw, usualSize, xAxis, yAxis } from './chart.js'
import type { NamedPlot } from './comparison-plots.js'
import { lineChart } from './lines.js'
import { figure, shorten } from './text.js'
import { color } from './theme.js'

export async function searchPlots(search: SearchResult): Promise<NamedPlot[]> {
  return [
    {
      name: 'parallel_coordinates',
      svg: await parallelCoordinates(search),
      caption: `Each line is a trial through its settings to its ${search.metric}; the best tenth is orange.`,
    },
    {
      name: 'importance',
      svg: await importancePlot(search),
      caption:
        'How much of the ranking of the trials goes with each setting alone (ε²; 0 is no more than chance).',
    },
    {
      name: 'progress',
      svg: await progressPlot(search),
      caption: `The ${search.metric} of each trial, in the order in which they began, and the best so far.`,
    },
  ]
}

interface Axis {
  title: string
  /** From 0 at the bottom to 1, for each trial; undefined where it has no value. */
  places: (number | undefined)[]
  low: string
  high: string
}

function axisOf(title: string, values: readonly unknown[]): Axis {
  const told = values.map((value) => (Array.isArray(value) ? value.join('-') : value))
  const numbers = told.filter((value) => typeof value === 'number')
  if (
    numbers.length === told.filter((value) => value !== undefined && value !== null).length &&
    numbers.length > 0
  ) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)]
    const isLog = low > 0 && high / low >= 20
    const inward = (value: number) => (isLog ? Math.log(value) : value)
    const range = inward(high) - inward(low) || 1
    const places = told.map((value) =>
      typeof value === 'number' ? (inward(value) - inward(low)) / range : undefined,
    )
    return { title, places, low: figure(low), high: figure(high) }
  }
  const names = [...new Set(told.filter((value) => value !== undefined).map(String))].sort()
  const most = Math.max(1, names.length - 1)
  const places = told.map((value) => (value === undefined ? undefined : names.indexOf(String(value)) / most))
  return { title, places, low: names[0] ?? '', high: names.at(-1) ?? '' }
}

function parallelCoordinates({ trials, metric }: SearchResult): Promise<string> {
  const fields = [...new Set(trials.flatMap(({ settings }) => Object.keys(settings)))]
  const axes = [
    ...fields.map((field) =>
      axisOf(
        field,
        trials.map(({ settings }) => settings[field as keyof typeof settings]),
      ),
    ),
    axisOf(
      metric,
      trials.map(({ value }) => value ?? undefined),
    ),
  ]
  const up = ['loss', 'rmse', 'mse', 'mae'].includes(metric) ? 1 : -1
  const order = [...trials].sort((a, b) => up * ((a.value ?? up * Infinity) - (b.value ?? up * Infinity)))
  const best = new Set(order.slice(0, Math.max(1, Math.ceil(trials.length / 10))).map(({ number }) => number))
  const width = Math.max(usualSize.width, 120 * (axes.length - 1))
  const xOf = (i: number) => (i / Math.max(1, axes.length - 1)) * width
  const lines = trials.flatMap(({ number }, t) =>
    axes.flatMap(({ places }, i) => {
      const y = places[t]
      return y === undefined ? [] : [{ number, x: xOf(i), y }]
    }),
  )
  const line = (name: string, stroke: string, opacity: number, wide: number) => ({
    type: 'group' as const,
    from: { facet: { name: `${name}Lines`, data: name, groupby: 'number' } },
    marks: [
      {
        type: 'line' as const,
        from: { data: `${name}Lines` },
        encode: {
          enter: {
            x: { field: 'x' },
            y: { scale: 'y', field: 'y' },
            stroke: { value: stroke },
            strokeOpacity: { value: opacity },
            strokeWidth: { value: wide },
          },
        },
      },
    ],
  })
  const poles = axes.map(({ title, low, high }, i) => ({
    x: xOf(i),
    title: shorten(title, 16),
    low: shorten(low, 16),
    high: shorten(high, 16),
  }))
  const label = (field: string, y: number, dy: number, name: 'ink' | 'muted') => ({
    type: 'text' as const,
    from: { data: 'poles' },
    encode: {
      enter: {
        x: { field: 'x' },
        y: { scale: 'y', value: y },
        dy: { value: dy },
        align: { value: 'center' as const },
        text: { field },
        fill: { value: color(name) },
        fontSize: { value: 11 },
      },
    },
  })
  return draw({
    label: `${String(trials.length)} trials through their settings to ${metric}`,
    width,
    height: usualSize.height,
    data: [
      { name: 'others', values: lines.filter(({ number }) => !best.has(number)) },
      { name: 'best', values: lines.filter(({ number }) => best.has(number)) },
      { name: 'poles', values: poles },
    ],
    scales: [{ name: 'y', type: 'linear', range: 'height', domain: [0, 1] }],
    axes: [],
    marks: [
      {
        type: 'rule',
        from: { data: 'poles' },
        encode: {
          enter: {
            x: { field: 'x' },
            y: { scale: 'y', value: 0 },
            y2: { scale: 'y', value: 1 },
            stroke: { value: color('line') },
          },
        },
      },
      line('others', color('blue'), 0.35, 1.2),
      line('best', color('orange'), 1, 2),
      label('title', 1, -24, 'ink'),
      label('high', 1, -8, 'muted'),
      label('low', 0, 16, 'muted'),
    ],
  })
}

function importancePlot({ importance }: SearchResult): Promise<string> {
  const names = importance.map(({ parameter }) => shorten(parameter, 20))
  const step = 24
  return draw({
    label: `Importance: ${importance.map(({ parameter, share }) => `${parameter} ${share.toFixed(2)}`).join(', ')}`,
    width: usualSize.width,
    height: step * names.length,
    data: [{ name: 'bars', values: importance.map(({ share }, i) => ({ name: names[i]!, share })) }],
    scales: [
      { name: 'x', type: 'linear', range: 'width', domain: [0, 1] },
      { name: 'y', type: 'band', range: [0, step * names.length], domain: names, padding: 0.25 },
    ],
    axes: [
      xAxis({ title: 'share of the differences between trials', format: '.0%', grid: true }),
      yAxis({ title: 'setting', grid: false }, { labelOverlap: false, tickSize: 0 }),
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'bars' },
        encode: {
          enter: {
            y: { scale: 'y', field: 'name' },
            height: { scale: 'y', band: 1 },
            x: { scale: 'x', value: 0 },
            x2: { scale: 'x', field: 'share' },
            fill: { value: color('blue') },
          },
        },
      },
    ],
  })
}

function progressPlot({ trials, metric }: SearchResult): Promise<string> {
  const known = trials.filter(({ value }) => value !== null)
  const better = ['loss', 'rmse', 'mse', 'mae'].includes(metric) ? Math.min : Math.max
  let best: number | undefined
  const points = known.map(({ number, value }) => ({ x: number, y: value! }))
  const bests = points.map(({ x, y }) => ({ x, y: (best = best === undefined ? y : better(best, y)) }))
  return lineChart({
    label: `${metric} over ${String(trials.length)} trials`,
    x: { title: 'trial', integers: true },
    y: { title: metric },
    series: [
      { name: 'trial', points, color: 'sky', width: 1, opacity: 0.7 },
      { name: 'best so far', points: bests, color: 'orange', markers: false },
    ],
  })
}
