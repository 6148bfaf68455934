// Data sets by name or folder. Light to import: what reads files (Node only) and what draws digits load when used.
import { ArgumentError } from '../core/errors.js'
import { catalog } from './catalog.js'
import type { CatalogEntry } from './catalog.js'
import type { Dataset } from './dataset.js'

export interface LoadOptions {
  /** Where to look first; then $LANEWISE_DATA, ./datasets and ./data. A relative path starts where the user stands. */
  dataDir?: string
  /** Of `emnist`: balanced (the default), byclass, bymerge, digits, letters or mnist. */
  split?: string
  /**
   * Whether a picture set of which only one part is there is taken all the same: its rows are then both `train` and
   * `test`, for the caller to cut, and `onlyPart` tells which part it is. Default false: an error.
   */
  onePart?: boolean
  /** Where warnings go, such as that files are those of another set; default `console.warn`. */
  warn?: (message: string) => void
  /** Of a CSV file: the column to learn, by name or by place counted from 0 (-1: the last); see readCsv for the default. */
  target?: string | number
  /** Of a table: the columns to learn from, in this order. Default: all but the target. */
  features?: readonly (string | number)[]
  /** Of a CSV file: what the target is for; see readCsv for the default. */
  task?: 'classification' | 'regression'
}

/**
 * Loads a data set.
 * @param name `mnist`, `fashion-mnist`, `kmnist`, `emnist`, `california-housing`, the built-in `digits`; the path of a
 *   folder with pictures under names in use (those of MNIST or EMNIST, IDX, NPZ, NPY or CSV, or PNG files in folders by
 *   class), of an `.npz` file like Keras' or another file of such a folder; or the path of a CSV file (`.csv`, `.tsv`,
 *   `.txt`, `.data`, also with `.gz`).
 * @returns images as bytes 0 to 255, upright, `x.shape` [rows, 784], with labels as class numbers; tables as float32, with class
 *   numbers or numbers. A table without a test part is split 80:20, always in the same way.
 * @throws ArgumentError for an unknown name, NotFoundError for files that are not where they are looked for,
 *   FormatError, DataError and ShapeError for files that are not what they should be.
 * @example const { train, test } = await loadDataset('mnist')
 */
export async function loadDataset(name: string, options: LoadOptions = {}): Promise<Dataset> {
  const entry = catalog.find((candidate) => candidate.name === name)
  if (entry === undefined && !looksLikePath(name)) {
    throw new ArgumentError({
      rule: `a data set is one of ${catalog.map((known) => known.name).join(', ')}, or the path of a folder`,
      received: `"${name}"`,
      remedy: 'write a folder in the current directory as "./name"',
    })
  }
  const isFile = entry === undefined && csvName.test(name)
  // A folder may hold EMNIST under its own names.
  requireSplit(
    entry ?? (isFile ? undefined : catalog.find(({ splits }) => splits !== undefined)),
    options.split,
  )
  if (isFile || entry?.name === 'california-housing') {
    const { loadCalifornia, loadCsvFile } = await import('./table-sets.js')
    return isFile ? loadCsvFile(name, options) : loadCalifornia(entry!, options)
  }
  requireNoColumns(options)
  if (entry?.name === 'digits') return loadDigits(entry)
  const { loadFolder, loadKnown } = await import('./places.js')
  const warn = (message: string) => {
    console.warn(`lanewise: ${message}`)
  }
  const withWarnings = { warn, ...options }
  return entry === undefined ? loadFolder(name, withWarnings) : loadKnown(entry, withWarnings)
}

const pictureName = /\.(npz|npy)(\.gz)?$|idx\d-ubyte(\.gz)?$/i
const csvName = /\.(csv|tsv|txt|data)(\.gz)?$/i

/** @throws ArgumentError for a split that the set does not have. */
export function requireSplit(entry: CatalogEntry | undefined, split: string | undefined): void {
  const splits = (entry?.splits ?? []).map(({ name }) => name)
  if (split === undefined || splits.includes(split)) return
  throw new ArgumentError({
    rule:
      splits.length === 0
        ? 'a split is chosen of a data set that has several'
        : `the splits of ${entry!.name} are ${splits.join(', ')}`,
    received: `"${split}"`,
    remedy: splits.length === 0 ? 'leave it out' : 'choose one of them',
  })
}

function looksLikePath(name: string): boolean {
  return /[\\/]/.test(name) || name === '.' || name === '..' || csvName.test(name) || pictureName.test(name)
}

function requireNoColumns({ target, features, task }: LoadOptions): void {
  const given = Object.entries({ target, features, task }).find(([, value]) => value !== undefined)
  if (given === undefined) return
  throw new ArgumentError({
    rule: 'target, features and task are for tables',
    received: `${given[0]} for a set of pictures`,
    remedy: 'leave it out',
  })
}

async function loadDigits({ name, task, classes, sampleShape }: CatalogEntry): Promise<Dataset> {
  const { generateDigits } = await import('./digits.js')
  const { train, test } = generateDigits()
  const counts = `${String(train.y.length)} training and ${String(test.y.length)} test images`
  const source = `${counts}, drawn by the built-in generator`
  return { name, task, classes: [...classes], sampleShape: [...sampleShape], train, test, source }
}
