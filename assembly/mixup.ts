// Mixup: every row of a batch becomes a mixture of two, λ · row + (1 − λ) · partner, its target likewise. λ is drawn from
// Beta(a, a) for each row. The partner stands a random number of places further on, round the batch: its order is random
// already. What the rows draw is kept in a table of 16 bytes a row:
//   partner (i32), λ (f32), the share of the row in its target (f32; λ unless rows have weights), nothing
// A symmetric beta variable comes from one formula without rejection: X = ½ + ½ T / √(ν + T²) for T of Student's
// distribution with ν = 2a degrees of freedom, and T = √(ν (U^(−2/ν) − 1)) · cos 2πV.
// Sources: Zhang, Cisse, Dauphin & Lopez-Paz, "mixup: Beyond Empirical Risk Minimization" (ICLR 2018); Bailey, "Polar
// Generation of Random Variates with the t-Distribution" (1994); Devroye, "Random Variate Generation in One Line of Code" (1996).
import { nearestBytes } from './augment'
import { cosTurns } from './hash'
import { madd } from './lanes'
import { exp, log } from './math'
import { philoxBlock } from './random'

/** Bytes of a row in the table. */
export const PAIR_BYTES: usize = 16

/** Second counter words of the draws, which no picture uses. */
const ROTATION: i32 = 16
const MIXTURE: i32 = 17

/** Fills the table for `rows` rows. @param inverse 1 / a. @param keyA and @param keyB as in augment.ts. */
export function drawPairs(pairs: usize, rows: i32, inverse: f32, keyA: i32, keyB: i32): void {
  philoxBlock(pairs, 0, ROTATION, 0, 0, keyA, keyB)
  const places = rows > 1 ? 1 + <i32>((<u64>load<u32>(pairs) * <u64>(rows - 1)) >> 32) : 0
  for (let b = 0; b < rows; b++) {
    const pair = pairs + <usize>b * PAIR_BYTES
    philoxBlock(pair, b, MIXTURE, 0, 0, keyA, keyB)
    const share = symmetricBeta(load<u32>(pair), load<u32>(pair, 4), inverse)
    store<i32>(pair, (b + places) % rows)
    store<f32>(pair, share, 4)
    store<f32>(pair, share, 8)
    store<f32>(pair, 0, 12)
  }
}

/** Beta(a, a) from two random words; inverse is 1 / a. */
function symmetricBeta(first: u32, second: u32, inverse: f32): f32 {
  const u = f32x4.splat(<f32>((first >>> 8) + 1) * <f32>5.9604645e-8)
  const power = f32x4.extract_lane(exp(f32x4.mul(f32x4.splat(inverse), log(u))), 0)
  const cosine = f32x4.extract_lane(cosTurns(f32x4.splat(<f32>(second >>> 8) * <f32>5.9604645e-8)), 0)
  const rest: f32 = 1 - power
  const below: f32 = power + rest * cosine * cosine
  return below > 0 ? min<f32>(1, max<f32>(0, 0.5 + 0.5 * cosine * sqrt<f32>(rest / below))) : 0.5
}

/** out = λ · a + (1 − λ) · b over n floats; n is any. */
export function mixFloats(out: usize, a: usize, b: usize, n: i32, share: f32): void {
  const x = f32x4.splat(share)
  const y = f32x4.splat(1 - share)
  for (; n >= 4; n -= 4) {
    v128.store(out, madd(x, v128.load(a), f32x4.mul(y, v128.load(b))))
    out += 16
    a += 16
    b += 16
  }
  for (; n > 0; n--) {
    v128.store32_lane(out, madd(x, v128.load32_zero(a), f32x4.mul(y, v128.load32_zero(b))), 0)
    out += 4
    a += 4
    b += 4
  }
}

/** The same over n bytes, rounded to the nearest. */
export function mixBytes(out: usize, a: usize, b: usize, n: i32, share: f32): void {
  const x = f32x4.splat(share)
  const y = f32x4.splat(1 - share)
  for (; n >= 4; n -= 4) {
    const mixed = nearestBytes(madd(x, fourBytes(a), f32x4.mul(y, fourBytes(b))))
    v128.store32_lane(out, v128.shuffle<u8>(mixed, mixed, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12), 0)
    out += 4
    a += 4
    b += 4
  }
  for (; n > 0; n--) {
    const first = f32x4.splat(<f32>load<u8>(a))
    const mixed = nearestBytes(madd(x, first, f32x4.mul(y, f32x4.splat(<f32>load<u8>(b)))))
    store<u8>(out, <u8>i32x4.extract_lane(mixed, 0))
    out++
    a++
    b++
  }
}

// @ts-ignore: decorator
@inline
function fourBytes(from: usize): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from))))
}
