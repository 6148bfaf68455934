// Tables from CSV files: delimiter, names and kinds of columns are found by looking; numbers become float32, words
// categories, missing values NaN. Node only. Pictures are read by image-csv.ts, which keeps bytes; tables too large for
// memory by csv-chunks.ts.
import { DataError } from '../core/errors.js'
import type { ColumnInfo, Tensor } from '../core/tensor.js'
import { TableBuilder } from './csv-builder.js'
import { chooseColumns, chooseFeatures, type ColumnChoice, type ColumnOptions } from './csv-columns.js'
import type { DialectOptions } from './csv-dialect.js'
import { openCsv } from './csv-rows.js'
import { classesOf, taskOf, toClassNumbers, type Task } from './csv-target.js'

/** A tensor `[rows, columns]` that knows its columns. */
export type Table = Tensor<Float32Array> & { columns: readonly ColumnInfo[] }

export interface CsvOptions extends DialectOptions, ColumnOptions {
  /**
   * What the target is for. Default: classification for words and for few whole numbers (at most 20 different ones that
   * come five times each on average), else regression.
   */
  task?: Task
}

export interface CsvTable {
  task: Task
  x: Table
  /** Class numbers from 0, or numbers as they stand in the file. */
  y: Int32Array | Float32Array
  /** What class 0, 1, … stands for: words by code point, or numbers by value; of classification only. */
  classes?: string[]
  /** The name of the target's column. */
  targetName: string
}

/**
 * Reads a table with a target.
 *
 * Values are separated by commas, semicolons, tabs or bars, quoted or not, with or without a line of names. A column is of
 * numbers if all its values are (empty, NA, N/A, NaN, null and ? are missing: NaN), else of words: these are numbered in
 * the order of their code points, which no order of rows changes. The file may be gzipped.
 * @throws FormatError for what is no UTF-8, no CSV, or has rows of unequal length; DataError for no rows, infinite
 *   values, a column of more than 65,536 words, a missing target, or a table of 2 GiB and more (see csvChunks);
 *   ArgumentError for columns that are not there.
 */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<CsvTable> {
  const { data, rows, columns } = await readColumns(path, options, (names) => {
    const { target, features } = chooseColumns(names, options)
    return [...features, target]
  })
  const info = columns.at(-1)!
  const width = columns.length - 1
  const x = new Float32Array(rows * width)
  const y = new Float32Array(rows)
  for (let row = 0, from = 0; row < rows; row++, from += width + 1) {
    x.set(data.subarray(from, from + width), row * width)
    y[row] = data[from + width]!
  }
  requireTargets(y, info.name, path)
  const table: Table = { data: x, shape: [rows, width], columns: columns.slice(0, width) }
  const task = taskOf(info, y, options.task, path)
  if (task === 'regression') return { task, x: table, y, targetName: info.name }
  const classes = classesOf(info, y, path)
  return {
    task,
    x: table,
    y: toClassNumbers(y, classes),
    classes: classes.map(String),
    targetName: info.name,
  }
}

/**
 * Reads columns of a table, all of them by default, none as a target. All else as in readCsv.
 */
export async function readTable(
  path: string,
  options: DialectOptions & { features?: readonly ColumnChoice[] } = {},
): Promise<Table> {
  const { data, rows, columns } = await readColumns(path, options, (names) =>
    chooseFeatures(names, options.features, undefined),
  )
  return { data, shape: [rows, columns.length], columns }
}

interface Columns {
  /** `rows` × `columns`, row by row. */
  data: Float32Array
  rows: number
  columns: ColumnInfo[]
}

const maxValues = 2 ** 29

/** Reads the chosen columns; once more where words stand below what looked like a column of numbers. */
async function readColumns(
  path: string,
  options: DialectOptions,
  choose: (names: readonly string[]) => number[],
): Promise<Columns> {
  for (let words: boolean[] | undefined; ;) {
    const { dialect, rows, close } = await openCsv(path, options)
    try {
      const { names } = dialect
      const kinds = words ?? dialect.words
      const chosen = choose(names)
      const rowsPerPart = Math.max(1, Math.floor(2 ** 18 / chosen.length))
      const builder = new TableBuilder({ path, names, chosen, words: kinds, rowsPerPart })
      for await (const records of rows) {
        builder.addRecords(records)
        if (builder.misfits.size === 0 && builder.rows * chosen.length >= maxValues) throw tooLarge(path)
      }
      if (builder.misfits.size === 0) return collect(builder, names, chosen, kinds, path)
      words = kinds.map((isWords, column) => isWords || builder.misfits.has(column))
    } finally {
      await close()
    }
  }
}

function collect(
  builder: TableBuilder,
  names: readonly string[],
  chosen: readonly number[],
  words: readonly boolean[],
  path: string,
): Columns {
  const { parts, rows, categories } = builder.finish()
  if (rows === 0) {
    throw new DataError({
      rule: `${path}: a table has at least one row`,
      received: 'names of columns only',
      remedy: 'check that the file is whole, or say header: false',
    })
  }
  const data = new Float32Array(rows * chosen.length)
  for (let at = 0; parts.length > 0;) {
    const part = parts.shift()!
    data.set(part, at)
    at += part.length
  }
  const columns = chosen.map((column, i): ColumnInfo => {
    const name = names[column]!
    if (!words[column]) return { name }
    const { sorted, ranks } = sortWords(categories[i]!)
    for (let at = i; at < data.length; at += chosen.length) data[at] = ranks[data[at]!] ?? NaN
    return { name, categories: sorted }
  })
  return { data, rows, columns }
}

/** Words by code point, and the place there of each by its number of appearance. */
function sortWords(words: ReadonlyMap<string, number>): { sorted: string[]; ranks: Float32Array } {
  const sorted = [...words.keys()].sort(byCodePoint)
  const ranks = new Float32Array(sorted.length)
  sorted.forEach((word, rank) => (ranks[words.get(word)!] = rank))
  return { sorted, ranks }
}

function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function requireTargets(y: Float32Array, name: string, path: string): void {
  const missing = y.findIndex((value) => Number.isNaN(value))
  if (missing < 0) return
  throw new DataError({
    rule: `${path}: every row has a target`,
    received: `none in row ${String(missing + 1)}, column "${name}"`,
    remedy: 'drop the rows without one, or choose another column as target',
  })
}

function tooLarge(path: string): DataError {
  return new DataError({
    rule: `${path}: a table in memory has fewer than ${String(maxValues)} values`,
    received: 'more',
    remedy: 'read it in pieces, choose fewer columns, or cut the file',
  })
}
