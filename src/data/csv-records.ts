// Text of whole lines to records of cells, by csv-parse: the reference of all table reading. Which lines go this way is the
// work of csv-rows.ts.
import { CsvError, parse as parseStream, type InfoRecord, type Options } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { FormatError } from '../core/errors.js'
import { maxLineBytes, requireText } from './csv-bytes.js'

/** Cells of some records, trimmed, and the line on which each ends, from 1. */
export interface Records {
  cells: string[][]
  lines: number[]
}

function optionsFor(delimiter: string, take: (record: string[], info: InfoRecord) => void): Options {
  return {
    delimiter,
    max_record_size: maxLineBytes,
    on_record: (record: string[], info) => {
      take(record, info)
      return null
    },
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  }
}

/** Where the text of a file stands: `before` lines of it are behind. */
export interface Place {
  path: string
  delimiter: string
  before: number
}

/** The records of lines that hold no unfinished quote. @throws FormatError for what is no CSV. */
export function parseLines(text: Uint8Array, { path, delimiter, before }: Place): Records {
  requireText(text, path)
  const records: Records = { cells: [], lines: [] }
  try {
    parse(
      text,
      optionsFor(delimiter, (record, { lines }) => {
        records.cells.push(record)
        records.lines.push(before + lines)
      }),
    )
  } catch (error) {
    throw csvError(error, path)
  }
  return records
}

/** The first records of a file, at most `count`. */
export interface Head extends Records {
  /** Bytes and lines of the first record with what stands before it. */
  first: { bytes: number; lines: number }
}

/**
 * Looks at the start of a file. A quote that is open at the end of `text` is none of its faults.
 * @throws FormatError for what is no CSV.
 */
export function parseHead(text: Uint8Array, path: string, delimiter: string, count: number): Head {
  requireText(text, path)
  const head: Head = { cells: [], lines: [], first: { bytes: 0, lines: 0 } }
  try {
    parse(text, {
      ...optionsFor(delimiter, (record, { lines, bytes }) => {
        if (head.cells.length === 0) head.first = { bytes, lines }
        head.cells.push(record)
        head.lines.push(lines)
      }),
      to: count,
    })
  } catch (error) {
    if (!(error instanceof CsvError && error.code === 'CSV_QUOTE_NOT_CLOSED' && head.cells.length > 0))
      throw csvError(error, path)
  }
  return head
}

/**
 * The records of all that is left of a file, block by block.
 * @throws FormatError for what is no CSV.
 */
export async function* parseBlocks(
  blocks: AsyncIterable<Uint8Array>,
  { path, delimiter, before }: Place,
): AsyncGenerator<Records> {
  let records: Records = { cells: [], lines: [] }
  const parser = parseStream(
    optionsFor(delimiter, (record, { lines }) => {
      records.cells.push(record)
      records.lines.push(before + lines)
    }),
  )
  // An error comes to the callbacks of write and end; as an event it would end the process.
  parser.on('error', () => undefined)
  parser.resume()
  const take = () => {
    const taken = records
    records = { cells: [], lines: [] }
    return taken
  }
  const feed = (block?: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null) => {
        if (error) reject(csvError(error, path) as Error)
        else resolve()
      }
      if (block === undefined) parser.end(done)
      else parser.write(block, done)
    })
  try {
    for await (const block of blocks) {
      requireText(block, path)
      await feed(block)
      yield take()
    }
    await feed()
    yield take()
  } finally {
    parser.destroy()
  }
}

function csvError(error: unknown, file: string): unknown {
  if (!(error instanceof CsvError)) return error
  return new FormatError({
    file,
    rule: 'the file is text with separated values (CSV)',
    received: error.message.slice(0, 300),
    remedy: 'check that it is the CSV file that its name tells',
    cause: error,
  })
}
