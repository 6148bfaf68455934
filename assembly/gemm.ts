// Matrix products by rows, in tiles that hold their sums in registers:
//   C[r, n] = floor(Σ_k A[r, k] · B[k, n] + bias[n])   forward (A = X, B = W) and input gradient (A = dZ, B = Wᵀ)
// All matrices are in panels of 16 columns: element (r, c) stands at ptr + (c >> 4) · stride + r · 64 + (c & 15) · 4. So B and
// C advance by 64 bytes a row, and A's rows lie 64 bytes apart: every load has a constant offset, nothing is packed.
// Rules: one accumulator per output, k ascending, from +0, bias last; so every tile gives the same bits. All 16 columns of a
// panel are computed; padded columns come out as the padding of B and bias makes them (zero).
// Does not split work over threads (see plan.ts) and does not choose tiles.
import { madd, zero } from './lanes'

/** Two rows × 16 columns. `a`, `c`: first row; `bias`: 16 floats; the result is at least `floor` (0 is ReLU, -inf none). */
export function rows2x16(c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32): void {
  let c00 = zero(), c01 = zero(), c02 = zero(), c03 = zero()
  let c10 = zero(), c11 = zero(), c12 = zero(), c13 = zero()
  let b0 = zero(), b1 = zero(), b2 = zero(), b3 = zero()
  let s = zero()
  for (let left = depth; left > 0; left -= 16) {
    let p = a
    const end = a + ((<usize>min(left, 16)) << 2)
    while (p < end) {
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
      p += 4
      b += 64
    }
    a += aStride
  }
  finishRow(c, bias, floor, c00, c01, c02, c03)
  finishRow(c + 64, bias, floor, c10, c11, c12, c13)
}

/** One row × 16 columns: the last row of an odd count. */
export function rows1x16(c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32): void {
  let c0 = zero(), c1 = zero(), c2 = zero(), c3 = zero()
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
  finishRow(c, bias, floor, c0, c1, c2, c3)
}

/** Six rows × 8 columns: half a panel, for engines that keep 15 vectors in registers. */
export function rows6x8(c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32): void {
  let c00 = zero(), c01 = zero(), c10 = zero(), c11 = zero(), c20 = zero(), c21 = zero()
  let c30 = zero(), c31 = zero(), c40 = zero(), c41 = zero(), c50 = zero(), c51 = zero()
  let b0 = zero(), b1 = zero(), s = zero()
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
  finishHalf(c, bias, floor, c00, c01)
  finishHalf(c + 64, bias, floor, c10, c11)
  finishHalf(c + 128, bias, floor, c20, c21)
  finishHalf(c + 192, bias, floor, c30, c31)
  finishHalf(c + 256, bias, floor, c40, c41)
  finishHalf(c + 320, bias, floor, c50, c51)
}

/**
 * Six rows × 16 columns. Too many sums for 128-bit registers: for engines that pack pairs of vectors into 256-bit ones, which
 * ask for both halves to be computed before both are stored, the upper first.
 */
export function rows6x16(c: usize, a: usize, aStride: usize, b: usize, depth: i32, bias: usize, floor: f32): void {
  let c00 = zero(), c01 = zero(), c02 = zero(), c03 = zero()
  let c10 = zero(), c11 = zero(), c12 = zero(), c13 = zero()
  let c20 = zero(), c21 = zero(), c22 = zero(), c23 = zero()
  let c30 = zero(), c31 = zero(), c32 = zero(), c33 = zero()
  let c40 = zero(), c41 = zero(), c42 = zero(), c43 = zero()
  let c50 = zero(), c51 = zero(), c52 = zero(), c53 = zero()
  let b0 = zero(), b1 = zero(), b2 = zero(), b3 = zero()
  let s = zero()
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
  finishRow(c, bias, floor, c00, c01, c02, c03)
  finishRow(c + 64, bias, floor, c10, c11, c12, c13)
  finishRow(c + 128, bias, floor, c20, c21, c22, c23)
  finishRow(c + 192, bias, floor, c30, c31, c32, c33)
  finishRow(c + 256, bias, floor, c40, c41, c42, c43)
  finishRow(c + 320, bias, floor, c50, c51, c52, c53)
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

/** The same over `rows` rows of a panel whose sums were stored before. */
export function finishPanel(c: usize, rows: i32, bias: usize, floor: f32): void {
  const low = f32x4.splat(floor)
  for (const end = c + ((<usize>rows) << 6); c < end; c += 64) {
    const r1 = f32x4.pmax(f32x4.add(v128.load(c, 16), v128.load(bias, 16)), low)
    const r0 = f32x4.pmax(f32x4.add(v128.load(c), v128.load(bias)), low)
    v128.store(c, r1, 16)
    v128.store(c, r0)
    const r3 = f32x4.pmax(f32x4.add(v128.load(c, 48), v128.load(bias, 48)), low)
    const r2 = f32x4.pmax(f32x4.add(v128.load(c, 32), v128.load(bias, 32)), low)
    v128.store(c, r3, 48)
    v128.store(c, r2, 32)
  }
}

/** The register tiles of `rowsPanel`; all give the same bits. */
export const TILE_2X16: i32 = 0
export const TILE_6X8: i32 = 1
export const TILE_6X16: i32 = 2

/**
 * Rows [0, rows) of one output panel, by the register tile that suits the engine.
 * @param c panel of C, first row; @param a first panel of A, same row; @param aStride bytes from one panel of A to the next;
 * @param b panel of B, `depth` rows.
 */
export function rowsPanel(
  c: usize, a: usize, aStride: usize, b: usize, rows: i32, depth: i32, bias: usize, floor: f32, tile: i32,
): void {
  let r = 0
  if (tile === TILE_6X8) {
    for (; r + 6 <= rows; r += 6) {
      rows6x8(c, a, aStride, b, depth, bias, floor)
      rows6x8(c + 32, a, aStride, b + 32, depth, bias + 32, floor)
      c += 384
      a += 384
    }
  } else if (tile === TILE_6X16) {
    for (; r + 6 <= rows; r += 6) {
      rows6x16(c, a, aStride, b, depth, bias, floor)
      c += 384
      a += 384
    }
  }
  for (; r + 2 <= rows; r += 2) {
    rows2x16(c, a, aStride, b, depth, bias, floor)
    c += 128
    a += 128
  }
  if (r < rows) rows1x16(c, a, aStride, b, depth, bias, floor)
}

/**
 * Blocks of Wᵀ: for panel `kp` of 16 input features, rows n in [0, columns) of Wᵀ's panel, from W (`rows` × `columns`).
 * Padded lanes (features past `rows`) are written as zero, so that the input gradient's padding stays zero.
 */
export function transposePanel(wt: usize, w: usize, wStride: usize, kp: i32, rows: i32, columns: i32): void {
  const features = min(rows - (kp << 4), 16)
  const base = w + ((<usize>kp) << 10)
  for (let n = 0; n < columns; n += 4) {
    const from = base + <usize>(n >> 4) * wStride + ((<usize>(n & 15)) << 2)
    const last = min(columns - n, 4)
    for (let f = 0; f < 16; f += 4) {
      const at = from + ((<usize>f) << 6)
      let r0 = zero(), r1 = zero(), r2 = zero(), r3 = zero()
      if (f + 4 <= features) {
        r0 = v128.load(at)
        r1 = v128.load(at, 64)
        r2 = v128.load(at, 128)
        r3 = v128.load(at, 192)
      } else {
        if (f < features) r0 = v128.load(at)
        if (f + 1 < features) r1 = v128.load(at, 64)
        if (f + 2 < features) r2 = v128.load(at, 128)
      }
      const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5)
      const t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5)
      const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7)
      const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7)
      const to = wt + ((<usize>n) << 6) + ((<usize>f) << 2)
      v128.store(to, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5))
      if (last > 1) v128.store(to, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7), 64)
      if (last > 2) v128.store(to, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5), 128)
      if (last > 3) v128.store(to, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7), 192)
    }
  }
}
