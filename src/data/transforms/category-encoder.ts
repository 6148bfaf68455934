// What the encoders of categories share: the categories of each column, found in training rows.
import { ArgumentError, DataError, FormatError, ShapeError, StateError } from '../../core/errors.js'
import type { ColumnInfo, Tensor } from '../../core/tensor.js'
import { categoriesOf, toCells, type Cell, type Cells } from './cells.js'

/** The fitted state of an encoder as plain data. */
export interface EncoderState {
  type: string
  names: string[]
  categories: Cell[][]
  /** What becomes of a cell that is no category: absent for an error, else the number that stands for it. */
  unknown?: number
}

export abstract class CategoryEncoder {
  /** Names the state. */
  protected abstract readonly type: string
  private fitted: { names: string[]; categories: Cell[][] } | undefined

  /** @param unknown the number of a cell that is no category; undefined for an error. */
  protected constructor(protected unknown: number | undefined) {}

  /** The categories of each column in ascending order. @throws StateError before `fit`. */
  get categories(): Cell[][] {
    return structuredClone(this.state.categories)
  }

  /** Finds the categories of each column; forgets an earlier fit. @throws ShapeError, DataError for what is no table. */
  fit(x: Cells): this {
    const { columns, names } = toCells(x)
    this.fitted = { names, categories: columns.map(categoriesOf) }
    return this
  }

  /** `fit`, then `transform` of the same rows. */
  fitTransform(x: Cells): Tensor<Float32Array> {
    return this.fit(x).transform(x)
  }

  abstract transform(x: Cells): Tensor<Float32Array>

  /** The fitted state as plain data. @throws StateError before `fit`. */
  toJSON(): EncoderState {
    const unknown = this.unknown === undefined ? {} : { unknown: this.unknown }
    return { type: this.type, ...structuredClone(this.state), ...unknown }
  }

  protected get state(): { names: string[]; categories: Cell[][] } {
    if (this.fitted !== undefined) return this.fitted
    throw new StateError({
      rule: 'an encoder is fitted before it is used',
      received: 'one that is not',
      remedy: 'call fit or fitTransform with the training rows first',
    })
  }

  /** Numbers of the categories, row-major. @throws ShapeError for another number of columns; DataError as the options say. */
  protected numbersOf(x: Cells): { numbers: Float64Array; rows: number; columns: number } {
    const { names, categories } = this.state
    const { columns } = toCells(x)
    if (columns.length !== categories.length) {
      throw new ShapeError({
        rule: 'x has as many columns as the rows that the encoder was fitted on',
        received: `${String(columns.length)} instead of ${String(categories.length)}`,
        remedy: 'pass the same columns in the same order',
      })
    }
    const rows = columns[0]!.length
    const numbers = new Float64Array(rows * columns.length)
    columns.forEach((cells, column) => {
      const places = new Map(categories[column]!.map((cell, i) => [cell, i]))
      cells.forEach((cell, row) => {
        const number = places.get(cell) ?? this.unknown
        if (number === undefined) throw unknownCategory(cell, names[column]!, row)
        numbers[row * columns.length + column] = number
      })
    })
    return { numbers, rows, columns: columns.length }
  }

  /** Takes over a state. @throws FormatError unless it is one of this kind of encoder. */
  protected restore(state: unknown): this {
    const { type, names, categories, unknown } = (state ?? {}) as Partial<EncoderState>
    const cells = (list: unknown) =>
      Array.isArray(list) && list.every((cell) => typeof cell === 'string' || Number.isFinite(cell))
    const valid =
      type === this.type &&
      Array.isArray(categories) &&
      Array.isArray(names) &&
      names.length === categories.length &&
      names.every((name) => typeof name === 'string') &&
      categories.every(cells) &&
      (unknown === undefined || typeof unknown === 'number')
    if (!valid) {
      throw new FormatError({
        rule: `the state of this encoder has type ${this.type}, and names and categories of its columns`,
        received: typeof type === 'string' ? `type ${type}` : 'something else',
        remedy: 'pass what toJSON of such an encoder gave',
      })
    }
    this.unknown = unknown
    this.fitted = structuredClone({ names, categories })
    return this
  }

  protected tensor(data: Float32Array, rows: number, columns: ColumnInfo[]): Tensor<Float32Array> {
    return { data, shape: [rows, columns.length], columns }
  }
}

/** @throws ArgumentError unless `value` is among the choices of an option. */
export function requireChoice(value: string, choices: readonly string[], option: string): void {
  if (choices.includes(value)) return
  throw new ArgumentError({
    rule: `${option} is ${choices.join(' or ')}`,
    received: value,
    remedy: 'check the spelling',
  })
}

function unknownCategory(cell: Cell, name: string, row: number): DataError {
  return new DataError({
    rule: `a cell of column ${JSON.stringify(name)} is a category that was there in fit`,
    received: `${JSON.stringify(cell)} in row ${String(row)}`,
    remedy: 'drop such rows, or choose with handleUnknown what becomes of them',
  })
}
