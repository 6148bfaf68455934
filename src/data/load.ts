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
}

/**
 * Loads a data set.
 * @param name `mnist`, `fashion-mnist`, `kmnist`, `emnist`, the built-in `digits`, or the path of a folder that holds files under MNIST's names (IDX,
 *   plain or gzipped, or Kaggle's CSV).
 * @returns images as bytes 0 to 255, `x.shape` [rows, 784], and labels as class numbers.
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
  requireSplit(entry, options.split)
  if (entry?.name === 'digits') return loadDigits(entry)
  const { loadFolder, loadKnown } = await import('./places.js')
  return entry === undefined ? loadFolder(name) : loadKnown(entry, options)
}

function requireSplit(entry: CatalogEntry | undefined, split: string | undefined): void {
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
  return /[\\/]/.test(name) || name === '.' || name === '..'
}

async function loadDigits({ name, task, classes, sampleShape }: CatalogEntry): Promise<Dataset> {
  const { generateDigits } = await import('./digits.js')
  const { train, test } = generateDigits()
  const counts = `${String(train.y.length)} training and ${String(test.y.length)} test images`
  const source = `${counts}, drawn by the built-in generator`
  return { name, task, classes: [...classes], sampleShape: [...sampleShape], train, test, source }
}
