// Optimizer steps: one fused elementwise pass over weights, gradients and the optimizer's state. Formulas and the
// meaning of every hyper-parameter are PyTorch's; all that changes from step to step (learning rate, bias corrections)
// comes as f32 scalars that the host computes (`src/nn/optimizers`). Does not sum, and does not measure norms.
//
// w, g, s1, s2: n floats each, n a multiple of 16, 16-byte aligned, whole buffers in whatever layout (padding is zero
// and stays zero: zero weight, gradient and state give zero). Zero state is the right start for every kernel.
// State is kept without the factor (1 − β): m' = β·m + g instead of β·m + (1 − β)·g. The host folds that factor into
// the scalars; it saves three operations a vector in Adam.
// State below `tiny` (scalar 7 of every kernel, 10⁻³⁰; as a constant, V8 would make it anew in each iteration) is set
// to zero, for WebAssembly cannot flush denormals and cost a hundred cycles each; so are weights in the SGD family,
// which coupled weight decay shrinks geometrically. NaN survives: a diverging run shows.
// Steps whose scalar 7 is zero flush nothing (the host asks for it every sixteenth step).
// Two vectors per iteration, upper half first, so that V8 can pack them into 256-bit operations.
// Sources: Kingma & Ba (2015) for Adam; Loshchilov & Hutter (2019) for AdamW; Dozat (2016) for Nadam; Duchi, Hazan &
// Singer (2011) for Adagrad; Tieleman & Hinton (2012) for RMSProp; Sutskever et al. (2013) for both momenta.
import { madd } from './lanes'

/** Runs the kernel that `kind` names (0–7, in the order below). Slots and scalars that it does not use are not read. */
export function optimizerStep(
  kind: i32, w: usize, g: usize, s1: usize, s2: usize, n: i32, scalars: usize
): void {
  switch (kind) {
    case 0: return sgdStep(w, g, n, scalars)
    case 1: return momentumStep(w, g, s1, n, scalars)
    case 2: return nesterovStep(w, g, s1, n, scalars)
    case 3: return rmspropStep(w, g, s1, n, scalars)
    case 4: return adagradStep(w, g, s1, n, scalars)
    case ADAM: return adamStep(w, g, s1, s2, n, scalars)
    case 6: return nadamStep(w, g, s1, s2, n, scalars)
    case 7: return rmspropMomentumStep(w, g, s1, s2, n, scalars)
  }
}

/** w −= rate · g. Scalars: rate. */
export function sgdStep(w: usize, g: usize, n: i32, scalars: usize): void {
  const rate = f32x4.neg(v128.load32_splat(scalars))
  const tiny = v128.load32_splat(scalars, 28)
  for (const end = w + (usize(n) << 2); w < end; w += 32, g += 32) {
    const high = madd(v128.load(g, 16), rate, v128.load(w, 16))
    const low = madd(v128.load(g), rate, v128.load(w))
    v128.store(w, flush(high, tiny), 16)
    v128.store(w, flush(low, tiny))
  }
}

/** b = μ·b + g; w −= rate · b. Scalars: rate, μ. */
export function momentumStep(w: usize, g: usize, b: usize, n: i32, scalars: usize): void {
  const rate = f32x4.neg(v128.load32_splat(scalars))
  const mu = v128.load32_splat(scalars, 4)
  const tiny = v128.load32_splat(scalars, 28)
  for (const end = w + (usize(n) << 2); w < end; w += 32, g += 32, b += 32) {
    const bHigh = flush(madd(mu, v128.load(b, 16), v128.load(g, 16)), tiny)
    const bLow = flush(madd(mu, v128.load(b), v128.load(g)), tiny)
    const high = madd(bHigh, rate, v128.load(w, 16))
    const low = madd(bLow, rate, v128.load(w))
    v128.store(b, bHigh, 16)
    v128.store(b, bLow)
    v128.store(w, flush(high, tiny), 16)
    v128.store(w, flush(low, tiny))
  }
}

/** b = μ·b + g; w −= rate · (g + μ·b). Scalars: rate, μ. */
export function nesterovStep(w: usize, g: usize, b: usize, n: i32, scalars: usize): void {
  const rate = f32x4.neg(v128.load32_splat(scalars))
  const mu = v128.load32_splat(scalars, 4)
  const tiny = v128.load32_splat(scalars, 28)
  for (const end = w + (usize(n) << 2); w < end; w += 32, g += 32, b += 32) {
    const gHigh = v128.load(g, 16)
    const gLow = v128.load(g)
    const bHigh = flush(madd(mu, v128.load(b, 16), gHigh), tiny)
    const bLow = flush(madd(mu, v128.load(b), gLow), tiny)
    const high = madd(madd(mu, bHigh, gHigh), rate, v128.load(w, 16))
    const low = madd(madd(mu, bLow, gLow), rate, v128.load(w))
    v128.store(b, bHigh, 16)
    v128.store(b, bLow)
    v128.store(w, flush(high, tiny), 16)
    v128.store(w, flush(low, tiny))
  }
}

/** v = α·v + g²; w −= rate · g / (√v + ε). Scalars: rate, ε, α; rate and ε are PyTorch's over √(1 − α). */
export function rmspropStep(w: usize, g: usize, v: usize, n: i32, scalars: usize): void {
  const rate = f32x4.neg(v128.load32_splat(scalars))
  const epsilon = v128.load32_splat(scalars, 4)
  const alpha = v128.load32_splat(scalars, 8)
  const tiny = v128.load32_splat(scalars, 28)
  for (const end = w + (usize(n) << 2); w < end; w += 32, g += 32, v += 32) {
    const gHigh = v128.load(g, 16)
    const gLow = v128.load(g)
    const vHigh = flushSquare(madd(alpha, v128.load(v, 16), f32x4.mul(gHigh, gHigh)), tiny)
    const vLow = flushSquare(madd(alpha, v128.load(v), f32x4.mul(gLow, gLow)), tiny)
    const high = madd(f32x4.div(gHigh, f32x4.add(f32x4.sqrt(vHigh), epsilon)), rate, v128.load(w, 16))
    const low = madd(f32x4.div(gLow, f32x4.add(f32x4.sqrt(vLow), epsilon)), rate, v128.load(w))
    v128.store(v, vHigh, 16)
    v128.store(v, vLow)
    v128.store(w, high, 16)
    v128.store(w, low)
  }
}

/** v = v + g²; w −= rate · g / (√v + ε). Scalars: rate, ε. */
export function adagradStep(w: usize, g: usize, v: usize, n: i32, scalars: usize): void {
  const rate = f32x4.neg(v128.load32_splat(scalars))
  const epsilon = v128.load32_splat(scalars, 4)
  const tiny = v128.load32_splat(scalars, 28)
  for (const end = w + (usize(n) << 2); w < end; w += 32, g += 32, v += 32) {
    const gHigh = v128.load(g, 16)
    const gLow = v128.load(g)
    const vHigh = flushSquare(madd(gHigh, gHigh, v128.load(v, 16)), tiny)
    const vLow = flushSquare(madd(gLow, gLow, v128.load(v)), tiny)
    const high = madd(f32x4.div(gHigh, f32x4.add(f32x4.sqrt(vHigh), epsilon)), rate, v128.load(w, 16))
    const low = madd(f32x4.div(gLow, f32x4.add(f32x4.sqrt(vLow), epsilon)), rate, v128.load(w))
    v128.store(v, vHigh, 16)
    v128.store(v, vLow)
    v128.store(w, high, 16)
    v128.store(w, low)
  }
}

/**
 * Adam and AdamW: m = β₁·m + g; v = β₂·v + g²; w = decay·w − rate · m / (√v + ε).
 * Scalars: rate, ε, β₁, β₂, decay. With c₁ = 1 − β₁ᵗ, c₂ = 1 − β₂ᵗ and PyTorch's lr and eps: rate = lr · (1 − β₁)/c₁ ·
 * √(c₂/(1 − β₂)), ε = eps · √(c₂/(1 − β₂)), decay = 1 − lr · weightDecay (AdamW) or 1 (Adam).
 */
export function adamStep(w: usize, g: usize, m: usize, v: usize, n: i32, scalars: usize): void {
  if (isPlainAdam(scalars)) plainAdamStep(w, g, m, v, n, scalars)
  else fullAdamStep(w, g, m, v, n, scalars)
}

/** Number of Adam's kernel. */
export const ADAM: i32 = 5

// @ts-ignore: decorator
@inline
export function isPlainAdam(scalars: usize): bool {
  return load<f32>(scalars, 28) === 0 && load<f32>(scalars, 16) === 1 && load<f32>(scalars, 4) >= 1e-15
}

/**
 * Adam in a step that flushes nothing and decays nothing. Two weights, eight places apart, share one division: rate/a is
 * b · (rate/(a·b)). With ε from 10⁻¹⁵ on, a·b stays in range for every finite v.
 */
export function plainAdamStep(w: usize, g: usize, m: usize, v: usize, n: i32, scalars: usize): void {
  const rate = f32x4.neg(v128.load32_splat(scalars))
  const epsilon = v128.load32_splat(scalars, 4)
  const beta1 = v128.load32_splat(scalars, 8)
  const beta2 = v128.load32_splat(scalars, 12)
  for (const end = w + (usize(n) << 2); w < end; w += 64, g += 64, m += 64, v += 64) {
    const g1 = v128.load(g, 16)
    const g0 = v128.load(g)
    const v1 = madd(beta2, v128.load(v, 16), f32x4.mul(g1, g1))
    const v0 = madd(beta2, v128.load(v), f32x4.mul(g0, g0))
    v128.store(v, v1, 16)
    v128.store(v, v0)
    const root1 = f32x4.add(f32x4.sqrt(v1), epsilon)
    const root0 = f32x4.add(f32x4.sqrt(v0), epsilon)
    const g3 = v128.load(g, 48)
    const g2 = v128.load(g, 32)
    const v3 = madd(beta2, v128.load(v, 48), f32x4.mul(g3, g3))
    const v2 = madd(beta2, v128.load(v, 32), f32x4.mul(g2, g2))
    v128.store(v, v3, 48)
    v128.store(v, v2, 32)
    const root3 = f32x4.add(f32x4.sqrt(v3), epsilon)
    const root2 = f32x4.add(f32x4.sqrt(v2), epsilon)
    const shared1 = f32x4.div(rate, f32x4.mul(root1, root3))
    const shared0 = f32x4.div(rate, f32x4.mul(root0, root2))
    const m1 = madd(beta1, v128.load(m, 16), g1)
    const m0 = madd(beta1, v128.load(m), g0)
    v128.store(m, m1, 16)
    v128.store(m, m0)
    const m3 = madd(beta1, v128.load(m, 48), g3)
    const m2 = madd(beta1, v128.load(m, 32), g2)
    v128.store(m, m3, 48)
    v128.store(m, m2, 32)
    const w1 = madd(m1, f32x4.mul(root3, shared1), v128.load(w, 16))
    const w0 = madd(m0, f32x4.mul(root2, shared0), v128.load(w))
    v128.store(w, w1, 16)
    v128.store(w, w0)
    const w3 = madd(m3, f32x4.mul(root1, shared1), v128.load(w, 48))
    const w2 = madd(m2, f32x4.mul(root0, shared0), v128.load(w, 32))
    v128.store(w, w3, 48)
    v128.store(w, w2, 32)
  }
}

/** The second half of `plainAdamStep`, with the same bits: w from m and `roots`, √v + ε. The first is in sparse.ts. */
export function finishAdamStep(w: usize, roots: usize, m: usize, n: i32, scalars: usize): void {
  const rate = f32x4.neg(v128.load32_splat(scalars))
  for (const end = w + (usize(n) << 2); w < end; w += 64, roots += 64, m += 64) {
    const root1 = v128.load(roots, 16)
    const root0 = v128.load(roots)
    const root3 = v128.load(roots, 48)
    const root2 = v128.load(roots, 32)
    const shared1 = f32x4.div(rate, f32x4.mul(root1, root3))
    const shared0 = f32x4.div(rate, f32x4.mul(root0, root2))
    const w1 = madd(v128.load(m, 16), f32x4.mul(root3, shared1), v128.load(w, 16))
    const w0 = madd(v128.load(m), f32x4.mul(root2, shared0), v128.load(w))
    v128.store(w, w1, 16)
    v128.store(w, w0)
    const w3 = madd(v128.load(m, 48), f32x4.mul(root1, shared1), v128.load(w, 48))
    const w2 = madd(v128.load(m, 32), f32x4.mul(root0, shared0), v128.load(w, 32))
    v128.store(w, w3, 48)
    v128.store(w, w2, 32)
  }
}

/**
 * `plainAdamStep` for `rows` rows of a panel whose outputs are at most four, with the same bits: a weight shares its division with
 * one of the padding, whose root is ε. The padding stays as it is.
 */
export function narrowAdamStep(w: usize, g: usize, m: usize, v: usize, rows: i32, scalars: usize): void {
  const rate = f32x4.neg(v128.load32_splat(scalars))
  const epsilon = v128.load32_splat(scalars, 4)
  const beta1 = v128.load32_splat(scalars, 8)
  const beta2 = v128.load32_splat(scalars, 12)
  for (const end = w + ((<usize>rows) << 6); w < end; w += 64, g += 64, m += 64, v += 64) {
    const g0 = v128.load(g)
    const v0 = madd(beta2, v128.load(v), f32x4.mul(g0, g0))
    v128.store(v, v0)
    const m0 = madd(beta1, v128.load(m), g0)
    v128.store(m, m0)
    const shared = f32x4.div(rate, f32x4.mul(f32x4.add(f32x4.sqrt(v0), epsilon), epsilon))
    v128.store(w, madd(m0, f32x4.mul(epsilon, shared), v128.load(w)))
  }
}

/** Adam with everything. */
export function fullAdamStep(w: usize, g: usize, m: usize, v: usize, n: i32, scalars: usize): void {
  const rate = f32x4.neg(v128.load32_splat(scalars))
  const epsilon = v128.load32_splat(scalars, 4)
  const beta1 = v128.load32_splat(scalars, 8)
  const beta2 = v128.load32_splat(scalars, 12)
  const decay = v128.load32_splat(scalars, 16)
  const tiny = v128.load32_splat(scalars, 28)
  for (const end = w + (usize(n) << 2); w < end; w += 32, g += 32, m += 32, v += 32) {
    const gHigh = v128.load(g, 16)
    const gLow = v128.load(g)
    const vHigh = flushSquare(madd(beta2, v128.load(v, 16), f32x4.mul(gHigh, gHigh)), tiny)
    const vLow = flushSquare(madd(beta2, v128.load(v), f32x4.mul(gLow, gLow)), tiny)
    const mHigh = flush(madd(beta1, v128.load(m, 16), gHigh), tiny)
    const mLow = flush(madd(beta1, v128.load(m), gLow), tiny)
    const stepHigh = f32x4.div(mHigh, f32x4.add(f32x4.sqrt(vHigh), epsilon))
    const stepLow = f32x4.div(mLow, f32x4.add(f32x4.sqrt(vLow), epsilon))
    const high = madd(stepHigh, rate, f32x4.mul(v128.load(w, 16), decay))
    const low = madd(stepLow, rate, f32x4.mul(v128.load(w), decay))
    v128.store(v, vHigh, 16)
    v128.store(v, vLow)
    v128.store(m, mHigh, 16)
    v128.store(m, mLow)
    v128.store(w, high, 16)
    v128.store(w, low)
  }
}

/**
 * Nadam: m and v as Adam's; w −= (rate · m + rateNow · g) / (√v + ε). Scalars: rate, ε, β₁, β₂, rateNow.
 * With μₜ = β₁ · (1 − ½ · 0.96^(t·ψ)), Πₜ = μ₁ … μₜ and s = √(c₂/(1 − β₂)): ε = eps · s,
 * rate = lr · s · (1 − β₁) · μₜ₊₁/(1 − Πₜ₊₁), rateNow = lr · s · (1 − μₜ)/(1 − Πₜ).
 */
export function nadamStep(w: usize, g: usize, m: usize, v: usize, n: i32, scalars: usize): void {
  const rate = v128.load32_splat(scalars)
  const epsilon = v128.load32_splat(scalars, 4)
  const beta1 = v128.load32_splat(scalars, 8)
  const beta2 = v128.load32_splat(scalars, 12)
  const rateNow = v128.load32_splat(scalars, 16)
  const tiny = v128.load32_splat(scalars, 28)
  for (const end = w + (usize(n) << 2); w < end; w += 32, g += 32, m += 32, v += 32) {
    const gHigh = v128.load(g, 16)
    const gLow = v128.load(g)
    const vHigh = flushSquare(madd(beta2, v128.load(v, 16), f32x4.mul(gHigh, gHigh)), tiny)
    const vLow = flushSquare(madd(beta2, v128.load(v), f32x4.mul(gLow, gLow)), tiny)
    const mHigh = flush(madd(beta1, v128.load(m, 16), gHigh), tiny)
    const mLow = flush(madd(beta1, v128.load(m), gLow), tiny)
    const aheadHigh = madd(rate, mHigh, f32x4.mul(rateNow, gHigh))
    const aheadLow = madd(rate, mLow, f32x4.mul(rateNow, gLow))
    const stepHigh = f32x4.div(aheadHigh, f32x4.add(f32x4.sqrt(vHigh), epsilon))
    const stepLow = f32x4.div(aheadLow, f32x4.add(f32x4.sqrt(vLow), epsilon))
    const high = f32x4.sub(v128.load(w, 16), stepHigh)
    const low = f32x4.sub(v128.load(w), stepLow)
    v128.store(v, vHigh, 16)
    v128.store(v, vLow)
    v128.store(m, mHigh, 16)
    v128.store(m, mLow)
    v128.store(w, high, 16)
    v128.store(w, low)
  }
}

/** RMSProp with momentum: v as above; b = μ·b + g / (√v + ε); w −= rate · b. Scalars: rate, ε, α, μ. */
export function rmspropMomentumStep(w: usize, g: usize, v: usize, b: usize, n: i32, scalars: usize): void {
  const rate = f32x4.neg(v128.load32_splat(scalars))
  const epsilon = v128.load32_splat(scalars, 4)
  const alpha = v128.load32_splat(scalars, 8)
  const mu = v128.load32_splat(scalars, 12)
  const tiny = v128.load32_splat(scalars, 28)
  for (const end = w + (usize(n) << 2); w < end; w += 32, g += 32, v += 32, b += 32) {
    const gHigh = v128.load(g, 16)
    const gLow = v128.load(g)
    const vHigh = flushSquare(madd(alpha, v128.load(v, 16), f32x4.mul(gHigh, gHigh)), tiny)
    const vLow = flushSquare(madd(alpha, v128.load(v), f32x4.mul(gLow, gLow)), tiny)
    const stepHigh = f32x4.div(gHigh, f32x4.add(f32x4.sqrt(vHigh), epsilon))
    const stepLow = f32x4.div(gLow, f32x4.add(f32x4.sqrt(vLow), epsilon))
    const bHigh = flush(madd(mu, v128.load(b, 16), stepHigh), tiny)
    const bLow = flush(madd(mu, v128.load(b), stepLow), tiny)
    const high = madd(bHigh, rate, v128.load(w, 16))
    const low = madd(bLow, rate, v128.load(w))
    v128.store(v, vHigh, 16)
    v128.store(v, vLow)
    v128.store(b, bHigh, 16)
    v128.store(b, bLow)
    v128.store(w, high, 16)
    v128.store(w, low)
  }
}

/**
 * What comes between a gradient and its use, in this order: g += l1·sign(w) + 2·l2·w (Keras's regularizers; sign(0) =
 * 0), g ·= scale (the factor that clips by global norm), g is clamped to ±clipValue (infinity for none), g += decay·w
 * (PyTorch's coupled weight decay). n, alignment and layout as above. NaN survives the clamp.
 */
export function adjustGradient(
  g: usize, w: usize, n: i32, l1: f32, l2: f32, clipValue: f32, scale: f32, decay: f32
): void {
  const signed = f32x4.splat(l1)
  const doubled = f32x4.splat(2 * l2)
  const scales = f32x4.splat(scale)
  const most = f32x4.splat(clipValue)
  const least = f32x4.neg(most)
  const decays = f32x4.splat(decay)
  for (const end = g + (usize(n) << 2); g < end; g += 32, w += 32) {
    const wHigh = v128.load(w, 16)
    const wLow = v128.load(w)
    const l1High = f32x4.add(v128.load(g, 16), signOf(wHigh, signed))
    const l1Low = f32x4.add(v128.load(g), signOf(wLow, signed))
    const scaledHigh = f32x4.mul(madd(doubled, wHigh, l1High), scales)
    const scaledLow = f32x4.mul(madd(doubled, wLow, l1Low), scales)
    const clippedHigh = f32x4.pmax(f32x4.pmin(scaledHigh, most), least)
    const clippedLow = f32x4.pmax(f32x4.pmin(scaledLow, most), least)
    v128.store(g, madd(decays, wHigh, clippedHigh), 16)
    v128.store(g, madd(decays, wLow, clippedLow))
  }
}

/** magnitude · sign(x), magnitude not negative. */
// @ts-ignore: decorator
@inline
function signOf(x: v128, magnitude: v128): v128 {
  const signed = v128.or(v128.and(x, f32x4.splat(-0.0)), magnitude)
  return v128.and(signed, f32x4.ne(x, f32x4.splat(0)))
}

/** x, or zero where |x| < tiny; NaN stays. */
// @ts-ignore: decorator
@inline
function flush(x: v128, tiny: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), tiny))
}

/** The same for x that is not negative. */
// @ts-ignore: decorator
@inline
function flushSquare(x: v128, tiny: v128): v128 {
  return v128.andnot(x, f32x4.lt(x, tiny))
}
