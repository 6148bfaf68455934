// The forms in which picture sets lie on disk: IDX, NPZ, NPY, CSV, PNG folders by class. Looks which are there without
// reading them, and reads the one that is wanted. Node only.
import { join } from 'node:path'
import { listNpz } from '../core/formats/npz.js'
import { FormatError } from '../core/errors.js'
import { sizeOf, type Tensor } from '../core/tensor.js'
import { withFileSource } from './file-source.js'
import { readIdx } from './idx-file.js'
import { readImageCsv } from './image-csv.js'
import { Listing } from './listing.js'
import { readNpy } from './npy-file.js'
import { readNpzFile } from './npz-file.js'
import { arrayNames, type PairNames, type PartName, type PictureNames } from './picture-names.js'
import { makePart, toClasses, type PicturePart, type PictureRules } from './picture-part.js'
import { findPngFolders } from './png-folder.js'

/** A form of a set in a folder. */
export interface Found {
  form: 'IDX' | 'NPZ' | 'NPY' | 'CSV' | 'PNG'
  /** The files, or folders, that are there, by name. */
  present: string[]
  /** How to read the parts that are whole. */
  parts: Partial<Record<PartName, () => Promise<PicturePart>>>
  /** The file of labels of each part, of forms that have such. */
  labels?: Partial<Record<PartName, string>>
  /** Of PNG folders: the names of the classes. */
  classes?: string[]
  /** Pictures that have no labels beside them, and how these would be called. */
  unlabelled?: { images: string; wanted: string }
  /** Of a set without a test part: it was cut here, seeded. */
  cut?: boolean
}

/** What is looked for. */
export interface PictureQuery {
  names: PictureNames
  rules: PictureRules
  /** Shape of a picture, for forms that do not tell it (CSV). */
  sampleShape: readonly number[]
  /** Whether folders of PNG files are looked for, and whether those of classes may stand here without a part's folder. */
  png: 'no' | 'parts' | 'classes'
}

/** All forms that are in `folder`, also incomplete ones, in the order of preference. A folder that is not there has none. */
export async function findPictures(folder: string, query: PictureQuery): Promise<Found[]> {
  const listing = await Listing.of(folder)
  const found = [
    await findPairs('IDX', listing, query.names.idx, query.rules, readIdx),
    await findNpz(listing, query),
    await findPairs('NPZ', listing, query.names.npzPairs, query.rules, readOnlyArray),
    await findPairs('NPY', listing, query.names.npy, query.rules, readNpy),
    await findCsv(listing, query),
    query.png === 'no' ? undefined : await findPngFolders(listing, query.png === 'classes'),
  ]
  return found.filter((form) => form !== undefined && form.present.length > 0) as Found[]
}

/** Whether both parts can be read. */
export function isComplete({ parts }: Found): boolean {
  return parts.train !== undefined && parts.test !== undefined
}

const partNames = ['train', 'test'] as const

/** Pictures and labels in files of their own. */
async function findPairs(
  form: Found['form'],
  listing: Listing,
  names: Record<PartName, PairNames>,
  rules: PictureRules,
  read: (path: string) => Promise<Tensor>,
): Promise<Found> {
  const found: Found = { form, present: [], parts: {}, labels: {} }
  for (const part of partNames) {
    const { images, labels } = names[part]
    const [imagesName, labelsName] = [await listing.find(images), await listing.find(labels)]
    found.present.push(...[imagesName, labelsName].filter((name) => name !== undefined))
    if (imagesName !== undefined && labelsName === undefined) {
      found.unlabelled ??= { images: imagesName, wanted: labels[0]! }
    }
    if (imagesName === undefined || labelsName === undefined) continue
    const [imagesPath, labelsPath] = [join(listing.folder, imagesName), join(listing.folder, labelsName)]
    found.labels![part] = labelsPath
    found.parts[part] = async () => {
      const [pictures, numbers] = await Promise.all([read(imagesPath), read(labelsPath)])
      return makePart({ name: imagesPath, tensor: pictures }, { name: labelsPath, tensor: numbers }, rules)
    }
  }
  return found
}

/** All arrays in one file, as Keras' `mnist.npz`. */
async function findNpz(listing: Listing, { names, rules }: PictureQuery): Promise<Found> {
  const name = await listing.find(names.npz)
  return name === undefined
    ? { form: 'NPZ', present: [], parts: {} }
    : lookIntoNpz(join(listing.folder, name), name, rules)
}

/**
 * The parts of one NPZ file, by the names of its arrays.
 * @param name how it is called in what is told.
 */
export function lookIntoNpz(path: string, name: string, rules: PictureRules): Found {
  const found: Found = { form: 'NPZ', present: [name], parts: {} }
  const arrays = arraysIn(path)
  const wanted = (names: string[]) => names.find((array) => arrays === undefined || arrays.includes(array))
  let content: Promise<Map<string, Tensor>> | undefined
  for (const part of partNames) {
    const { images, labels } = arrayNames[part]
    const [pictures, numbers] = [wanted(images), wanted(labels)]
    if (pictures !== undefined && numbers === undefined) {
      found.unlabelled ??= { images: `${name} (${pictures})`, wanted: labels[0]! }
    }
    if (pictures === undefined || numbers === undefined) continue
    found.parts[part] = async () => {
      const only = partNames.flatMap((each) => [...arrayNames[each].images, ...arrayNames[each].labels])
      content ??= readNpzFile(path, only)
      const tensors = await content
      const named = (array: string) => ({ name: `${path} (${array})`, tensor: tensors.get(array)! })
      return makePart(named(pictures), named(numbers), rules)
    }
  }
  return found
}

/** The names of the arrays; undefined for a damaged file, of which reading tells more. */
function arraysIn(path: string): string[] | undefined {
  try {
    return withFileSource(path, listNpz)
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

/** The one array of an NPZ file, whatever it is called. */
async function readOnlyArray(path: string): Promise<Tensor> {
  const arrays = [...(await readNpzFile(path)).values()]
  if (arrays.length === 1) return arrays[0]!
  throw new FormatError({
    file: path,
    rule: 'an NPZ file of pictures or labels alone holds one array',
    received: String(arrays.length),
    remedy: 'save it again with numpy.savez',
  })
}

async function findCsv(listing: Listing, { names, rules, sampleShape }: PictureQuery): Promise<Found> {
  const found: Found = { form: 'CSV', present: [], parts: {} }
  for (const part of partNames) {
    const name = await listing.find(names.csv[part])
    if (name === undefined) continue
    found.present.push(name)
    const path = join(listing.folder, name)
    found.parts[part] = async () => {
      const { classes, firstLabel, transposed } = rules
      const most = Math.min(firstLabel + classes, 256)
      const { x, y } = await readImageCsv(path, { pixels: sizeOf(sampleShape), classes: most, transposed })
      return { x, y: toClasses(y, rules, path), sampleShape: [...sampleShape] }
    }
  }
  return found
}
