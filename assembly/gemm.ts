// Matrix products by rows, in tiles that hold their sums in registers (row-tiles.ts):
//   C[r, n] = floor(Σ_k A[r, k] · B[k, n] + bias[n])   forward (A = X, B = W) and input gradient (A = dZ, B = Wᵀ)
// All matrices are in panels of 16 columns: element (r, c) stands at ptr + (c >> 4) · stride + r · 64 + (c & 15) · 4. So B and
// C advance by 64 bytes a row, and A's rows lie 64 bytes apart: every load has a constant offset, nothing is packed.
// Rules: one accumulator per output, k ascending, from +0, bias last; so every tile gives the same bits. All 16 columns of a
// panel are computed; padded columns come out as the padding of B and bias makes them (zero).
// Deep products run in blocks of their depth, so that a block of B stays in the nearest cache.
// Does not split work over threads (see plan.ts) and does not choose tiles.
import { more1x16, more2x16, more6x16, more6x8, rows1x16, rows2x16, rows6x16, rows6x8, rows6x4 } from './row-tiles'

/** Bias and floor over `rows` rows of a panel whose sums were stored before; `pmax(x, floor)` keeps a NaN. */
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
/** 6 × 4, or 8 × 4 for weight gradients: for outputs of at most four columns only. */
export const TILE_NARROW: i32 = 3

/** Rows of B that stay in the nearest cache while all rows of A pass, and the rows of A with them: 128 × 64 bytes, 8 KiB. */
const DEPTH_BLOCK: i32 = 128
/** Depth up to which all of B's panel is near enough. */
const WHOLE_DEPTH: i32 = 256

/**
 * Rows [0, rows) of one output panel, by the register tile that suits the engine. A deep product runs in blocks of its depth:
 * the sums are stored between them and taken up again, which changes no bit.
 * @param c panel of C, first row; @param a first panel of A, same row; @param aStride bytes from one panel of A to the next;
 * @param b panel of B, `depth` rows.
 */
export function rowsPanel(
  c: usize, a: usize, aStride: usize, b: usize, rows: i32, depth: i32, bias: usize, floor: f32, tile: i32,
): void {
  if (depth > WHOLE_DEPTH && rows > 2 && tile !== TILE_NARROW) return deepPanel(c, a, aStride, b, rows, depth, bias, floor, tile)
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
  } else if (tile === TILE_NARROW) {
    for (; r + 6 <= rows; r += 6) {
      rows6x4(c, a, aStride, b, depth, bias, floor)
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

function deepPanel(
  c: usize, a: usize, aStride: usize, b: usize, rows: i32, depth: i32, bias: usize, floor: f32, tile: i32,
): void {
  memory.fill(c, 0, (<usize>rows) << 6)
  for (let k = 0; k < depth; k += DEPTH_BLOCK) {
    moreRows(c, a, aStride, b, rows, min(depth - k, DEPTH_BLOCK), tile)
    a += (DEPTH_BLOCK >> 4) * aStride
    b += DEPTH_BLOCK << 6
  }
  finishPanel(c, rows, bias, floor)
}

/** The sums of C's rows, continued over one block of the depth. */
function moreRows(c: usize, a: usize, aStride: usize, b: usize, rows: i32, depth: i32, tile: i32): void {
  let r = 0
  if (tile === TILE_6X8) {
    for (; r + 6 <= rows; r += 6) {
      more6x8(c, a, aStride, b, depth)
      more6x8(c + 32, a, aStride, b + 32, depth)
      c += 384
      a += 384
    }
  } else if (tile === TILE_6X16) {
    for (; r + 6 <= rows; r += 6) {
      more6x16(c, a, aStride, b, depth)
      c += 384
      a += 384
    }
  }
  for (; r + 2 <= rows; r += 2) {
    more2x16(c, a, aStride, b, depth)
    c += 128
    a += 128
  }
  if (r < rows) more1x16(c, a, aStride, b, depth)
}

/**
 * Blocks of Wᵀ: for panel `kp` of 16 input features, rows n in [0, columns) of Wᵀ's panel, from W (`rows` × `columns`).
 * Padded lanes (features past `rows`) are written as zero, so that the input gradient's padding stays zero.
 */
export function transposePanel(wt: usize, w: usize, wStride: usize, kp: i32, rows: i32, columns: i32): void {
  const features = min(rows - (kp << 4), 16)
  const base = w + ((<usize>kp) << 10)
  let n = 0
  if (features === 16) {
    for (; n + 4 <= columns; n += 4) transposeBlock(wt + ((<usize>n) << 6), place(base, wStride, 0, n))
  }
  for (; n < columns; n++) {
    for (let f = 0; f < 16; f++) {
      const value: f32 = f < features ? load<f32>(place(base, wStride, f, n)) : 0
      store<f32>(wt + ((<usize>n) << 6) + ((<usize>f) << 2), value)
    }
  }
}

/** Address of an element of panels that begin at `base`. */
// @ts-ignore: decorator
@inline
function place(base: usize, stride: usize, row: i32, column: i32): usize {
  return base + <usize>(column >> 4) * stride + ((<usize>row) << 6) + ((<usize>(column & 15)) << 2)
}

/** Sixteen rows of four floats each at `from`, 64 bytes apart, to four rows of sixteen at `to`. */
function transposeBlock(to: usize, from: usize): void {
  for (const end = to + 64; to < end; to += 16, from += 256) {
    const r0 = v128.load(from)
    const r1 = v128.load(from, 64)
    const r2 = v128.load(from, 128)
    const r3 = v128.load(from, 192)
    const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5)
    const t1 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5)
    const t2 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7)
    const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7)
    v128.store(to, v128.shuffle<f32>(t0, t1, 0, 1, 4, 5))
    v128.store(to, v128.shuffle<f32>(t0, t1, 2, 3, 6, 7), 64)
    v128.store(to, v128.shuffle<f32>(t2, t3, 0, 1, 4, 5), 128)
    v128.store(to, v128.shuffle<f32>(t2, t3, 2, 3, 6, 7), 192)
  }
}
