// Stored floating-point types as float32. Little-endian, as safetensors and the typed arrays of all supported hosts.

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

/** The bits of a float16 (1 sign, 5 exponent, 10 fraction bits; IEEE 754 binary16) as the bits of a float32. */
function widenHalf(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13)
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  if (fraction === 0) return sign
  // A subnormal is fraction · 2⁻²⁴: shift its leading bit up to where float32 implies it.
  const shift = Math.clz32(fraction) - 21
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13)
}
