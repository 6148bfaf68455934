// What an exported module scores: the text itself is run, so the figure is that of the file and of nothing like it.
import type { ModuleFiles } from '../persist/module.js'
import type { Part } from './data.js'

type Cell = number | string | undefined
type Sample = ArrayLike<number> | Record<string, Cell>

interface Exported {
  init: (wasm?: Uint8Array) => Promise<void>
  predict: (sample: Sample) => { label?: unknown; value?: number; values?: Float32Array }
}

/** Accuracy over the rows, or the root mean squared error of a regression. */
export async function moduleFigure({ text, wasm }: ModuleFiles, { x, y }: Part): Promise<number> {
  const address = `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`
  const { init, predict } = (await import(address)) as Exported
  await init(wasm)
  const columns = x.data.length / y.length
  let [right, squares, numbers] = [0, 0, 0]
  for (const [r, target] of y.entries()) {
    const row = x.data.subarray(r * columns, (r + 1) * columns)
    const { label, value, values } = predict(sampleOf(row, x.columns))
    if (label !== undefined) right += Number(label === target)
    for (const predicted of values ?? (value === undefined ? [] : [value])) {
      squares += (predicted - Number(target)) ** 2
      numbers++
    }
  }
  return numbers > 0 ? Math.sqrt(squares / numbers) : right / y.length
}

/** A row of a table by the names of its columns, with words for the numbers of categories. */
function sampleOf(row: ArrayLike<number>, columns: Part['x']['columns']): Sample {
  if (columns === undefined) return row
  return Object.fromEntries(
    columns.map(({ name, categories }, c): [string, Cell] => {
      const value = row[c]!
      return [name, categories === undefined || Number.isNaN(value) ? value : categories[value]]
    }),
  )
}
