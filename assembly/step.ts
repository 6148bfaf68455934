// The record of one training step (or one inference), 128 bytes, written by the host before a slice and read by every
// operation; results of the step are written back into it.

export const STEP_BYTES: usize = 128

/** Rows of this batch. */
// @ts-ignore: decorator
@inline
export function rowsOf(step: usize): i32 {
  return load<i32>(step)
}

/** Where the batch begins in the order of rows. */
// @ts-ignore: decorator
@inline
export function firstOf(step: usize): i32 {
  return load<i32>(step, 4)
}

/** 1 / rows. */
// @ts-ignore: decorator
@inline
export function inverseRowsOf(step: usize): f32 {
  return load<f32>(step, 8)
}

/** Keys of the step's random masks. */
// @ts-ignore: decorator
@inline
export function keyAOf(step: usize): i32 {
  return load<i32>(step, 16)
}
// @ts-ignore: decorator
@inline
export function keyBOf(step: usize): i32 {
  return load<i32>(step, 20)
}

/** Keys of the step's augmentation. */
// @ts-ignore: decorator
@inline
export function augmentKeyAOf(step: usize): i32 {
  return load<i32>(step, 96)
}
// @ts-ignore: decorator
@inline
export function augmentKeyBOf(step: usize): i32 {
  return load<i32>(step, 100)
}

/** Factor on the gradient: 1, or what clipping by global norm made of it. */
// @ts-ignore: decorator
@inline
export function gradientScaleOf(step: usize): f32 {
  return load<f32>(step, 24)
}

/** Address of the optimizer's scalars, eight floats. */
// @ts-ignore: decorator
@inline
export function scalarsOf(step: usize): usize {
  return step + 64
}

/** Results: gradient norm (f32 at 28), loss, weight and score sums of the batch (f64 at 32, 40, 48). */
// @ts-ignore: decorator
@inline
export function setGradientNorm(step: usize, norm: f32, scale: f32): void {
  store<f32>(step, scale, 24)
  store<f32>(step, norm, 28)
}
// @ts-ignore: decorator
@inline
export function setSums(step: usize, loss: f64, weight: f64, score: f64): void {
  store<f64>(step, loss, 32)
  store<f64>(step, weight, 40)
  store<f64>(step, score, 48)
}
