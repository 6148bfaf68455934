// A dense layer in integers, for exported modules: weights of 8 bits, inputs rounded to 16, sums of 32. The one product of integers
// that WebAssembly has multiplies 16-bit lanes and adds neighbours (i32x4.dot_i16x8_s), so 8-bit inputs would be no faster. No sum
// can overflow: whoever lays out the weights chooses `top` so (persist/module/quantized.ts).
//
// Weights: panels of 16 outputs; in a panel 32 bytes for each pair of inputs, the two weights of an output side by side; inputs
// are padded with zero weights to a multiple of 4. Vectors of floats are padded to a multiple of 16.

/**
 * y = q W · scale + b, where q = round(x · inverse), at most `top` in magnitude, ties to even. Pairs of zeros are left out.
 * `list` has room for four bytes an input and 64 more.
 */
export function denseI8(
  y: usize, x: usize, w: usize, scale: usize, b: usize, inputs: i32, outputs: i32, list: usize, inverse: f32, top: f32,
): void {
  const panel = <usize>((inputs + 3) >> 2) << 6
  const end = listedPairs(x, inputs, list, inverse, top)
  let c = 0
  for (; c + 16 < outputs; c += 32) {
    twoPanels(y, w, w + panel, scale, b, list, end)
    w += panel << 1
    y += 128
    scale += 128
    b += 128
  }
  if (c < outputs) onePanel(y, w, scale, b, list, end)
}

/** Lists the pairs of rounded inputs that are not both zero, as place in a panel and lanes; returns the list's end. */
// @ts-ignore: decorator
@inline
function listedPairs(x: usize, inputs: i32, list: usize, inverse: f32, top: f32): usize {
  const factor = f32x4.splat(inverse)
  const highest = f32x4.splat(top)
  const lowest = f32x4.splat(-top)
  for (let at: usize = 0, last = <usize>((inputs + 3) >> 2) << 6; at < last; at += 64, x += 16) {
    const bounded = f32x4.min(f32x4.max(f32x4.mul(v128.load(x), factor), lowest), highest)
    const whole = i32x4.trunc_sat_f32x4_s(f32x4.nearest(bounded))
    const lanes = i16x8.narrow_i32x4_s(whole, whole)
    const first = i32x4.extract_lane(lanes, 0)
    store<u32>(list, <u32>at)
    store<i32>(list, first, 4)
    list += <usize>(first != 0) << 3
    const second = i32x4.extract_lane(lanes, 1)
    store<u32>(list, <u32>at + 32)
    store<i32>(list, second, 4)
    list += <usize>(second != 0) << 3
  }
  return list
}

/** 32 outputs. */
// @ts-ignore: decorator
@inline
function twoPanels(y: usize, w: usize, next: usize, scale: usize, b: usize, list: usize, end: usize): void {
  let s0 = i32x4.splat(0)
  let s1 = i32x4.splat(0)
  let s2 = i32x4.splat(0)
  let s3 = i32x4.splat(0)
  let s4 = i32x4.splat(0)
  let s5 = i32x4.splat(0)
  let s6 = i32x4.splat(0)
  let s7 = i32x4.splat(0)
  for (; list < end; list += 8) {
    const row = <usize>load<u32>(list)
    const pair = v128.load32_splat(list, 4)
    const left = w + row
    const right = next + row
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(left)))
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(left, 8)))
    s2 = i32x4.add(s2, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(left, 16)))
    s3 = i32x4.add(s3, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(left, 24)))
    s4 = i32x4.add(s4, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(right)))
    s5 = i32x4.add(s5, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(right, 8)))
    s6 = i32x4.add(s6, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(right, 16)))
    s7 = i32x4.add(s7, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(right, 24)))
  }
  storeScaled(y, scale, b, s0, 0)
  storeScaled(y, scale, b, s1, 16)
  storeScaled(y, scale, b, s2, 32)
  storeScaled(y, scale, b, s3, 48)
  storeScaled(y, scale, b, s4, 64)
  storeScaled(y, scale, b, s5, 80)
  storeScaled(y, scale, b, s6, 96)
  storeScaled(y, scale, b, s7, 112)
}

/** The last 16 outputs or fewer. */
// @ts-ignore: decorator
@inline
function onePanel(y: usize, w: usize, scale: usize, b: usize, list: usize, end: usize): void {
  let s0 = i32x4.splat(0)
  let s1 = i32x4.splat(0)
  let s2 = i32x4.splat(0)
  let s3 = i32x4.splat(0)
  for (; list < end; list += 8) {
    const pair = v128.load32_splat(list, 4)
    const row = w + <usize>load<u32>(list)
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(row)))
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(row, 8)))
    s2 = i32x4.add(s2, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(row, 16)))
    s3 = i32x4.add(s3, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(row, 24)))
  }
  storeScaled(y, scale, b, s0, 0)
  storeScaled(y, scale, b, s1, 16)
  storeScaled(y, scale, b, s2, 32)
  storeScaled(y, scale, b, s3, 48)
}

// @ts-ignore: decorator
@inline
function storeScaled(y: usize, scale: usize, b: usize, sum: v128, at: usize): void {
  const scaled = f32x4.mul(f32x4.convert_i32x4_s(sum), v128.load(scale + at))
  v128.store(y + at, f32x4.add(scaled, v128.load(b + at)))
}
