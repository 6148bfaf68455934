// How a CSV file is written, found by looking at its first records: the delimiter, whether the first record holds names,
// and which columns hold numbers. Whoever knows better says so.
import { ArgumentError, DataError } from '../core/errors.js'
import { isMissing, isNumber } from './csv-cells.js'
import { parseHead, type Head } from './csv-records.js'

const delimiters = [',', ';', '\t', '|'] as const
export type Delimiter = (typeof delimiters)[number]

export interface DialectOptions {
  /** What separates values; default: what splits the first records evenly. */
  delimiter?: Delimiter
  /** Whether the first record holds the names of the columns; default: whether it looks so. */
  header?: boolean
}

export interface Dialect {
  delimiter: Delimiter
  header: boolean
  /** A name for each column: the header's, or `column_0`, `column_1`, … Names that come twice get `.1`, `.2`, … */
  names: string[]
  /** For each column whether the first records hold a word there. */
  words: boolean[]
  /** Bytes and lines before the first row. */
  skip: { bytes: number; lines: number }
}

/** How far is looked: so many records, and no further than the line in which so many bytes end. */
const looked = 200
const lookedBytes = 1 << 15

function startOf(text: Uint8Array): Uint8Array {
  const end = text.indexOf(10, lookedBytes)
  return end < 0 ? text : text.subarray(0, end + 1)
}

/**
 * Looks at the start of a file.
 * @param text its first lines, at least one unless the file is empty.
 * @throws DataError for a file without a record, FormatError for what is no CSV, ArgumentError for another delimiter.
 */
export function findDialect(text: Uint8Array, path: string, options: DialectOptions): Dialect {
  const start = startOf(text)
  const given = requireDelimiter(options.delimiter)
  const { delimiter, head } = given === undefined ? findDelimiter(start, path) : headBy(given, start, path)
  const { cells, first } = head
  const [top] = cells
  if (top === undefined) {
    throw new DataError({
      rule: `${path}: a table has at least one row`,
      received: 'no line with values',
      remedy: 'check that it is the file that you mean, and whole',
    })
  }
  const header = options.header ?? looksLikeNames(cells)
  const rows = header ? cells.slice(1) : cells
  return {
    delimiter,
    header,
    names: header ? distinct(top.map(nameOf)) : top.map((_, column) => nameOf('', column)),
    words: top.map((_, column) => rows.some((row) => isWord(row[column]))),
    skip: header ? first : { bytes: 0, lines: 0 },
  }
}

function requireDelimiter(delimiter: Delimiter | undefined): Delimiter | undefined {
  if (delimiter === undefined || delimiters.includes(delimiter)) return delimiter
  throw new ArgumentError({
    rule: 'a delimiter is a comma, a semicolon, a tab or a bar',
    received: JSON.stringify(delimiter),
    remedy: 'leave it out to have it found',
  })
}

interface Try {
  delimiter: Delimiter
  head: Head
}

function headBy(delimiter: Delimiter, text: Uint8Array, path: string): Try {
  return { delimiter, head: parseHead(text, path, delimiter, looked) }
}

/** The one that gives all records the same number of columns, and more than one; the most columns of several such. */
function findDelimiter(text: Uint8Array, path: string): Try {
  let best: (Try & { even: number; columns: number }) | undefined
  let fault: unknown
  for (const delimiter of delimiters) {
    let found: Try
    try {
      found = headBy(delimiter, text, path)
    } catch (error) {
      fault ??= error
      continue
    }
    const { cells } = found.head
    const columns = cells[0]?.length ?? 0
    const alike = cells.filter((record) => record.length === columns).length
    const even = columns < 2 ? 0 : alike / cells.length
    if (best === undefined || even > best.even || (even === best.even && columns > best.columns))
      best = { ...found, even, columns }
  }
  if (best === undefined) throw fault
  return best
}

/**
 * Names are words, and one stands above a column of numbers; places counted from 0 or 1 may be among them (`label,0,1,2`).
 * Where there are only words, names come once, and not again in the column below.
 */
function looksLikeNames([top = [], ...rows]: string[][]): boolean {
  const places = top.filter(isNumber).map(Number)
  if (places.some((place, i) => place !== i + Math.min(1, places[0]!))) return false
  const below = top.map((_, column) =>
    rows.map((row) => row[column] ?? '').filter((cell) => !isMissing(cell)),
  )
  if (top.some((name, column) => isWord(name) && below[column]!.length > 0 && below[column]!.every(isNumber)))
    return true
  return (
    new Set(top).size === top.length &&
    top.every((name, column) => isWord(name) && !below[column]!.includes(name))
  )
}

function isWord(cell: string | undefined): boolean {
  return cell !== undefined && !isNumber(cell) && !isMissing(cell)
}

function nameOf(cell: string, column: number): string {
  return cell === '' ? `column_${String(column)}` : cell
}

function distinct(names: string[]): string[] {
  const taken = new Set(names)
  const seen = new Set<string>()
  return names.map((name) => {
    let own = name
    for (let n = 1; seen.has(own) || (own !== name && taken.has(own)); n++) own = `${name}.${String(n)}`
    seen.add(own)
    return own
  })
}
