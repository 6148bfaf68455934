// A column of 0 and 1 for each category, as scikit-learn's OneHotEncoder.
import { ShapeError } from '../../core/errors.js'
import type { Samples, Tensor } from '../../core/tensor.js'
import { toTable } from '../table.js'
import { CategoryEncoder, requireChoice } from './category-encoder.js'
import type { Cell, Cells } from './cells.js'

export interface OneHotOptions {
  /** What becomes of a category that was not there in `fit`: an error (default), or zeros. */
  handleUnknown?: 'error' | 'ignore'
}

/**
 * Turns words, or numbers that stand for kinds, into columns of 0 and 1, in the order of columns and sorted categories.
 * @example new OneHotEncoder().fitTransform([['near', 1], ['far', 1]]) // rows 0 1 1 and 1 0 1
 */
export class OneHotEncoder extends CategoryEncoder {
  protected readonly type = 'one-hot'

  constructor({ handleUnknown = 'error' }: OneHotOptions = {}) {
    requireChoice(handleUnknown, ['error', 'ignore'], 'handleUnknown')
    super(handleUnknown === 'ignore' ? -1 : undefined)
  }

  /** A fitted encoder from its state. @throws FormatError for anything else. */
  static fromJSON(state: unknown): OneHotEncoder {
    return new OneHotEncoder().restore(state)
  }

  /** Name of each column that `transform` gives: `<column>_<category>`. */
  get featureNames(): string[] {
    const { names, categories } = this.state
    return categories.flatMap((cells, i) => cells.map((cell) => `${names[i]!}_${String(cell)}`))
  }

  /** Rows of 0 and 1. @throws StateError before `fit`; ShapeError for other columns; DataError for an unknown category. */
  transform(x: Cells): Tensor<Float32Array> {
    const { numbers, rows, columns } = this.numbersOf(x)
    const names = this.featureNames
    const data = new Float32Array(rows * names.length)
    const starts = this.starts()
    for (let i = 0; i < numbers.length; i++) {
      const at = Math.floor(i / columns) * names.length + starts[i % columns]!
      if (numbers[i]! >= 0) data[at + numbers[i]!] = 1
    }
    const infos = names.map((name) => ({ name }))
    return this.tensor(data, rows, infos)
  }

  /** The category of the largest value among those of each column; null where all are zero. */
  inverseTransform(x: Samples): (Cell | null)[][] {
    const { categories } = this.state
    const starts = this.starts()
    const { data, rows, columns } = toTable(x, 'x')
    if (columns !== this.featureNames.length) {
      throw new ShapeError({
        rule: 'x has as many columns as transform gives',
        received: `${String(columns)} instead of ${String(this.featureNames.length)}`,
        remedy: 'pass all columns of it',
      })
    }
    return Array.from({ length: rows }, (_, row) => {
      return categories.map((cells, i) => {
        const at = row * columns + starts[i]!
        const values = Array.from(data.subarray(at, at + cells.length))
        const best = values.reduce((best, value, j) => (value > values[best]! ? j : best), 0)
        return values[best] === 0 ? null : cells[best]!
      })
    })
  }

  /** The first output of each column. */
  private starts(): number[] {
    let at = 0
    return this.state.categories.map(({ length }) => (at += length) - length)
  }
}
