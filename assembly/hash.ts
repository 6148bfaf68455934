// A hash of (index, two keys) as four lanes: cheap random numbers, of which a training step needs one an activation or
// pixel. The keys are Philox words of (seed, purpose, step). Everything is inlined. Holds no kernels.
//
// `counter` is index · WEYL + the first key; two rounds of xor-shift and multiplication follow, with the shifts and
// multipliers of Wellons's lowbias32, and the second key between them. (Without the Weyl sequence, elements 4096 apart are
// correlated; with the second key after the first multiplication, steps whose first keys agree are.)
import { log, sinTurns } from './math'

/** An odd number near 2³² / golden ratio. */
// @ts-ignore: decorator
@inline
export const WEYL: i32 = 0x9e3779b1

/** WEYL times 0 … 3. */
// @ts-ignore: decorator
@inline
export function weylLow(): v128 {
  return i32x4(0x00000000, 0x9e3779b1, 0x3c6ef362, 0xdaa66d13)
}

/** WEYL times 4 … 7. */
// @ts-ignore: decorator
@inline
export function weylHigh(): v128 {
  return i32x4(0x78dde6c4, 0x17156075, 0xb54cda26, 0x538453d7)
}

/** The hash without its last xor-shift, which only the lower 16 bits need: for comparisons. */
// @ts-ignore: decorator
@inline
export function upperHash(counter: v128, keyB: v128): v128 {
  let hash = v128.xor(counter, i32x4.shr_u(counter, 16))
  hash = v128.xor(hash, keyB)
  hash = i32x4.mul(hash, i32x4.splat(0x21f0aaad))
  hash = v128.xor(hash, i32x4.shr_u(hash, 15))
  return i32x4.mul(hash, i32x4.splat(0xd35a2d97))
}

/** Uniform numbers, multiples of 2⁻²⁴ in [0, 1). */
// @ts-ignore: decorator
@inline
export function uniform(counter: v128, keyB: v128): v128 {
  const hash = upperHash(counter, keyB)
  const mixed = v128.xor(hash, i32x4.shr_u(hash, 16))
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(mixed, 8)), f32x4.splat(5.9604645e-8))
}

/** The radius of two standard normal numbers (Box & Muller), from u uniform in [0, 1); at most 5.77. */
// @ts-ignore: decorator
@inline
export function normalRadius(u: v128): v128 {
  // 1 − u is in (0, 1], exactly.
  return f32x4.sqrt(f32x4.mul(log(f32x4.sub(f32x4.splat(1), u)), f32x4.splat(-2)))
}

/** Its cosine part: one of the two, from the other uniform number; the second is the sine part, radius · sinTurns(v). */
// @ts-ignore: decorator
@inline
export function cosTurns(v: v128): v128 {
  return sinTurns(f32x4.add(v, f32x4.splat(0.25)))
}
