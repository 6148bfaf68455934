// Unpacks zip archives to files, without trust: nothing is written before the whole directory was checked (sizes,
// number, names), nothing outside the target folder, no links, and no file takes its name before its checksum fits.
// Node only; entries stream through memory whatever their size.
import { randomBytes } from 'node:crypto'
import { closeSync, createReadStream, createWriteStream, openSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'
import { ArgumentError, FormatError } from '../core/errors.js'
import { crc32 } from '../core/formats/crc32.js'
import { entryStart, listZip, type ByteSource, type ZipEntry } from '../core/formats/zip.js'
import { damaged, requireReadable, unpackEntry } from '../core/formats/zip-entry.js'
import { fileSource } from './file-source.js'
import { inflateNode } from './inflate-node.js'

export interface UnpackOptions {
  /** The most bytes that may come out of all chosen entries; default 8 GiB. */
  maxBytes?: number
  /** The most files; default 10,000. */
  maxFiles?: number
  /**
   * Which entries to unpack, and where below the target folder: gets an entry's name (with `/` between folders) and
   * gives a relative path, or undefined to leave it. Default: all, under their own names.
   */
  select?: (name: string) => string | undefined
  /** Called while bytes come out, with those so far and those of all chosen entries. */
  onProgress?: (bytes: number, total: number) => void
  signal?: AbortSignal
}

interface Target {
  entry: ZipEntry
  path: string
}

/**
 * Unpacks a zip archive into a folder, which is made where it is not there. Existing files are replaced.
 * @param file the archive; zip64 too.
 * @returns the paths of the files written, in the archive's order.
 * @throws FormatError, before anything is written, for a file that is no whole zip archive, for entries that lead out
 *   of the folder, are links, share a name or are encrypted; FormatError for an entry that is damaged, which does not
 *   take its name; ArgumentError, also before, for more than the limits; the signal's reason; the system's own errors.
 */
export async function unpackArchive(
  file: string,
  into: string,
  options: UnpackOptions = {},
): Promise<string[]> {
  const { onProgress, signal } = options
  const handle = openSync(file, 'r')
  try {
    const source = fileSource(handle, file)
    const targets = chooseTargets(listZip(source), file, into, options)
    const total = targets.reduce((sum, { entry }) => sum + entry.bytes, 0)
    let done = 0
    for (const target of targets) {
      signal?.throwIfAborted()
      await mkdir(dirname(target.path), { recursive: true })
      await writeEntry(target, source, signal, (bytes) => onProgress?.((done += bytes), total))
    }
    return targets.map(({ path }) => path)
  } finally {
    closeSync(handle)
  }
}

function chooseTargets(
  entries: readonly ZipEntry[],
  file: string,
  into: string,
  { maxBytes = 2 ** 33, maxFiles = 10_000, select = (name) => name }: UnpackOptions,
): Target[] {
  const targets: Target[] = []
  const names = new Set<string>()
  let bytes = 0
  for (const entry of entries) {
    if (entry.name.endsWith('/') && entry.bytes === 0) continue
    const chosen = select(entry.name)
    if (chosen === undefined) continue
    requireSafe(chosen, entry, file)
    requireReadable(entry, file)
    // Most file systems of desktops do not tell a from A.
    const key = chosen.normalize('NFC').toLowerCase()
    if (names.has(key)) throw unsafe(file, `"${chosen}" twice`)
    names.add(key)
    bytes += entry.bytes
    targets.push({ entry, path: join(into, chosen) })
  }
  for (const name of names) {
    for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) {
      if (names.has(name.slice(0, at))) throw unsafe(file, `"${name.slice(0, at)}" as a file and as a folder`)
    }
  }
  if (bytes <= maxBytes && targets.length <= maxFiles) return targets
  throw new ArgumentError({
    rule: `${file} unpacks to at most ${String(maxBytes)} bytes in ${String(maxFiles)} files`,
    received: `${String(bytes)} bytes in ${String(targets.length)} files`,
    remedy: 'do not trust this archive, or raise the limit',
  })
}

/** Throws for links and for names that are no plain relative paths on every system. */
function requireSafe(name: string, { symlink }: ZipEntry, file: string): void {
  if (symlink) throw unsafe(file, `a symbolic link, "${name}"`)
  const parts = name.split('/')
  const safe = parts.every(
    (part) => part !== '' && part !== '.' && part !== '..' && !/[\u0000-\u001f\\:*?"<>|]|[. ]$/.test(part),
  )
  if (!safe || name.length > 1024) throw unsafe(file, JSON.stringify(name.slice(0, 200)))
}

function unsafe(file: string, received: string): FormatError {
  return new FormatError({
    file,
    rule: 'a zip archive holds files under different plain names within one folder',
    received,
    remedy: 'do not trust this archive; download it again',
  })
}

/** Entries up to this size are unpacked in memory: folders of pictures have tens of thousands of them. */
const smallBytes = 1 << 20

async function writeSmall({ entry, path }: Target, source: ByteSource): Promise<void> {
  const bytes = unpackEntry(entry, source, inflateNode)
  const temporary = temporaryPath(path)
  try {
    await writeFile(temporary, bytes, { flag: 'wx' })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

function temporaryPath(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`
}

async function writeEntry(
  { entry, path }: Target,
  source: ByteSource,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): Promise<void> {
  if (entry.bytes <= smallBytes) {
    await writeSmall({ entry, path }, source)
    onBytes(entry.bytes)
    return
  }
  const file = source.name
  const start = entryStart(entry, source)
  const temporary = temporaryPath(path)
  let bytes = 0
  let crc = 0
  const check = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      bytes += chunk.length
      if (bytes > entry.bytes) throw damaged(entry, file, `more than ${String(entry.bytes)} bytes`)
      crc = crc32(chunk, crc)
      onBytes(chunk.length)
      yield chunk
    }
  }
  const highWaterMark = 1 << 18
  const out = createWriteStream(temporary, { flags: 'wx' })
  try {
    const packed = createReadStream(file, { start, end: start + entry.packedBytes - 1, highWaterMark })
    if (entry.method === 0) await pipeline(packed, check, out, { signal })
    else await pipeline(packed, createInflateRaw({ chunkSize: highWaterMark }), check, out, { signal })
    if (bytes !== entry.bytes) {
      throw damaged(entry, file, `${String(bytes)} of ${String(entry.bytes)} bytes`)
    }
    if (crc !== entry.crc) throw damaged(entry, file, 'another checksum')
    await rename(temporary, path)
  } catch (error) {
    out.destroy()
    await rm(temporary, { force: true })
    throw explain(error, entry, file)
  }
}

function explain(error: unknown, entry: ZipEntry, file: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('Z_') ? damaged(entry, file, (error as Error).message, error) : error
}
