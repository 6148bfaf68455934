// Pictures as PNG files in folders by class: `train/<class>/*.png` with a `test` beside, or `<class>/*.png` alone, of which
// a seeded fifth of each class becomes the test part. Node only.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError, ShapeError } from '../core/errors.js'
import { permutation, purposes } from '../core/philox.js'
import { namesIn, type Listing } from './listing.js'
import type { Found } from './picture-forms.js'
import type { PartName } from './picture-names.js'
import type { PicturePart } from './picture-part.js'
import { decodePng } from './png.js'
import { trainTestSplit } from './split.js'

/** Folders of parts, as archives in use call them. */
const partFolders: Record<PartName, string[]> = {
  train: ['train', 'training', 'Train'],
  test: ['test', 'testing', 'Test'],
}

interface PngFile {
  path: string
  className: string
}

/**
 * Looks for folders of PNG files.
 * @param alone whether folders of classes may stand here without a part's folder around them.
 */
export async function findPngFolders(listing: Listing, alone: boolean): Promise<Found | undefined> {
  const [train, test] = await Promise.all([part(listing, 'train'), part(listing, 'test')])
  if (train !== undefined || test !== undefined) return found({ train, test }, false)
  if (!alone) return undefined
  const files = await filesByClass(listing.folder)
  if (files.length === 0) return undefined
  const labels = files.map(({ className }) => className)
  const { train: first, test: second } = trainTestSplit(files, labels, {
    testSize: 0.2,
    seed: 1,
    stratify: labels,
  })
  const parts = { train: { folder: '', files: first.x }, test: { folder: '', files: second.x } }
  return found(parts, true)
}

interface PngPart {
  folder: string
  files: PngFile[]
}

async function part(listing: Listing, name: PartName): Promise<PngPart | undefined> {
  for (const folder of partFolders[name]) {
    const files = listing.has(folder) ? await filesByClass(join(listing.folder, folder)) : []
    if (files.length > 0) return { folder, files }
  }
  return undefined
}

function found(parts: Partial<Record<PartName, PngPart | undefined>>, cut: boolean): Found {
  const given = Object.entries(parts).filter(([, value]) => value !== undefined) as [PartName, PngPart][]
  const classes = sortClasses(given.flatMap(([, { files }]) => files.map(({ className }) => className)))
  const numbers = new Map(classes.map((name, i) => [name, i]))
  return {
    form: 'PNG',
    present: cut ? classes : given.map(([, { folder }]) => folder),
    parts: Object.fromEntries(given.map(([name, { files }]) => [name, () => readPart(files, numbers)])),
    classes,
    cut,
  }
}

/** Each name once; by number where all are whole numbers, else by code. */
function sortClasses(names: readonly string[]): string[] {
  const different = [...new Set(names)]
  const numbered = different.every((name) => /^\d{1,9}$/.test(name))
  return numbered ? different.sort((a, b) => Number(a) - Number(b)) : different.sort()
}

/** The PNG files in the folders of `folder`, ordered by folder and name. */
async function filesByClass(folder: string): Promise<PngFile[]> {
  const names = (await namesIn(folder)).filter((name) => !name.startsWith('.')).sort()
  const files: PngFile[] = []
  for (const name of names) {
    const pictures = (await namesIn(join(folder, name))).filter((file) => /^[^.].*\.png$/i.test(file))
    files.push(...pictures.sort().map((file) => ({ path: join(folder, name, file), className: name })))
  }
  return files
}

/** Pictures read at the same time. */
const atOnce = 32

/** All pictures in a seeded order, so that the first rows are of all classes. */
async function readPart(
  files: readonly PngFile[],
  numbers: ReadonlyMap<string, number>,
): Promise<PicturePart> {
  const order = permutation(files.length, 1, purposes.split)
  const first = files[order[0]!]!
  const { width, height } = await decodePng(await readFile(first.path), first.path)
  const size = width * height
  if (size * files.length >= 2 ** 31) {
    throw new DataError({
      rule: 'all pictures of a part take less than 2 GiB, a byte a pixel',
      received: `${String(files.length)} pictures of ${String(width)} × ${String(height)} pixels`,
      remedy: 'scale them down first',
    })
  }
  const data = new Uint8Array(files.length * size)
  const y = numbers.size > 256 ? new Int32Array(files.length) : new Uint8Array(files.length)
  const readOne = async (row: number) => {
    const { path, className } = files[order[row]!]!
    const { pixels } = await decodePng(await readFile(path), path, (across, down) => {
      if (across === width && down === height) return
      throw new ShapeError({
        rule: `all pictures have the size of the first, ${String(width)} × ${String(height)} pixels`,
        received: `${String(across)} × ${String(down)} in ${path}`,
        remedy: 'scale or pad them to one size first',
      })
    })
    data.set(pixels, row * size)
    y[row] = numbers.get(className)!
  }
  for (let row = 0; row < files.length; row += atOnce) {
    const rows = Array.from({ length: Math.min(atOnce, files.length - row) }, (_, i) => row + i)
    await Promise.all(rows.map(readOne))
  }
  return { x: { data, shape: [files.length, size] }, y, sampleShape: [height, width] }
}
