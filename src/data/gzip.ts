// Gzip (RFC 1952) undone with a limit that is known before: what a file's own header declares. Node only.
import { promisify } from 'node:util'
import { constants, gunzip, gunzipSync } from 'node:zlib'
import { FormatError } from '../core/errors.js'
import { deflateRatio } from '../core/formats/zip.js'

const gunzipAsync = promisify(gunzip)

/** Whether bytes start as a gzip member. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** More bytes than this cannot come out of `packed`. */
export function mostUnpacked(packed: Uint8Array): number {
  return packed.length * deflateRatio
}

/**
 * The first bytes of what is packed, until there are enough or no more.
 * A little of the file is enough for a header, unless the gzip header itself is long: then four times as much.
 */
export function gunzipHead(packed: Uint8Array, enough: (head: Uint8Array) => boolean): Uint8Array {
  for (let length = 512; ; length *= 4) {
    const head = gunzipSync(packed.subarray(0, length), { finishFlush: constants.Z_SYNC_FLUSH })
    if (length >= packed.length || enough(head)) return head
  }
}

/**
 * All that is packed, in memory that nothing else lies in.
 * @param size bytes that are to come out; `tooLong` makes the error for more. Fewer are the caller's matter.
 */
export async function gunzipWhole(
  packed: Uint8Array,
  size: number,
  tooLong: () => Error,
): Promise<Uint8Array> {
  const chunkSize = Math.min(Math.max(size, constants.Z_MIN_CHUNK), 1 << 20)
  const bytes = await gunzipAsync(packed, { maxOutputLength: size, chunkSize }).catch((error: unknown) => {
    throw codeOf(error) === 'ERR_BUFFER_TOO_LARGE' ? tooLong() : error
  })
  return ownBytes(bytes)
}

/** What `use` gives; errors of zlib become FormatErrors. */
export async function withGzipErrors<T>(file: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (error) {
    throw gzipError(error, file)
  }
}

/** `error` as a FormatError when zlib says that a file is damaged; else as it came. */
export function gzipError(error: unknown, file: string): unknown {
  const code = codeOf(error)
  if (code === 'Z_BUF_ERROR') return damaged('ends in the middle')
  return code === 'Z_DATA_ERROR' || code === 'Z_NEED_DICT' ? damaged((error as Error).message) : error

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

/** Small buffers of Node are slices of a shared pool; the caller gets memory that nothing else lies in. */
export function ownBytes(buffer: Buffer): Uint8Array {
  return buffer.length === buffer.buffer.byteLength ? buffer : Uint8Array.from(buffer)
}
