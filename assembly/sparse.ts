// Products with inputs that are mostly zero, as pictures are: products run over lists of what is not zero.
//   row list      of a picture: its non-zero bytes with ascending feature k                      for z = x · W + b
//                 entry (u32): (64 · k) << 10 | 4 · byte; 64 · k is the byte offset of row k in a panel of W
//   pair list     of a picture, in place of its bytes in a data set: features 2p and 2p + 1 that are not both zero, ascending
//                 entry (u32): p << 16 | odd byte << 8 | even byte
//   column list   of features 2p and 2p + 1 in a batch: rows b where they are not both zero       for dW = xᵀ · dz
//                 entry (u32): b << 16 | odd byte << 8 | even byte
// `table` holds what the 256 bytes stand for (f32), so `entry & 1023` of a row list is an offset in it. Neighbours share a column
// list because where one pixel is lit the next one mostly is too: what is loaded of dz serves both (on MNIST, 1.17 times the
// products for 0.6 times the loads). The rows of W cannot be shared so, and row lists are expanded from pair lists batch by batch.
// Leaving out exact zeros, and adding some, changes no bit of a sum that starts from +0, as long as weights are finite: the
// chain per output is that of gemm.ts. Kernels hold 32 outputs in eight accumulators: 32 of a row, or 16 of each of a pair of
// features; the 16-column one for rows serves the last of an odd count of panels. k and b are below 65,536; pairs need an even
// number of features.
import { madd, zero } from './lanes'

/** Lists one row of `columns` bytes at `list`. @returns the end of the list. */
export function listRow(list: usize, data: usize, columns: i32): usize {
  let k = 0
  for (; k + 16 <= columns; k += 16) {
    let mask = i8x16.bitmask(i8x16.ne(v128.load(data + <usize>k), i8x16.splat(0)))
    while (mask !== 0) {
      const feature = k + ctz(mask)
      mask &= mask - 1
      store<u32>(list, (<u32>feature << 16) | (<u32>load<u8>(data + <usize>feature) << 2))
      list += 4
    }
  }
  for (; k < columns; k++) {
    const value = <u32>load<u8>(data + <usize>k)
    if (value === 0) continue
    store<u32>(list, (<u32>k << 16) | (value << 2))
    list += 4
  }
  return list
}

/** Lists `rows` rows, one behind the other; `starts` gets the address of each list and, last, the end (u32). */
export function listRows(list: usize, starts: usize, data: usize, rows: i32, columns: i32): usize {
  for (let r = 0; r < rows; r++) {
    store<u32>(starts + ((<usize>r) << 2), <u32>list)
    list = listRow(list, data + <usize>r * <usize>columns, columns)
  }
  store<u32>(starts + ((<usize>rows) << 2), <u32>list)
  return list
}

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

/** The row list of a pair list. @returns its end; one entry beyond may be written, but none beyond the row's columns. */
export function expandPairs(list: usize, pairs: usize, end: usize): usize {
  for (; pairs < end; pairs += 4) {
    const e = load<u32>(pairs)
    const even = e & 255
    const odd = (e >> 8) & 255
    const features = (e >> 16) << 17
    store<u32>(list, features | (even << 2))
    list += <usize>(even !== 0) << 2
    store<u32>(list, features | 0x10000 | (odd << 2))
    list += <usize>(odd !== 0) << 2
  }
  return list
}

/**
 * Appends the pairs [from, to) of row b's pair list to their column lists.
 * @param lists of the first pair, `stride` bytes from one to the next; @param counts their lengths (u16).
 */
export function listColumns(
  lists: usize, stride: usize, counts: usize, row: usize, end: usize, from: i32, to: i32, b: i32,
): void {
  let entry = lowerBound(row, end, <u32>from << 16)
  const last = lowerBound(entry, end, <u32>to << 16)
  const place = <u32>b << 16
  for (; entry < last; entry += 4) {
    const e = load<u32>(entry)
    const pair: usize = e >> 16
    const count = counts + (pair << 1)
    const length: usize = load<u16>(count)
    store<u32>(lists + pair * stride + (length << 2), place | (e & 0xffff))
    store<u16>(count, <u16>(length + 1))
  }
}

/** The first entry of an ascending list that is at least `key`. */
function lowerBound(from: usize, end: usize, key: u32): usize {
  while (from < end) {
    const middle = from + (((end - from) >> 3) << 2)
    if (load<u32>(middle) < key) from = middle + 4
    else end = middle
  }
  return from
}

/**
 * One row of x · W in two panels. @param c0 and @param c1 the row in each; @param list to @param end its row list; @param w0
 * and @param w1 the panels of W. Bias and floor come afterwards (`finishPanel`): engines with an older register allocator
 * keep the sums in registers only if nothing but stores follows the loop (measured: half the time on Node 20).
 */
export function sparseRow32(
  c0: usize, c1: usize, list: usize, end: usize, table: usize, w0: usize, w1: usize,
): void {
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero(), s4 = zero(), s5 = zero(), s6 = zero(), s7 = zero()
  for (; list < end; list += 4) {
    const e: usize = load<u32>(list)
    const x = v128.load32_splat(table + (e & 1023))
    const a = w0 + (e >> 10)
    const b = w1 + (e >> 10)
    s0 = madd(x, v128.load(a), s0)
    s1 = madd(x, v128.load(a, 16), s1)
    s2 = madd(x, v128.load(a, 32), s2)
    s3 = madd(x, v128.load(a, 48), s3)
    s4 = madd(x, v128.load(b), s4)
    s5 = madd(x, v128.load(b, 16), s5)
    s6 = madd(x, v128.load(b, 32), s6)
    s7 = madd(x, v128.load(b, 48), s7)
  }
  storeRow(c0, s0, s1, s2, s3)
  storeRow(c1, s4, s5, s6, s7)
}

/** The same in one panel. */
export function sparseRow16(c: usize, list: usize, end: usize, table: usize, w: usize): void {
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero()
  for (; list < end; list += 4) {
    const e: usize = load<u32>(list)
    const x = v128.load32_splat(table + (e & 1023))
    const a = w + (e >> 10)
    s0 = madd(x, v128.load(a), s0)
    s1 = madd(x, v128.load(a, 16), s1)
    s2 = madd(x, v128.load(a, 32), s2)
    s3 = madd(x, v128.load(a, 48), s3)
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

// @ts-ignore: decorator
@inline
function storeRow(g: usize, s0: v128, s1: v128, s2: v128, s3: v128): void {
  v128.store(g, s1, 16)
  v128.store(g, s0)
  v128.store(g, s3, 48)
  v128.store(g, s2, 32)
}
