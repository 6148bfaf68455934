// Folders that hold a set under MNIST's file names: four IDX files, or the two CSV files of Kaggle. Node only.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError, FormatError, ShapeError } from '../core/errors.js'
import type { Dataset, Examples } from './dataset.js'
import { readIdx } from './idx-file.js'
import { readImageCsv } from './image-csv.js'

/** The names under which the files are known, without `.gz`; the first that is there is read. */
const mnistNames = {
  trainImages: ['train-images-idx3-ubyte', 'train-images.idx3-ubyte'],
  trainLabels: ['train-labels-idx1-ubyte', 'train-labels.idx1-ubyte'],
  testImages: ['t10k-images-idx3-ubyte', 't10k-images.idx3-ubyte'],
  testLabels: ['t10k-labels-idx1-ubyte', 't10k-labels.idx1-ubyte'],
}
/** Those of a split of EMNIST. */
export function emnistNames(split: string): typeof mnistNames {
  const stem = `emnist-${split}`
  const names = (part: string, what: string) =>
    ['-', '.'].map((dash) => `${stem}-${part}-${what.replace('-', dash)}-ubyte`)
  return {
    trainImages: names('train', 'images-idx3'),
    trainLabels: names('train', 'labels-idx1'),
    testImages: names('test', 'images-idx3'),
    testLabels: names('test', 'labels-idx1'),
  }
}
const csvNames = { train: ['mnist_train.csv'], test: ['mnist_test.csv'] }

type Contents = Pick<Dataset, 'train' | 'test' | 'sampleShape' | 'source'>

/** What a folder holds: a set that can be read, or the names of those of its files that are there. */
export interface Finding {
  read?: () => Promise<Contents>
  present: string[]
}

/**
 * Looks for MNIST's files in `folder`; IDX comes before CSV, plain before gzipped. A folder that is not there holds
 * nothing.
 * @param classes labels must be below this.
 */
export async function findMnist(folder: string, classes: number, names = mnistNames): Promise<Finding> {
  const idx = await findAll(folder, names)
  if (idx.missing.length === 0) {
    const { trainImages, trainLabels, testImages, testLabels } = idx.paths as Paths<typeof mnistNames>
    return {
      present: idx.present,
      read: () => readPairs([trainImages, trainLabels], [testImages, testLabels], folder, classes),
    }
  }
  if (names !== mnistNames) return { present: idx.present }
  const csv = await findAll(folder, csvNames)
  const present = [...idx.present, ...csv.present]
  if (csv.missing.length > 0) return { present }
  const { train, test } = csv.paths as Paths<typeof csvNames>
  return { present, read: () => readCsvs(train, test, folder, classes) }
}

type Paths<Names> = Record<keyof Names, string>

async function findAll(folder: string, names: Record<string, string[]>) {
  const paths: Record<string, string> = {}
  const present: string[] = []
  const missing: string[] = []
  for (const [role, stems] of Object.entries(names)) {
    const candidates = stems.flatMap((stem) => [stem, `${stem}.gz`])
    const found = await firstFile(folder, candidates)
    if (found === undefined) missing.push(role)
    else {
      paths[role] = join(folder, found)
      present.push(found)
    }
  }
  return { paths, present, missing }
}

async function firstFile(folder: string, names: string[]): Promise<string | undefined> {
  for (const name of names) if (await isKind(join(folder, name), 'file')) return name
  return undefined
}

/** Whether a file or directory is there; errors other than its absence are thrown. */
export async function isKind(path: string, kind: 'file' | 'directory'): Promise<boolean> {
  try {
    const found = await stat(path)
    return kind === 'file' ? found.isFile() : found.isDirectory()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw error
  }
}

type Pair = [images: string, labels: string]

async function readPairs(
  trainPaths: Pair,
  testPaths: Pair,
  folder: string,
  classes: number,
): Promise<Contents> {
  const [train, test] = await Promise.all([readPair(trainPaths, classes), readPair(testPaths, classes)])
  const [trainShape, testShape] = [train.sampleShape.join(', '), test.sampleShape.join(', ')]
  if (trainShape !== testShape) {
    throw new ShapeError({
      rule: 'training and test images have the same shape',
      received: `[${trainShape}] in ${trainPaths[0]} and [${testShape}] in ${testPaths[0]}`,
      remedy: 'put the four files of one set in a folder',
    })
  }
  return {
    train: train.examples,
    test: test.examples,
    sampleShape: train.sampleShape,
    source: describe('IDX', train.examples, test.examples, folder),
  }
}

async function readPair(
  [imagesPath, labelsPath]: Pair,
  classes: number,
): Promise<{ examples: Examples; sampleShape: number[] }> {
  const [images, labels] = await Promise.all([
    readBytes(imagesPath, 3, 'images'),
    readBytes(labelsPath, 1, 'labels'),
  ])
  const [rows = 0, ...sampleShape] = images.shape
  const columns = sampleShape.reduce((product, dimension) => product * dimension, 1)
  if (labels.data.length !== rows || rows * columns === 0) {
    throw new DataError({
      rule: `${labelsPath} has one label for each image of ${imagesPath}, at least one`,
      received: `${String(labels.data.length)} labels for images of shape [${images.shape.join(', ')}]`,
      remedy: 'put the four files of one set in a folder',
    })
  }
  const bad = labels.data.findIndex((label) => label >= classes)
  if (bad >= 0) {
    throw new DataError({
      rule: `${labelsPath}: a label is an integer from 0 to ${String(classes - 1)}`,
      received: `${String(labels.data[bad])} in row ${String(bad)}`,
      remedy: 'check that the file is that of this set',
    })
  }
  return { examples: { x: { data: images.data, shape: [rows, columns] }, y: labels.data }, sampleShape }
}

async function readBytes(
  path: string,
  rank: number,
  what: string,
): Promise<{ data: Uint8Array; shape: readonly number[] }> {
  const { data, shape } = await readIdx(path)
  if (data instanceof Uint8Array && shape.length === rank) return { data, shape }
  throw new FormatError({
    file: path,
    rule: `an IDX file of ${what} holds bytes in ${String(rank)} dimension${rank === 1 ? '' : 's'}`,
    received: `${data.constructor.name} of shape [${shape.join(', ')}]`,
    remedy: 'check that image and label files have not changed places',
  })
}

async function readCsvs(
  trainPath: string,
  testPath: string,
  folder: string,
  classes: number,
): Promise<Contents> {
  const options = { pixels: 784, classes }
  const train = await readImageCsv(trainPath, options)
  const test = await readImageCsv(testPath, options)
  return { train, test, sampleShape: [28, 28], source: describe('CSV', train, test, folder) }
}

function describe(form: string, train: Examples, test: Examples, folder: string): string {
  return `${String(train.y.length)} training and ${String(test.y.length)} test images, ${form}, from ${folder}`
}
