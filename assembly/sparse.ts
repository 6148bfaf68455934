// Products with inputs that are mostly zero, as pictures are: products run over lists of what is not zero. Features 2p and 2p + 1
// share an entry, because where one pixel is lit the next one mostly is too (on MNIST, 1.17 times the products for 0.6 times the
// entries).
//   pair list     of a row: the pairs that are not both zero, ascending                            for z = x · W + b
//                 entry (u32): p << 16 | odd byte << 8 | even byte
//   column list   of a pair in a batch: the rows b where it is not zero, ascending                 for dW = xᵀ · dz
//                 entry (u32): b << 16 | odd byte << 8 | even byte
// `table` holds what the 256 bytes stand for (f32). Leaving out exact zeros, and adding some, changes no bit of a sum that starts
// from +0, as long as weights are finite: the chain per output is that of gemm.ts. Kernels hold 32 outputs in eight accumulators:
// 32 of a row, or 16 of each of a pair of features; the 16-column one for rows serves the last of an odd count of panels. p and b
// are below 65,536; pairs need an even number of features.
import { madd, zero } from './lanes'

/** How many pairs of `n` bytes are not both zero; n is even. */
export function countPairs(data: usize, n: i32): i32 {
  let count = 0
  const end = data + <usize>n
  for (; data + 16 <= end; data += 16) {
    count += popcnt(i16x8.bitmask(i16x8.ne(v128.load(data), i16x8.splat(0))))
  }
  for (; data < end; data += 2) count += i32(load<u16>(data) !== 0)
  return count
}

/** The pair list of one row of `columns` bytes. @returns its end. */
export function listPairs(list: usize, data: usize, columns: i32): usize {
  const pairs = columns >> 1
  let p = 0
  for (; p + 8 <= pairs; p += 8) {
    let mask = i16x8.bitmask(i16x8.ne(v128.load(data + ((<usize>p) << 1)), i16x8.splat(0)))
    while (mask !== 0) {
      const pair = p + ctz(mask)
      mask &= mask - 1
      store<u32>(list, (<u32>pair << 16) | <u32>load<u16>(data + ((<usize>pair) << 1)))
      list += 4
    }
  }
  for (; p < pairs; p++) {
    const values = <u32>load<u16>(data + ((<usize>p) << 1))
    if (values === 0) continue
    store<u32>(list, (<u32>p << 16) | values)
    list += 4
  }
  return list
}

/** Pair lists of `rows` rows, one behind the other; `starts` as of `listRows`. */
export function listPairsOfRows(list: usize, starts: usize, data: usize, rows: i32, columns: i32): usize {
  for (let r = 0; r < rows; r++) {
    store<u32>(starts + ((<usize>r) << 2), <u32>list)
    list = listPairs(list, data + <usize>r * <usize>columns, columns)
  }
  store<u32>(starts + ((<usize>rows) << 2), <u32>list)
  return list
}

/**
 * Appends the pair list of row b to the column lists of its pairs.
 * @param lists of pair 0, `stride` bytes from one to the next; @param counts their lengths (u16).
 */
export function listColumns(lists: usize, stride: usize, counts: usize, row: usize, end: usize, b: i32): void {
  const place = <u32>b << 16
  for (; row < end; row += 4) {
    const e = load<u32>(row)
    const pair: usize = e >> 16
    const count = counts + (pair << 1)
    const length: usize = load<u16>(count)
    store<u32>(lists + pair * stride + (length << 2), place | (e & 0xffff))
    store<u16>(count, <u16>(length + 1))
  }
}

/** Zeroes `rows` rows of a panel, from where `sparseRow32` and `sparseRow16` go on. */
export function clearRows(c: usize, rows: i32): void {
  for (const end = c + ((<usize>rows) << 6); c < end; c += 64) storeRow(c, zero(), zero(), zero(), zero())
}

/**
 * Adds what a stretch of a pair list gives to one row of x · W in two panels. @param c0 and @param c1 the row in each; @param w0
 * and @param w1 the panels of W. Bias and floor come afterwards (`finishPanel`): engines with an older register allocator
 * keep the sums in registers only if nothing but stores follows the loop (measured: half the time on Node 20).
 */
export function sparseRow32(
  c0: usize, c1: usize, list: usize, end: usize, table: usize, w0: usize, w1: usize,
): void {
  let s0 = v128.load(c0), s1 = v128.load(c0, 16), s2 = v128.load(c0, 32), s3 = v128.load(c0, 48)
  let s4 = v128.load(c1), s5 = v128.load(c1, 16), s6 = v128.load(c1, 32), s7 = v128.load(c1, 48)
  for (; list < end; list += 4) {
    const e: usize = load<u32>(list)
    const x = v128.load32_splat(table + ((e & 255) << 2))
    const y = v128.load32_splat(table + ((e >> 6) & 1020))
    const a = w0 + ((e >> 16) << 7)
    const b = w1 + ((e >> 16) << 7)
    s0 = madd(x, v128.load(a), s0)
    s1 = madd(x, v128.load(a, 16), s1)
    s2 = madd(x, v128.load(a, 32), s2)
    s3 = madd(x, v128.load(a, 48), s3)
    s4 = madd(x, v128.load(b), s4)
    s5 = madd(x, v128.load(b, 16), s5)
    s6 = madd(x, v128.load(b, 32), s6)
    s7 = madd(x, v128.load(b, 48), s7)
    s0 = madd(y, v128.load(a, 64), s0)
    s1 = madd(y, v128.load(a, 80), s1)
    s2 = madd(y, v128.load(a, 96), s2)
    s3 = madd(y, v128.load(a, 112), s3)
    s4 = madd(y, v128.load(b, 64), s4)
    s5 = madd(y, v128.load(b, 80), s5)
    s6 = madd(y, v128.load(b, 96), s6)
    s7 = madd(y, v128.load(b, 112), s7)
  }
  storeRow(c0, s0, s1, s2, s3)
  storeRow(c1, s4, s5, s6, s7)
}

/** The same in one panel. */
export function sparseRow16(c: usize, list: usize, end: usize, table: usize, w: usize): void {
  let s0 = v128.load(c), s1 = v128.load(c, 16), s2 = v128.load(c, 32), s3 = v128.load(c, 48)
  for (; list < end; list += 4) {
    const e: usize = load<u32>(list)
    const x = v128.load32_splat(table + ((e & 255) << 2))
    const y = v128.load32_splat(table + ((e >> 6) & 1020))
    const a = w + ((e >> 16) << 7)
    s0 = madd(x, v128.load(a), s0)
    s1 = madd(x, v128.load(a, 16), s1)
    s2 = madd(x, v128.load(a, 32), s2)
    s3 = madd(x, v128.load(a, 48), s3)
    s0 = madd(y, v128.load(a, 64), s0)
    s1 = madd(y, v128.load(a, 80), s1)
    s2 = madd(y, v128.load(a, 96), s2)
    s3 = madd(y, v128.load(a, 112), s3)
  }
  storeRow(c, s0, s1, s2, s3)
}

/**
 * A pair of features' rows of the weight gradient in `panels` panels, from its column list.
 * @param g the even one in the first panel, the odd follows; @param dz first panel.
 */
export function sparseColumns(
  g: usize, gStride: usize, list: usize, end: usize, table: usize, dz: usize, dzStride: usize, panels: i32,
): void {
  for (; panels > 0; panels--) {
    let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero(), s4 = zero(), s5 = zero(), s6 = zero(), s7 = zero()
    let d0 = zero(), d1 = zero(), d2 = zero(), d3 = zero()
    let x = zero()
    for (let at = list; at < end; at += 4) {
      const e: usize = load<u32>(at)
      const d = dz + ((e >> 16) << 6)
      d0 = v128.load(d)
      d1 = v128.load(d, 16)
      d2 = v128.load(d, 32)
      d3 = v128.load(d, 48)
      x = v128.load32_splat(table + ((e & 255) << 2))
      s0 = madd(x, d0, s0)
      s1 = madd(x, d1, s1)
      s2 = madd(x, d2, s2)
      s3 = madd(x, d3, s3)
      x = v128.load32_splat(table + ((e >> 6) & 1020))
      s4 = madd(x, d0, s4)
      s5 = madd(x, d1, s5)
      s6 = madd(x, d2, s6)
      s7 = madd(x, d3, s7)
    }
    storeRow(g, s0, s1, s2, s3)
    storeRow(g + 64, s4, s5, s6, s7)
    g += gStride
    dz += dzStride
  }
}

/**
 * The weight gradient of `pairs` pairs of features in one panel, and the first half of `plainAdamStep` with it: m and v, and √v + ε
 * at `roots`. The divider takes the roots of one pair while the sums of the next are made, which use everything but the divider.
 * @param lists of the first pair, `stride` bytes from one to the next; @param counts their lengths (u16); @param m and @param v
 * of the first pair's even feature, the others follow.
 */
export function sparseColumnsAdam(
  roots: usize, lists: usize, stride: usize, counts: usize, pairs: i32, table: usize, dz: usize, m: usize, v: usize,
  scalars: usize,
): void {
  for (; pairs > 0; pairs--) {
    const end = lists + ((<usize>load<u16>(counts)) << 2)
    let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero(), s4 = zero(), s5 = zero(), s6 = zero(), s7 = zero()
    let d0 = zero(), d1 = zero(), d2 = zero(), d3 = zero()
    let x = zero()
    for (let at = lists; at < end; at += 4) {
      const e: usize = load<u32>(at)
      const d = dz + ((e >> 16) << 6)
      d0 = v128.load(d)
      d1 = v128.load(d, 16)
      d2 = v128.load(d, 32)
      d3 = v128.load(d, 48)
      x = v128.load32_splat(table + ((e & 255) << 2))
      s0 = madd(x, d0, s0)
      s1 = madd(x, d1, s1)
      s2 = madd(x, d2, s2)
      s3 = madd(x, d3, s3)
      x = v128.load32_splat(table + ((e >> 6) & 1020))
      s4 = madd(x, d0, s4)
      s5 = madd(x, d1, s5)
      s6 = madd(x, d2, s6)
      s7 = madd(x, d3, s7)
    }
    // Loaded anew for each pair: registers that hold them through the loop would be missing there.
    x = v128.load32_splat(scalars, 4)
    const beta1 = v128.load32_splat(scalars, 8)
    const beta2 = v128.load32_splat(scalars, 12)
    d0 = madd(beta2, v128.load(v, 16), f32x4.mul(s1, s1))
    d1 = madd(beta2, v128.load(v, 0), f32x4.mul(s0, s0))
    v128.store(v, d0, 16)
    v128.store(v, d1, 0)
    s1 = madd(beta1, v128.load(m, 16), s1)
    s0 = madd(beta1, v128.load(m, 0), s0)
    v128.store(m, s1, 16)
    v128.store(m, s0, 0)
    v128.store(roots, f32x4.add(f32x4.sqrt(d0), x), 16)
    v128.store(roots, f32x4.add(f32x4.sqrt(d1), x), 0)
    d0 = madd(beta2, v128.load(v, 48), f32x4.mul(s3, s3))
    d1 = madd(beta2, v128.load(v, 32), f32x4.mul(s2, s2))
    v128.store(v, d0, 48)
    v128.store(v, d1, 32)
    s3 = madd(beta1, v128.load(m, 48), s3)
    s2 = madd(beta1, v128.load(m, 32), s2)
    v128.store(m, s3, 48)
    v128.store(m, s2, 32)
    v128.store(roots, f32x4.add(f32x4.sqrt(d0), x), 48)
    v128.store(roots, f32x4.add(f32x4.sqrt(d1), x), 32)
    d0 = madd(beta2, v128.load(v, 80), f32x4.mul(s5, s5))
    d1 = madd(beta2, v128.load(v, 64), f32x4.mul(s4, s4))
    v128.store(v, d0, 80)
    v128.store(v, d1, 64)
    s5 = madd(beta1, v128.load(m, 80), s5)
    s4 = madd(beta1, v128.load(m, 64), s4)
    v128.store(m, s5, 80)
    v128.store(m, s4, 64)
    v128.store(roots, f32x4.add(f32x4.sqrt(d0), x), 80)
    v128.store(roots, f32x4.add(f32x4.sqrt(d1), x), 64)
    d0 = madd(beta2, v128.load(v, 112), f32x4.mul(s7, s7))
    d1 = madd(beta2, v128.load(v, 96), f32x4.mul(s6, s6))
    v128.store(v, d0, 112)
    v128.store(v, d1, 96)
    s7 = madd(beta1, v128.load(m, 112), s7)
    s6 = madd(beta1, v128.load(m, 96), s6)
    v128.store(m, s7, 112)
    v128.store(m, s6, 96)
    v128.store(roots, f32x4.add(f32x4.sqrt(d0), x), 112)
    v128.store(roots, f32x4.add(f32x4.sqrt(d1), x), 96)
    roots += 128
    m += 128
    v += 128
    counts += 2
    lists += stride
  }
}

// @ts-ignore: decorator
@inline
function storeRow(g: usize, s0: v128, s1: v128, s2: v128, s3: v128): void {
  v128.store(g, s1, 16)
  v128.store(g, s0)
  v128.store(g, s3, 48)
  v128.store(g, s2, 32)
}
