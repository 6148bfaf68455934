// Products with inputs that are mostly zero, as pictures are: lists of what is not zero, made once a batch, in place of x.
//   row list      of row b: (64 · k, x[b, k]) with ascending k             for z = x · W + b
//   column list   of feature k: (64 · b, x[b, k]) with ascending b         for dW = xᵀ · dz
// Every entry is 8 bytes: the byte offset (u32) of the row of W, or of dz, in its panel, and the value (f32). Leaving out
// exact zeros changes no bit of a sum that starts from +0, as long as weights are finite: the chain per output is that of
// gemm.ts. A row's list lies in one segment per thread, because each thread lists a range of features for all rows.
// The two-panel kernels hold 32 outputs in eight accumulators; the one-panel ones are for the last of an odd count.
import { madd, zero } from './lanes'

/**
 * Lists the features [from, to) of one row of bytes; `from` is a multiple of 16.
 * @param list the row's segment; @param columnLists 0 when only the row list is wanted, else list of feature 0, with
 * `columnStride` bytes from one to the next and their lengths (u16) at `counts`; @param rowOffset 64 · b.
 * @returns the end of the segment.
 */
export function listBytes(
  list: usize, data: usize, from: i32, to: i32, scale: usize,
  columnLists: usize, columnStride: usize, counts: usize, rowOffset: i32,
): usize {
  for (let k = from; k < to; k += 16) {
    let mask: i32
    if (k + 16 <= to) {
      mask = i8x16.bitmask(i8x16.ne(v128.load(data + <usize>k), i8x16.splat(0)))
    } else {
      mask = 0
      for (let i = k; i < to; i++) mask |= i32(load<u8>(data + <usize>i) !== 0) << (i - k)
    }
    while (mask !== 0) {
      const feature = <usize>(k + ctz(mask))
      mask &= mask - 1
      const value = <f32>load<u8>(data + feature) * load<f32>(scale + (feature << 2))
      store<u32>(list, <u32>feature << 6)
      store<f32>(list, value, 4)
      list += 8
      if (columnLists) {
        const length = <usize>load<u16>(counts + (feature << 1))
        const entry = columnLists + feature * columnStride + (length << 3)
        store<u32>(entry, <u32>rowOffset)
        store<f32>(entry, value, 4)
        store<u16>(counts + (feature << 1), <u16>(length + 1))
      }
    }
  }
  return list
}

/**
 * One row of z in two panels. @param c0 and @param c1 the row in each; @param segments pairs of addresses (begin, end) of
 * the row's list, `count` of them; @param w0 and @param w1 the panels of W; @param bias 32 floats.
 */
export function sparseRow32(
  c0: usize, c1: usize, segments: usize, count: i32, w0: usize, w1: usize, bias: usize, floor: f32,
): void {
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero(), s4 = zero(), s5 = zero(), s6 = zero(), s7 = zero()
  for (const last = segments + ((<usize>count) << 3); segments < last; segments += 8) {
    const end: usize = load<u32>(segments, 4)
    for (let entry: usize = load<u32>(segments); entry < end; entry += 8) {
      const offset: usize = load<u32>(entry)
      const x = v128.load32_splat(entry, 4)
      const a = w0 + offset
      const b = w1 + offset
      s0 = madd(x, v128.load(a), s0)
      s1 = madd(x, v128.load(a, 16), s1)
      s2 = madd(x, v128.load(a, 32), s2)
      s3 = madd(x, v128.load(a, 48), s3)
      s4 = madd(x, v128.load(b), s4)
      s5 = madd(x, v128.load(b, 16), s5)
      s6 = madd(x, v128.load(b, 32), s6)
      s7 = madd(x, v128.load(b, 48), s7)
    }
  }
  finish(c0, bias, floor, s0, s1, s2, s3)
  finish(c1, bias + 64, floor, s4, s5, s6, s7)
}

/** One row of z in one panel. */
export function sparseRow16(c: usize, segments: usize, count: i32, w: usize, bias: usize, floor: f32): void {
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero()
  for (const last = segments + ((<usize>count) << 3); segments < last; segments += 8) {
    const end: usize = load<u32>(segments, 4)
    for (let entry: usize = load<u32>(segments); entry < end; entry += 8) {
      const x = v128.load32_splat(entry, 4)
      const a = w + <usize>load<u32>(entry)
      s0 = madd(x, v128.load(a), s0)
      s1 = madd(x, v128.load(a, 16), s1)
      s2 = madd(x, v128.load(a, 32), s2)
      s3 = madd(x, v128.load(a, 48), s3)
    }
  }
  finish(c, bias, floor, s0, s1, s2, s3)
}

/** Bias last, then the floor, as in gemm.ts. */
// @ts-ignore: decorator
@inline
function finish(c: usize, bias: usize, floor: f32, s0: v128, s1: v128, s2: v128, s3: v128): void {
  const low = f32x4.splat(floor)
  const r1 = f32x4.pmax(f32x4.add(s1, v128.load(bias, 16)), low)
  const r0 = f32x4.pmax(f32x4.add(s0, v128.load(bias)), low)
  v128.store(c, r1, 16)
  v128.store(c, r0)
  const r3 = f32x4.pmax(f32x4.add(s3, v128.load(bias, 48)), low)
  const r2 = f32x4.pmax(f32x4.add(s2, v128.load(bias, 32)), low)
  v128.store(c, r3, 48)
  v128.store(c, r2, 32)
}

/** One feature's row of the weight gradient in two panels, from its column list of `count` entries. */
export function sparseColumn32(g0: usize, g1: usize, list: usize, count: i32, dz0: usize, dz1: usize): void {
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero(), s4 = zero(), s5 = zero(), s6 = zero(), s7 = zero()
  for (const end = list + ((<usize>count) << 3); list < end; list += 8) {
    const offset: usize = load<u32>(list)
    const x = v128.load32_splat(list, 4)
    const a = dz0 + offset
    const b = dz1 + offset
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
export function sparseColumn16(g: usize, list: usize, count: i32, dz: usize): void {
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero()
  for (const end = list + ((<usize>count) << 3); list < end; list += 8) {
    const x = v128.load32_splat(list, 4)
    const a = dz + <usize>load<u32>(list)
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
