// Deflate undone by Node's zlib, several times faster than in JavaScript. Node only.
import { inflateRawSync } from 'node:zlib'

/**
 * Undoes deflate (RFC 1951) for core/formats/zip-entry.ts.
 * @throws the error of zlib; RangeError as soon as more than `size` bytes come out.
 */
export function inflateNode(packed: Uint8Array, size: number): Uint8Array {
  const chunkSize = Math.min(Math.max(size, 64), 1 << 20)
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1), chunkSize })
  } catch (error) {
    const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    throw tooLarge ? new RangeError(`more than ${String(size)} bytes`, { cause: error }) : error
  }
}
