// Gathers chosen columns of a table as float32 rows: numbers as they are, missing values as NaN, words as numbers of
// categories. Keeps rows in parts of equal size, so that a table need not be copied to grow, and can leave in chunks.
import { DataError } from '../core/errors.js'
import { isMissing, toNumber } from './csv-cells.js'
import type { Records } from './csv-records.js'

/** More different words than this in a column are no categories. */
const maxCategories = 65536

export interface BuilderOptions {
  path: string
  names: readonly string[]
  /** Places of the chosen columns. */
  chosen: readonly number[]
  /** For each column of the file whether it holds words. */
  words: readonly boolean[]
  rowsPerPart: number
}

export class TableBuilder {
  /** Full parts, and after `finish` the last one. Rows of `chosen.length` values. */
  readonly parts: Float32Array[] = []
  /** Columns that were thought to hold numbers and do not; from the first one on no more values are kept. */
  readonly misfits = new Set<number>()
  rows = 0
  /** For each chosen column the words in the order of their appearance; empty for numbers. */
  readonly categories: Map<string, number>[]
  private part: Float32Array
  private at = 0

  constructor(private readonly options: BuilderOptions) {
    this.categories = options.chosen.map(() => new Map<string, number>())
    this.part = this.newPart()
  }

  /** Takes records that csv-parse read. */
  addRecords({ cells, lines }: Records): void {
    const { chosen, words } = this.options
    for (let r = 0; r < cells.length; r++) {
      const record = cells[r]!
      for (let i = 0; i < chosen.length; i++) {
        const column = chosen[i]!
        const cell = record[column]!
        this.part[this.at + i] = words[column]!
          ? this.category(i, cell)
          : this.number(column, cell, lines[r]!)
      }
      this.endRow()
    }
  }

  /** Takes `rows` rows of numbers for all columns of the file. */
  addNumbers(values: Float32Array, rows: number): void {
    const { chosen, names } = this.options
    for (let r = 0, from = 0; r < rows; r++, from += names.length) {
      for (let i = 0; i < chosen.length; i++) this.part[this.at + i] = values[from + chosen[i]!]!
      this.endRow()
    }
  }

  /** Lets the last part out too. */
  finish(): this {
    if (this.at > 0) this.parts.push(this.part.subarray(0, this.at))
    this.at = 0
    return this
  }

  private newPart(): Float32Array {
    return new Float32Array(this.options.rowsPerPart * this.options.chosen.length)
  }

  private endRow(): void {
    this.rows++
    // A table that has to be read again is not kept.
    if (this.misfits.size > 0) return
    this.at += this.options.chosen.length
    if (this.at < this.part.length) return
    this.parts.push(this.part)
    this.part = this.newPart()
    this.at = 0
  }

  private number(column: number, cell: string, line: number): number {
    const value = toNumber(cell)
    if (value === undefined) {
      this.misfits.add(column)
      return NaN
    }
    if (value === Infinity || value === -Infinity) {
      throw new DataError({
        rule: `${this.options.path}: numbers are finite, and within the range of float32`,
        received: `"${cell.slice(0, 40)}" in line ${String(line)}, column "${this.options.names[column]!}"`,
        remedy: 'drop or replace the value; leave it empty where it is missing',
      })
    }
    return value
  }

  private category(i: number, cell: string): number {
    if (isMissing(cell)) return NaN
    const known = this.categories[i]!
    let code = known.get(cell)
    if (code === undefined) {
      code = known.size
      if (code === maxCategories) {
        throw new DataError({
          rule: `${this.options.path}: a column of words has at most ${String(maxCategories)} different ones`,
          received: `more in column "${this.options.names[this.options.chosen[i]!]!}"`,
          remedy: 'choose other columns with features; names and texts are no categories',
        })
      }
      known.set(cell, code)
    }
    return code
  }
}
