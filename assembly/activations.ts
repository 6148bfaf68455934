// Elementwise activations, forward and backward: n floats, n a multiple of 8 (whole panels are), no tail; pointers at
// best 16-byte aligned. All run in place too (y == x, dx == dy). Backward takes the output y where the derivative can
// be had from it (relu, leakyRelu, elu, sigmoid, tanh, softplus), so that the input need not be kept, and the input x
// elsewhere. A NaN in the input stays visible in the output. Each kernel takes two vectors a round, the upper half
// first, so that V8 can pack them into 256-bit operations, and is a function of its own because packing is all or
// nothing per function. Holds no softmax (softmax.ts) and no dropout.
//
// Sources: Clevert et al. 2016 (elu); Hendrycks and Gimpel 2016 (gelu, its tanh form, silu).
import { madd, zero } from './lanes'
import {
  erfFrom, expm1NonPositive, expNonPositive, lowestExponent, negativeAbs, sigmoid, softplus, tanh,
} from './math'

// The kinds of `activationForward` and `activationBackward`.
const LINEAR: i32 = 0
const RELU: i32 = 1
const LEAKY_RELU: i32 = 2
const ELU: i32 = 3
const SIGMOID: i32 = 4
const TANH: i32 = 5
const GELU: i32 = 6
const GELU_TANH: i32 = 7
const SILU: i32 = 8
const SOFTPLUS: i32 = 9

// @ts-ignore: decorator
@inline
function one(): v128 {
  return f32x4.splat(1)
}

// @ts-ignore: decorator
@inline
function leakyRelu(x: v128, slope: v128): v128 {
  return v128.bitselect(x, f32x4.mul(x, slope), f32x4.gt(x, zero()))
}

// @ts-ignore: decorator
@inline
function elu(x: v128, alpha: v128): v128 {
  return madd(alpha, expm1NonPositive(f32x4.pmin(x, zero())), f32x4.pmax(x, zero()))
}

// @ts-ignore: decorator
@inline
function eluGradient(dy: v128, y: v128, alpha: v128): v128 {
  return v128.bitselect(dy, f32x4.mul(dy, f32x4.add(y, alpha)), f32x4.gt(y, zero()))
}

// @ts-ignore: decorator
@inline
function sigmoidGradient(dy: v128, y: v128): v128 {
  return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(one(), y)))
}

// @ts-ignore: decorator
@inline
function tanhGradient(dy: v128, y: v128): v128 {
  return f32x4.mul(dy, f32x4.mul(f32x4.sub(one(), y), f32x4.add(one(), y)))
}

/** exp(-x^2 / 2): the Gaussian that both erf(x / sqrt 2) and the normal density contain. */
// @ts-ignore: decorator
@inline
function gaussian(x: v128): v128 {
  return expNonPositive(f32x4.mul(f32x4.mul(x, f32x4.splat(-0.5)), x), lowestExponent)
}

/** The normal distribution function. */
// @ts-ignore: decorator
@inline
function normalCdf(x: v128, g: v128): v128 {
  const half = f32x4.splat(0.5)
  return madd(half, erfFrom(f32x4.mul(x, f32x4.splat(0.70710678)), g), half)
}

// @ts-ignore: decorator
@inline
function gelu(x: v128): v128 {
  return f32x4.mul(x, normalCdf(x, gaussian(x)))
}

// @ts-ignore: decorator
@inline
function geluGradient(dy: v128, x: v128): v128 {
  const g = gaussian(x)
  return f32x4.mul(dy, madd(x, f32x4.mul(g, f32x4.splat(0.39894228)), normalCdf(x, g)))
}

/** 2u with u = sqrt(2 / pi) (x + 0.044715 x^3): sigmoid(2u) is (1 + tanh(u)) / 2 without its cancellation below 0. */
// @ts-ignore: decorator
@inline
function geluTanhLogit(x: v128): v128 {
  return f32x4.mul(x, madd(f32x4.mul(x, x), f32x4.splat(0.07135481), f32x4.splat(1.5957691)))
}

// @ts-ignore: decorator
@inline
function geluTanh(x: v128): v128 {
  return f32x4.mul(x, sigmoid(geluTanhLogit(x)))
}

/** dy (s + slope s (1 - s)), s = sigmoid(u); s (1 - s) is e / (1 + e)^2 with e = exp(-|u|), so that nothing cancels. */
// @ts-ignore: decorator
@inline
function gatedGradient(dy: v128, u: v128, slope: v128): v128 {
  const e = expNonPositive(negativeAbs(u), lowestExponent)
  const inverse = f32x4.div(one(), f32x4.add(one(), e))
  const tail = f32x4.mul(e, inverse)
  const s = v128.bitselect(tail, inverse, f32x4.lt(u, zero()))
  return f32x4.mul(dy, madd(f32x4.mul(tail, inverse), slope, s))
}

// @ts-ignore: decorator
@inline
function geluTanhGradient(dy: v128, x: v128): v128 {
  // Beyond 12 the gate is 0 or 1; the slope must not overflow there.
  const c = f32x4.pmax(f32x4.pmin(x, f32x4.splat(12)), f32x4.splat(-12))
  const slope = f32x4.mul(c, madd(f32x4.mul(c, c), f32x4.splat(0.21406442), f32x4.splat(1.5957691)))
  return gatedGradient(dy, geluTanhLogit(x), slope)
}

// @ts-ignore: decorator
@inline
function siluGradient(dy: v128, x: v128): v128 {
  return gatedGradient(dy, x, x)
}

// @ts-ignore: decorator
@inline
function softplusGradient(dy: v128, y: v128): v128 {
  return f32x4.mul(dy, f32x4.neg(expm1NonPositive(f32x4.neg(y))))
}

/** y = max(x, 0). */
export function reluForward(y: usize, x: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 32, y += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const yUpper = f32x4.pmax(upper, zero())
    const yLower = f32x4.pmax(lower, zero())
    v128.store(y, yUpper, 16)
    v128.store(y, yLower)
  }
}

/** dx = dy where y > 0, else 0. */
export function reluBackward(dx: usize, dy: usize, y: usize, n: i32): void {
  for (const end = dy + (<usize>n << 2); dy < end; dx += 32, dy += 32, y += 32) {
    const upper = v128.load(y, 16)
    const lower = v128.load(y)
    const dyUpper = v128.load(dy, 16)
    const dyLower = v128.load(dy)
    const dxUpper = v128.andnot(dyUpper, f32x4.le(upper, zero()))
    const dxLower = v128.andnot(dyLower, f32x4.le(lower, zero()))
    v128.store(dx, dxUpper, 16)
    v128.store(dx, dxLower)
  }
}

/** y = x where x > 0, else slope x; slope >= 0. */
export function leakyReluForward(y: usize, x: usize, n: i32, slope: f32): void {
  const factor = f32x4.splat(slope)
  for (const end = x + (<usize>n << 2); x < end; x += 32, y += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const yUpper = leakyRelu(upper, factor)
    const yLower = leakyRelu(lower, factor)
    v128.store(y, yUpper, 16)
    v128.store(y, yLower)
  }
}

/** dx = dy where y > 0, else slope dy. */
export function leakyReluBackward(dx: usize, dy: usize, y: usize, n: i32, slope: f32): void {
  const factor = f32x4.splat(slope)
  for (const end = dy + (<usize>n << 2); dy < end; dx += 32, dy += 32, y += 32) {
    const upper = v128.load(y, 16)
    const lower = v128.load(y)
    const dyUpper = v128.load(dy, 16)
    const dyLower = v128.load(dy)
    const dxUpper = v128.bitselect(dyUpper, f32x4.mul(dyUpper, factor), f32x4.gt(upper, zero()))
    const dxLower = v128.bitselect(dyLower, f32x4.mul(dyLower, factor), f32x4.gt(lower, zero()))
    v128.store(dx, dxUpper, 16)
    v128.store(dx, dxLower)
  }
}

/** y = x where x > 0, else alpha (e^x - 1); alpha > 0. */
export function eluForward(y: usize, x: usize, n: i32, alpha: f32): void {
  const factor = f32x4.splat(alpha)
  for (const end = x + (<usize>n << 2); x < end; x += 32, y += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const yUpper = elu(upper, factor)
    const yLower = elu(lower, factor)
    v128.store(y, yUpper, 16)
    v128.store(y, yLower)
  }
}

/** dx = dy where y > 0, else dy (y + alpha). */
export function eluBackward(dx: usize, dy: usize, y: usize, n: i32, alpha: f32): void {
  const factor = f32x4.splat(alpha)
  for (const end = dy + (<usize>n << 2); dy < end; dx += 32, dy += 32, y += 32) {
    const upper = v128.load(y, 16)
    const lower = v128.load(y)
    const dyUpper = v128.load(dy, 16)
    const dyLower = v128.load(dy)
    const dxUpper = eluGradient(dyUpper, upper, factor)
    const dxLower = eluGradient(dyLower, lower, factor)
    v128.store(dx, dxUpper, 16)
    v128.store(dx, dxLower)
  }
}

/** y = 1 / (1 + e^-x). */
export function sigmoidForward(y: usize, x: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 32, y += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const yUpper = sigmoid(upper)
    const yLower = sigmoid(lower)
    v128.store(y, yUpper, 16)
    v128.store(y, yLower)
  }
}

/** dx = dy y (1 - y). */
export function sigmoidBackward(dx: usize, dy: usize, y: usize, n: i32): void {
  for (const end = dy + (<usize>n << 2); dy < end; dx += 32, dy += 32, y += 32) {
    const upper = v128.load(y, 16)
    const lower = v128.load(y)
    const dyUpper = v128.load(dy, 16)
    const dyLower = v128.load(dy)
    const dxUpper = sigmoidGradient(dyUpper, upper)
    const dxLower = sigmoidGradient(dyLower, lower)
    v128.store(dx, dxUpper, 16)
    v128.store(dx, dxLower)
  }
}

/** y = tanh(x). */
export function tanhForward(y: usize, x: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 32, y += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const yUpper = tanh(upper)
    const yLower = tanh(lower)
    v128.store(y, yUpper, 16)
    v128.store(y, yLower)
  }
}

/** dx = dy (1 - y^2). */
export function tanhBackward(dx: usize, dy: usize, y: usize, n: i32): void {
  for (const end = dy + (<usize>n << 2); dy < end; dx += 32, dy += 32, y += 32) {
    const upper = v128.load(y, 16)
    const lower = v128.load(y)
    const dyUpper = v128.load(dy, 16)
    const dyLower = v128.load(dy)
    const dxUpper = tanhGradient(dyUpper, upper)
    const dxLower = tanhGradient(dyLower, lower)
    v128.store(dx, dxUpper, 16)
    v128.store(dx, dxLower)
  }
}

/** y = x (1 + erf(x / sqrt 2)) / 2. */
export function geluForward(y: usize, x: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 32, y += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const yUpper = gelu(upper)
    const yLower = gelu(lower)
    v128.store(y, yUpper, 16)
    v128.store(y, yLower)
  }
}

/** dx = dy (Phi(x) + x phi(x)), Phi and phi the normal distribution and density. */
export function geluBackward(dx: usize, dy: usize, x: usize, n: i32): void {
  for (const end = dy + (<usize>n << 2); dy < end; dx += 32, dy += 32, x += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const dyUpper = v128.load(dy, 16)
    const dyLower = v128.load(dy)
    const dxUpper = geluGradient(dyUpper, upper)
    const dxLower = geluGradient(dyLower, lower)
    v128.store(dx, dxUpper, 16)
    v128.store(dx, dxLower)
  }
}

/** y = x (1 + tanh(u)) / 2 = x sigmoid(2u), u = sqrt(2 / pi) (x + 0.044715 x^3). */
export function geluTanhForward(y: usize, x: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 32, y += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const yUpper = geluTanh(upper)
    const yLower = geluTanh(lower)
    v128.store(y, yUpper, 16)
    v128.store(y, yLower)
  }
}

/** dx = dy (s + x s (1 - s) 2u'), s = sigmoid(2u). */
export function geluTanhBackward(dx: usize, dy: usize, x: usize, n: i32): void {
  for (const end = dy + (<usize>n << 2); dy < end; dx += 32, dy += 32, x += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const dyUpper = v128.load(dy, 16)
    const dyLower = v128.load(dy)
    const dxUpper = geluTanhGradient(dyUpper, upper)
    const dxLower = geluTanhGradient(dyLower, lower)
    v128.store(dx, dxUpper, 16)
    v128.store(dx, dxLower)
  }
}

/** y = x sigmoid(x). */
export function siluForward(y: usize, x: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 32, y += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const yUpper = f32x4.mul(upper, sigmoid(upper))
    const yLower = f32x4.mul(lower, sigmoid(lower))
    v128.store(y, yUpper, 16)
    v128.store(y, yLower)
  }
}

/** dx = dy (s + x s (1 - s)), s = sigmoid(x). */
export function siluBackward(dx: usize, dy: usize, x: usize, n: i32): void {
  for (const end = dy + (<usize>n << 2); dy < end; dx += 32, dy += 32, x += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const dyUpper = v128.load(dy, 16)
    const dyLower = v128.load(dy)
    const dxUpper = siluGradient(dyUpper, upper)
    const dxLower = siluGradient(dyLower, lower)
    v128.store(dx, dxUpper, 16)
    v128.store(dx, dxLower)
  }
}

/** y = log(1 + e^x). */
export function softplusForward(y: usize, x: usize, n: i32): void {
  for (const end = x + (<usize>n << 2); x < end; x += 32, y += 32) {
    const upper = v128.load(x, 16)
    const lower = v128.load(x)
    const yUpper = softplus(upper)
    const yLower = softplus(lower)
    v128.store(y, yUpper, 16)
    v128.store(y, yLower)
  }
}

/** dx = dy sigmoid(x) = dy (1 - e^-y). */
export function softplusBackward(dx: usize, dy: usize, y: usize, n: i32): void {
  for (const end = dy + (<usize>n << 2); dy < end; dx += 32, dy += 32, y += 32) {
    const upper = v128.load(y, 16)
    const lower = v128.load(y)
    const dyUpper = v128.load(dy, 16)
    const dyLower = v128.load(dy)
    const dxUpper = softplusGradient(dyUpper, upper)
    const dxLower = softplusGradient(dyLower, lower)
    v128.store(dx, dxUpper, 16)
    v128.store(dx, dxLower)
  }
}

/**
 * y = f(x) for the kind of activation: 0 linear, 1 relu, 2 leakyRelu (parameter: slope >= 0), 3 elu (parameter:
 * alpha > 0), 4 sigmoid, 5 tanh, 6 gelu, 7 geluTanh, 8 silu, 9 softplus.
 */
export function activationForward(kind: i32, y: usize, x: usize, n: i32, parameter: f32): void {
  switch (kind) {
    case LINEAR: { if (y != x) memory.copy(y, x, <usize>n << 2); return }
    case RELU: { reluForward(y, x, n); return }
    case LEAKY_RELU: { leakyReluForward(y, x, n, parameter); return }
    case ELU: { eluForward(y, x, n, parameter); return }
    case SIGMOID: { sigmoidForward(y, x, n); return }
    case TANH: { tanhForward(y, x, n); return }
    case GELU: { geluForward(y, x, n); return }
    case GELU_TANH: { geluTanhForward(y, x, n); return }
    case SILU: { siluForward(y, x, n); return }
    case SOFTPLUS: { softplusForward(y, x, n); return }
    default: unreachable()
  }
}

/** dx = dy f'(x) for the kinds of `activationForward`; xOrY is x for gelu, geluTanh and silu, y for the others. */
export function activationBackward(kind: i32, dx: usize, dy: usize, xOrY: usize, n: i32, parameter: f32): void {
  switch (kind) {
    case LINEAR: { if (dx != dy) memory.copy(dx, dy, <usize>n << 2); return }
    case RELU: { reluBackward(dx, dy, xOrY, n); return }
    case LEAKY_RELU: { leakyReluBackward(dx, dy, xOrY, n, parameter); return }
    case ELU: { eluBackward(dx, dy, xOrY, n, parameter); return }
    case SIGMOID: { sigmoidBackward(dx, dy, xOrY, n); return }
    case TANH: { tanhBackward(dx, dy, xOrY, n); return }
    case GELU: { geluBackward(dx, dy, xOrY, n); return }
    case GELU_TANH: { geluTanhBackward(dx, dy, xOrY, n); return }
    case SILU: { siluBackward(dx, dy, xOrY, n); return }
    case SOFTPLUS: { softplusBackward(dx, dy, xOrY, n); return }
    default: unreachable()
  }
}
