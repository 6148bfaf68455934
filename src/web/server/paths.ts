// From the address of a request to a file, and never to one outside of the folder that is served.
import { constants } from 'node:fs'
import { open, realpath, type FileHandle } from 'node:fs/promises'
import { join, sep } from 'node:path'

/**
 * The decoded segments of a request's target, `/a/b%20c?d` to `['a', 'b c']`; a trailing slash gives a last segment `''`.
 * Undefined for whatever no honest page asks for: other forms of targets, broken escapes, steps upwards, hidden files, and
 * characters that mean something to a file system.
 */
export function segmentsOf(target: string): string[] | undefined {
  const [path = ''] = target.split(/[?#]/, 1)
  if (!path.startsWith('/')) return undefined
  const segments: string[] = []
  const raw = path.slice(1).split('/')
  for (const [i, part] of raw.entries()) {
    const segment = decoded(part)
    const last = i === raw.length - 1
    if (segment === undefined || (segment === '' && !last) || !isPlain(segment)) return undefined
    segments.push(segment)
  }
  return segments
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined // a broken escape: no such address
  }
}

/** No separator, colon (drives and streams of Windows), control character, nor a dot in front (`..` too) or behind. */
function isPlain(segment: string): boolean {
  return !/[\u0000-\u001f\u007f/\\:]/.test(segment) && !segment.startsWith('.') && !/[. ]$/.test(segment)
}

export interface OpenFile {
  handle: FileHandle
  /** Bytes. */
  size: number
}

/**
 * Opens a file below a folder for reading.
 * @returns undefined where there is none: no such file, no plain file, or a link that leads out of the folder.
 */
export async function openBelow(folder: string, segments: readonly string[]): Promise<OpenFile | undefined> {
  let handle: FileHandle | undefined
  try {
    const root = await realpath(folder)
    const path = await realpath(join(root, ...segments))
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined
    // A link that takes the file's place meanwhile is not followed; a pipe in its place is not waited for.
    handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
    const info = await handle.stat()
    if (info.isFile()) return { handle, size: info.size }
    await handle.close()
    return undefined
  } catch (error) {
    await handle?.close()
    if (isMissing(error)) return undefined
    throw error
  }
}

const missing = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'ENXIO'])

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && missing.has(String(error.code))
}
