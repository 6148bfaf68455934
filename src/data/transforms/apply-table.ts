// Applies a fitted transform to tables: finds the columns, by name where they have names, and makes the rows of numbers that a
// model's first layer takes. Fits nothing.
import { ArgumentError, DataError, ShapeError } from '../../core/errors.js'
import type { CategoryColumn, NumberColumn, TableColumn, TableTransform } from '../../core/state.js'
import { isTensor, type ColumnInfo, type Samples } from '../../core/tensor.js'
import { toTable } from '../table.js'
import { mapOf } from './column-map.js'

/** Rows as a model takes them, `rows` × `columns` in row-major order. */
export interface AppliedTable {
  data: Float32Array
  rows: number
  columns: number
  /** Columns of the table that the transform does not know: they were left out. */
  ignored: string[]
}

/**
 * The rows of a table as a fitted transform makes them.
 * @param x a tensor, its columns in any order where both it and the transform have names, else in the order of training; a
 *   column of words without `categories` holds the numbers of the training categories. NaN is a missing value.
 * @throws DataError naming column and row of a value that cannot be: missing where none may be, infinite, an unseen
 *   category, words where training had numbers; ArgumentError naming a column that is missing; ShapeError for another
 *   number of columns without names.
 */
export function applyTable(transform: TableTransform, x: Samples): AppliedTable {
  const { data, rows, columns: width } = toTable(x, 'x', { missing: true })
  const infos = isTensor(x) && transform.named ? x.columns : undefined
  const places = infos === undefined ? byPlace(transform, width) : byName(transform, infos, width)
  const columns = outputsOf(transform)
  const out = new Float32Array(rows * columns)
  let at = 0
  transform.columns.forEach((column, i) => {
    const place = places[i]!
    const write = writerOf(column, infos?.[place])
    for (let row = 0, from = place, to = at; row < rows; row++, from += width, to += columns) {
      write(data[from]!, out, to, row)
    }
    at += widthOf(column)
  })
  const known = new Set(transform.columns.map(({ name }) => name))
  return {
    data: out,
    rows,
    columns,
    ignored: (infos ?? []).flatMap(({ name }) => (known.has(name) ? [] : name)),
  }
}

/** A function for single rows, in the order of the training columns, that makes no garbage. Throws as `applyTable`. */
export function rowApplier(
  transform: TableTransform,
): (row: ArrayLike<number>, into: Float32Array) => Float32Array {
  const writers = transform.columns.map((column) => writerOf(column, undefined))
  const widths = transform.columns.map(widthOf)
  return (row, into) => {
    for (let i = 0, at = 0; i < writers.length; at += widths[i]!, i++) writers[i]!(row[i]!, into, at, 0)
    return into
  }
}

/** Numbers in a row that the transform makes. */
export function outputsOf({ columns }: TableTransform): number {
  return columns.reduce((sum, column) => sum + widthOf(column), 0)
}

function widthOf(column: TableColumn): number {
  const own = column.kind === 'category' && column.encode === 'one-hot' ? column.categories.length : 1
  return own + Number(column.indicator ?? false)
}

/** Writes what becomes of one value from `at` on; the row is for messages. */
type Writer = (value: number, out: Float32Array, at: number, row: number) => void

function writerOf(column: TableColumn, info: ColumnInfo | undefined): Writer {
  return column.kind === 'number' ? numberWriter(column, info) : categoryWriter(column, info)
}

function numberWriter(column: NumberColumn, info: ColumnInfo | undefined): Writer {
  const { name, impute, indicator = false } = column
  if (info?.categories !== undefined) {
    throw new DataError({
      rule: `column ${JSON.stringify(name)} holds numbers, as in training`,
      received: `words (${JSON.stringify(info.categories[0] ?? '')}, …)`,
      remedy: 'check the column, and how missing values are written in it',
    })
  }
  const map = mapOf(column.map)
  return (value, out, at, row) => {
    const missing = Number.isNaN(value)
    if ((missing && impute === undefined) || value === Infinity || value === -Infinity)
      throw noValue(name, row, value)
    out[at] = map(missing ? impute! : value)
    if (indicator) out[at + 1] = Number(missing)
  }
}

function categoryWriter(column: CategoryColumn, info: ColumnInfo | undefined): Writer {
  const { name, categories, encode, unseen, impute, indicator = false } = column
  const map = column.map === undefined ? undefined : mapOf(column.map)
  const numberOf = categoryNumbers(column, info)
  return (value, out, at, row) => {
    const missing = Number.isNaN(value)
    if (missing && impute === undefined && unseen === 'error') throw noValue(name, row, value)
    const number = missing ? (impute ?? -1) : numberOf(value)
    if (number < 0 && unseen === 'error') {
      const word = info === undefined ? String(value) : (info.categories?.[value] ?? String(value))
      throw new DataError({
        rule: `a value of column ${JSON.stringify(name)} is a category seen in training (${preview(categories)})`,
        received: `${JSON.stringify(word)} in row ${String(row)}`,
        remedy: "train with unseen: 'ignore' (--unseen ignore), or drop such rows",
      })
    }
    if (encode === 'one-hot') {
      out.fill(0, at, at + categories.length)
      if (number >= 0) out[at + number] = 1
      at += categories.length
    } else {
      out[at++] = map === undefined ? number : map(number)
    }
    if (indicator) out[at] = Number(missing)
  }
}

/** Numbers of the training categories for the values of a column, −1 for those that are none. */
function categoryNumbers(
  { categories }: CategoryColumn,
  info: ColumnInfo | undefined,
): (value: number) => number {
  if (info === undefined) {
    return (value) => (Number.isInteger(value) && value >= 0 && value < categories.length ? value : -1)
  }
  const numbers = new Map(categories.map((word, i) => [word, i]))
  // Words that all look like numbers may be read as numbers from another file.
  if (info.categories === undefined) return (value) => numbers.get(String(value)) ?? -1
  const codes = info.categories.map((word) => numbers.get(word) ?? -1)
  return (value) => codes[value] ?? -1
}

function byPlace({ columns }: TableTransform, width: number): number[] {
  if (columns.length !== width) {
    throw new ShapeError({
      rule: `the model takes the ${String(columns.length)} columns that it was trained on`,
      received: String(width),
      remedy: 'pass the same columns in the same order, or a table with the names of its columns',
    })
  }
  return columns.map((_, i) => i)
}

/** The place of each training column in a table with these columns. */
function byName({ columns }: TableTransform, infos: readonly ColumnInfo[], width: number): number[] {
  if (infos.length !== width) {
    throw new ShapeError({
      rule: 'a table tells each of its columns',
      received: `${String(infos.length)} names for ${String(width)} columns`,
      remedy: 'give one entry of columns for each',
    })
  }
  const names = infos.map(({ name }) => name)
  return columns.map(({ name }) => {
    const place = names.indexOf(name)
    if (place >= 0) return place
    throw new ArgumentError({
      rule: `a table has all columns that the model was trained on (${preview(columns.map((column) => column.name))})`,
      received: `none named ${JSON.stringify(name)}`,
      remedy: `add it, with empty cells where it is not known; there are ${preview(names)}`,
    })
  })
}

function noValue(name: string, row: number, value: number): DataError {
  return new DataError({
    rule: `column ${JSON.stringify(name)} holds ${Number.isNaN(value) ? 'no missing values' : 'finite numbers only'}`,
    received: `${Number.isNaN(value) ? 'none' : String(value)} in row ${String(row)}`,
    remedy: "drop such rows, or train with impute: 'median' (--impute median)",
  })
}

function preview(names: readonly string[]): string {
  return names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '')
}
