// Histograms of weights and of activations, layer by layer.
import { histogramPlot } from './bars.js'
import type { Distribution } from './run.js'

const size = { width: 380, height: 120 }

/** The weights of a layer as SVG text. */
export function weightsPlot({ name, histogram }: Distribution): Promise<string> {
  return histogramPlot(histogram, {
    label: `Distribution of ${name}`,
    size,
    x: { title: `value of ${name}` },
    y: { title: 'weights', format: '~s' },
    color: 'green',
  })
}

/** What a layer gives over rows of the data, as SVG text. */
export function activationsPlot({ name, histogram }: Distribution): Promise<string> {
  return histogramPlot(histogram, {
    label: `Distribution of the activations of ${name}`,
    size,
    x: { title: `activation of ${name}` },
    y: { title: 'values', format: '~s' },
    color: 'purple',
  })
}
