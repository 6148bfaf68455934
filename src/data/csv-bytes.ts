// The bytes of a text file in blocks of whole lines, plain or gzipped (told by the first bytes, not the name), with
// bounded memory. Looks at the encoding: UTF-8 with or without a byte order mark goes on, anything else is an error. Does
// not look for columns. Node only.
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { FormatError } from '../core/errors.js'
import { gzipError, isGzip } from './gzip.js'

/** The longest line, in bytes: a million numbers. What is longer is no table, and may not fill memory. */
export const maxLineBytes = 16 << 20

/** Bytes that a block has at least, but for the last. */
const blockBytes = 1 << 18

const newline = 10

/**
 * Reads a text file.
 * @returns blocks that end with a line feed; one is added to the last line where it lacks it, and a byte order mark is
 *   taken off. A block may be overwritten once the next is asked for. None for an empty file.
 * @throws FormatError for UTF-16, a line of more than `maxLineBytes` and a damaged gzip file; the system's error for a
 *   file that cannot be read.
 */
export async function* readLines(path: string): AsyncGenerator<Uint8Array> {
  const carry = new Carry(path)
  let first = true
  for await (const chunk of readChunks(path)) {
    const end = chunk.lastIndexOf(newline) + 1
    if (end === 0 || carry.length + end < blockBytes) {
      carry.add(chunk)
      continue
    }
    const block = carry.with(chunk.subarray(0, end))
    carry.add(chunk.subarray(end))
    yield first ? withoutMark(block, path) : block
    first = false
  }
  if (carry.length === 0) return
  carry.endLine()
  const rest = carry.with(new Uint8Array(0))
  yield first ? withoutMark(rest, path) : rest
}

/** Bytes that wait for the end of their line. */
class Carry {
  length = 0
  private bytes = new Uint8Array(0)
  /** Bytes since the last line feed. */
  private open = 0

  constructor(private readonly path: string) {}

  add(chunk: Uint8Array): void {
    const end = chunk.lastIndexOf(newline) + 1
    this.open = chunk.length - end + (end === 0 ? this.open : 0)
    if (this.open > maxLineBytes) {
      throw new FormatError({
        file: this.path,
        rule: `a line of a table has at most ${String(maxLineBytes)} bytes`,
        received: 'a longer one',
        remedy: 'check that it is the CSV file that its name tells',
      })
    }
    this.reserve(chunk.length)
    this.bytes.set(chunk, this.length)
    this.length += chunk.length
  }

  /** All that waits with `more` behind it; nothing waits afterwards. */
  with(more: Uint8Array): Uint8Array {
    if (this.length === 0) return more
    this.reserve(more.length)
    this.bytes.set(more, this.length)
    const all = this.bytes.slice(0, this.length + more.length)
    this.length = 0
    this.open = 0
    return all
  }

  endLine(): void {
    if (this.open > 0) this.add(Uint8Array.of(newline))
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return
    const larger = new Uint8Array(this.length === 0 ? more : 2 * (this.length + more))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }
}

async function* readChunks(path: string): AsyncGenerator<Uint8Array> {
  const isPacked = await startsAsGzip(path)
  const file = createReadStream(path, { highWaterMark: blockBytes })
  if (!isPacked) {
    yield* file as AsyncIterable<Uint8Array>
    return
  }
  const out = new PassThrough({ highWaterMark: blockBytes })
  const unpacked = pipeline(file, createGunzip({ chunkSize: blockBytes }), out)
  // Its error comes out of the iteration below too.
  unpacked.catch(() => undefined)
  try {
    yield* out as AsyncIterable<Uint8Array>
  } catch (error) {
    throw gzipError(error, path)
  } finally {
    out.destroy()
  }
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

/** The first block without a byte order mark. @throws FormatError for that of UTF-16. */
function withoutMark(bytes: Uint8Array, path: string): Uint8Array {
  const [a, b, c] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) throw notText(path, 'UTF-16')
  return a === 0xef && b === 0xbb && c === 0xbf ? bytes.subarray(3) : bytes
}

/** @throws FormatError unless whole lines are UTF-8 without NUL. */
export function requireText(lines: Uint8Array, path: string): void {
  if (lines.includes(0)) throw notText(path, 'NUL bytes')
  if (!isUtf8(lines)) throw notText(path, 'bytes that are no UTF-8')
}

function notText(file: string, received: string): FormatError {
  return new FormatError({
    file,
    rule: 'a CSV file is text in UTF-8',
    received,
    remedy: 'check that it is the CSV file that its name tells, and save it as UTF-8',
  })
}
