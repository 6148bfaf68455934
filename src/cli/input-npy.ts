// NumPy's array file: magic, version, a Python dict as text, the values. Format: numpy.org, "numpy.lib.format".
import { FormatError } from '../core/errors.js'
import { sizeOf, type NumericArray, type Tensor } from '../core/tensor.js'

type ArrayType = new (buffer: ArrayBuffer) => NumericArray
const types: ReadonlyMap<string, ArrayType> = new Map<string, ArrayType>([
  ['|u1', Uint8Array],
  ['|i1', Int8Array],
  ['<u2', Uint16Array],
  ['<i2', Int16Array],
  ['<u4', Uint32Array],
  ['<i4', Int32Array],
  ['<f4', Float32Array],
  ['<f8', Float64Array],
])

/**
 * The array of an NPY file of version 1, 2 or 3, in its own type.
 * @throws FormatError for other types and byte orders, for Fortran order, and for a file that is not just as long as
 *   its shape says.
 */
export function parseNpy(bytes: Uint8Array, file: string): Tensor {
  const { text, dataStart } = readHeader(bytes, file)
  const descr = field(text, 'descr', /'([^']*)'/, file)
  const type = types.get(descr)
  if (type === undefined) {
    throw new FormatError({
      file,
      rule: `an NPY file holds one of the types ${[...types.keys()].join(', ')}`,
      received: descr,
      remedy: "save array.astype('float32')",
    })
  }
  if (field(text, 'fortran_order', /(True|False)/, file) === 'True') {
    throw new FormatError({
      file,
      rule: 'an NPY file is in C order',
      received: 'Fortran order',
      remedy: 'save numpy.ascontiguousarray(array)',
    })
  }
  const shape = field(text, 'shape', /\(([\d, ]*)\)/, file)
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number)
  // Copied: values in the file may begin anywhere, typed arrays may not.
  const { buffer } = new Uint8Array(bytes.subarray(dataStart))
  const width = Number(descr.slice(2))
  if (sizeOf(shape) * width !== buffer.byteLength) {
    throw new FormatError({
      file,
      rule: `an array of shape (${shape.join(', ')}) and type ${descr} takes ${String(sizeOf(shape) * width)} bytes`,
      received: `${String(buffer.byteLength)} bytes`,
      remedy: 'save it again; the file is not whole',
    })
  }
  return { data: new type(buffer), shape }
}

function readHeader(bytes: Uint8Array, file: string): { text: string; dataStart: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const major = bytes[6] ?? 0
  const textStart = major === 1 ? 10 : 12
  if (major < 1 || major > 3 || bytes.length < textStart) {
    throw new FormatError({
      file,
      rule: 'an NPY file is of version 1, 2 or 3',
      received: bytes.length < textStart ? `${String(bytes.length)} bytes` : `version ${String(major)}`,
      remedy: 'save it again with numpy.save',
    })
  }
  const dataStart = textStart + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  if (dataStart > bytes.length) {
    throw new FormatError({
      file,
      rule: 'the header of an NPY file is within the file',
      received: `one up to byte ${String(dataStart)} of ${String(bytes.length)}`,
      remedy: 'save it again; the file is not whole',
    })
  }
  return { text: new TextDecoder('latin1').decode(bytes.subarray(textStart, dataStart)), dataStart }
}

/** The first group of `value` where it follows `'name':` in a header. */
function field(header: string, name: string, value: RegExp, file: string): string {
  const found = new RegExp(`'${name}'\\s*:\\s*${value.source}`).exec(header)?.[1]
  if (found !== undefined) return found
  throw new FormatError({
    file,
    rule: `the header of an NPY file tells '${name}' of a plain array`,
    received: JSON.stringify(header.slice(0, 80)),
    remedy: 'save one array of numbers with numpy.save',
  })
}
