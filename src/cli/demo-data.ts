// MNIST for the demo's page, whatever the form in which it lies on the disk: the four files that browsers load.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { catalog } from '../data/catalog.js'
import type { Examples } from '../data/dataset.js'
import { loadDataset } from '../data/load.js'
import { locate } from '../data/locate.js'

const zip = promisify(gzip)

export const mnistFiles = [
  'train-images-idx3-ubyte.gz',
  'train-labels-idx1-ubyte.gz',
  't10k-images-idx3-ubyte.gz',
  't10k-labels-idx1-ubyte.gz',
] as const

/** Where MNIST lies whole; undefined where it is not found. */
export async function findMnist(dataDir: string | undefined): Promise<string | undefined> {
  const entry = catalog.find(({ name }) => name === 'mnist')!
  const found = await locate(entry, undefined, { dataDir })
  return found?.complete === true ? found.place : undefined
}

/**
 * Loads it and makes the files.
 * @param level of compression, 1 to 9. @returns in the order of `mnistFiles`. @throws what loading throws.
 */
export async function mnistBytes(dataDir: string | undefined, level: number): Promise<Buffer[]> {
  const { train, test } = await loadDataset('mnist', dataDir === undefined ? {} : { dataDir })
  return Promise.all([train, test].flatMap(idxOf).map((bytes) => zip(bytes, { level })))
}

/** Images and labels as IDX. */
function idxOf({ x, y }: Examples): Buffer[] {
  const labels = Uint8Array.from(y as ArrayLike<number>)
  const { data } = x as { data: Uint8Array }
  const side = Math.sqrt(data.length / labels.length)
  return [idx([labels.length, side, side], data), idx([labels.length], labels)]
}

function idx(shape: readonly number[], bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length)
  head.writeUInt16BE(0x0800 + shape.length, 2)
  shape.forEach((dimension, i) => head.writeUInt32BE(dimension, 4 + 4 * i))
  return Buffer.concat([head, bytes])
}
