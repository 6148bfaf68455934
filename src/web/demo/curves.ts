// Two charts that grow: loss on a logarithmic scale and accuracy, on training batches and on test digits, over epochs.
import { element } from './dom.js'

type Series = [epoch: number, value: number][]

export interface Curves {
  /** Epochs of the run. */
  epochs: number
  training: { loss: Series; accuracy: Series }
  test: { loss: Series; accuracy: Series }
}

export function emptyCurves(epochs: number): Curves {
  return { epochs, training: { loss: [], accuracy: [] }, test: { loss: [], accuracy: [] } }
}

/** More points than pixels serve nobody. */
const mostPoints = 500

/** Adds a point; of long series every other old point is dropped. */
export function extend(series: Series, epoch: number, value: number): void {
  if (!Number.isFinite(value)) return
  series.push([epoch, value])
  if (series.length < mostPoints) return
  const kept = series.filter((_, i) => i % 2 === 1)
  series.splice(0, series.length, ...kept)
}

interface Scale {
  least: number
  most: number
  ticks: number[]
  /** 0 at the bottom, 1 at the top. */
  place: (value: number) => number
  text: (value: number) => string
}

const margin = { left: 50, right: 14, top: 10, bottom: 26 }
const height = 190

export class Charts {
  private latest: Curves = emptyCurves(1)
  private readonly charts = [
    { svg: element('loss-chart', SVGSVGElement), of: 'loss', scale: lossScale },
    { svg: element('accuracy-chart', SVGSVGElement), of: 'accuracy', scale: accuracyScale },
  ] as const

  constructor() {
    const observer = new ResizeObserver(() => this.draw(this.latest))
    for (const { svg } of this.charts) observer.observe(svg)
  }

  draw(curves: Curves): void {
    this.latest = curves
    for (const { svg, of, scale } of this.charts) {
      const [training, test] = [curves.training[of], curves.test[of]]
      drawChart(svg, curves.epochs, scale([...training, ...test]), training, test)
    }
  }
}

function drawChart(svg: SVGSVGElement, epochs: number, scale: Scale, training: Series, test: Series): void {
  const width = svg.clientWidth
  if (width === 0) return
  const [right, bottom] = [width - margin.right, height - margin.bottom]
  const x = (epoch: number) => margin.left + (epoch / epochs) * (right - margin.left)
  const y = (value: number) => bottom - Math.min(1, Math.max(0, scale.place(value))) * (bottom - margin.top)
  svg.setAttribute('viewBox', `0 0 ${String(width)} ${String(height)}`)
  const parts: SVGElement[] = []
  for (const tick of scale.ticks) {
    parts.push(shape('line', { class: 'grid', x1: margin.left, x2: right, y1: y(tick), y2: y(tick) }))
    parts.push(label(scale.text(tick), { class: 'tick end', x: margin.left - 8, y: y(tick) + 4 }))
  }
  for (const epoch of epochTicks(epochs, (right - margin.left) / 44))
    parts.push(label(String(epoch), { class: 'tick middle', x: x(epoch), y: height - 8 }))
  const path = (series: Series) =>
    series
      .map(([epoch, value], i) => `${i === 0 ? 'M' : 'L'}${x(epoch).toFixed(1)} ${y(value).toFixed(1)}`)
      .join('')
  parts.push(shape('path', { class: 'line training', d: path(training) }))
  parts.push(shape('path', { class: 'line test', d: path(test) }))
  const last = test.at(-1)
  if (last !== undefined)
    parts.push(shape('circle', { class: 'dot', cx: x(last[0]), cy: y(last[1]), r: 3.5 }))
  svg.replaceChildren(svg.querySelector('title')!, ...parts)
}

function shape(tag: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value))
  return made
}

function label(text: string, attributes: Record<string, string | number>): SVGElement {
  const made = shape('text', attributes)
  made.textContent = text
  return made
}

/** From 0 in steps of 1, 2, 5, 10 …, at most so many. */
function epochTicks(epochs: number, most: number): number[] {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500]
  const step = steps.find((candidate) => epochs / candidate <= most) ?? 1000
  return Array.from({ length: Math.floor(epochs / step) + 1 }, (_, i) => i * step)
}

const decades = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]

function lossScale(series: Series): Scale {
  const values = series.map(([, value]) => Math.max(value, 1e-4))
  const least = Math.min(0.3, ...values)
  const most = Math.max(1, ...values)
  const below = decades.findLast((tick) => tick <= least) ?? decades[0]!
  const above = decades.find((tick) => tick >= most) ?? decades.at(-1)!
  const span = Math.log(above / below)
  const inside = decades.filter((tick) => tick >= below && tick <= above)
  return {
    least: below,
    most: above,
    // Of many, whole decades.
    ticks: inside.length <= 6 ? inside : inside.filter((tick) => String(tick).endsWith('1') || tick === 10),
    place: (value) => Math.log(Math.max(value, below) / below) / span,
    text: String,
  }
}

function accuracyScale(series: Series): Scale {
  // What came first may fall below the chart: the end is what one wants to see.
  const later = series.filter(([epoch]) => epoch >= 1).map(([, value]) => value)
  const low = Math.min(...(later.length > 0 ? later : [0]))
  const least = [0.96, 0.9, 0.8, 0.5, 0].find((start) => start < low - 0.005) ?? 0
  const steps = least === 0.96 ? 4 : least === 0.9 || least === 0.5 ? 5 : least === 0.8 ? 4 : 5
  const ticks = Array.from({ length: steps + 1 }, (_, i) => least + ((1 - least) * i) / steps)
  return {
    least,
    most: 1,
    ticks,
    place: (value) => (value - least) / (1 - least),
    text: (value) => `${String(Math.round(100 * value))} %`,
  }
}
