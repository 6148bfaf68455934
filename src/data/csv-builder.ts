// Gathers chosen columns of a table as float32 rows: numbers as they are, missing values as NaN, words as numbers of
// categories. Rows come out in parts of equal size, so that a table need not be copied to grow, and can leave in chunks.
import { DataError } from '../core/errors.js'
import { isMissing, toNumber } from './csv-cells.js'
import type { RowBlock } from './csv-rows.js'

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
  /** For each chosen column its words, where they are known before: others are an error then. */
  known?: readonly (readonly string[] | undefined)[]
}

export class TableBuilder {
  /** Full parts, and after `finish` the last one: rows of `chosen.length` values. The caller takes them out. */
  parts: Float32Array[] = []
  /** Columns that were thought to hold numbers and do not; from the first one on no more rows are kept. */
  readonly misfits = new Set<number>()
  rows = 0
  /** For each chosen column its words with their numbers: those known before, else in the order of appearance. */
  readonly categories: Map<string, number>[]
  private part: Float32Array
  private at = 0

  constructor(private readonly options: BuilderOptions) {
    this.categories = options.chosen.map(
      (_, i) => new Map(options.known?.[i]?.map((word, number) => [word, number])),
    )
    this.part = this.newPart(Math.min(options.rowsPerPart, 256))
  }

  /** Takes rows of all columns of the file. */
  add(block: RowBlock): void {
    if (block.values !== undefined) {
      this.addNumbers(block.values, block.rows)
      return
    }
    const { cells, lines } = block
    const { chosen, words } = this.options
    for (let r = 0; r < cells.length; r++) {
      const record = cells[r]!
      for (let i = 0; i < chosen.length; i++) {
        const column = chosen[i]!
        const cell = record[column]!
        this.part[this.at + i] = words[column] ? this.category(i, cell) : this.number(column, cell, lines[r]!)
      }
      this.endRow()
    }
  }

  /** Lets the last part out too. */
  finish(): this {
    if (this.at > 0) this.parts.push(this.part.subarray(0, this.at))
    this.at = 0
    return this
  }

  private addNumbers(values: Float32Array | Uint8Array, rows: number): void {
    const { chosen, names } = this.options
    for (let r = 0, from = 0; r < rows; r++, from += names.length) {
      for (let i = 0; i < chosen.length; i++) this.part[this.at + i] = values[from + chosen[i]!]!
      this.endRow()
    }
  }

  private newPart(rows: number): Float32Array {
    return new Float32Array(rows * this.options.chosen.length)
  }

  private endRow(): void {
    this.rows++
    if (this.misfits.size > 0) return
    const { rowsPerPart, chosen } = this.options
    this.at += chosen.length
    if (this.at < this.part.length) return
    const { part } = this
    const rows = part.length / chosen.length
    if (rows < rowsPerPart) {
      this.part = this.newPart(Math.min(4 * rows, rowsPerPart))
      this.part.set(part)
      return
    }
    this.parts.push(part)
    this.part = this.newPart(rowsPerPart)
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
    const words = this.categories[i]!
    let number = words.get(cell)
    if (number === undefined) {
      number = words.size
      if (this.options.known !== undefined || number === maxCategories) throw this.tooManyWords(i, cell)
      words.set(cell, number)
    }
    return number
  }

  private tooManyWords(i: number, cell: string): DataError {
    const { path, names, chosen, known } = this.options
    const column = `column "${names[chosen[i]!]!}"`
    if (known === undefined) {
      return new DataError({
        rule: `${path}: a column of words has at most ${String(maxCategories)} different ones`,
        received: `more in ${column}`,
        remedy: 'choose other columns with features; names and texts are no categories',
      })
    }
    return new DataError({
      rule: `${path}: a column holds the words that were found in it before`,
      received: `"${cell.slice(0, 40)}" in ${column}`,
      remedy: 'survey the whole file, and leave it alone while it is read',
    })
  }
}
