// What loadDataset does: finds the set in the catalogue, or takes the name as a path. What reads files (Node only) and what draws
// digits load when used.
import { ArgumentError } from '../core/errors.js'
import { catalog } from './catalog.js'
import type { CatalogEntry } from './catalog.js'
import type { Dataset } from './dataset.js'
import type { LoadOptions } from './load.js'

/** @throws as loadDataset. */
export async function loadByName(name: string, options: LoadOptions): Promise<Dataset> {
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
