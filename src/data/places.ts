// Picture sets by name, folder or file: looks through the places and forms in which they may lie, takes the first that is
// whole, and says what else was there. Node only.
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { NotFoundError, ShapeError } from '../core/errors.js'
import { catalog, type CatalogEntry, type CatalogSplit } from './catalog.js'
import type { Dataset } from './dataset.js'
import { parseMapping } from './emnist-mapping.js'
import { identify } from './identify.js'
import { isKind, Listing } from './listing.js'
import type { LoadOptions } from './load.js'
import { findPictures, isComplete, lookIntoNpz, type Found, type PictureQuery } from './picture-forms.js'
import { emnistPictures, picturesOf } from './picture-names.js'
import type { PicturePart } from './picture-part.js'
import { dataDirectories, fromUser, placesOf } from './search.js'

/** A set that may lie in a place. */
export interface Candidate {
  entry?: CatalogEntry
  split?: CatalogSplit
}

/** All forms of a set in a folder, also incomplete ones. */
export function findForms(folder: string, candidate: Candidate, png: PictureQuery['png']): Promise<Found[]> {
  return findPictures(folder, queryOf(candidate, png))
}

function queryOf({ entry, split }: Candidate, png: PictureQuery['png']): PictureQuery {
  return {
    names: split === undefined ? picturesOf(entry?.name) : emnistPictures(split.name),
    rules: {
      classes: (split ?? entry)?.classes.length ?? 65536,
      firstLabel: split?.firstLabel ?? 0,
      transposed: split !== undefined,
    },
    sampleShape: entry?.sampleShape ?? [28, 28],
    png: split === undefined ? png : 'no',
  }
}

/** A form of a set that was found, and what lies beside it. */
interface Choice extends Candidate {
  place: string
  found: Found
  others: Found[]
}

/**
 * Loads a picture set of the catalogue from the first place that holds it whole; of EMNIST without a split, the first
 * split that is there.
 * @throws NotFoundError that tells every place; errors of the readers.
 */
export async function loadKnown(entry: CatalogEntry, options: LoadOptions): Promise<Dataset> {
  const splits = entry.splits?.filter(({ name }) => options.split === undefined || name === options.split)
  const directories = dataDirectories(options.dataDir)
  const candidates = splits?.map((split) => ({ entry, split })) ?? [{ entry }]
  const search = await searchAll(candidates, placesOf(entry, directories), (place) =>
    directories.includes(place) ? 'no' : 'parts',
  )
  const choice = search.whole ?? (options.onePart === true ? search.onePart : undefined)
  if (choice !== undefined) return read(choice, entry.name, options)
  throw new NotFoundError({
    rule: `the files of ${entry.name} lie in a folder "${entry.folders[0]!}" of a data directory, or straight in it`,
    received: `no complete set in ${directories.join(', ')}${search.incomplete.map((line) => `; ${line}`).join('')}`,
    remedy:
      search.advice +
      `get them with "lanewise datasets fetch ${entry.name}", or download ${entry.archive?.name ?? entry.files.map((file) => file.name).join(', ')} from ${entry.mirrors[0]!} into ` +
      `${join(directories[0]!, entry.folders[0]!)}, or name another directory with dataDir or LANEWISE_DATA; ` +
      'the built-in set "digits" needs no files',
  })
}

/**
 * Loads a folder, or a file of one, under any of the names that are known; it is called as the folder.
 * @throws NotFoundError when it does not hold a complete set; errors of the readers.
 */
export async function loadFolder(path: string, options: LoadOptions): Promise<Dataset> {
  const target = fromUser(path)
  const isFile = await isKind(target, 'file')
  if (isFile && /\.npz$/i.test(target)) {
    const name = basename(target)
    const found = lookIntoNpz(target, name, queryOf({}, 'no').rules)
    const choice = { place: dirname(target), found, others: [] }
    if (isComplete(found)) return read(choice, name.replace(/\.npz$/i, ''), options)
    throw incomplete(target, summarize([choice]), 'arrays x_train, y_train, x_test and y_test')
  }
  const folder = isFile ? dirname(target) : target
  const emnist = catalog.find(({ name }) => name === 'emnist')!
  const splits = emnist.splits!.filter(({ name }) => options.split === undefined || name === options.split)
  const candidates: Candidate[] = splits.map((split) => ({ entry: emnist, split }))
  if (options.split === undefined) candidates.unshift({})
  const search = await searchAll(candidates, [folder], () => 'classes', isFile ? basename(target) : undefined)
  const choice = search.whole ?? (options.onePart === true ? search.onePart : undefined)
  if (choice !== undefined) return read(choice, basename(folder), options)
  throw incomplete(
    target,
    search,
    'pictures with labels under the names of MNIST (train-images-idx3-ubyte, train-labels-idx1-ubyte, ' +
      't10k-images-idx3-ubyte, t10k-labels-idx1-ubyte, also .gz), mnist.npz, train_images.npy and its like, ' +
      'mnist_train.csv and mnist_test.csv, those of EMNIST, or PNG files in folders by class',
  )
}

function incomplete(path: string, { incomplete: lines, advice }: Search, rule: string): NotFoundError {
  const only = lines.map((line) => line.replace(/^.* has only /, 'only ')).join('; ')
  return new NotFoundError({
    rule: `a data set of pictures holds ${rule}`,
    received: `${path} with ${only === '' ? 'none of them' : only}`,
    remedy: `${advice}check the path, or complete the set`,
  })
}

interface Search {
  whole?: Choice
  /** The first place with one part alone. */
  onePart?: Choice
  /** For people: what is where. */
  incomplete: string[]
  /** What to do about it, ending in `, or `. */
  advice: string
}

async function searchAll(
  candidates: readonly Candidate[],
  places: readonly string[],
  png: (place: string) => PictureQuery['png'],
  file?: string,
): Promise<Search> {
  const parts: Choice[] = []
  for (const candidate of candidates) {
    for (const place of places) {
      const all = await findForms(place, candidate, png(place))
      // A file that was named decides the form.
      const forms = file === undefined ? all : all.filter(({ present }) => present.includes(file))
      const choices = forms.map((found) => {
        return { ...candidate, place, found, others: forms.filter((other) => other !== found) }
      })
      const whole = choices.find(({ found }) => isComplete(found))
      if (whole !== undefined) return { whole, incomplete: [], advice: '' }
      parts.push(...choices)
    }
  }
  return summarize(parts)
}

/** What to say when nothing is whole. */
function summarize(parts: readonly Choice[]): Search {
  const byPlace = new Map<string, string[]>()
  for (const { place, found } of parts) {
    byPlace.set(place, [...(byPlace.get(place) ?? []), ...found.present])
  }
  const incompleteLines = Array.from(byPlace, ([place, names]) => `${place} has only ${names.join(', ')}`)
  const onePart = parts.find(({ found }) => Object.keys(found.parts).length > 0)
  const unlabelled = parts.find(({ found }) => found.unlabelled !== undefined)?.found.unlabelled
  const advice: string[] = []
  if (onePart !== undefined) {
    const part = onePart.found.parts.test === undefined ? 'training' : 'test'
    const split = onePart.split === undefined ? '' : ` of the split ${onePart.split.name}`
    advice.push(
      `cut both parts from the ${part} part${split}, which is whole, with --train-rows and --test-rows ` +
        '(0:1000 and 1000:), or ',
    )
  }
  if (unlabelled !== undefined) {
    advice.push(`put the labels of ${unlabelled.images} beside it as ${unlabelled.wanted}, or `)
  }
  return {
    ...(onePart === undefined ? {} : { onePart }),
    incomplete: incompleteLines,
    advice: advice.join(''),
  }
}

async function read(choice: Choice, name: string, { split, warn }: LoadOptions): Promise<Dataset> {
  const { entry, found, place } = choice
  const [train, test] = await Promise.all([found.parts.train?.(), found.parts.test?.()])
  const onlyPart = test === undefined ? 'train' : train === undefined ? 'test' : undefined
  const [first, second] = [train ?? test!, test ?? train!]
  requireSameShape(first, second, choice)
  const known = await identify({ train, test }, found)
  if (entry !== undefined && known !== undefined && known !== entry && choice.split === undefined) {
    warn?.(`${found.present.join(', ')} in ${place} are those of ${known.title}, not of ${entry.title}`)
  }
  if (
    entry?.labelSums !== undefined &&
    known === undefined &&
    found.form === 'IDX' &&
    first.y.length === entry.rows.train &&
    second.y.length === entry.rows.test
  ) {
    warn?.(`the labels in ${place} are not those of ${entry.title} as published, nor of another known set`)
  }
  const classes = found.form === 'PNG' ? pngClasses(found, known ?? entry) : await classesOf(choice, known)
  const notes = notesOf(choice, onlyPart, split)
  return {
    name,
    ...(choice.split === undefined ? {} : { split: choice.split.name }),
    task: 'classification',
    ...(classes === undefined ? {} : { classes: [...classes] }),
    train: examples(first),
    test: examples(second),
    ...(onlyPart === undefined ? {} : { onlyPart }),
    sampleShape: first.sampleShape,
    source: sourceOf(first, second, onlyPart, choice),
    ...(notes.length === 0 ? {} : { notes }),
  }
}

function examples({ x, y }: PicturePart): Pick<PicturePart, 'x' | 'y'> {
  return { x, y }
}

/** The names in a mapping file beside the pictures; else those of the set that the files are known to be. */
async function classesOf({ entry, split, place }: Choice, known: CatalogEntry | undefined) {
  if (split === undefined) return (known ?? entry)?.classes
  const mapping = await (await Listing.of(place)).find([`emnist-${split.name}-mapping.txt`])
  if (mapping === undefined || mapping.endsWith('.gz')) return split.classes
  const file = join(place, mapping)
  const names = parseMapping(await readFile(file, 'latin1'), split.firstLabel ?? 0, file)
  return names.length === split.classes.length ? names : split.classes
}

/** The folders' names, unless they are but the numbers of a known set's classes. */
function pngClasses({ classes = [] }: Found, known: CatalogEntry | undefined): string[] {
  const numbers = classes.every((name, i) => name === String(i))
  return numbers && known?.classes.length === classes.length ? known.classes : classes
}

/** Lines for people about what was chosen, where there was a choice. */
function notesOf(
  choice: Choice,
  onlyPart: 'train' | 'test' | undefined,
  wanted: string | undefined,
): string[] {
  const { entry, split, found, others, place } = choice
  const notes: string[] = []
  const normal = entry?.splits?.[0]
  if (split !== undefined && wanted === undefined && split !== normal) {
    notes.push(`${entry!.name}: split ${split.name}, as ${normal!.name} is not there`)
  }
  if (others.length > 0) {
    const rest = others.map(({ form, present }) => `${form} (${present.slice(0, 4).join(', ')})`)
    notes.push(`${found.form} taken in ${place}; there too: ${rest.join(', ')}`)
  }
  if (found.cut === true) {
    notes.push(`no test part in ${place}: a fifth of the pictures of each class was set aside, seeded`)
  }
  if (onlyPart !== undefined) {
    const part = onlyPart === 'train' ? 'training' : 'test'
    notes.push(`only the ${part} part is in ${place}: training and test rows are both cut from it`)
  }
  return notes
}

function sourceOf(
  train: PicturePart,
  test: PicturePart,
  onlyPart: 'train' | 'test' | undefined,
  { found, place }: Choice,
): string {
  const counts =
    onlyPart === undefined
      ? `${String(train.y.length)} training and ${String(test.y.length)} test images`
      : `${String(train.y.length)} images of the ${onlyPart === 'train' ? 'training' : 'test'} part alone`
  return `${counts}, ${found.form}, from ${place}`
}

function requireSameShape(train: PicturePart, test: PicturePart, { found, place }: Choice): void {
  const [trainShape, testShape] = [train.sampleShape.join(', '), test.sampleShape.join(', ')]
  if (trainShape === testShape) return
  throw new ShapeError({
    rule: 'training and test images have the same shape',
    received: `[${trainShape}] and [${testShape}] in ${found.present.join(', ')} in ${place}`,
    remedy: 'put the files of one set together',
  })
}
