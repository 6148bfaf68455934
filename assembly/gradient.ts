// Weight gradients, in tiles that hold their sums in registers: G[k, n] = Σ_b X[b, k] · dZ[b, n], and the bias's Σ_b dZ[b, n].
// Panels, chains and tiles as in gemm.ts: X's values for one b are neighbours, dZ and G advance by 64 bytes a row.
import { TILE_6X16, TILE_NARROW } from './gemm'
import { FUSES, madd, zero } from './lanes'

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

/** Eight k × 4 columns, for outputs of at most four; the other 12 columns of the panel are written as zero. */
export function trans8x4(g: usize, x: usize, dz: usize, depth: i32): void {
  let g0 = zero(), g1 = zero(), g2 = zero(), g3 = zero(), g4 = zero(), g5 = zero(), g6 = zero(), g7 = zero()
  let d = zero()
  for (let b = 0; b < depth; b++) {
    d = v128.load(dz)
    g0 = madd(v128.load32_splat(x), d, g0)
    g1 = madd(v128.load32_splat(x, 4), d, g1)
    g2 = madd(v128.load32_splat(x, 8), d, g2)
    g3 = madd(v128.load32_splat(x, 12), d, g3)
    g4 = madd(v128.load32_splat(x, 16), d, g4)
    g5 = madd(v128.load32_splat(x, 20), d, g5)
    g6 = madd(v128.load32_splat(x, 24), d, g6)
    g7 = madd(v128.load32_splat(x, 28), d, g7)
    x += 64
    dz += 64
  }
  storeRow(g, g0, zero(), zero(), zero())
  storeRow(g + 64, g1, zero(), zero(), zero())
  storeRow(g + 128, g2, zero(), zero(), zero())
  storeRow(g + 192, g3, zero(), zero(), zero())
  storeRow(g + 256, g4, zero(), zero(), zero())
  storeRow(g + 320, g5, zero(), zero(), zero())
  storeRow(g + 384, g6, zero(), zero(), zero())
  storeRow(g + 448, g7, zero(), zero(), zero())
}

/** Two k × 16 columns. */
export function trans2x16(g: usize, x: usize, dz: usize, depth: i32): void {
  let g00 = zero(), g01 = zero(), g02 = zero(), g03 = zero()
  let g10 = zero(), g11 = zero(), g12 = zero(), g13 = zero()
  let d0 = zero(), d1 = zero(), d2 = zero(), d3 = zero()
  let s = zero()
  // In twos, as `rows2x16`.
  const last = x + ((<usize>depth - 1) << 6)
  while (x <= last) {
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
    if (x === last) break
    d0 = v128.load(dz, 64)
    d1 = v128.load(dz, 80)
    d2 = v128.load(dz, 96)
    d3 = v128.load(dz, 112)
    s = v128.load32_splat(x, 64)
    g00 = madd(s, d0, g00)
    g01 = madd(s, d1, g01)
    g02 = madd(s, d2, g02)
    g03 = madd(s, d3, g03)
    s = v128.load32_splat(x, 68)
    g10 = madd(s, d0, g10)
    g11 = madd(s, d1, g11)
    g12 = madd(s, d2, g12)
    g13 = madd(s, d3, g13)
    x += 128
    dz += 128
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
 * @param tile as in `rowsPanel`: 6 × 16 for TILE_6X16, 8 × 4 for TILE_NARROW, else 6 × 8, which without fused multiply-add has no register to spare:
 * there 2 × 16.
 */
export function transPanel(
  g: usize, x: usize, xStride: usize, dz: usize, from: i32, to: i32, depth: i32, tile: i32,
): void {
  let k = from
  while (k < to) {
    const panelEnd = min((k | 15) + 1, to)
    let column = x + <usize>(k >> 4) * xStride + ((<usize>(k & 15)) << 2)
    for (; tile === TILE_NARROW && k + 8 <= panelEnd; k += 8) {
      trans8x4(g, column, dz, depth)
      g += 512
      column += 32
    }
    const six = FUSES || tile === TILE_6X16
    for (; six && k + 6 <= panelEnd; k += 6) {
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
