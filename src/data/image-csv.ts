// Images as CSV, one a line: the label, then the pixels row by row (the Kaggle form of MNIST). Node only. Plain or
// gzipped; with or without a header line, which starts with "label".
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { DataError, FormatError } from '../core/errors.js'
import type { Examples } from './dataset.js'
import { gzipError, isGzip } from './idx-file.js'

export interface ImageCsvOptions {
  /** Pixels a line. */
  pixels: number
  /** Labels are 0 to classes - 1; at most 256. */
  classes: number
}

/**
 * Reads a labelled image CSV.
 * @returns `x` of shape [rows, pixels] and `y` of length rows, both bytes.
 * @throws FormatError for lines of the wrong length and values that are no integers in range, naming the line;
 *   DataError for no rows.
 */
export async function readImageCsv(path: string, { pixels, classes }: ImageCsvOptions): Promise<Examples> {
  const columns = pixels + 1
  let rows = 0
  let x = new Uint8Array(1024 * pixels)
  let y = new Uint8Array(1024)

  const append = (record: string[], line: number) => {
    if (record.length !== columns) {
      throw new FormatError({
        file: path,
        rule: `every line has a label and ${String(pixels)} pixels`,
        received: `${String(record.length)} values in line ${String(line)}`,
        remedy: 'download the file again',
      })
    }
    if (rows === y.length) {
      x = enlarge(x)
      y = enlarge(y)
    }
    y[rows] = integer(record[0]!, classes - 1, 'label', line)
    const at = rows * pixels
    for (let i = 0; i < pixels; i++) x[at + i] = integer(record[i + 1]!, 255, 'pixel', line)
    rows++
  }

  const integer = (text: string, max: number, what: string, line: number): number => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= 0 && value <= max && text.trim() !== '') return value
    throw new FormatError({
      file: path,
      rule: `a ${what} is an integer from 0 to ${String(max)}`,
      received: `"${text}" in line ${String(line)}`,
      remedy: 'check that the label stands first in each line and that the file is whole',
    })
  }

  const parser = parse({
    bom: true,
    relax_column_count: true,
    max_record_size: 64 * columns,
    skip_empty_lines: true,
    on_record: (record: string[], { records, lines }) => {
      if (records > 1 || record[0]!.trim().toLowerCase() !== 'label') append(record, lines)
      return null // nothing is left for the reading side of the stream
    },
  }).resume()
  const file = createReadStream(path, { highWaterMark: 1 << 20 })
  try {
    if (await startsAsGzip(path)) await pipeline(file, createGunzip({ chunkSize: 1 << 20 }), parser)
    else await pipeline(file, parser)
  } catch (error) {
    throw csvError(gzipError(error, path), path)
  }
  if (rows === 0) {
    throw new DataError({
      rule: `${path}: a data set has at least one row`,
      received: 'no line with values',
      remedy: 'download the file again',
    })
  }
  return { x: { data: x.slice(0, rows * pixels), shape: [rows, pixels] }, y: y.slice(0, rows) }
}

async function startsAsGzip(path: string): Promise<boolean> {
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(2), 0, 2, 0)
    return isGzip(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

function enlarge(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length * 2)
  larger.set(bytes)
  return larger
}

function csvError(error: unknown, file: string): unknown {
  if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_'))) return error
  return new FormatError({
    file,
    rule: 'the file is comma-separated text',
    received: error.message,
    remedy: 'check that it is the CSV file that its name tells',
    cause: error,
  })
}
