// One entry of a zip archive in memory: unpacked into just the room that the directory promised, and held against its
// checksum. And the other way: small archives from arrays. Deflate is the work of fflate, or of another function that
// the caller has (Node's zlib is faster). Source: PKWARE, APPNOTE.TXT 6.3.10.
import { deflateSync, Inflate } from 'fflate'
import { FormatError } from '../errors.js'
import { crc32 } from './crc32.js'
import { entryStart, type ByteSource, type ZipEntry } from './zip.js'

/**
 * Undoes deflate (RFC 1951).
 * @param size bytes that come out; more are an error, and at once, not when all have been made.
 */
export type InflateRaw = (packed: Uint8Array, size: number) => Uint8Array

/**
 * The bytes of an entry.
 * @throws FormatError for a damaged, encrypted or otherwise packed entry, and for one that is not of the size told.
 */
export function unpackEntry(
  entry: ZipEntry,
  source: ByteSource,
  inflate: InflateRaw = inflateRaw,
): Uint8Array {
  requireReadable(entry, source.name)
  const packed = source.read(entryStart(entry, source), entry.packedBytes)
  let bytes: Uint8Array
  try {
    bytes = entry.method === 0 ? packed : inflate(packed, entry.bytes)
  } catch (cause) {
    throw damaged(entry, source.name, cause instanceof Error ? cause.message : 'a fault', cause)
  }
  if (bytes.length !== entry.bytes) {
    throw damaged(entry, source.name, `${String(bytes.length)} of ${String(entry.bytes)} bytes`)
  }
  if (crc32(bytes) !== entry.crc) throw damaged(entry, source.name, 'another checksum')
  return bytes
}

/** Throws for entries that only other programs can unpack. @throws FormatError */
export function requireReadable({ name, method, encrypted }: ZipEntry, file: string): void {
  if (!encrypted && (method === 0 || method === 8)) return
  throw new FormatError({
    file,
    rule: 'the entries of a zip archive are stored or deflated, and not encrypted',
    received: `"${name}", ${encrypted ? 'encrypted' : `packed by method ${String(method)}`}`,
    remedy: 'unpack it with another program first',
  })
}

/** The error for an entry that is not what its directory says. */
export function damaged({ name }: ZipEntry, file: string, how: string, cause?: unknown): FormatError {
  return new FormatError({
    file,
    rule: `the entry "${name}" of a zip archive is whole and its checksum fits`,
    received: how,
    remedy: 'download it again',
    cause,
  })
}

// Bit by bit, so that a bomb is left after its first splinters.
const sliceBytes = 16384

function inflateRaw(packed: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size)
  let filled = 0
  const stream = new Inflate((chunk) => {
    if (filled + chunk.length > size) throw new RangeError(`more than ${String(size)} bytes`)
    out.set(chunk, filled)
    filled += chunk.length
  })
  for (let at = 0; at < packed.length || at === 0; at += sliceBytes) {
    stream.push(packed.subarray(at, at + sliceBytes), at + sliceBytes >= packed.length)
  }
  return out.subarray(0, filled)
}

export interface NamedBytes {
  name: string
  bytes: Uint8Array
}

/**
 * An archive of the given files, in their order; the same files give the same bytes at any time.
 * @param compress whether to deflate; default false, which readers can map into memory.
 * @throws RangeError for an archive of 4 GiB or more.
 */
export function writeZip(files: readonly NamedBytes[], compress = false): Uint8Array<ArrayBuffer> {
  const entries = files.map(({ name, bytes }) => ({
    name: new TextEncoder().encode(name),
    packed: compress ? deflateSync(bytes) : bytes,
    size: bytes.length,
    crc: crc32(bytes),
  }))
  const local = entries.reduce((sum, { name, packed }) => sum + 30 + name.length + packed.length, 0)
  const directory = entries.reduce((sum, { name }) => sum + 46 + name.length, 0)
  const total = local + directory + 22
  if (total >= 2 ** 32 || entries.length >= 0xffff) {
    throw new RangeError(`an archive of ${String(total)} bytes needs zip64`)
  }
  const bytes = new Uint8Array(total)
  const view = new DataView(bytes.buffer)
  let at = 0
  let record = local
  for (const { name, packed, size, crc } of entries) {
    view.setUint32(at, 0x04034b50, true)
    view.setUint32(record, 0x02014b50, true)
    view.setUint16(record + 4, 20, true)
    for (const common of [at + 4, record + 6]) {
      view.setUint16(common, 20, true) // version 2.0
      view.setUint16(common + 2, 0x800, true) // the name is UTF-8
      view.setUint16(common + 4, compress ? 8 : 0, true)
      view.setUint16(common + 8, 0x21, true) // the first day of 1980
      view.setUint32(common + 10, crc, true)
      view.setUint32(common + 14, packed.length, true)
      view.setUint32(common + 18, size, true)
      view.setUint16(common + 22, name.length, true)
    }
    view.setUint32(record + 42, at, true)
    bytes.set(name, at + 30)
    bytes.set(packed, at + 30 + name.length)
    bytes.set(name, record + 46)
    at += 30 + name.length + packed.length
    record += 46 + name.length
  }
  view.setUint32(record, 0x06054b50, true)
  view.setUint16(record + 8, entries.length, true)
  view.setUint16(record + 10, entries.length, true)
  view.setUint32(record + 12, directory, true)
  view.setUint32(record + 16, local, true)
  return bytes
}
