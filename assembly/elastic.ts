// Where each pixel of a distorted picture comes from: an affine map, and elastic displacements on top of it.
//   source(q) = A · q + b + d(q),  q = (x, y) the pixel that is made
// Simard's displacements d are independent uniform numbers in [−1, 1], one a pixel and direction, convolved with a Gaussian
// of deviation sigma and multiplied by alpha. Here the same fields are drawn another way. A convolution over so many
// independent numbers is a normal field in all but the last per mille, and a normal field is its covariance, which here
// is separable: K(Δx) · K(Δy). So with factors F·Fᵀ ≈ K of low rank r (a smooth field of 28 × 28 has 12 degrees of
// freedom a direction, not 28), d = F_y · Z · F_xᵀ with r × r independent normal numbers Z has the same distribution,
// for an eighth of the random numbers and a third of the arithmetic. The field goes on beyond the picture's border: it
// is as strong there as in the middle. src/core/augmentation.ts makes the factors.
// Layout: matrices row-major, their rows `padded` floats, a multiple of 16; aligned to 16 bytes.
// Sources: Simard, Steinkraus & Platt, "Best Practices for Convolutional Neural Networks Applied to Visual Document
// Analysis" (ICDAR 2003); Box & Muller (1958).
import { cosTurns, normalRadius, uniform, WEYL, weylHigh, weylLow } from './hash'
import { madd, zero } from './lanes'
import { sinTurns } from './math'

/** out[i] = a standard normal number of (i, keys) for i < n, n a multiple of 8; |out[i]| ≤ 5.77. */
export function hashNormals(out: usize, n: i32, keyA: i32, keyB: i32): void {
  const b = i32x4.splat(keyB)
  let start = keyA
  for (const end = out + ((<usize>n) << 2); out < end; out += 32, start += 8 * WEYL) {
    const first = i32x4.splat(start)
    const radius = normalRadius(uniform(i32x4.add(first, weylLow()), b))
    const turns = uniform(i32x4.add(first, weylHigh()), b)
    v128.store(out, f32x4.mul(radius, sinTurns(turns)), 16)
    v128.store(out, f32x4.mul(radius, cosTurns(turns)))
  }
}

/** out[k, x] = Σ_l normals[k, l] · factor[l, x]: the fields between their two products. rank is a multiple of 4. */
export function spreadNormals(out: usize, normals: usize, factor: usize, rank: i32, padded: i32): void {
  const rowBytes = (<usize>padded) << 2
  for (let k = 0; k < rank; k++) {
    for (let x: usize = 0; x < rowBytes; x += 64) {
      let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero()
      let from = factor + x
      let z = normals
      for (let l = 0; l < rank; l++) {
        const weight = v128.load32_splat(z)
        s0 = madd(weight, v128.load(from), s0)
        s1 = madd(weight, v128.load(from, 16), s1)
        s2 = madd(weight, v128.load(from, 32), s2)
        s3 = madd(weight, v128.load(from, 48), s3)
        from += rowBytes
        z += 4
      }
      v128.store(out + x, s1, 16)
      v128.store(out + x, s0)
      v128.store(out + x, s3, 48)
      v128.store(out + x, s2, 32)
    }
    normals += (<usize>rank) << 2
    out += rowBytes
  }
}

/**
 * Places for one row of pixels: column 1 + x and row 1 + y of the source, cut to [0, width + 1] × [0, height + 1], where 0 and
 * the last lie outside the picture.
 * @param columns and @param rows get them, `padded` floats each.
 * @param map A and b as (xx, xy, x0, yx, yy, y0): six floats. @param fieldX and @param fieldY what `spreadNormals` made.
 * @param factor the picture's row of F_y, `rank` floats; rank 0 for no displacement.
 */
export function sourcePlaces(
  columns: usize, rows: usize, y: i32, map: usize, fieldX: usize, fieldY: usize, factor: usize, rank: i32,
  padded: i32, width: i32, height: i32,
): void {
  const rowBytes = (<usize>padded) << 2
  const xx = v128.load32_splat(map), yx = v128.load32_splat(map, 12)
  const x0 = f32x4.splat(load<f32>(map, 4) * <f32>y + load<f32>(map, 8))
  const y0 = f32x4.splat(load<f32>(map, 16) * <f32>y + load<f32>(map, 20))
  const right = f32x4.splat(<f32>(width + 1)), bottom = f32x4.splat(<f32>(height + 1))
  let x = f32x4(0, 1, 2, 3)
  const four = f32x4.splat(4)
  for (let at: usize = 0; at < rowBytes; at += 64) {
    let u0 = madd(xx, x, x0), v0 = madd(yx, x, y0)
    x = f32x4.add(x, four)
    let u1 = madd(xx, x, x0), v1 = madd(yx, x, y0)
    x = f32x4.add(x, four)
    let u2 = madd(xx, x, x0), v2 = madd(yx, x, y0)
    x = f32x4.add(x, four)
    let u3 = madd(xx, x, x0), v3 = madd(yx, x, y0)
    x = f32x4.add(x, four)
    let fromX = fieldX + at
    let fromY = fieldY + at
    for (let k: usize = 0; k < <usize>rank; k++) {
      const weight = v128.load32_splat(factor + (k << 2))
      u0 = madd(weight, v128.load(fromX), u0)
      u1 = madd(weight, v128.load(fromX, 16), u1)
      u2 = madd(weight, v128.load(fromX, 32), u2)
      u3 = madd(weight, v128.load(fromX, 48), u3)
      v0 = madd(weight, v128.load(fromY), v0)
      v1 = madd(weight, v128.load(fromY, 16), v1)
      v2 = madd(weight, v128.load(fromY, 32), v2)
      v3 = madd(weight, v128.load(fromY, 48), v3)
      fromX += rowBytes
      fromY += rowBytes
    }
    v128.store(columns + at, cut(u1, right), 16)
    v128.store(columns + at, cut(u0, right))
    v128.store(columns + at, cut(u3, right), 48)
    v128.store(columns + at, cut(u2, right), 32)
    v128.store(rows + at, cut(v1, bottom), 16)
    v128.store(rows + at, cut(v0, bottom))
    v128.store(rows + at, cut(v3, bottom), 48)
    v128.store(rows + at, cut(v2, bottom), 32)
  }
}

// @ts-ignore: decorator
@inline
function cut(place: v128, end: v128): v128 {
  // In this order a NaN becomes 0.
  return f32x4.pmin(f32x4.pmax(zero(), place), end)
}
