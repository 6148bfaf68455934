// The confusion matrix as a picture: shares of each true class, right answers in blue, mistakes in orange. Up to 20 classes the
// cells hold numbers; beyond, colour alone tells, and the plot grows.
import type { Label } from '../metrics/index.js'
import type { Mark } from 'vega'
import { draw } from './chart.js'
import { ReportError } from './error.js'
import { color } from './theme.js'
import { plain } from './text.js'

/** Classes up to which cells hold numbers. */
const mostWithNumbers = 20

interface Cell {
  row: number
  column: number
  share: number
  shown: string
  right: boolean
  strength: number
}

/**
 * The confusion matrix as SVG text: each row is divided by its sum, so that it tells where the rows of a class went.
 * @param matrix rows: true classes; columns: predicted ones, as `confusionMatrix` gives it.
 * @param classes names in the matrix's order.
 * @throws ReportError unless the matrix is square with one name a class.
 */
export function confusionPlot(
  matrix: readonly (readonly number[])[],
  classes: readonly Label[],
): Promise<string> {
  const size = classes.length
  if (size === 0 || matrix.length !== size || matrix.some((row) => row.length !== size)) {
    throw new ReportError({
      rule: 'a confusion matrix is square, with one name for each class',
      received: `${String(matrix.length)} rows and ${String(size)} names`,
      remedy: 'pass the classes that confusionMatrix was asked for',
    })
  }
  const names = classes.map(plain)
  const cell =
    size <= 6 ? 56 : size <= 12 ? 36 : size <= mostWithNumbers ? 28 : Math.max(9, Math.round(620 / size))
  const withNumbers = size <= mostWithNumbers
  const longest = Math.max(...names.map((name) => [...name].length))
  const upright = longest * 6.5 > cell - 2
  const fontSize = Math.min(11, cell - (withNumbers ? 2 : 1))
  const labels = { text: { signal: 'names[datum.value]' }, fontSize: { value: fontSize } }
  const shared = { tickSize: 0, domain: false, labelPadding: 4, labelOverlap: false, labelLimit: 110 }
  return draw({
    label: `Confusion matrix of ${String(size)} classes, normalized by true class`,
    width: cell * size,
    height: cell * size,
    signals: [{ name: 'names', value: names }],
    data: [{ name: 'cells', values: cellsOf(matrix, withNumbers) }],
    scales: [
      { name: 'x', type: 'band', range: 'width', domain: names.map((_, i) => i) },
      { name: 'y', type: 'band', range: [0, cell * size], domain: names.map((_, i) => i) },
    ],
    axes: [
      {
        ...shared,
        scale: 'x',
        orient: 'bottom',
        title: 'predicted class',
        labelAngle: upright ? -90 : 0,
        labelAlign: upright ? 'right' : 'center',
        labelBaseline: upright ? 'middle' : 'top',
        encode: { labels: { update: labels } },
      },
      { ...shared, scale: 'y', orient: 'left', title: 'true class', encode: { labels: { update: labels } } },
    ],
    marks: [background(size, cell), cellsMark(), ...(withNumbers ? [numbersMark(cell)] : [])],
  })
}

/** Only cells with rows: the others are paper. */
function cellsOf(matrix: readonly (readonly number[])[], withNumbers: boolean): Cell[] {
  return matrix.flatMap((counts, row) => {
    const total = counts.reduce((sum, count) => sum + count, 0)
    return counts.flatMap((count, column) => {
      if (count === 0) return []
      const share = count / total
      const right = row === column
      // A square root shows small shares of mistakes, which are what one looks for.
      const strength = right ? 0.1 + 0.8 * share : Math.min(1, 0.08 + 0.92 * Math.sqrt(share))
      return [{ row, column, share, shown: withNumbers ? short(share) : '', right, strength }]
    })
  })
}

/** Per cent, short enough for a cell. */
function short(share: number): string {
  const value = 100 * share
  if (value >= 99.95) return '100'
  return value < 0.05 ? '' : value.toFixed(1)
}

function background(size: number, cell: number): Mark {
  return {
    type: 'rect',
    encode: {
      enter: {
        width: { value: size * cell },
        height: { value: size * cell },
        stroke: { value: color('line') },
        fill: { value: color('paper') },
      },
    },
  }
}

function cellsMark(): Mark {
  return {
    type: 'rect',
    from: { data: 'cells' },
    encode: {
      enter: {
        x: { scale: 'x', field: 'column' },
        y: { scale: 'y', field: 'row' },
        width: { scale: 'x', band: 1 },
        height: { scale: 'y', band: 1 },
        fill: [{ test: 'datum.right', value: color('blue') }, { value: color('orange') }],
        fillOpacity: { field: 'strength' },
      },
    },
  }
}

function numbersMark(cell: number): Mark {
  return {
    type: 'text',
    from: { data: 'cells' },
    encode: {
      enter: {
        x: { scale: 'x', field: 'column', band: 0.5 },
        y: { scale: 'y', field: 'row', band: 0.5 },
        text: { field: 'shown' },
        align: { value: 'center' },
        baseline: { value: 'middle' },
        fontSize: { value: cell >= 36 ? 11 : 9 },
        fill: [{ test: 'datum.strength > 0.5', value: color('paper') }, { value: color('ink') }],
      },
    },
  }
}
