// Tables as data sets: California Housing, and any CSV file. A table has no test part: it is split 80:20, with the same seed
// always. Node only.
import { basename, join } from 'node:path'
import { ArgumentError, NotFoundError } from '../core/errors.js'
import { readCalifornia } from './california.js'
import type { CatalogEntry } from './catalog.js'
import { openCsv } from './csv-rows.js'
import { readCsv, type Table } from './csv.js'
import type { Dataset, Examples } from './dataset.js'
import { readImageCsv } from './image-csv.js'
import type { LoadOptions } from './load.js'
import { isKind } from './listing.js'
import { dataDirectories, fromUser, placesOf } from './search.js'
import { trainTestSplit } from './split.js'

/** In the order of preference. */
export const californiaFiles = ['cal_housing.data', 'cal_housing.data.gz', 'housing.csv', 'housing.csv.gz']

/**
 * Loads California Housing from the first place that holds one of its files.
 * @throws NotFoundError that tells every place; ArgumentError for another target or task; errors of readCalifornia.
 */
export async function loadCalifornia(
  entry: CatalogEntry,
  { dataDir, target, features, task }: LoadOptions,
): Promise<Dataset> {
  const { name, targetName = '', targetUnit = '' } = entry
  if ((target !== undefined && target !== targetName) || (task !== undefined && task !== entry.task)) {
    throw new ArgumentError({
      rule: `the target of ${name} is ${targetName}, for ${entry.task}`,
      received: `${target === undefined ? '' : `target "${String(target)}"`} ${task ?? ''}`.trim(),
      remedy: 'leave it out, or load the file by its path',
    })
  }
  const directories = dataDirectories(dataDir)
  for (const place of placesOf(entry, directories)) {
    for (const file of californiaFiles) {
      const path = join(place, file)
      if (!(await isKind(path, 'file'))) continue
      const { x, y } = await readCalifornia(path, features)
      return { name, task: 'regression', targetName, targetUnit, ...tableSet(x, y, path) }
    }
  }
  throw new NotFoundError({
    rule: `cal_housing.data or housing.csv lies in a folder "${name}" of a data directory, or straight in it`,
    received: `neither in ${directories.join(', ')}`,
    remedy:
      `get it with "lanewise datasets fetch ${name}", or download housing.csv from ${entry.mirrors[0]!} into ${join(directories[0]!, name)}, ` +
      'or name another directory with dataDir or LANEWISE_DATA',
  })
}

/**
 * Loads a CSV file; it is called as the file. One with a label and 784 pixels a line, by its header or its name, comes as
 * pictures (EMNIST's upright), all others as tables.
 * @throws NotFoundError where there is no such file; errors of readCsv.
 */
export async function loadCsvFile(path: string, { target, features, task }: LoadOptions): Promise<Dataset> {
  const file = fromUser(path)
  if (!(await isKind(file, 'file'))) {
    throw new NotFoundError({
      rule: 'the path of a CSV file is that of a file',
      received: `${file}, where there is none`,
      remedy: 'check the path',
    })
  }
  const name = basename(file).replace(/(\.[^.]+)(\.gz)?$/i, '')
  if (target === undefined && features === undefined && task === undefined && (await holdsImages(file))) {
    const { x, y } = await readImageCsv(file, { pixels, classes: 256, transposed: /emnist/i.test(name) })
    return { name, task: 'classification', ...splitRows(x, y, file), sampleShape: [28, 28] }
  }
  const table = await readCsv(file, {
    ...(target === undefined ? {} : { target }),
    ...(features === undefined ? {} : { features }),
    ...(task === undefined ? {} : { task }),
  })
  const { x, y, classes, targetName } = table
  return {
    name,
    task: table.task,
    ...(classes === undefined ? {} : { classes }),
    targetName,
    ...tableSet(x, y, file),
  }
}

const pixels = 784

async function holdsImages(path: string): Promise<boolean> {
  const { dialect, close } = await openCsv(path)
  await close()
  const { names, header } = dialect
  return names.length === pixels + 1 && (header ? names.includes('label') : /mnist/i.test(basename(path)))
}

function tableSet(
  x: Table,
  y: Int32Array | Float32Array,
  path: string,
): Pick<Dataset, 'train' | 'test' | 'sampleShape' | 'source'> {
  const { train, test, source } = splitRows(x, y, path)
  const part = (examples: Examples): Examples => ({
    x: { data: examples.x.data, shape: examples.x.shape, columns: x.columns },
    y: examples.y,
  })
  return { train: part(train), test: part(test), sampleShape: [x.columns.length], source }
}

function splitRows(
  x: Examples['x'],
  y: Examples['y'],
  path: string,
): Pick<Dataset, 'train' | 'test' | 'source'> {
  const { train, test } = trainTestSplit(x, y, { testSize: 0.2, seed: 1 })
  const counts = `${String(train.y.length)} training and ${String(test.y.length)} test rows`
  return { train, test, source: `${counts}, a split of 80:20, from ${path}` }
}
