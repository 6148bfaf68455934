// The rows of a CSV file in blocks. Lines of plain numbers go through the core's text kernels; what these do not take goes
// through csv-parse, with the same values: a stretch of lines, longer each time that the kernels stop again at once; and
// once there is a quote, all that follows, for only a parser of quotes knows where a record ends then. What columns and
// words mean is the work of the callers.
import { FormatError } from '../core/errors.js'
import { readLines } from './csv-bytes.js'
import { findDialect, type Dialect, type DialectOptions } from './csv-dialect.js'
import { parseBlocks, parseLines, type Place, type Records } from './csv-records.js'
import { NumberReader, type NumberForm } from './number-rows.js'

/** Rows of numbers, all columns; or records. Numbers are a view, to be copied before the next block is asked for. */
export type RowBlock =
  | { values: Float32Array | Uint8Array; rows: number; firstLine: number }
  | (Records & { values?: never; rows: number })

export interface CsvFile {
  dialect: Dialect
  /**
   * The rows, once. Every record has as many cells as the dialect has names.
   * @param form of the numbers; `records` for records only.
   */
  rows(form: NumberForm | 'records'): AsyncGenerator<RowBlock>
  /** Lets go of the file; also where its rows were not read to the end. */
  close(): Promise<void>
}

/**
 * Opens a CSV file and looks at its start.
 * @throws FormatError, DataError as findDialect and readLines; so do the rows, and for rows of another length.
 */
export async function openCsv(path: string, options: DialectOptions = {}): Promise<CsvFile> {
  const blocks = readLines(path)
  const close = async () => {
    await blocks.return(undefined)
  }
  try {
    const { value: first = new Uint8Array(0) } = (await blocks.next()) as IteratorResult<
      Uint8Array,
      undefined
    >
    const dialect = findDialect(first, path, options)
    const { delimiter, names, skip } = dialect
    const text = withFirst(first.subarray(skip.bytes), blocks)
    const place = { path, delimiter, before: skip.lines }
    const rows = (form: NumberForm | 'records') =>
      form === 'records' ? recordsOf(text, place, names.length) : rowsOf(text, place, names.length, form)
    return { dialect, rows, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function* withFirst(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}

async function* rowsOf(
  blocks: AsyncGenerator<Uint8Array>,
  place: Place,
  columns: number,
  form: NumberForm,
): AsyncGenerator<RowBlock> {
  const reader = new NumberReader(form, columns, place.delimiter)
  try {
    let stretch = 1
    let before = place.before
    for await (const block of blocks) {
      reader.load(block)
      for (let at = 0; at < block.length;) {
        const { values, rows, bytes } = reader.read(at)
        if (rows > 0) {
          yield { values, rows, firstLine: before + 1 }
          at += bytes
          before += rows
          if (rows > 4 * stretch) stretch = 1
          continue
        }
        const blank = blankLine(block, at)
        if (blank > 0) {
          at += blank
          before++
          continue
        }
        const { bytes: length, lines } = stretchOf(block, at, stretch)
        const text = block.subarray(at, at + length)
        if (text.includes(quote)) {
          yield* recordsOf(withFirst(block.subarray(at), blocks), { ...place, before }, columns)
          return
        }
        yield checked(parseLines(text, { ...place, before }), columns, place.path)
        at += length
        before += lines
        stretch = Math.min(2 * stretch, maxStretch)
      }
    }
  } finally {
    reader.close()
  }
}

const quote = 34
const [newline, carriageReturn, space] = [10, 13, 32]
const maxStretch = 4096

/** Bytes of the line at `at` if nothing but spaces is in it, else 0. */
function blankLine(text: Uint8Array, at: number): number {
  let end = at
  while (text[end] === space) end++
  if (text[end] === carriageReturn) end++
  return text[end] === newline ? end + 1 - at : 0
}

/** The next lines, at most `count`. */
function stretchOf(text: Uint8Array, at: number, count: number): { bytes: number; lines: number } {
  let end = at
  let lines = 0
  while (lines < count && end < text.length) {
    end = text.indexOf(newline, end) + 1
    lines++
  }
  return { bytes: end - at, lines }
}

async function* recordsOf(
  blocks: AsyncIterable<Uint8Array>,
  place: Place,
  columns: number,
): AsyncGenerator<RowBlock> {
  for await (const records of parseBlocks(blocks, place)) yield checked(records, columns, place.path)
}

function checked(records: Records, columns: number, path: string): RowBlock {
  const { cells, lines } = records
  const odd = cells.findIndex((record) => record.length !== columns)
  if (odd < 0) return { cells, lines, rows: cells.length }
  throw new FormatError({
    file: path,
    rule: `every line has ${String(columns)} values, as the first one`,
    received: `${String(cells[odd]!.length)} values in line ${String(lines[odd])}`,
    remedy: 'check that the file is whole, and quote values that hold the delimiter',
  })
}
