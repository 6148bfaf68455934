// IDX files from disk, plain or gzipped (told by their first bytes, not their names). Node only. The size that a
// header declares is held against the real size before memory for it is taken, so that neither a damaged header nor a
// gzip bomb can fill memory.
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { constants, gunzip, gunzipSync } from 'node:zlib'
import { FormatError } from '../core/errors.js'
import type { Tensor } from '../core/tensor.js'
import { idxHeaderBytes, maxHeaderBytes, parseIdx, parseIdxHeader, requireIdxSize, trailing } from './idx.js'

const gunzipWhole = promisify(gunzip)

// Deflate's best: a match of 258 bytes in 2 bits, and 1032 is what zlib documents.
const deflateRatio = 1032

/** Whether bytes start as a gzip member (RFC 1952). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * Reads an IDX file.
 * @throws FormatError for anything but one whole IDX file; the system's error for a file that cannot be read.
 */
export async function readIdx(path: string): Promise<Tensor> {
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    const head = new Uint8Array(Math.min(size, maxHeaderBytes))
    await handle.read(head, 0, head.length, 0)
    if (isGzip(head)) return parseIdx(await unpack(await handle.readFile(), path), path)
    requireIdxSize(parseIdxHeader(head, path), size, path)
    return parseIdx(ownBytes(await handle.readFile()), path)
  } finally {
    await handle.close()
  }
}

async function unpack(packed: Buffer, file: string): Promise<Uint8Array> {
  try {
    const header = parseIdxHeader(unpackHead(packed), file)
    const declared = header.headerBytes + header.dataBytes
    if (declared > packed.length * deflateRatio) requireIdxSize(header, packed.length * deflateRatio, file)
    const chunkSize = Math.min(Math.max(declared, constants.Z_MIN_CHUNK), 1 << 20)
    const bytes = await gunzipWhole(packed, { maxOutputLength: declared, chunkSize }).catch(
      (error: unknown) => {
        throw codeOf(error) === 'ERR_BUFFER_TOO_LARGE' ? trailing(file, header) : error
      },
    )
    return ownBytes(bytes)
  } catch (error) {
    throw gzipError(error, file)
  }
}

// A little of the file is enough for the header, unless the gzip header itself is long: then four times as much.
function unpackHead(packed: Buffer): Uint8Array {
  for (let length = 512; ; length *= 4) {
    const head = gunzipSync(packed.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH })
    if (head.length >= idxHeaderBytes(head) || length >= packed.length) return head
  }
}

/** `error` as a FormatError when zlib says that a file is damaged; else as it came. */
export function gzipError(error: unknown, file: string): unknown {
  const code = codeOf(error)
  if (code === 'Z_BUF_ERROR') return damaged('ends in the middle')
  return code === 'Z_DATA_ERROR' ? damaged((error as Error).message) : error

  function damaged(how: string): FormatError {
    return new FormatError({
      file,
      rule: 'a gzip file is whole and its checksum fits',
      received: `one that is damaged: ${how}`,
      remedy: 'download the file again',
      cause: error,
    })
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

// Small buffers of Node are slices of a shared pool; the caller gets memory that nothing else lies in.
function ownBytes(buffer: Buffer): Uint8Array {
  return buffer.length === buffer.buffer.byteLength ? buffer : Uint8Array.from(buffer)
}
