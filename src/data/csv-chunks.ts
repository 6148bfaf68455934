// Tables larger than memory: a survey of the whole file tells what its columns hold, then rows come in chunks of equal
// size, as often as they are asked for. Memory holds one block of the file (256 KiB and a line), the rows of a chunk, and the
// words of columns of words. Node only.
import { ArgumentError, DataError } from '../core/errors.js'
import type { ColumnInfo } from '../core/tensor.js'
import { TableBuilder } from './csv-builder.js'
import { chooseColumns } from './csv-columns.js'
import type { CsvOptions, Table } from './csv.js'
import { openCsv } from './csv-rows.js'
import { scanCsv } from './csv-scan.js'
import { TargetValues, toClassNumbers, type Task } from './csv-target.js'

/** What a survey tells of a table; plain data. */
export interface CsvSchema {
  rows: number
  features: ColumnInfo[]
  target: ColumnInfo
  task: Task
  /** What class 0, 1, … stands for: words, or the numbers in the file; of classification only. */
  classes?: (string | number)[]
  /** Places in the file of the features, then of the target. */
  places: number[]
  delimiter: NonNullable<CsvOptions['delimiter']>
  header: boolean
}

export interface CsvChunk {
  x: Table
  /** Class numbers from 0, or numbers as they stand in the file. */
  y: Int32Array | Float32Array
}

export interface ChunkOptions extends CsvOptions {
  /** Default 8192; the last chunk may have fewer. */
  rowsPerChunk?: number
  /** What a survey of the same file with the same options told; without it each iteration makes one. */
  schema?: CsvSchema
}

/**
 * Goes through a file once (twice where words stand far below numbers) and keeps no row of it.
 * @throws as readCsv, but for tables of any size.
 */
export async function surveyCsv(path: string, options: CsvOptions = {}): Promise<CsvSchema> {
  let values = new TargetValues(path)
  const { rows, columns, chosen, dialect } = await scanCsv(
    path,
    options,
    (names) => {
      const { target, features } = chooseColumns(names, options)
      return [...features, target]
    },
    {
      begin() {
        values = new TargetValues(path)
      },
      take(part, width) {
        for (let at = width - 1; at < part.length; at += width) values.add(part[at]!)
      },
    },
  )
  const target = columns.at(-1)!
  const classes = values.classes(target, options.task)
  return {
    rows,
    features: columns.slice(0, -1),
    target,
    task: classes === undefined ? 'regression' : 'classification',
    ...(classes === undefined ? {} : { classes: [...classes] }),
    places: chosen,
    delimiter: dialect.delimiter,
    header: dialect.header,
  }
}

/**
 * The rows of a CSV file in chunks, in the order of the file. Can be iterated many times; each reads the file anew.
 * @throws ArgumentError for a number of rows that is no positive integer; while iterating as readCsv, and DataError where
 *   the file does not go by the schema.
 * @example for await (const { x, y } of csvChunks('large.csv', { target: 'price' })) await model.trainOnBatch(x, y)
 */
export function csvChunks(path: string, options: ChunkOptions = {}): AsyncIterable<CsvChunk> {
  const { rowsPerChunk = 8192 } = options
  if (!Number.isInteger(rowsPerChunk) || rowsPerChunk < 1) {
    throw new ArgumentError({
      rule: 'rowsPerChunk is a positive integer',
      received: String(rowsPerChunk),
      remedy: 'leave it out for the default',
    })
  }
  return { [Symbol.asyncIterator]: () => chunksOf(path, options, rowsPerChunk) }
}

async function* chunksOf(
  path: string,
  options: ChunkOptions,
  rowsPerPart: number,
): AsyncGenerator<CsvChunk, undefined> {
  const schema = options.schema ?? (await surveyCsv(path, options))
  const { features, target, places, delimiter, header } = schema
  const { dialect, rows, close } = await openCsv(path, { delimiter, header })
  try {
    const known = [...features, target].map(({ categories }) => categories)
    const { names } = dialect
    requireSame(schema, names, path)
    requireRoom(rowsPerPart, places.length)
    const words = names.map((_, column) => known[places.indexOf(column)] !== undefined)
    const builder = new TableBuilder({ path, names, chosen: places, words, rowsPerPart, known })
    const take = () => builder.parts.splice(0).map((part) => chunkOf(part, schema, path))
    for await (const block of rows(words.includes(true) ? 'records' : 'f32')) {
      builder.add(block)
      for (const column of builder.misfits) throw changed(path, `words in column "${names[column]!}"`)
      yield* take()
    }
    builder.finish()
    yield* take()
  } finally {
    await close()
  }
}

function chunkOf(part: Float32Array, { features, classes }: CsvSchema, path: string): CsvChunk {
  const width = features.length
  const rows = part.length / (width + 1)
  const data = new Float32Array(rows * width)
  const y = new Float32Array(rows)
  const values = new TargetValues(path)
  for (let row = 0, from = 0; row < rows; row++, from += width + 1) {
    data.set(part.subarray(from, from + width), row * width)
    y[row] = part[from + width]!
    values.add(y[row]!)
  }
  const x: Table = { data, shape: [rows, width], columns: features }
  return { x, y: classes === undefined ? y : toClassNumbers(y, classes, path) }
}

function requireSame({ places, features, target }: CsvSchema, names: readonly string[], path: string): void {
  const odd = [...features, target].findIndex(({ name }, i) => names[places[i]!] !== name)
  if (odd >= 0) throw changed(path, `columns ${names.join(', ').slice(0, 200)}`)
}

function requireRoom(rows: number, columns: number): void {
  if (rows * columns < 2 ** 29) return
  throw new ArgumentError({
    rule: 'a chunk has fewer than 2^29 values',
    received: `${String(rows)} rows of ${String(columns)} columns`,
    remedy: 'pass a smaller rowsPerChunk',
  })
}

function changed(path: string, received: string): DataError {
  return new DataError({
    rule: `${path}: the file holds what its schema tells`,
    received,
    remedy: 'make the schema anew with surveyCsv, and leave the file alone while it is read',
  })
}
