// Numbers of 16 bits (IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits) from and to float32, by their bits.

/** The bits of a float32 of the same value as the float16 with these bits. */
export function widenHalf(half: number): number {
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

/**
 * The bits of the nearest float16, ties to even; too large becomes infinite, a NaN stays one.
 * @param bits of a float32.
 */
export function narrowToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  const exponent = magnitude >>> 23
  if (exponent >= 143) return sign | 0x7c00 // from 2¹⁶
  // Below 2⁻¹⁴ the fraction, with its implied bit, loses one place more for each power of two.
  const dropped = exponent >= 113 ? 13 : 126 - exponent
  if (dropped > 24) return sign
  const fraction = exponent >= 113 ? magnitude - (112 << 23) : (magnitude & 0x7fffff) | 0x800000
  const half = fraction >>> dropped
  const rest = fraction & ((1 << dropped) - 1)
  const tie = 1 << (dropped - 1)
  // A carry out of the fraction goes into the exponent, as it should, up to infinity.
  return sign | (half + (rest > tie || (rest === tie && (half & 1) === 1) ? 1 : 0))
}
