// Goes through the chosen columns of a CSV file, and finds out what kind of values each holds: what looked like numbers
// in the first rows and holds a word further down is a column of words, and the file is gone through once more.
import { DataError } from '../core/errors.js'
import type { ColumnInfo } from '../core/tensor.js'
import { TableBuilder } from './csv-builder.js'
import type { Dialect, DialectOptions } from './csv-dialect.js'
import { openCsv } from './csv-rows.js'

export interface Scan {
  rows: number
  /** The chosen columns; words in JavaScript's order of strings. */
  columns: ColumnInfo[]
  /** For each chosen column of words: the place in `columns` of the words as parts number them. */
  ranks: (Float32Array | undefined)[]
  /** For each column of the file whether it holds words; of those not chosen, as far as was looked. */
  words: boolean[]
  /** Places of the chosen columns. */
  chosen: number[]
  dialect: Dialect
}

/** Receives the rows: begin starts anew, take gets parts of the builder's form. */
export interface Receiver {
  begin(): void
  take(part: Float32Array, columns: number): void
}

/**
 * Scans a file.
 * @param choose places of columns out of the names of all.
 * @throws errors of openCsv and its rows, TableBuilder, choose and the receiver; DataError for no rows.
 */
export async function scanCsv(
  path: string,
  options: DialectOptions,
  choose: (names: readonly string[]) => number[],
  receiver: Receiver,
): Promise<Scan> {
  for (let found: boolean[] | undefined; ;) {
    const { dialect, rows, close } = await openCsv(path, options)
    try {
      const { names } = dialect
      const words = found ?? dialect.words
      const chosen = choose(names)
      const rowsPerPart = Math.max(1, Math.floor(2 ** 18 / chosen.length))
      const builder = new TableBuilder({ path, names, chosen, words, rowsPerPart })
      const drain = () => {
        for (const part of builder.parts.splice(0)) receiver.take(part, chosen.length)
      }
      receiver.begin()
      for await (const block of rows(chosen.some((column) => words[column]) ? 'records' : 'f32')) {
        builder.add(block)
        drain()
      }
      if (builder.misfits.size === 0) {
        builder.finish()
        drain()
        requireRows(builder.rows, path)
        const sorted = builder.categories.map(sortWords)
        const columns = chosen.map((column, i): ColumnInfo => {
          const name = names[column]!
          return words[column] ? { name, categories: sorted[i]!.words } : { name }
        })
        const ranks = chosen.map((column, i) => (words[column] ? sorted[i]!.ranks : undefined))
        return { rows: builder.rows, columns, ranks, words, chosen, dialect }
      }
      found = words.map((isWords, column) => isWords || builder.misfits.has(column))
    } finally {
      await close()
    }
  }
}

function requireRows(rows: number, path: string): void {
  if (rows > 0) return
  throw new DataError({
    rule: `${path}: a table has at least one row`,
    received: 'names of columns only',
    remedy: 'check that the file is whole, or say header: false',
  })
}

/** Words in JavaScript's order of strings, which is that of a model's classes; the place of each by its number of appearance. */
function sortWords(appeared: ReadonlyMap<string, number>): { words: string[]; ranks: Float32Array } {
  const words = [...appeared.keys()].sort()
  const ranks = new Float32Array(words.length)
  words.forEach((word, rank) => (ranks[appeared.get(word)!] = rank))
  return { words, ranks }
}
