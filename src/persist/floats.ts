// Stored floating-point types as float32. Little-endian, as safetensors and the typed arrays of all supported hosts.
import { widenHalf } from '../core/formats/half.js'

type FloatType = 'F32' | 'F64' | 'F16' | 'BF16'
const widths: ReadonlyMap<string, number> = new Map<FloatType, number>([
  ['F32', 4],
  ['F64', 8],
  ['F16', 2],
  ['BF16', 2],
])

/** Bytes of one element of `dtype`; undefined for a type that is not read. */
export function bytesPerElement(dtype: string): number | undefined {
  return widths.get(dtype)
}

/** Little-endian values of one of the four types as float32; F64 is rounded, the others keep their value. */
export function float32Of(bytes: Uint8Array, dtype: string): Float32Array {
  // Not `slice`, which for Node's Buffer is a view of the whole file.
  const { buffer } = new Uint8Array(bytes)
  if (dtype === 'F32') return new Float32Array(buffer)
  if (dtype === 'F64') return Float32Array.from(new Float64Array(buffer))
  const halves = new Uint16Array(buffer)
  const bits =
    dtype === 'BF16' ? Uint32Array.from(halves, (half) => half << 16) : Uint32Array.from(halves, widenHalf)
  return new Float32Array(bits.buffer)
}
