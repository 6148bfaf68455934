// The directory of a zip archive, read with suspicion: whoever unpacks knows before how much comes out of what, and
// that no two entries share bytes. Also writes small archives (for NPZ). Does not unpack; zip-entry.ts and
// data/archive.ts do. Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification" 6.3.10, sections 4.3 to 4.5.
import { FormatError } from '../errors.js'

/** Bytes that can be read anywhere: an array, or a file. */
export interface ByteSource {
  /** The name that errors tell. */
  name: string
  size: number
  /** `length` bytes from `offset`; both lie within the source. */
  read(offset: number, length: number): Uint8Array
}

export interface ZipEntry {
  /** As the archive tells it, with `/` between folders; a folder's ends in one. */
  name: string
  /** 0 stored, 8 deflated. */
  method: number
  packedBytes: number
  bytes: number
  crc: number
  /** Of the entry's own header. */
  offset: number
  encrypted: boolean
  /** Whether a Unix archiver stored a symbolic link. */
  symlink: boolean
}

/** The most entries that an archive may have: more is damage or malice. */
export const maxEntries = 100_000

const maxDirectoryBytes = 2 ** 26

/** No deflated byte stands for more than 1032 (zlib's technical details). */
export const deflateRatio = 1032

const endBytes = 22
const end64Bytes = 56
const locatorBytes = 20
const fileHeaderBytes = 46
const localHeaderBytes = 30

export function bytesSource(bytes: Uint8Array, name: string): ByteSource {
  return { name, size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) }
}

/**
 * The entries of an archive, in the order of its directory; zip64 as well.
 * @throws FormatError for a file that is no whole zip archive, has parts elsewhere, has entries beyond its end, that
 *   share bytes or unpack to more than they can, or more than 100,000 of them.
 */
export function listZip(source: ByteSource): ZipEntry[] {
  const { offset, bytes, count } = findDirectory(source)
  const directory = source.read(offset, bytes)
  const view = viewOf(directory)
  const entries: ZipEntry[] = []
  let at = 0
  while (entries.length < count) {
    if (at + fileHeaderBytes > bytes || view.getUint32(at, true) !== 0x02014b50) throw noDirectory(source)
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((o) => view.getUint16(at + o, true)) as [
      number,
      number,
      number,
    ]
    const next = at + fileHeaderBytes + nameBytes + extraBytes + commentBytes
    if (next > bytes) throw noDirectory(source)
    entries.push(parseEntry(directory.subarray(at, next), nameBytes, extraBytes, source))
    at = next
  }
  requireRoom(entries, offset, source)
  return entries
}

/** Where the directory lies, from the record at the file's end, behind which a comment may stand. */
function findDirectory(source: ByteSource): { offset: number; bytes: number; count: number } {
  const tailBytes = Math.min(source.size, endBytes + 0xffff)
  const tail = source.read(source.size - tailBytes, tailBytes)
  const view = viewOf(tail)
  for (let at = tailBytes - endBytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue
    if (at + endBytes + view.getUint16(at + 20, true) !== tailBytes) continue
    const end = source.size - tailBytes + at
    const found = {
      count: view.getUint16(at + 10, true),
      bytes: view.getUint32(at + 12, true),
      offset: view.getUint32(at + 16, true),
    }
    const parts = view.getUint16(at + 4, true) | view.getUint16(at + 6, true)
    const large = found.count === 0xffff || found.bytes === 0xffffffff || found.offset === 0xffffffff
    const directory = (large ? findDirectory64(source, end) : undefined) ?? found
    if (parts !== 0 && parts !== 0xffff) throw inParts(source)
    if (directory.count > maxEntries) {
      throw new FormatError({
        file: source.name,
        rule: `a zip archive has at most ${String(maxEntries)} entries`,
        received: String(directory.count),
        remedy: 'unpack it with another program first',
      })
    }
    if (directory.offset + directory.bytes > end || directory.bytes > maxDirectoryBytes)
      throw noDirectory(source)
    return directory
  }
  throw new FormatError({
    file: source.name,
    rule: 'a zip archive ends with its directory',
    received: `a file of ${String(source.size)} bytes without one`,
    remedy: 'download it again; the file is not whole, or not a zip archive',
  })
}

/** The same of an archive with zip64's longer numbers; undefined where there is none. */
function findDirectory64(source: ByteSource, end: number) {
  if (end < locatorBytes + end64Bytes) return undefined
  const locator = viewOf(source.read(end - locatorBytes, locatorBytes))
  if (locator.getUint32(0, true) !== 0x07064b50) return undefined
  const at = large(locator, 8)
  if (at + end64Bytes > end - locatorBytes) throw noDirectory(source)
  const record = viewOf(source.read(at, end64Bytes))
  if (record.getUint32(0, true) !== 0x06064b50) throw noDirectory(source)
  if (record.getUint32(16, true) !== 0 || record.getUint32(20, true) !== 0) throw inParts(source)
  return { count: large(record, 32), bytes: large(record, 40), offset: large(record, 48) }
}

function parseEntry(header: Uint8Array, nameBytes: number, extraBytes: number, source: ByteSource): ZipEntry {
  const view = viewOf(header)
  const flags = view.getUint16(8, true)
  const afterName = fileHeaderBytes + nameBytes
  const packedBytes = view.getUint32(20, true)
  const bytes = view.getUint32(24, true)
  const offset = view.getUint32(42, true)
  const extra = header.subarray(afterName, afterName + extraBytes)
  // The upper byte of "made by" 3 is Unix, whose file mode stands in the upper half of the attributes.
  const unixMode = view.getUint8(5) === 3 ? view.getUint16(40, true) : 0
  return {
    name: decodeName(header.subarray(fileHeaderBytes, afterName), (flags & 0x800) !== 0, source),
    method: view.getUint16(10, true),
    crc: view.getUint32(16, true),
    ...longNumbers({ bytes, packedBytes, offset }, extra, source),
    encrypted: (flags & 1) !== 0,
    symlink: (unixMode & 0xf000) === 0xa000,
  }
}

/** Replaces those numbers that did not fit in 32 bits by those of the zip64 field, which holds just these, in order. */
function longNumbers<T extends { bytes: number; packedBytes: number; offset: number }>(
  numbers: T,
  extra: Uint8Array,
  source: ByteSource,
): T {
  const missing = (['bytes', 'packedBytes', 'offset'] as const).filter((key) => numbers[key] === 0xffffffff)
  if (missing.length === 0) return numbers
  const view = viewOf(extra)
  for (let at = 0; at + 4 <= extra.length;) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)]
    if (id === 1 && length >= 8 * missing.length && at + 4 + length <= extra.length) {
      const found = missing.map((key, i) => [key, large(view, at + 4 + 8 * i)])
      return { ...numbers, ...Object.fromEntries(found) } as T
    }
    at += 4 + length
  }
  throw noDirectory(source)
}

function decodeName(bytes: Uint8Array, utf8: boolean, source: ByteSource): string {
  if (!utf8) return String.fromCharCode(...bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new FormatError({
      file: source.name,
      rule: 'a name in a zip archive is UTF-8 where it says so',
      received: 'other bytes',
      remedy: 'pack it again',
      cause,
    })
  }
}

/** Throws where an entry lies beyond the directory's start, on another one, or claims more than it can hold. */
function requireRoom(entries: readonly ZipEntry[], end: number, source: ByteSource): void {
  const byOffset = [...entries].sort((a, b) => a.offset - b.offset)
  byOffset.forEach((entry, i) => {
    const next = byOffset[i + 1]?.offset ?? end
    const most = entry.method === 0 ? entry.packedBytes : entry.packedBytes * deflateRatio
    if (entry.offset + localHeaderBytes + entry.packedBytes <= next && entry.bytes <= most) return
    throw new FormatError({
      file: source.name,
      rule: 'the entries of a zip archive lie behind each other, and unpack to what they can hold',
      received: `"${entry.name}" of ${String(entry.packedBytes)} bytes at ${String(entry.offset)} for ${String(entry.bytes)}, the next at ${String(next)}`,
      remedy: 'do not trust this archive; download it again',
    })
  })
}

/**
 * Where the packed bytes of an entry begin.
 * @throws FormatError when the entry's own header is not there or leaves no room for them.
 */
export function entryStart({ name, offset, packedBytes }: ZipEntry, source: ByteSource): number {
  const header = viewOf(source.read(offset, localHeaderBytes))
  const start = offset + localHeaderBytes + header.getUint16(26, true) + header.getUint16(28, true)
  if (header.getUint32(0, true) === 0x04034b50 && start + packedBytes <= source.size) return start
  throw new FormatError({
    file: source.name,
    rule: 'every entry of a zip archive has a header of its own before its bytes',
    received: `none for "${name}" at ${String(offset)}`,
    remedy: 'download it again; the file is not whole',
  })
}

/** A number of 64 bits; beyond 2^53 it is inexact and always too large for any file. */
function large(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function noDirectory({ name }: ByteSource): FormatError {
  return new FormatError({
    file: name,
    rule: 'the directory of a zip archive is whole and within the file',
    received: 'a damaged one',
    remedy: 'download it again',
  })
}

function inParts({ name }: ByteSource): FormatError {
  return new FormatError({
    file: name,
    rule: 'a zip archive is one file',
    received: 'one part of several',
    remedy: 'join the parts first',
  })
}
