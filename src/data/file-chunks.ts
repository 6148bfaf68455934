// Files larger than memory as chunks: CSV (plain or gzipped), NPY, and IDX (plain or gzipped). Reads forwards, a block at a
// time; labels in a file of their own are read whole. Node only.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { PassThrough } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Chunk, ChunkSource } from '../core/chunks.js'
import { ArgumentError, DataError, FormatError, ShapeError } from '../core/errors.js'
import { decodeValues, npyTypes } from '../core/formats/npy-values.js'
import { maxNpyHeaderBytes, parseNpy, parseNpyHeader } from '../core/formats/npy.js'
import { sizeOf, type NumericArray } from '../core/tensor.js'
import { csvChunks, surveyCsv } from './csv-chunks.js'
import { gzipError, isGzip } from './gzip.js'
import { readIdx } from './idx-file.js'
import { decodeIdxValues, idxTypes, maxHeaderBytes, parseIdxHeader } from './idx.js'

/** What a file of samples holds, and how its rows are read. */
interface RowFile {
  path: string
  rows: number
  sampleShape: number[]
  headerBytes: number
  rowBytes: number
  decode: (bytes: Uint8Array) => NumericArray
}

/** Bytes of rows that are read at a time. */
const blockBytes = 1 << 22

/**
 * Opens a file of samples to be read in chunks, as often as wanted.
 * @param path of a `.csv`, `.tsv` or `.txt` table (or one of them with `.gz`), of an `.npy` array, or of an IDX file.
 * @param targets of a table: the name of the target column (default: the last); else the path of a file with as many labels or
 *   numbers (`.npy` or IDX).
 * @throws ArgumentError, FormatError, DataError, ShapeError
 */
export async function openChunks(path: string, targets?: string): Promise<ChunkSource> {
  if (/\.(csv|tsv|txt)(\.gz)?$/i.test(path)) return openTable(path, targets)
  if (targets === undefined) {
    throw new ArgumentError({
      rule: 'samples in an NPY or IDX file come with a second file of targets',
      received: `${path} alone`,
      remedy: 'pass the path of the labels, as fit("train_images.npy", "train_labels.npy")',
    })
  }
  const file = await (/\.npy$/i.test(path) ? openNpy(path) : openIdx(path))
  const y = await readTargets(targets)
  if (y.length !== file.rows) {
    throw new ShapeError({
      rule: 'samples and targets have the same number of rows',
      received: `${String(file.rows)} in ${path} and ${String(y.length)} in ${targets}`,
      remedy: 'check that the two files belong together',
    })
  }
  const isLabels = y.every(Number.isInteger)
  return {
    rows: file.rows,
    ...(isLabels ? { classes: [...new Set(y)].sort((a, b) => a - b) } : {}),
    [Symbol.asyncIterator]: () => readChunks(file, y),
  }
}

async function openTable(path: string, target: string | undefined): Promise<ChunkSource> {
  const options = target === undefined ? {} : { target }
  const schema = await surveyCsv(path, options)
  const { rows, classes, features } = schema
  const width = 4 * features.length
  const rowsPerChunk = Math.max(1, Math.floor(blockBytes / width))
  const chunks = csvChunks(path, { ...options, schema, rowsPerChunk })
  const named = async function* (): AsyncGenerator<Chunk, undefined> {
    for await (const { x, y } of chunks) {
      yield { x, y: classes === undefined ? y : Array.from(y, (number) => classes[number]!) }
    }
  }
  return { rows, ...(classes === undefined ? {} : { classes }), [Symbol.asyncIterator]: named }
}

async function openNpy(path: string): Promise<RowFile> {
  const { head, bytes } = await readHead(path, maxNpyHeaderBytes)
  const header = parseNpyHeader(head, path, Number.MAX_SAFE_INTEGER)
  const { type, shape, fortranOrder, headerBytes, dataBytes } = header
  requireRows(path, shape, bytes, headerBytes + dataBytes)
  if (fortranOrder && shape.length > 1) {
    throw new FormatError({
      file: path,
      rule: 'an NPY file that is read in pieces is in C order',
      received: 'Fortran order, in which a row is spread over the whole file',
      remedy: 'save it again with numpy.ascontiguousarray(array)',
    })
  }
  const sampleShape = shape.slice(1)
  return {
    path,
    rows: shape[0]!,
    sampleShape,
    headerBytes,
    rowBytes: sizeOf(sampleShape) * npyTypes[type].bytes,
    decode: (values) => decodeValues(values, type, path),
  }
}

async function openIdx(path: string): Promise<RowFile> {
  const { head, bytes, packed } = await readHead(path, maxHeaderBytes)
  const { type, shape, headerBytes, dataBytes } = parseIdxHeader(head, path, Number.MAX_SAFE_INTEGER)
  requireRows(path, shape, packed ? undefined : bytes, headerBytes + dataBytes)
  const sampleShape = shape.slice(1)
  return {
    path,
    rows: shape[0]!,
    sampleShape,
    headerBytes,
    rowBytes: sizeOf(sampleShape) * idxTypes[type],
    decode: (values) => decodeIdxValues(type, values),
  }
}

/** @param bytes of the file; undefined where it is packed, and its size shows when it is read. */
function requireRows(
  path: string,
  shape: readonly number[],
  bytes: number | undefined,
  wanted: number,
): void {
  if (shape.length === 0 || sizeOf(shape) === 0) {
    throw new DataError({
      rule: `${path} has at least one row and one column`,
      received: `shape [${shape.join(', ')}]`,
      remedy: 'check how it was saved',
    })
  }
  if (bytes === undefined || bytes === wanted) return
  throw new FormatError({
    file: path,
    rule: `an array of shape [${shape.join(', ')}] takes ${String(wanted)} bytes with its header`,
    received: `${String(bytes)} bytes`,
    remedy: 'save or download it again; the file is not whole',
  })
}

/** The first bytes of a file, unpacked where it is gzipped. */
async function readHead(
  path: string,
  most: number,
): Promise<{ head: Uint8Array; bytes: number; packed: boolean }> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const start = new Uint8Array(2)
    await file.read(start, 0, 2, 0)
    const packed = isGzip(start)
    const blocks: Uint8Array[] = []
    let length = 0
    for await (const block of readBytes(path, packed)) {
      blocks.push(block)
      length += block.length
      if (length >= most) break
    }
    return { head: new Uint8Array(Buffer.concat(blocks).subarray(0, most)), bytes: size, packed }
  } finally {
    await file.close()
  }
}

/** The bytes of a file from its start, unpacked where it is gzipped. */
async function* readBytes(path: string, packed: boolean): AsyncGenerator<Uint8Array, undefined> {
  const source = createReadStream(path, { highWaterMark: 1 << 20 })
  if (!packed) {
    yield* source as AsyncIterable<Uint8Array>
    return
  }
  const out = new PassThrough({ highWaterMark: 1 << 20 })
  const done = pipeline(source, createGunzip(), out)
  done.catch(() => undefined)
  try {
    yield* out as AsyncIterable<Uint8Array>
    await done
  } catch (error) {
    throw gzipError(error, path)
  } finally {
    source.destroy()
    out.destroy()
  }
}

async function* readChunks(file: RowFile, y: Float64Array): AsyncGenerator<Chunk, undefined> {
  const { path, rows, sampleShape, headerBytes, rowBytes, decode } = file
  const rowsPerChunk = Math.max(1, Math.floor(blockBytes / rowBytes))
  const start = await readHead(path, 2)
  let chunk = new Uint8Array(Math.min(rowsPerChunk, rows) * rowBytes)
  let filled = 0
  let done = 0
  let skip = headerBytes
  for await (const block of readBytes(path, start.packed)) {
    let rest = block
    if (skip > 0) {
      const skipped = Math.min(skip, rest.length)
      skip -= skipped
      rest = rest.subarray(skipped)
    }
    while (rest.length > 0) {
      if (done === rows) throw changed(path, 'more bytes than it declares')
      const taken = rest.subarray(0, chunk.length - filled)
      chunk.set(taken, filled)
      filled += taken.length
      rest = rest.subarray(taken.length)
      if (filled < chunk.length) continue
      const count = chunk.length / rowBytes
      yield {
        x: { data: decode(chunk), shape: [count, ...sampleShape] },
        y: Array.from(y.subarray(done, done + count)),
      }
      done += count
      chunk = new Uint8Array(Math.min(rowsPerChunk, rows - done) * rowBytes)
      filled = 0
    }
  }
  if (done < rows) throw changed(path, `${String(done)} whole rows`)
}

function changed(path: string, received: string): FormatError {
  return new FormatError({
    file: path,
    rule: 'a file holds as many rows as its header declares',
    received,
    remedy: 'save or download it again, and leave it alone while it is read',
  })
}

/** One number a row. */
async function readTargets(path: string): Promise<Float64Array> {
  const { data, shape } = await readWhole(path)
  if (sizeOf(shape.slice(1)) !== 1) {
    throw new ShapeError({
      rule: `${path} holds one label or number a row`,
      received: `shape [${shape.join(', ')}]`,
      remedy: 'save the labels as an array of one dimension',
    })
  }
  return Float64Array.from(data)
}

async function readWhole(path: string) {
  if (!/\.npy$/i.test(path)) return readIdx(path)
  const file = await open(path)
  try {
    return parseNpy(new Uint8Array(await file.readFile()), path)
  } finally {
    await file.close()
  }
}
