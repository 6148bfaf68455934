// Small data sets that join the catalogue for one test, with what a mirror of them serves.
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { writeZip } from '../../../src/core/formats/zip-entry.js'
import { catalog, type CatalogEntry } from '../../../src/data/catalog.js'
import { counting, idxBytes } from '../idx-bytes.js'
import { sendFile, serve, type TestServer } from './server.js'

export type Files = Record<string, Uint8Array>

export interface TestSet {
  entry: CatalogEntry
  /** What a mirror holds. */
  files: Files
}

export const sumOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Four files of pictures of 2 × 2 pixels in 3 classes, gzipped. */
function pictures(names: readonly string[]): Files {
  const gzipped = names.map((name) => {
    const rows = name.includes('train') ? 9 : 6
    const labels = Uint8Array.from({ length: rows }, (_, i) => i % 3)
    const bytes = name.includes('labels')
      ? idxBytes(8, [rows], labels)
      : idxBytes(8, [rows, 2, 2], counting(rows * 4))
    return [name, gzipSync(bytes)] as const
  })
  return Object.fromEntries(gzipped)
}

function join(entry: Partial<CatalogEntry>): CatalogEntry {
  const full: CatalogEntry = {
    name: 'tiny',
    title: 'Tiny pictures',
    task: 'classification',
    classes: ['a', 'b', 'c'],
    sampleShape: [2, 2],
    rows: { train: 9, test: 6 },
    licence: 'MIT',
    citation: 'none',
    folders: ['tiny'],
    mirrors: [],
    recommended: {},
    files: [],
    ...entry,
  }
  const sets = catalog as CatalogEntry[]
  sets.push(full)
  onTestFinished(() => {
    sets.splice(sets.indexOf(full), 1)
  })
  return full
}

/** The set `tiny` of four files with known sums. */
export function tinySet(): TestSet {
  const stems = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1']
  const files = pictures(stems.map((stem) => `${stem}-ubyte.gz`))
  const known = Object.entries(files).map(([name, bytes]) => {
    return { name, bytes: bytes.length, sha256: sumOf(bytes) }
  })
  return { entry: join({ files: known }), files }
}

/** The set `tiny` in an archive, with splits x and y, and a file that nobody wants. */
export function archivedSet(packed: (files: Files) => Files = (files) => files): TestSet {
  const splits = ['x', 'y'].map((name) => ({
    name,
    title: name,
    classes: ['a', 'b', 'c'],
    rows: { train: 9, test: 6 },
  }))
  const parts = ['train-images-idx3', 'train-labels-idx1', 'test-images-idx3', 'test-labels-idx1']
  const namesOf = (split: string) => parts.map((part) => `emnist-${split}-${part}-ubyte.gz`)
  const inside = packed(pictures(splits.flatMap(({ name }) => namesOf(name))))
  const entries = Object.entries(inside).map(([name, bytes]) => ({ name: `gzip/${name}`, bytes }))
  const zip = writeZip([...entries, { name: 'gzip/readme', bytes: new Uint8Array(5) }])
  const entry = join({
    splits,
    archive: { name: 'gzip.zip', bytes: zip.length, sha256: sumOf(zip), folder: 'gzip/' },
    files: splits.flatMap(({ name: split }) => namesOf(split).map((name) => ({ name, split }))),
  })
  return { entry, files: { 'gzip.zip': zip } }
}

/** A server that has `files` in its folder /pub/. */
export function mirror(files: Files): Promise<TestServer> {
  return serve((request, response) => {
    const bytes = files[request.url!.replace('/pub/', '')]
    if (bytes === undefined) response.writeHead(404).end()
    else sendFile(request, response, bytes)
  })
}
