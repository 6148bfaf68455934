// Files of arrays as the library shows them: light to import, the work loads when used. Readers need Node; encoders run
// anywhere.
import type { NpyOptions } from '../core/formats/npy.js'
import type { NpyType } from '../core/formats/npy-values.js'
import type { WriteNpzOptions } from '../core/formats/npz.js'
import type { Tensor } from '../core/tensor.js'

export type { NpyOptions, NpyType, WriteNpzOptions }

/**
 * The array of an NPY file (NumPy), plain or gzipped, in row-major order: every little-endian type of numbers, C and
 * Fortran order. Float16 becomes float32, truth values bytes, integers of 64 bits float64.
 * @throws FormatError for anything but one whole array of such numbers, and for integers beyond 2^53.
 * @example const { data, shape } = await readNpy('images.npy')
 */
export async function readNpy(path: string): Promise<Tensor> {
  const { readNpy: read } = await import('./npy-file.js')
  return read(path)
}

/** The array of an IDX file (MNIST's format) of any type and rank, plain or gzipped. @throws FormatError */
export async function readIdx(path: string): Promise<Tensor> {
  const { readIdx: read } = await import('./idx-file.js')
  return read(path)
}

/**
 * The arrays of an NPZ file (`numpy.savez`, compressed or not) by name; else as readNpy.
 * @param only names of the arrays to read; default all.
 */
export async function readNpz(path: string, only?: readonly string[]): Promise<Map<string, Tensor>> {
  const { readNpzFile } = await import('./npz-file.js')
  return readNpzFile(path, only)
}

/**
 * An array as the bytes of an NPY file, the same as NumPy's.
 * @param options `type` as NumPy calls it (`<f2`, `<i8`, …; default the array's own), `fortranOrder` (default false).
 * @throws ShapeError for a shape that does not fit, ArgumentError for values that the type cannot hold.
 * @example await writeFile('labels.npy', await encodeNpy({ data: labels, shape: [labels.length] }, { type: '<i8' }))
 */
export async function encodeNpy(array: Tensor, options: NpyOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { writeNpy } = await import('../core/formats/npy.js')
  return writeNpy(array, options)
}

/**
 * Arrays as the bytes of an NPZ file; the same arrays give the same bytes at any time.
 * @param entries name, array and, where wanted, the options of encodeNpy.
 * @param options `compress` (default false).
 * @throws as encodeNpy, and ArgumentError for names that are empty or there twice.
 */
export async function encodeNpz(
  entries: Iterable<readonly [name: string, array: Tensor, options?: NpyOptions]>,
  options: WriteNpzOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { writeNpz } = await import('../core/formats/npz.js')
  return writeNpz(entries, options)
}
