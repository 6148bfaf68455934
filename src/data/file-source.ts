// Files as sources of bytes for core/formats/zip.ts, which asks for few and small pieces. Node only.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { ByteSource } from '../core/formats/zip.js'

/** An open file as a source. */
export function fileSource(handle: number, name: string): ByteSource {
  return {
    name,
    size: fstatSync(handle).size,
    read(offset, length) {
      const bytes = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        const read = readSync(handle, bytes, filled, length - filled, offset + filled)
        if (read === 0) break // the file became shorter meanwhile; checksums tell
        filled += read
      }
      return bytes
    },
  }
}

/** What `use` makes of a file, which is closed afterwards. @throws the system's error for a file that cannot be read. */
export function withFileSource<T>(path: string, use: (source: ByteSource) => T): T {
  const handle = openSync(path, 'r')
  try {
    return use(fileSource(handle, path))
  } finally {
    closeSync(handle)
  }
}
