// Register tiles of the row products (see gemm.ts for the formula, the panels and the rule of one chain an output).
// Each tile stands twice, inlined: from zero to the finished result (`rows…`), and going on from the sums in C and leaving bare
// sums there (`more…`), for products that run in blocks of their depth.
import { madd, zero } from './lanes'

/** Two rows × 16 columns. `a`, `c`: first row; `bias`: 16 floats; the result is at least `floor` (0 is ReLU, -inf none). */
// @ts-ignore: decorator
@inline
function tile2x16(
  c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32, more: bool,
): void {
  let c00 = zero(), c01 = zero(), c02 = zero(), c03 = zero()
  let c10 = zero(), c11 = zero(), c12 = zero(), c13 = zero()
  let b0 = zero(), b1 = zero(), b2 = zero(), b3 = zero()
  let s = zero()
  if (more) {
    c03 = v128.load(c, 48)
    c02 = v128.load(c, 32)
    c01 = v128.load(c, 16)
    c00 = v128.load(c)
    c13 = v128.load(c, 112)
    c12 = v128.load(c, 96)
    c11 = v128.load(c, 80)
    c10 = v128.load(c, 64)
  }
  for (let left = depth; left > 0; left -= 16) {
    let p = a
    const last = a + ((<usize>min(left, 16) - 1) << 2)
    while (p <= last) {
      b0 = v128.load(b)
      b1 = v128.load(b, 16)
      b2 = v128.load(b, 32)
      b3 = v128.load(b, 48)
      s = v128.load32_splat(p)
      c00 = madd(s, b0, c00)
      c01 = madd(s, b1, c01)
      c02 = madd(s, b2, c02)
      c03 = madd(s, b3, c03)
      s = v128.load32_splat(p, 64)
      c10 = madd(s, b0, c10)
      c11 = madd(s, b1, c11)
      c12 = madd(s, b2, c12)
      c13 = madd(s, b3, c13)
      // A way out for odd depths between the two, and a block for each: engines with an older scheduler put all loads of a
      // block first, and those of both would not fit into registers.
      if (p === last) break
      b0 = v128.load(b, 64)
      b1 = v128.load(b, 80)
      b2 = v128.load(b, 96)
      b3 = v128.load(b, 112)
      s = v128.load32_splat(p, 4)
      c00 = madd(s, b0, c00)
      c01 = madd(s, b1, c01)
      c02 = madd(s, b2, c02)
      c03 = madd(s, b3, c03)
      s = v128.load32_splat(p, 68)
      c10 = madd(s, b0, c10)
      c11 = madd(s, b1, c11)
      c12 = madd(s, b2, c12)
      c13 = madd(s, b3, c13)
      p += 8
      b += 128
    }
    a += aStride
  }
  if (more) {
    v128.store(c, c01, 16)
    v128.store(c, c00)
    v128.store(c, c03, 48)
    v128.store(c, c02, 32)
    v128.store(c, c11, 80)
    v128.store(c, c10, 64)
    v128.store(c, c13, 112)
    v128.store(c, c12, 96)
    return
  }
  finishRow(c, bias, floor, c00, c01, c02, c03)
  finishRow(c + 64, bias, floor, c10, c11, c12, c13)
}

export function rows2x16(c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32): void {
  tile2x16(c, a, aStride, b, depth, bias, floor, false)
}

export function more2x16(c: usize, a: usize, aStride: usize, b: usize, depth: i32): void {
  tile2x16(c, a, aStride, b, depth, 0, 0, true)
}

/** One row × 16 columns: the last row of an odd count. */
// @ts-ignore: decorator
@inline
function tile1x16(
  c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32, more: bool,
): void {
  let c0 = zero(), c1 = zero(), c2 = zero(), c3 = zero()
  if (more) {
    c3 = v128.load(c, 48)
    c2 = v128.load(c, 32)
    c1 = v128.load(c, 16)
    c0 = v128.load(c)
  }
  for (let left = depth; left > 0; left -= 16) {
    let p = a
    const end = a + ((<usize>min(left, 16)) << 2)
    while (p < end) {
      const s = v128.load32_splat(p)
      c0 = madd(s, v128.load(b), c0)
      c1 = madd(s, v128.load(b, 16), c1)
      c2 = madd(s, v128.load(b, 32), c2)
      c3 = madd(s, v128.load(b, 48), c3)
      p += 4
      b += 64
    }
    a += aStride
  }
  if (more) {
    v128.store(c, c1, 16)
    v128.store(c, c0)
    v128.store(c, c3, 48)
    v128.store(c, c2, 32)
    return
  }
  finishRow(c, bias, floor, c0, c1, c2, c3)
}

export function rows1x16(c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32): void {
  tile1x16(c, a, aStride, b, depth, bias, floor, false)
}

export function more1x16(c: usize, a: usize, aStride: usize, b: usize, depth: i32): void {
  tile1x16(c, a, aStride, b, depth, 0, 0, true)
}

/** Six rows × 8 columns: half a panel, for engines that keep 15 vectors in registers. */
// @ts-ignore: decorator
@inline
function tile6x8(
  c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32, more: bool,
): void {
  let c00 = zero(), c01 = zero(), c10 = zero(), c11 = zero(), c20 = zero(), c21 = zero()
  let c30 = zero(), c31 = zero(), c40 = zero(), c41 = zero(), c50 = zero(), c51 = zero()
  let b0 = zero(), b1 = zero(), s = zero()
  if (more) {
    c01 = v128.load(c, 16)
    c00 = v128.load(c)
    c11 = v128.load(c, 80)
    c10 = v128.load(c, 64)
    c21 = v128.load(c, 144)
    c20 = v128.load(c, 128)
    c31 = v128.load(c, 208)
    c30 = v128.load(c, 192)
    c41 = v128.load(c, 272)
    c40 = v128.load(c, 256)
    c51 = v128.load(c, 336)
    c50 = v128.load(c, 320)
  }
  for (let left = depth; left > 0; left -= 16) {
    let p = a
    const end = a + ((<usize>min(left, 16)) << 2)
    while (p < end) {
      b1 = v128.load(b, 16)
      b0 = v128.load(b)
      s = v128.load32_splat(p)
      c00 = madd(s, b0, c00)
      c01 = madd(s, b1, c01)
      s = v128.load32_splat(p, 64)
      c10 = madd(s, b0, c10)
      c11 = madd(s, b1, c11)
      s = v128.load32_splat(p, 128)
      c20 = madd(s, b0, c20)
      c21 = madd(s, b1, c21)
      s = v128.load32_splat(p, 192)
      c30 = madd(s, b0, c30)
      c31 = madd(s, b1, c31)
      s = v128.load32_splat(p, 256)
      c40 = madd(s, b0, c40)
      c41 = madd(s, b1, c41)
      s = v128.load32_splat(p, 320)
      c50 = madd(s, b0, c50)
      c51 = madd(s, b1, c51)
      p += 4
      b += 64
    }
    a += aStride
  }
  if (more) {
    v128.store(c, c01, 16)
    v128.store(c, c00)
    v128.store(c, c11, 80)
    v128.store(c, c10, 64)
    v128.store(c, c21, 144)
    v128.store(c, c20, 128)
    v128.store(c, c31, 208)
    v128.store(c, c30, 192)
    v128.store(c, c41, 272)
    v128.store(c, c40, 256)
    v128.store(c, c51, 336)
    v128.store(c, c50, 320)
    return
  }
  finishHalf(c, bias, floor, c00, c01)
  finishHalf(c + 64, bias, floor, c10, c11)
  finishHalf(c + 128, bias, floor, c20, c21)
  finishHalf(c + 192, bias, floor, c30, c31)
  finishHalf(c + 256, bias, floor, c40, c41)
  finishHalf(c + 320, bias, floor, c50, c51)
}

export function rows6x8(c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32): void {
  tile6x8(c, a, aStride, b, depth, bias, floor, false)
}

export function more6x8(c: usize, a: usize, aStride: usize, b: usize, depth: i32): void {
  tile6x8(c, a, aStride, b, depth, 0, 0, true)
}

/**
 * Six rows × 16 columns. Too many sums for 128-bit registers: for engines that pack pairs of vectors into 256-bit ones, which
 * ask for both halves to be computed before both are stored, the upper first.
 */
// @ts-ignore: decorator
@inline
function tile6x16(
  c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32, more: bool,
): void {
  let c00 = zero(), c01 = zero(), c02 = zero(), c03 = zero()
  let c10 = zero(), c11 = zero(), c12 = zero(), c13 = zero()
  let c20 = zero(), c21 = zero(), c22 = zero(), c23 = zero()
  let c30 = zero(), c31 = zero(), c32 = zero(), c33 = zero()
  let c40 = zero(), c41 = zero(), c42 = zero(), c43 = zero()
  let c50 = zero(), c51 = zero(), c52 = zero(), c53 = zero()
  let b0 = zero(), b1 = zero(), b2 = zero(), b3 = zero()
  let s = zero()
  if (more) {
    c03 = v128.load(c, 48)
    c02 = v128.load(c, 32)
    c01 = v128.load(c, 16)
    c00 = v128.load(c)
    c13 = v128.load(c, 112)
    c12 = v128.load(c, 96)
    c11 = v128.load(c, 80)
    c10 = v128.load(c, 64)
    c23 = v128.load(c, 176)
    c22 = v128.load(c, 160)
    c21 = v128.load(c, 144)
    c20 = v128.load(c, 128)
    c33 = v128.load(c, 240)
    c32 = v128.load(c, 224)
    c31 = v128.load(c, 208)
    c30 = v128.load(c, 192)
    c43 = v128.load(c, 304)
    c42 = v128.load(c, 288)
    c41 = v128.load(c, 272)
    c40 = v128.load(c, 256)
    c53 = v128.load(c, 368)
    c52 = v128.load(c, 352)
    c51 = v128.load(c, 336)
    c50 = v128.load(c, 320)
  }
  for (let left = depth; left > 0; left -= 16) {
    let p = a
    const end = a + ((<usize>min(left, 16)) << 2)
    while (p < end) {
      b3 = v128.load(b, 48)
      b2 = v128.load(b, 32)
      b1 = v128.load(b, 16)
      b0 = v128.load(b)
      s = v128.load32_splat(p)
      c00 = madd(s, b0, c00)
      c01 = madd(s, b1, c01)
      c02 = madd(s, b2, c02)
      c03 = madd(s, b3, c03)
      s = v128.load32_splat(p, 64)
      c10 = madd(s, b0, c10)
      c11 = madd(s, b1, c11)
      c12 = madd(s, b2, c12)
      c13 = madd(s, b3, c13)
      s = v128.load32_splat(p, 128)
      c20 = madd(s, b0, c20)
      c21 = madd(s, b1, c21)
      c22 = madd(s, b2, c22)
      c23 = madd(s, b3, c23)
      s = v128.load32_splat(p, 192)
      c30 = madd(s, b0, c30)
      c31 = madd(s, b1, c31)
      c32 = madd(s, b2, c32)
      c33 = madd(s, b3, c33)
      s = v128.load32_splat(p, 256)
      c40 = madd(s, b0, c40)
      c41 = madd(s, b1, c41)
      c42 = madd(s, b2, c42)
      c43 = madd(s, b3, c43)
      s = v128.load32_splat(p, 320)
      c50 = madd(s, b0, c50)
      c51 = madd(s, b1, c51)
      c52 = madd(s, b2, c52)
      c53 = madd(s, b3, c53)
      p += 4
      b += 64
    }
    a += aStride
  }
  if (more) {
    v128.store(c, c01, 16)
    v128.store(c, c00)
    v128.store(c, c03, 48)
    v128.store(c, c02, 32)
    v128.store(c, c11, 80)
    v128.store(c, c10, 64)
    v128.store(c, c13, 112)
    v128.store(c, c12, 96)
    v128.store(c, c21, 144)
    v128.store(c, c20, 128)
    v128.store(c, c23, 176)
    v128.store(c, c22, 160)
    v128.store(c, c31, 208)
    v128.store(c, c30, 192)
    v128.store(c, c33, 240)
    v128.store(c, c32, 224)
    v128.store(c, c41, 272)
    v128.store(c, c40, 256)
    v128.store(c, c43, 304)
    v128.store(c, c42, 288)
    v128.store(c, c51, 336)
    v128.store(c, c50, 320)
    v128.store(c, c53, 368)
    v128.store(c, c52, 352)
    return
  }
  finishRow(c, bias, floor, c00, c01, c02, c03)
  finishRow(c + 64, bias, floor, c10, c11, c12, c13)
  finishRow(c + 128, bias, floor, c20, c21, c22, c23)
  finishRow(c + 192, bias, floor, c30, c31, c32, c33)
  finishRow(c + 256, bias, floor, c40, c41, c42, c43)
  finishRow(c + 320, bias, floor, c50, c51, c52, c53)
}

export function rows6x16(c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32): void {
  tile6x16(c, a, aStride, b, depth, bias, floor, false)
}

export function more6x16(c: usize, a: usize, aStride: usize, b: usize, depth: i32): void {
  tile6x16(c, a, aStride, b, depth, 0, 0, true)
}

/** Six rows × 4 columns, for outputs of at most four; the other 12 columns of the panel are written as zero. */
export function rows6x4(c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32): void {
  let c0 = zero(), c1 = zero(), c2 = zero(), c3 = zero(), c4 = zero(), c5 = zero()
  let b0 = zero()
  for (let left = depth; left > 0; left -= 16) {
    let p = a
    const end = a + ((<usize>min(left, 16)) << 2)
    while (p < end) {
      b0 = v128.load(b)
      c0 = madd(v128.load32_splat(p), b0, c0)
      c1 = madd(v128.load32_splat(p, 64), b0, c1)
      c2 = madd(v128.load32_splat(p, 128), b0, c2)
      c3 = madd(v128.load32_splat(p, 192), b0, c3)
      c4 = madd(v128.load32_splat(p, 256), b0, c4)
      c5 = madd(v128.load32_splat(p, 320), b0, c5)
      p += 4
      b += 64
    }
    a += aStride
  }
  finishNarrow(c, bias, floor, c0)
  finishNarrow(c + 64, bias, floor, c1)
  finishNarrow(c + 128, bias, floor, c2)
  finishNarrow(c + 192, bias, floor, c3)
  finishNarrow(c + 256, bias, floor, c4)
  finishNarrow(c + 320, bias, floor, c5)
}

/** Bias last, then the floor; `pmax(x, floor)` keeps a NaN. */
// @ts-ignore: decorator
@inline
function finishHalf(c: usize, bias: usize, floor: f32, c0: v128, c1: v128): void {
  const low = f32x4.splat(floor)
  const r1 = f32x4.pmax(f32x4.add(c1, v128.load(bias, 16)), low)
  const r0 = f32x4.pmax(f32x4.add(c0, v128.load(bias)), low)
  v128.store(c, r1, 16)
  v128.store(c, r0)
}

// @ts-ignore: decorator
@inline
function finishRow(c: usize, bias: usize, floor: f32, c0: v128, c1: v128, c2: v128, c3: v128): void {
  finishHalf(c, bias, floor, c0, c1)
  finishHalf(c + 32, bias + 32, floor, c2, c3)
}

// @ts-ignore: decorator
@inline
function finishNarrow(c: usize, bias: usize, floor: f32, c0: v128): void {
  v128.store(c, f32x4.pmax(f32x4.add(c0, v128.load(bias)), f32x4.splat(floor)))
  v128.store(c, zero(), 16)
  v128.store(c, zero(), 32)
  v128.store(c, zero(), 48)
}
