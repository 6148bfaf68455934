// The fastest that `madd` can go on this processor and engine: twelve independent chains, no loads. What the benchmark measures
// every product against. No model uses it.
import { madd } from './lanes'

// Twelve chains: in `strict` a link is a multiplication and an addition after it, 6 to 8 cycles, of which processors begin one
// to two a cycle. The chain runs through the factor, not the summand, because a product of two fixed operands would be computed
// once, before the loop. The operands come from memory, because newer engines make constants anew in each link. With them and
// a temporary all fifteen vector registers are in use.

/**
 * n rounds of two links, c = c · a + b, in twelve chains: 192 · n operations.
 * @param out 80 bytes, 16-byte aligned: the operands a and b, best zero, and 16 bytes on sums of the chains, so that none is left
 *   out.
 */
export function ceiling(out: usize, n: i32): void {
  const a = v128.load32_splat(out)
  const b = v128.load32_splat(out, 4)
  let c0 = f32x4.splat(0), c1 = f32x4.splat(1), c2 = f32x4.splat(2), c3 = f32x4.splat(3)
  let c4 = f32x4.splat(4), c5 = f32x4.splat(5), c6 = f32x4.splat(6), c7 = f32x4.splat(7)
  let c8 = f32x4.splat(8), c9 = f32x4.splat(9), c10 = f32x4.splat(10), c11 = f32x4.splat(11)
  for (let i = 0; i < n; i++) {
    c0 = madd(c0, a, b)
    c1 = madd(c1, a, b)
    c2 = madd(c2, a, b)
    c3 = madd(c3, a, b)
    c4 = madd(c4, a, b)
    c5 = madd(c5, a, b)
    c6 = madd(c6, a, b)
    c7 = madd(c7, a, b)
    c8 = madd(c8, a, b)
    c9 = madd(c9, a, b)
    c10 = madd(c10, a, b)
    c11 = madd(c11, a, b)
    c0 = madd(c0, a, b)
    c1 = madd(c1, a, b)
    c2 = madd(c2, a, b)
    c3 = madd(c3, a, b)
    c4 = madd(c4, a, b)
    c5 = madd(c5, a, b)
    c6 = madd(c6, a, b)
    c7 = madd(c7, a, b)
    c8 = madd(c8, a, b)
    c9 = madd(c9, a, b)
    c10 = madd(c10, a, b)
    c11 = madd(c11, a, b)
  }
  v128.store(out, f32x4.add(c0, f32x4.add(c1, c2)), 16)
  v128.store(out, f32x4.add(c3, f32x4.add(c4, c5)), 32)
  v128.store(out, f32x4.add(c6, f32x4.add(c7, c8)), 48)
  v128.store(out, f32x4.add(c9, f32x4.add(c10, c11)), 64)
}
