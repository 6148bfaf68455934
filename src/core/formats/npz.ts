// NumPy's archive of arrays: a zip of NPY files, each named after its array. Format: numpy.org, `numpy.savez`.
import { ArgumentError, FormatError } from '../errors.js'
import type { Tensor } from '../tensor.js'
import { parseNpy, writeNpy, type NpyOptions } from './npy.js'
import { bytesSource, listZip, type ByteSource } from './zip.js'
import { unpackEntry, writeZip, type InflateRaw } from './zip-entry.js'

export interface ReadNpzOptions {
  /** Undoes deflate; default fflate's. Node's zlib is faster. */
  inflate?: InflateRaw
  /** Names of the arrays to read; default all. Others are not unpacked. */
  only?: readonly string[]
  /** The most bytes that all arrays may take; default 4 GiB. */
  maxBytes?: number
}

/**
 * The arrays of an NPZ file by name, in the file's order.
 * @param file the name that errors tell.
 * @throws FormatError for a file that is no whole NPZ file of plain numeric arrays (see parseNpy), or unpacks to more
 *   than `maxBytes`; nothing is unpacked then.
 */
export function readNpz(bytes: Uint8Array, file: string, options: ReadNpzOptions = {}): Map<string, Tensor> {
  const { inflate, only, maxBytes = 2 ** 32 } = options
  const source = bytesSource(bytes, file)
  const entries = listZip(source)
    .filter(({ name }) => name.endsWith('.npy'))
    .map((entry) => ({ ...entry, array: entry.name.slice(0, -4) }))
    .filter(({ array }) => only === undefined || only.includes(array))
  const total = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  if (total > maxBytes) {
    throw new FormatError({
      file,
      rule: `an NPZ file unpacks to at most ${String(maxBytes)} bytes`,
      received: String(total),
      remedy: 'do not trust it, or save fewer arrays in one file',
    })
  }
  const arrays = new Map<string, Tensor>()
  for (const entry of entries) {
    if (arrays.has(entry.array)) {
      throw new FormatError({
        file,
        rule: 'the arrays of an NPZ file have different names',
        received: `"${entry.array}" twice`,
        remedy: 'save it again with numpy.savez',
      })
    }
    arrays.set(entry.array, parseNpy(unpackEntry(entry, source, inflate), `${file} (${entry.name})`))
  }
  return arrays
}

/** The names of the arrays in an NPZ file. @throws FormatError for a file that is no zip archive. */
export function listNpz(source: ByteSource): string[] {
  const entries = listZip(source)
  return entries.filter(({ name }) => name.endsWith('.npy')).map(({ name }) => name.slice(0, -4))
}

export interface WriteNpzOptions {
  /** Whether to deflate, as `numpy.savez_compressed`; default false, as `numpy.savez`. */
  compress?: boolean
}

/**
 * Arrays as the bytes of an NPZ file, in their order; the same arrays give the same bytes at any time.
 * @param entries names (without `.npy`; `/` makes folders) with arrays and, where wanted, how to store them.
 * @throws ArgumentError for names that are empty or there twice, and as writeNpy.
 */
export function writeNpz(
  entries: Iterable<readonly [name: string, array: Tensor, options?: NpyOptions]>,
  { compress = false }: WriteNpzOptions = {},
): Uint8Array<ArrayBuffer> {
  const files = Array.from(entries, ([name, array, options]) => ({
    name: `${name}.npy`,
    bytes: writeNpy(array, options),
  }))
  const names = new Set(files.map(({ name }) => name))
  if (names.size < files.length || names.has('.npy')) {
    throw new ArgumentError({
      rule: 'the arrays of an NPZ file have different names, none empty',
      received: Array.from(files, ({ name }) => name).join(', '),
      remedy: 'give each its own',
    })
  }
  return writeZip(files, compress)
}
