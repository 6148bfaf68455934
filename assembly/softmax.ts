// Softmax over the rows of a matrix in panels of 16 columns: element (r, c) stands at (c >> 4) * panelStride + r * 64 +
// (c & 15) * 4. Any number of columns >= 1; padded columns of the input may hold anything, those of the output become
// 0. Holds no loss: softmax with cross-entropy is fused in losses.ts.
import { expNonPositive } from './math'
import { addPromoted, columnIndex, rowMaximum, totalOf } from './rows'

/**
 * Softmax terms below e^-64 of the row's largest become 0: smaller ones would turn denormal once scaled by 1 / rows and
 * multiplied by weights, and denormals are slow.
 */
// @ts-ignore: decorator
@inline
export const softmaxFloor: f32 = -64

/**
 * y = softmax(z) over the columns of rows rowFrom ... rowTo - 1, maximum subtracted. In place allowed (y == z). A row
 * with a NaN or +infinity becomes NaN.
 */
export function softmaxForward(y: usize, z: usize, panelStride: i32, rowFrom: i32, rowTo: i32, columns: i32): void {
  for (let r = rowFrom; r < rowTo; r++) softmaxRow(y + (<usize>r << 6), z + (<usize>r << 6), panelStride, columns)
}

function softmaxRow(y: usize, z: usize, panelStride: i32, columns: i32): void {
  const padded = (columns + 15) & ~15
  const bound = i32x4.splat(columns)
  const lowest = f32x4.splat(-Infinity)
  const maximum = rowMaximum(z, panelStride, columns)
  let sums = f64x2.splat(0)
  for (let c = 0; c < padded; c += 8) {
    const offset = <usize>(c >> 4) * panelStride + ((c & 8) << 2)
    const zUpper = v128.bitselect(v128.load(z + offset, 16), lowest, i32x4.lt_s(columnIndex(c + 4), bound))
    const zLower = v128.bitselect(v128.load(z + offset), lowest, i32x4.lt_s(columnIndex(c), bound))
    const upper = expNonPositive(f32x4.sub(zUpper, maximum), softmaxFloor)
    const lower = expNonPositive(f32x4.sub(zLower, maximum), softmaxFloor)
    v128.store(y + offset, upper, 16)
    v128.store(y + offset, lower)
    sums = addPromoted(sums, f32x4.add(lower, upper))
  }
  const scale = f32x4.splat(<f32>(1 / totalOf(sums)))
  for (let c = 0; c < padded; c += 8) {
    const at = y + <usize>(c >> 4) * panelStride + ((c & 8) << 2)
    const upper = v128.and(f32x4.mul(v128.load(at, 16), scale), i32x4.lt_s(columnIndex(c + 4), bound))
    const lower = v128.and(f32x4.mul(v128.load(at), scale), i32x4.lt_s(columnIndex(c), bound))
    v128.store(at, upper, 16)
    v128.store(at, lower)
  }
}

/**
 * dz = y (dy - sum(dy y)) over the columns of rows rowFrom ... rowTo - 1, y the output of `softmaxForward`. In place
 * allowed (dz == dy).
 */
export function softmaxBackward(
  dz: usize, dy: usize, y: usize, panelStride: i32, rowFrom: i32, rowTo: i32, columns: i32,
): void {
  for (let r = rowFrom; r < rowTo; r++) {
    const offset = <usize>r << 6
    softmaxGradientRow(dz + offset, dy + offset, y + offset, panelStride, columns)
  }
}

function softmaxGradientRow(dz: usize, dy: usize, y: usize, panelStride: i32, columns: i32): void {
  const padded = (columns + 15) & ~15
  const bound = i32x4.splat(columns)
  let sums = f64x2.splat(0)
  for (let c = 0; c < padded; c += 8) {
    const offset = <usize>(c >> 4) * panelStride + ((c & 8) << 2)
    const upper = f32x4.mul(v128.load(dy + offset, 16), v128.load(y + offset, 16))
    const lower = f32x4.mul(v128.load(dy + offset), v128.load(y + offset))
    const maskedUpper = v128.and(upper, i32x4.lt_s(columnIndex(c + 4), bound))
    const maskedLower = v128.and(lower, i32x4.lt_s(columnIndex(c), bound))
    sums = addPromoted(sums, f32x4.add(maskedLower, maskedUpper))
  }
  const mean = f32x4.splat(<f32>totalOf(sums))
  for (let c = 0; c < padded; c += 8) {
    const offset = <usize>(c >> 4) * panelStride + ((c & 8) << 2)
    const upper = f32x4.mul(v128.load(y + offset, 16), f32x4.sub(v128.load(dy + offset, 16), mean))
    const lower = f32x4.mul(v128.load(y + offset), f32x4.sub(v128.load(dy + offset), mean))
    v128.store(dz + offset, v128.and(upper, i32x4.lt_s(columnIndex(c + 4), bound)), 16)
    v128.store(dz + offset, v128.and(lower, i32x4.lt_s(columnIndex(c), bound)))
  }
}
