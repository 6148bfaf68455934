// Tables from CSV files: delimiter, names and kinds of columns are found by looking; numbers become float32, words
// categories, missing values NaN. Node only. Pictures are read by image-csv.ts, which keeps bytes; tables too large for
// memory by csv-chunks.ts.
import { DataError } from '../core/errors.js'
import type { ColumnInfo, Tensor } from '../core/tensor.js'
import { chooseColumns, chooseFeatures, type ColumnChoice, type ColumnOptions } from './csv-columns.js'
import type { DialectOptions } from './csv-dialect.js'
import { scanCsv } from './csv-scan.js'
import { TargetValues, toClassNumbers, type Task } from './csv-target.js'

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
  /** What class 0, 1, … stands for: words in JavaScript's order of strings, or numbers by value; of classification only. */
  classes?: string[]
  /** The name of the target's column. */
  targetName: string
}

/**
 * Reads a table with a target.
 *
 * Values are separated by commas, semicolons, tabs or bars, quoted or not, with or without a line of names. A column is of
 * numbers if all its values are (empty, NA, N/A, NaN, null and ? are missing: NaN), else of words: these are numbered in
 * JavaScript's order of strings, which no order of rows changes. The file may be gzipped.
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
  const values = new TargetValues(path)
  for (let row = 0, from = 0; row < rows; row++, from += width + 1) {
    x.set(data.subarray(from, from + width), row * width)
    y[row] = data[from + width]!
    values.add(y[row]!)
  }
  const table: Table = { data: x, shape: [rows, width], columns: columns.slice(0, width) }
  const classes = values.classes(info, options.task)
  const targetName = info.name
  if (classes === undefined) return { task: 'regression', x: table, y, targetName }
  const labels = toClassNumbers(y, classes, path)
  return { task: 'classification', x: table, y: labels, classes: classes.map(String), targetName }
}

/** Reads columns of a table, all of them by default, none as a target. All else as in readCsv. */
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

async function readColumns(
  path: string,
  options: DialectOptions,
  choose: (names: readonly string[]) => number[],
): Promise<Columns> {
  let parts: Float32Array[] = []
  let length = 0
  const { rows, columns, ranks } = await scanCsv(path, options, choose, {
    begin() {
      parts = []
      length = 0
    },
    take(part) {
      parts.push(part)
      length += part.length
      if (length >= maxValues) throw tooLarge(path)
    },
  })
  const data = new Float32Array(length)
  let at = 0
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    data.set(part, at)
    at += part.length
  }
  ranks.forEach((rank, i) => {
    if (rank === undefined) return
    for (let cell = i; cell < length; cell += columns.length) data[cell] = rank[data[cell]!] ?? NaN
  })
  return { data, rows, columns }
}

function tooLarge(path: string): DataError {
  return new DataError({
    rule: `${path}: a table in memory has fewer than ${String(maxValues)} values`,
    received: 'more',
    remedy: 'read it in pieces with csvChunks, choose fewer columns, or cut the file',
  })
}
