// The rows of a CSV file in blocks: numbers where the core's fast path understood whole rows, records of cells where csv-parse
// read them. Which columns matter, and what a word means, is the work of the callers.
import { FormatError } from '../core/errors.js'
import { readLines } from './csv-bytes.js'
import { findDialect, type Dialect, type DialectOptions } from './csv-dialect.js'
import { parseBlocks, type Records } from './csv-records.js'

export interface CsvFile {
  dialect: Dialect
  /** The rows, once. Every record has as many cells as the dialect has names. */
  rows: AsyncGenerator<Records>
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
    const rest = withFirst(first.subarray(dialect.skip.bytes), blocks)
    return { dialect, rows: rowsOf(rest, path, dialect), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function* withFirst(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}

async function* rowsOf(
  blocks: AsyncGenerator<Uint8Array>,
  path: string,
  { delimiter, names, skip }: Dialect,
): AsyncGenerator<Records> {
  for await (const records of parseBlocks(blocks, { path, delimiter, before: skip.lines })) {
    requireColumns(records, names.length, path)
    yield records
  }
}

function requireColumns({ cells, lines }: Records, columns: number, path: string): void {
  const odd = cells.findIndex((record) => record.length !== columns)
  if (odd < 0) return
  throw new FormatError({
    file: path,
    rule: `every line has ${String(columns)} values, as the first one`,
    received: `${String(cells[odd]!.length)} in line ${String(lines[odd])}`,
    remedy: 'check that the file is whole, and quote values that hold the delimiter',
  })
}
