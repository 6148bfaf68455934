// Rows of numbers as text: separated by commas, semicolons or tabs, with or without a first line of names.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parse, type Info } from 'csv-parse'
import { DataError, FormatError, ShapeError } from '../core/errors.js'
import type { Tensor } from '../core/tensor.js'

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
/** Ways to write a value that is missing or not finite; a line with one of these is not a line of names. */
const noNumber = /^([+-]?(nan|inf|infinity)|na|n\/a|null|none|\?|)$/i

/**
 * A CSV file of numbers as float32 of shape [rows, columns].
 * @param columns numbers a line; no column is taken for a label.
 * @throws ShapeError for lines of another length, FormatError for text that is not CSV, DataError for cells that are no
 *   finite numbers; all name the line, which counts from 1.
 */
export async function parseCsv(
  bytes: Uint8Array,
  file: string,
  columns: number,
): Promise<Tensor<Float32Array>> {
  const rows: Float32Array[] = []
  const parser = parse({
    bom: true,
    delimiter: [',', ';', '\t'],
    info: true,
    max_record_size: 65536 + 64 * columns,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  })
  const take = async (records: AsyncIterable<{ record: string[]; info: Info }>) => {
    let first = true
    for await (const { record, info } of records) {
      requireColumns(record.length, columns, file, info.lines)
      if (!first || !isHeader(record)) rows.push(readRow(record, file, info.lines))
      first = false
    }
  }
  await pipeline(Readable.from(slices(bytes)), parser, take).catch((error: unknown) => {
    throw csvError(error, file)
  })
  const data = new Float32Array(rows.length * columns)
  rows.forEach((row, i) => {
    data.set(row, i * columns)
  })
  return { data, shape: [rows.length, columns] }
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65536) yield bytes.subarray(at, at + 65536)
}

function requireColumns(count: number, columns: number, file: string, line: number): void {
  if (count === columns) return
  throw new ShapeError({
    rule: `every line of ${file} has a number for each of the model's ${String(columns)} inputs`,
    received: `${String(count)} in line ${String(line)}`,
    remedy:
      count === columns + 1
        ? 'remove the column that is no input, such as the label'
        : 'separate the numbers by commas, and keep the columns of the training data without the label',
  })
}

/** A line of names holds text in every cell; a line with any number, or a missing one, is data. */
function isHeader(record: readonly string[]): boolean {
  return record.every((cell) => !decimal.test(cell) && !noNumber.test(cell))
}

function readRow(record: readonly string[], file: string, line: number): Float32Array {
  return Float32Array.from(record, (cell, column) => {
    const value = decimal.test(cell) ? Math.fround(Number(cell)) : NaN
    if (Number.isFinite(value)) return value
    throw new DataError({
      rule: `every cell of ${file} is a finite number`,
      received: `${JSON.stringify(cell.slice(0, 40))} in line ${String(line)}, column ${String(column + 1)}`,
      remedy: 'drop or impute missing values, and encode text as numbers first',
    })
  })
}

function csvError(error: unknown, file: string): unknown {
  if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_'))) return error
  return new FormatError({
    file,
    rule: 'the file is text of numbers separated by commas',
    received: error.message,
    remedy: 'check that it is the CSV file that its name tells',
    cause: error,
  })
}
