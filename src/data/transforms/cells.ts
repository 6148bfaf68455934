// Tables of words and numbers as the encoders take them: nested arrays, or tensors whose columns tell their categories.
import { DataError, ShapeError } from '../../core/errors.js'
import { isTensor, type Samples, type Tensor } from '../../core/tensor.js'
import { toTable } from '../table.js'

export type Cell = string | number

/** Rows of words and numbers, or a tensor. */
export type Cells = Samples | readonly (readonly Cell[])[]

export interface CellTable {
  /** The cells of each column. */
  columns: Cell[][]
  names: string[]
}

/** @throws ShapeError for rows of unequal length; DataError for no rows, missing values and cells that are neither. */
export function toCells(x: Cells): CellTable {
  return isTensor(x) ? fromTensor(x) : fromRows(x)
}

function fromTensor(x: Tensor): CellTable {
  const { data, rows, columns } = toTable(x, 'x', { missing: true })
  const names = Array.from({ length: columns }, (_, i) => x.columns?.[i]?.name ?? `x${String(i)}`)
  const cells = names.map((_, column) => {
    const categories = x.columns?.[column]?.categories
    return Array.from({ length: rows }, (_, row) => {
      const value = data[row * columns + column]!
      return requireCell(categories === undefined ? value : (categories[value] ?? NaN), row, column)
    })
  })
  return { columns: cells, names }
}

function fromRows(x: readonly unknown[]): CellTable {
  const rows = Array.isArray(x) ? (x as ArrayLike<unknown>[]) : []
  const width = rows[0]?.length ?? 0
  const uneven = rows.findIndex(
    (row) => !(Array.isArray(row) || ArrayBuffer.isView(row)) || row.length !== width,
  )
  if (uneven >= 0 || width === 0) {
    throw new ShapeError({
      rule: 'x has at least one row, and rows of the same length',
      received: rows.length === 0 ? 'none' : `another length in row ${String(Math.max(0, uneven))}`,
      remedy: 'pass one array of words and numbers for each row',
    })
  }
  const columns = Array.from({ length: width }, (_, column) => {
    return rows.map((row, r) => requireCell(row[column], r, column))
  })
  return { columns, names: columns.map((_, i) => `x${String(i)}`) }
}

function requireCell(cell: unknown, row: number, column: number): Cell {
  if (typeof cell === 'string' || Number.isFinite(cell)) return cell as Cell
  throw new DataError({
    rule: 'a cell is text or a finite number',
    received: `${Number.isNaN(cell) ? 'a missing value' : String(cell)} in row ${String(row)}, column ${String(column)}`,
    remedy: 'impute missing values first (SimpleImputer)',
  })
}

/** Different cells in ascending order: numbers by value, then words by code unit. */
export function categoriesOf(cells: readonly Cell[]): Cell[] {
  return [...new Set(cells)].sort((a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return a - b
    if (typeof a === typeof b) return a < b ? -1 : 1
    return typeof a === 'number' ? -1 : 1
  })
}
