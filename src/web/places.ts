// Data sets of pictures from a server, in place of data/places.ts: the four IDX files under an address.
import { ArgumentError, NotFoundError } from '../core/errors.js'
import { sizeOf } from '../core/tensor.js'
import type { CatalogEntry } from '../data/catalog.js'
import type { Dataset, Examples } from '../data/dataset.js'
import { parseIdx } from '../data/idx.js'
import type { LoadOptions } from '../data/load.js'

/** @param options.dataDir the address of the folder with the set's files, gzipped or not. */
export async function loadKnown(entry: CatalogEntry, { dataDir }: LoadOptions): Promise<Dataset> {
  if (dataDir === undefined) {
    throw new ArgumentError({
      rule: `the files of ${entry.name} come from an address`,
      received: 'none',
      remedy: `pass dataDir, the address of a folder that has ${entry.files[0]?.name ?? 'them'}`,
    })
  }
  const part = async (name: string): Promise<Examples> => {
    const [images, labels] = await Promise.all([
      fetchIdx(dataDir, `${name}-images-idx3-ubyte`),
      fetchIdx(dataDir, `${name}-labels-idx1-ubyte`),
    ])
    const rows = images.shape[0]!
    const x = { data: images.data as Uint8Array, shape: [rows, sizeOf(images.shape.slice(1))] }
    return { x, y: labels.data as Uint8Array }
  }
  const [train, test] = await Promise.all([part('train'), part('t10k')])
  const { name, task, classes, sampleShape } = entry
  return { name, task, classes: [...classes], sampleShape: [...sampleShape], train, test, source: dataDir }
}

async function fetchIdx(base: string, name: string) {
  const root = base.endsWith('/') ? base : `${base}/`
  for (const file of [`${name}.gz`, name]) {
    const response = await fetch(root + file)
    if (!response.ok) continue
    const bytes = new Uint8Array(await response.arrayBuffer())
    // A server may have unpacked it on the way.
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b
    return parseIdx(packed ? await gunzip(bytes) : bytes, file)
  }
  throw new NotFoundError({
    rule: `${name} is there, plain or with .gz`,
    received: `neither at ${root}`,
    remedy: 'check the address',
  })
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
