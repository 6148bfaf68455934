// From a Vega specification to SVG text: the frame, axes and legend that all plots share. Vega (BSD-3) lays out and draws; it
// needs no DOM and loads with the first plot.
import type { Axis, Legend, Mark, Scale, Spec } from 'vega'
import { color } from './theme.js'
import { escapeHtml, plain } from './text.js'

export const fontFamily = 'system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif'
const fontSize = 12

/** Size of a plot's inside in CSS pixels, without axes. Small, so that it is legible on a phone as it is. */
export const usualSize = { width: 380, height: 230 }

export interface AxisOptions {
  /** With its unit in brackets, if it has one. */
  title: string
  /** A d3-format, `.0%` or `d`. */
  format?: string
  /** Only whole numbers are marked. */
  integers?: boolean
  /** Lines across the plot; default true for y, false for x. */
  grid?: boolean
}

/** A plot for `draw`. */
export interface Drawing {
  /** What it shows, for readers who do not see it. */
  label: string
  width: number
  height: number
  data: Spec['data']
  scales: Scale[]
  axes: Axis[]
  marks: Mark[]
  legends?: Legend[]
  signals?: Spec['signals']
}

const config = {
  background: color('paper'),
  axis: {
    labelFont: fontFamily,
    titleFont: fontFamily,
    labelFontSize: fontSize - 1,
    titleFontSize: fontSize,
    titleFontWeight: 'normal',
    labelColor: color('muted'),
    titleColor: color('ink'),
    domainColor: color('line'),
    tickColor: color('line'),
    gridColor: color('grid'),
    tickSize: 4,
    titlePadding: 8,
  },
  legend: {
    labelFont: fontFamily,
    labelFontSize: fontSize,
    labelColor: color('ink'),
    symbolSize: 120,
    symbolStrokeWidth: 2.5,
    labelLimit: 200,
    columnPadding: 16,
  },
  text: { font: fontFamily, fontSize },
} as const

/** A part of Vega that its types leave out. */
interface TextMetrics {
  width: (item: { fontSize?: number }, text: unknown) => number
}

async function loadVega(): Promise<typeof import('vega')> {
  const vega = await import('vega')
  const { textMetrics } = vega as unknown as { textMetrics: TextMetrics }
  // Without a canvas Vega takes letters for wider than they are, and leaves gaps.
  textMetrics.width = (item, text) => 0.58 * (item.fontSize ?? fontSize) * [...String(text ?? '')].length
  return vega
}

/** The plot as the text of an SVG document, in the light colours, without scripts, styles or identifiers. */
export async function draw(drawing: Drawing): Promise<string> {
  const { parse, View } = await loadVega()
  const { label, ...rest } = drawing
  const spec = { ...rest, padding: 8, autosize: 'pad', background: color('paper'), config } as Spec
  const view = new View(parse(spec), { renderer: 'none' })
  try {
    return tidy(await view.toSVG(), label)
  } finally {
    view.finalize()
  }
}

/**
 * Leaves out what changes nothing, and half of the text; one description of the whole stands in place of those of each mark,
 * which would be read aloud one after the other.
 */
function tidy(svg: string, label: string): string {
  return svg
    .replace(/ (?:role|aria-[a-z]+|class|pointer-events|xmlns:xlink|version|font-family)="[^"]*"/g, '')
    .replace(/ (?:(?:stroke-|fill-)?opacity|stroke-width)="1"| font-weight="normal"/g, '')
    .replace(/<path d="(?:M0,0h[\d.]+v[\d.]+h-?[\d.]+Z)?"(?: display="none")?\/>/g, '')
    .replace(/ (?:d|transform|[xy]2?)="[^"]*"/g, (attribute) =>
      attribute.replace(/\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2)))),
    )
    .replace(/<g><\/g>/g, '')
    .replace(
      '<svg ',
      `<svg role="img" aria-label="${escapeHtml(label)}" font-family="${escapeHtml(fontFamily)}" `,
    )
}

/** The axis under the plot. */
export function xAxis(options: AxisOptions, more: Partial<Axis> = {}): Axis {
  return axis('x', 'bottom', { grid: false, ...options }, more)
}

/** The axis on the left of the plot. */
export function yAxis(options: AxisOptions, more: Partial<Axis> = {}): Axis {
  return axis('y', 'left', options, more)
}

function axis(
  scale: 'x' | 'y',
  orient: 'bottom' | 'left',
  { title, format, integers = false, grid = true }: AxisOptions,
  more: Partial<Axis>,
): Axis {
  return {
    scale,
    orient,
    title: plain(title),
    grid,
    tickCount: 6,
    labelOverlap: true,
    labelFlush: false,
    ...(format === undefined ? {} : { format }),
    ...(integers ? { format: 'd', tickMinStep: 1 } : {}),
    ...more,
  } as Axis
}

/** The smallest range that holds all values; a little wider than a single one; [0, 1] for none. */
export function extentOf(values: Iterable<number>): [number, number] {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low > high) return [0, 1]
  if (low < high) return [low, high]
  const margin = Math.abs(low) * 0.1 || 1
  return [low - margin, high + margin]
}
