// Shared helpers over four float32 lanes. The only place that knows which variant is being built: everything else writes
// `madd` and gets a fused multiply-add in `fast`, a multiplication and an addition in `strict`.
// Holds no kernels.

/** Whether this variant may fuse; a product and a sum apart take one register more. */
export const FUSES: bool = ASC_FEATURE_RELAXED_SIMD

/** a · b + c in each lane: one rounding in `fast` (where the engine fuses), two in `strict`. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c)
  return f32x4.add(f32x4.mul(a, b), c)
}

/** Zero in all lanes. */
// @ts-ignore: decorator
@inline
export function zero(): v128 {
  return f32x4.splat(0)
}

/** a · b + c through `madd`, for the host to see whether the engine fuses. */
export function maddProbe(a: f32, b: f32, c: f32): f32 {
  return f32x4.extract_lane(madd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 0)
}
