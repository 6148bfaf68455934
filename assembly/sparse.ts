// Products with inputs that are mostly zero, as pictures are: the data set keeps, in place of bytes, lists of those that are
// not zero; products run over the lists.
//   row list      of a picture: its non-zero bytes with ascending feature k        for z = x · W + b
//   column list   of feature k in a batch: rows b where it is not zero, ascending  for dW = xᵀ · dz
// An entry is one u32: (64 · place) << 10 | 4 · byte. The place is k or b: its 64-fold is the byte offset of that row in a
// panel of W or dz. `table` holds what the 256 bytes stand for (f32), so `entry & 1023` is an offset in it.
// Leaving out exact zeros changes no bit of a sum that starts from +0, as long as weights are finite: the chain per output is
// that of gemm.ts. The two-panel kernels hold 32 outputs in eight accumulators; the one-panel ones serve the last of an odd
// count of panels. Places are below 65,536.
import { madd, zero } from './lanes'

/** How many of `n` bytes are not zero; n is any. */
export function countNonZero(data: usize, n: i32): i32 {
  let count = 0
  const end = data + <usize>n
  for (; data + 16 <= end; data += 16) {
    count += popcnt(i8x16.bitmask(i8x16.ne(v128.load(data), i8x16.splat(0))))
  }
  for (; data < end; data++) count += i32(load<u8>(data) !== 0)
  return count
}

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

/**
 * Appends row b's entries of the features [from, to) to their column lists.
 * @param lists of feature 0, `stride` bytes from one to the next; @param counts their lengths (u16).
 */
export function listColumns(
  lists: usize, stride: usize, counts: usize, row: usize, end: usize, from: i32, to: i32, b: i32,
): void {
  let entry = lowerBound(row, end, <u32>from << 16)
  const last = lowerBound(entry, end, <u32>to << 16)
  const place = <u32>b << 16
  for (; entry < last; entry += 4) {
    const e = load<u32>(entry)
    const feature: usize = e >> 16
    const count = counts + (feature << 1)
    const length: usize = load<u16>(count)
    store<u32>(lists + feature * stride + (length << 2), place | (e & 0xffff))
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

/** One feature's row of the weight gradient in two panels, from its column list. */
export function sparseColumn32(
  g0: usize, g1: usize, list: usize, end: usize, table: usize, dz0: usize, dz1: usize,
): void {
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero(), s4 = zero(), s5 = zero(), s6 = zero(), s7 = zero()
  for (; list < end; list += 4) {
    const e: usize = load<u32>(list)
    const x = v128.load32_splat(table + (e & 1023))
    const a = dz0 + (e >> 10)
    const b = dz1 + (e >> 10)
    s0 = madd(x, v128.load(a), s0)
    s1 = madd(x, v128.load(a, 16), s1)
    s2 = madd(x, v128.load(a, 32), s2)
    s3 = madd(x, v128.load(a, 48), s3)
    s4 = madd(x, v128.load(b), s4)
    s5 = madd(x, v128.load(b, 16), s5)
    s6 = madd(x, v128.load(b, 32), s6)
    s7 = madd(x, v128.load(b, 48), s7)
  }
  storeRow(g0, s0, s1, s2, s3)
  storeRow(g1, s4, s5, s6, s7)
}

/** The same in one panel. */
export function sparseColumn16(g: usize, list: usize, end: usize, table: usize, dz: usize): void {
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero()
  for (; list < end; list += 4) {
    const e: usize = load<u32>(list)
    const x = v128.load32_splat(table + (e & 1023))
    const a = dz + (e >> 10)
    s0 = madd(x, v128.load(a), s0)
    s1 = madd(x, v128.load(a, 16), s1)
    s2 = madd(x, v128.load(a, 32), s2)
    s3 = madd(x, v128.load(a, 48), s3)
  }
  storeRow(g, s0, s1, s2, s3)
}

// @ts-ignore: decorator
@inline
function storeRow(g: usize, s0: v128, s1: v128, s2: v128, s3: v128): void {
  v128.store(g, s1, 16)
  v128.store(g, s0)
  v128.store(g, s3, 48)
  v128.store(g, s2, 32)
}
