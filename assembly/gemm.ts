// Matrix products of training, in tiles that hold their sums in registers:
//   rows…   C[r, n] = floor(Σ_k A[r, k] · B[k, n] + bias[n])   forward (A = X, B = W) and input gradient (A = dZ, B = Wᵀ)
//   trans…  G[k, n] = Σ_b X[b, k] · dZ[b, n]                   weight gradient
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

/** Six k × 8 columns. `x`: X[0, k] (its five neighbours follow), `dz`: dZ[0, n], `depth`: rows of the batch. */
export function trans6x8(g: usize, x: usize, dz: usize, depth: i32): void {
  let g00 = zero(), g01 = zero(), g10 = zero(), g11 = zero(), g20 = zero(), g21 = zero()
  let g30 = zero(), g31 = zero(), g40 = zero(), g41 = zero(), g50 = zero(), g51 = zero()
  let s = zero(), d0 = zero(), d1 = zero()
  for (let b = 0; b < depth; b++) {
    d0 = v128.load(dz)
    d1 = v128.load(dz, 16)
    s = v128.load32_splat(x)
    g00 = madd(s, d0, g00)
    g01 = madd(s, d1, g01)
    s = v128.load32_splat(x, 4)
    g10 = madd(s, d0, g10)
    g11 = madd(s, d1, g11)
    s = v128.load32_splat(x, 8)
    g20 = madd(s, d0, g20)
    g21 = madd(s, d1, g21)
    s = v128.load32_splat(x, 12)
    g30 = madd(s, d0, g30)
    g31 = madd(s, d1, g31)
    s = v128.load32_splat(x, 16)
    g40 = madd(s, d0, g40)
    g41 = madd(s, d1, g41)
    s = v128.load32_splat(x, 20)
    g50 = madd(s, d0, g50)
    g51 = madd(s, d1, g51)
    x += 64
    dz += 64
  }
  v128.store(g, g01, 16)
  v128.store(g, g00)
  v128.store(g, g11, 80)
  v128.store(g, g10, 64)
  v128.store(g, g21, 144)
  v128.store(g, g20, 128)
  v128.store(g, g31, 208)
  v128.store(g, g30, 192)
  v128.store(g, g41, 272)
  v128.store(g, g40, 256)
  v128.store(g, g51, 336)
  v128.store(g, g50, 320)
}

/** Six k × 16 columns: for engines that pack pairs of vectors, as `rows6x16`. */
export function trans6x16(g: usize, x: usize, dz: usize, depth: i32): void {
  let g00 = zero(), g01 = zero(), g02 = zero(), g03 = zero()
  let g10 = zero(), g11 = zero(), g12 = zero(), g13 = zero()
  let g20 = zero(), g21 = zero(), g22 = zero(), g23 = zero()
  let g30 = zero(), g31 = zero(), g32 = zero(), g33 = zero()
  let g40 = zero(), g41 = zero(), g42 = zero(), g43 = zero()
  let g50 = zero(), g51 = zero(), g52 = zero(), g53 = zero()
  let d0 = zero(), d1 = zero(), d2 = zero(), d3 = zero()
  let s = zero()
  for (let b = 0; b < depth; b++) {
    d3 = v128.load(dz, 48)
    d2 = v128.load(dz, 32)
    d1 = v128.load(dz, 16)
    d0 = v128.load(dz)
    s = v128.load32_splat(x)
    g00 = madd(s, d0, g00)
    g01 = madd(s, d1, g01)
    g02 = madd(s, d2, g02)
    g03 = madd(s, d3, g03)
    s = v128.load32_splat(x, 4)
    g10 = madd(s, d0, g10)
    g11 = madd(s, d1, g11)
    g12 = madd(s, d2, g12)
    g13 = madd(s, d3, g13)
    s = v128.load32_splat(x, 8)
    g20 = madd(s, d0, g20)
    g21 = madd(s, d1, g21)
    g22 = madd(s, d2, g22)
    g23 = madd(s, d3, g23)
    s = v128.load32_splat(x, 12)
    g30 = madd(s, d0, g30)
    g31 = madd(s, d1, g31)
    g32 = madd(s, d2, g32)
    g33 = madd(s, d3, g33)
    s = v128.load32_splat(x, 16)
    g40 = madd(s, d0, g40)
    g41 = madd(s, d1, g41)
    g42 = madd(s, d2, g42)
    g43 = madd(s, d3, g43)
    s = v128.load32_splat(x, 20)
    g50 = madd(s, d0, g50)
    g51 = madd(s, d1, g51)
    g52 = madd(s, d2, g52)
    g53 = madd(s, d3, g53)
    x += 64
    dz += 64
  }
  storeRow(g, g00, g01, g02, g03)
  storeRow(g + 64, g10, g11, g12, g13)
  storeRow(g + 128, g20, g21, g22, g23)
  storeRow(g + 192, g30, g31, g32, g33)
  storeRow(g + 256, g40, g41, g42, g43)
  storeRow(g + 320, g50, g51, g52, g53)
}

/** Two k × 16 columns. */
export function trans2x16(g: usize, x: usize, dz: usize, depth: i32): void {
  let g00 = zero(), g01 = zero(), g02 = zero(), g03 = zero()
  let g10 = zero(), g11 = zero(), g12 = zero(), g13 = zero()
  let d0 = zero(), d1 = zero(), d2 = zero(), d3 = zero()
  let s = zero()
  for (let b = 0; b < depth; b++) {
    d0 = v128.load(dz)
    d1 = v128.load(dz, 16)
    d2 = v128.load(dz, 32)
    d3 = v128.load(dz, 48)
    s = v128.load32_splat(x)
    g00 = madd(s, d0, g00)
    g01 = madd(s, d1, g01)
    g02 = madd(s, d2, g02)
    g03 = madd(s, d3, g03)
    s = v128.load32_splat(x, 4)
    g10 = madd(s, d0, g10)
    g11 = madd(s, d1, g11)
    g12 = madd(s, d2, g12)
    g13 = madd(s, d3, g13)
    x += 64
    dz += 64
  }
  v128.store(g, g01, 16)
  v128.store(g, g00)
  v128.store(g, g03, 48)
  v128.store(g, g02, 32)
  v128.store(g, g11, 80)
  v128.store(g, g10, 64)
  v128.store(g, g13, 112)
  v128.store(g, g12, 96)
}

/** One k × 16 columns: the last of an odd count. With `x` stepping over ones it would be a column sum: see `columnSums`. */
export function trans1x16(g: usize, x: usize, dz: usize, depth: i32): void {
  let g0 = zero(), g1 = zero(), g2 = zero(), g3 = zero()
  for (let b = 0; b < depth; b++) {
    const s = v128.load32_splat(x)
    g0 = madd(s, v128.load(dz), g0)
    g1 = madd(s, v128.load(dz, 16), g1)
    g2 = madd(s, v128.load(dz, 32), g2)
    g3 = madd(s, v128.load(dz, 48), g3)
    x += 64
    dz += 64
  }
  storeRow(g, g0, g1, g2, g3)
}

/** g[n] = Σ_b dZ[b, n] over one panel: the gradient of the bias. */
export function columnSums(g: usize, dz: usize, depth: i32): void {
  let g0 = zero(), g1 = zero(), g2 = zero(), g3 = zero()
  for (let b = 0; b < depth; b++) {
    g0 = f32x4.add(g0, v128.load(dz))
    g1 = f32x4.add(g1, v128.load(dz, 16))
    g2 = f32x4.add(g2, v128.load(dz, 32))
    g3 = f32x4.add(g3, v128.load(dz, 48))
    dz += 64
  }
  storeRow(g, g0, g1, g2, g3)
}

// @ts-ignore: decorator
@inline
function storeRow(g: usize, g0: v128, g1: v128, g2: v128, g3: v128): void {
  v128.store(g, g1, 16)
  v128.store(g, g0)
  v128.store(g, g3, 48)
  v128.store(g, g2, 32)
}

/**
 * Rows k in [from, to) of one panel of the weight gradient, written from `g` on (row `from` first).
 * @param x first panel of X; @param xStride bytes from one panel of X to the next; @param dz panel of dZ, `depth` rows;
 * @param tile as in `rowsPanel`: 6 × 16 for TILE_6X16, else 6 × 8.
 */
export function transPanel(
  g: usize, x: usize, xStride: usize, dz: usize, from: i32, to: i32, depth: i32, tile: i32,
): void {
  let k = from
  while (k < to) {
    const panelEnd = min((k | 15) + 1, to)
    let column = x + <usize>(k >> 4) * xStride + ((<usize>(k & 15)) << 2)
    for (; k + 6 <= panelEnd; k += 6) {
      if (tile === TILE_6X16) {
        trans6x16(g, column, dz, depth)
      } else {
        trans6x8(g, column, dz, depth)
        trans6x8(g + 32, column, dz + 32, depth)
      }
      g += 384
      column += 24
    }
    for (; k + 2 <= panelEnd; k += 2) {
      trans2x16(g, column, dz, depth)
      g += 128
      column += 8
    }
    if (k < panelEnd) {
      trans1x16(g, column, dz, depth)
      g += 64
      k++
    }
  }
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
      const r0 = f < features ? v128.load(from + ((<usize>f) << 6)) : zero()
      const r1 = f + 1 < features ? v128.load(from + ((<usize>f) << 6), 64) : zero()
      const r2 = f + 2 < features ? v128.load(from + ((<usize>f) << 6), 128) : zero()
      const r3 = f + 3 < features ? v128.load(from + ((<usize>f) << 6), 192) : zero()
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
