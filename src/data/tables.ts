// The readers of tables as the library shows them: light to import, the work loads when used (Node only).
import type { ChunkOptions, CsvChunk, CsvSchema } from './csv-chunks.js'
import type { ColumnChoice } from './csv-columns.js'
import type { DialectOptions } from './csv-dialect.js'
import type { CsvOptions, CsvTable, Table } from './csv.js'

export type { ChunkOptions, ColumnChoice, CsvChunk, CsvOptions, CsvSchema, CsvTable, DialectOptions, Table }

/**
 * Reads a table with a target from a CSV file, plain or gzipped.
 *
 * Values are separated by commas, semicolons, tabs or bars, quoted or not, with or without a line of names. A column is of
 * numbers if all its values are (empty, NA, N/A, NaN, null and ? are missing: NaN), else of words: these are numbered in
 * JavaScript's order of strings, which no order of rows changes.
 * @param options target, features, delimiter, header, task; all are found by looking where they are left out.
 * @returns x as float32 `[rows, columns]` that knows its columns; y as class numbers or as numbers.
 * @throws FormatError for what is no UTF-8, no CSV, or has rows of unequal length; DataError for no rows, infinite
 *   values, a column of more than 65,536 words, a missing target, or a table of 2 GiB and more (see csvChunks);
 *   ArgumentError for columns that are not there.
 * @example const { x, y, task } = await readCsv('houses.csv', { target: 'price', features: ['rooms', 'area'] })
 */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<CsvTable> {
  const { readCsv: read } = await import('./csv.js')
  return read(path, options)
}

/** Reads columns of a CSV file, all of them by default, none as a target. All else as in readCsv. */
export async function readTable(
  path: string,
  options: DialectOptions & { features?: readonly ColumnChoice[] } = {},
): Promise<Table> {
  const { readTable: read } = await import('./csv.js')
  return read(path, options)
}

/**
 * Goes through a CSV file without keeping its rows, for `csvChunks` to know what the columns hold.
 * @throws as readCsv, but for tables of any size.
 */
export async function surveyCsv(path: string, options: CsvOptions = {}): Promise<CsvSchema> {
  const { surveyCsv: survey } = await import('./csv-chunks.js')
  return survey(path, options)
}

/**
 * The rows of a CSV file of any size in chunks, in the order of the file; can be iterated many times.
 * @param options those of readCsv, `rowsPerChunk` (default 8192), and `schema` from surveyCsv, made anew without it.
 * @throws while iterating: as readCsv, and DataError where the file does not go by the schema.
 * @example for await (const { x, y } of csvChunks('large.csv', { target: 'price' })) await model.trainOnBatch(x, y)
 */
export function csvChunks(path: string, options: ChunkOptions = {}): AsyncIterable<CsvChunk> {
  return {
    async *[Symbol.asyncIterator]() {
      const { csvChunks: chunks } = await import('./csv-chunks.js')
      yield* chunks(path, options)
    },
  }
}
