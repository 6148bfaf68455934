// Where the files of data sets are looked for. Node only.
import { basename, join } from 'node:path'
import { DataError, NotFoundError } from '../core/errors.js'
import type { CatalogEntry } from './catalog.js'
import type { Dataset } from './dataset.js'
import type { LoadOptions } from './load.js'
import { emnistNames, findMnist } from './mnist-folder.js'
import { dataDirectories, fromUser, placesOf } from './search.js'
import { transposeSquares } from './upright.js'

/**
 * Loads a set of the catalogue from the first place that holds all its files.
 * @throws NotFoundError that tells every place; errors of the readers.
 */
export async function loadKnown(entry: CatalogEntry, { dataDir, split }: LoadOptions): Promise<Dataset> {
  const { name, task } = entry
  const part = entry.splits?.find((candidate) => split === undefined || candidate.name === split)
  const { classes, firstLabel = 0 } = part ?? { classes: entry.classes }
  const incomplete: string[] = []
  const directories = dataDirectories(dataDir)
  for (const place of placesOf(entry, directories)) {
    const { read, present } =
      part === undefined
        ? await findMnist(place, classes.length)
        : await findMnist(place, classes.length + firstLabel, emnistNames(part.name))
    if (read !== undefined) {
      const set = { name, task, classes: [...classes], ...(await read()) }
      return part === undefined ? set : { ...upright(set, firstLabel), split: part.name }
    }
    if (present.length > 0) incomplete.push(`; ${place} has only ${present.join(', ')}`)
  }
  throw new NotFoundError({
    rule: `the files of ${entry.name} lie in a folder "${entry.folders[0]!}" of a data directory, or straight in it`,
    received: `no complete set in ${directories.join(', ')}${incomplete.join('')}`,
    remedy:
      `get them with "lanewise datasets fetch ${entry.name}", or download ${entry.archive?.name ?? entry.files.map((file) => file.name).join(', ')} from ${entry.mirrors[0]!} into ` +
      `${join(directories[0]!, entry.folders[0]!)}, or name another directory with dataDir or LANEWISE_DATA; ` +
      'the built-in set "digits" needs no files',
  })
}

/** A set in which pictures are transposed and labels begin at `firstLabel`, put right. */
function upright(set: Dataset, firstLabel: number): Dataset {
  for (const { x, y } of [set.train, set.test]) {
    transposeSquares(x.data, set.sampleShape[0]!)
    if (firstLabel === 0) continue
    y.forEach((label, row) => {
      if (label < firstLabel) {
        throw new DataError({
          rule: `labels of ${set.name} begin with ${String(firstLabel)}`,
          received: `${String(label)} in row ${String(row)}`,
          remedy: 'check that the file is that of this split',
        })
      }
      y[row] = label - firstLabel
    })
  }
  return set
}

/**
 * Loads a folder of files under MNIST's names; it is called as the folder, its classes are only numbered.
 * @throws NotFoundError when the folder does not hold a complete set; errors of the readers.
 */
export async function loadFolder(path: string): Promise<Dataset> {
  const folder = fromUser(path)
  const { read, present } = await findMnist(folder, 256)
  if (read !== undefined) return { name: basename(folder), task: 'classification', ...(await read()) }
  throw new NotFoundError({
    rule:
      'a folder of a data set holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and ' +
      't10k-labels-idx1-ubyte, with or without .gz, or mnist_train.csv and mnist_test.csv',
    received: `${folder} with ${present.length === 0 ? 'none of them' : `only ${present.join(', ')}`}`,
    remedy: 'check the path, or complete the set',
  })
}
