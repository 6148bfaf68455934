// The core of an exported module: one sample at a time through dense layers, on a memory that the module brings. Strict
// only: its results have the bits that `predictSync` has under strict numerics on every engine (but for denseI8, whose are its own). Each function is exported
// on its own, so that a module can leave out the activations that its model has not. Holds no training.
//
// Matrices are in panels of 16 columns, a panel after the other: element (r, c) at (c >> 4) * rows * 64 + r * 64 +
// (c & 15) * 4, padded columns zero. Vectors are padded to a multiple of 16 floats.
import { madd, zero } from '../lanes'

export {
  eluForward as elu, geluForward as gelu, geluTanhForward as geluTanh, leakyReluForward as leakyRelu,
  reluForward as relu, sigmoidForward as sigmoid, siluForward as silu, softplusForward as softplus,
  tanhForward as tanh,
} from '../activations'
export { softmaxForward as softmax } from '../softmax'
export { denseI8 } from './quantized'

/** x = x * scale + shift in place, n a multiple of 4, rounded apart. Returns whether all of x was finite. */
export function prepare(x: usize, scale: usize, shift: usize, n: i32): bool {
  let nothing = zero()
  for (const end = x + (<usize>n << 2); x < end; x += 16, scale += 16, shift += 16) {
    const raw = v128.load(x)
    // 0 · x is 0 for all numbers but the infinite ones and NaN.
    nothing = madd(raw, zero(), nothing)
    v128.store(x, f32x4.add(f32x4.mul(raw, v128.load(scale)), v128.load(shift)))
  }
  return v128.all_true<i32>(f32x4.eq(nothing, zero()))
}

/**
 * y = x W + b, one chain of additions for each output in ascending order of the inputs, zeros left out, the bias last.
 * W is inputs × outputs in panels; b and y are padded; `list` has room for two words an input.
 */
export function dense(y: usize, x: usize, w: usize, b: usize, inputs: i32, outputs: i32, list: usize): void {
  const panel = <usize>inputs << 6
  const end = listed(x, inputs, list)
  let c = 0
  for (; c + 16 < outputs; c += 32) {
    panels(y, w, w + panel, b, list, end)
    w += panel << 1
    y += 128
    b += 128
  }
  if (c < outputs) lastPanel(y, w, b, list, end)
}

/** Lists the inputs that are not zero, as place in a panel and value; returns the list's end. */
// @ts-ignore: decorator
@inline
function listed(x: usize, inputs: i32, list: usize): usize {
  for (let at: usize = 0, last = <usize>inputs << 6; at < last; at += 64, x += 4) {
    const value = load<f32>(x)
    store<u32>(list, <u32>at)
    store<f32>(list, value, 4)
    list += <usize>(value != 0) << 3
  }
  return list
}

/** 32 outputs. */
function panels(y: usize, w: usize, next: usize, b: usize, list: usize, end: usize): void {
  let s0 = zero()
  let s1 = zero()
  let s2 = zero()
  let s3 = zero()
  let s4 = zero()
  let s5 = zero()
  let s6 = zero()
  let s7 = zero()
  for (; list < end; list += 8) {
    const row = <usize>load<u32>(list)
    const v = v128.load32_splat(list, 4)
    const left = w + row
    const right = next + row
    s0 = madd(v, v128.load(left), s0)
    s1 = madd(v, v128.load(left, 16), s1)
    s2 = madd(v, v128.load(left, 32), s2)
    s3 = madd(v, v128.load(left, 48), s3)
    s4 = madd(v, v128.load(right), s4)
    s5 = madd(v, v128.load(right, 16), s5)
    s6 = madd(v, v128.load(right, 32), s6)
    s7 = madd(v, v128.load(right, 48), s7)
  }
  storeSum(y, b, s0, 0)
  storeSum(y, b, s1, 16)
  storeSum(y, b, s2, 32)
  storeSum(y, b, s3, 48)
  storeSum(y, b, s4, 64)
  storeSum(y, b, s5, 80)
  storeSum(y, b, s6, 96)
  storeSum(y, b, s7, 112)
}

/** The last 16 outputs or fewer. */
function lastPanel(y: usize, w: usize, b: usize, list: usize, end: usize): void {
  let s0 = zero()
  let s1 = zero()
  let s2 = zero()
  let s3 = zero()
  for (; list < end; list += 8) {
    const v = v128.load32_splat(list, 4)
    const row = w + <usize>load<u32>(list)
    s0 = madd(v, v128.load(row), s0)
    s1 = madd(v, v128.load(row, 16), s1)
    s2 = madd(v, v128.load(row, 32), s2)
    s3 = madd(v, v128.load(row, 48), s3)
  }
  storeSum(y, b, s0, 0)
  storeSum(y, b, s1, 16)
  storeSum(y, b, s2, 32)
  storeSum(y, b, s3, 48)
}

// @ts-ignore: decorator
@inline
function storeSum(y: usize, b: usize, sum: v128, at: usize): void {
  v128.store(y + at, f32x4.add(sum, v128.load(b + at)))
}

/** Where (row, column) of a matrix with `rows` rows stands in panels. */
// @ts-ignore: decorator
@inline
function place(w: usize, rows: i32, row: i32, column: i32): usize {
  return w + (<usize>(column >> 4) * rows << 6) + (<usize>row << 6) + (<usize>(column & 15) << 2)
}

/** Row-major float32, at any address, into panels. */
export function placeF32(w: usize, from: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, from += 4) store<f32>(place(w, rows, r, c), load<f32>(from))
  }
}

/** Row-major float16 into panels of float32: exact. Finite numbers only. */
export function placeF16(w: usize, from: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, from += 2) {
      const half = <u32>load<u16>(from)
      // Exponent and fraction as those of a float32, whose exponent is then 112 too small; so for denormals too.
      const magnitude = reinterpret<f32>((half & 0x7fff) << 13) * reinterpret<f32>(0x77800000)
      store<u32>(place(w, rows, r, c), reinterpret<u32>(magnitude) | (half >> 15 << 31))
    }
  }
}

/** Row-major int8 times one float32 a column into panels. */
export function placeI8(w: usize, from: usize, rows: i32, columns: i32, scale: usize): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, from++) {
      store<f32>(place(w, rows, r, c), <f32>load<i8>(from) * load<f32>(scale + (<usize>c << 2)))
    }
  }
}
