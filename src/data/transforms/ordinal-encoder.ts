// A number for each category, in sorted order, as scikit-learn's OrdinalEncoder.
import { ArgumentError } from '../../core/errors.js'
import type { Samples, Tensor } from '../../core/tensor.js'
import { toTable } from '../table.js'
import { CategoryEncoder, requireChoice } from './category-encoder.js'
import type { Cell, Cells } from './cells.js'

export interface OrdinalOptions {
  /** What becomes of a category that was not there in `fit`: an error (default), or `unknownValue`. */
  handleUnknown?: 'error' | 'useEncodedValue'
  /** A number below 0, such as −1. */
  unknownValue?: number
}

/** Turns words, or numbers that stand for kinds, into 0, 1, … by their sorted order in each column. */
export class OrdinalEncoder extends CategoryEncoder {
  protected readonly type = 'ordinal'

  constructor({ handleUnknown = 'error', unknownValue }: OrdinalOptions = {}) {
    requireChoice(handleUnknown, ['error', 'useEncodedValue'], 'handleUnknown')
    const given = unknownValue !== undefined && unknownValue < 0 && Number.isFinite(unknownValue)
    if (given !== (handleUnknown === 'useEncodedValue') || (unknownValue !== undefined && !given)) {
      throw new ArgumentError({
        rule: "unknownValue is a number below 0 that goes with handleUnknown: 'useEncodedValue'",
        received: `${String(unknownValue)} with ${handleUnknown}`,
        remedy: 'pass both, with -1, or none',
      })
    }
    super(unknownValue)
  }

  /** A fitted encoder from its state. @throws FormatError for anything else. */
  static fromJSON(state: unknown): OrdinalEncoder {
    return new OrdinalEncoder().restore(state)
  }

  /** Rows of numbers. @throws StateError before `fit`; ShapeError for other columns; DataError for an unknown category. */
  transform(x: Cells): Tensor<Float32Array> {
    const { numbers, rows } = this.numbersOf(x)
    const infos = this.state.names.map((name) => ({ name }))
    return this.tensor(Float32Array.from(numbers), rows, infos)
  }

  /** The categories of numbers; null for what is the number of none. */
  inverseTransform(x: Samples): (Cell | null)[][] {
    const { categories } = this.state
    const { data, rows, columns } = toTable(x, 'x')
    return Array.from({ length: rows }, (_, row) => {
      return categories.map((cells, i) => cells[data[row * columns + i]!] ?? null)
    })
  }
}
