// Losses over the rows of a matrix z in panels of 16 columns (element (r, c) at (c >> 4) * panelStride + r * 64 +
// (c & 15) * 4), each with its gradient and a score in one pass over the row. For rows rowFrom ... rowTo - 1:
//
//   lossOut   f64 per row: the row's loss, unscaled. Cross-entropy is a sum over columns, the others are a mean.
//   dz        panels as z: d(row loss) / dz times rowScale[row]; padded columns become 0. May be z. 0: no gradient.
//   rowScale  f32 per row; read only when there is a gradient.
//   target    i32 class number per row, or panels as z with a stride of their own (targetStride).
//   scoreOut  f32 per row: for the cross-entropies 1 when the largest z (the first of equals) is at the target class,
//             for the binary one the share of columns where z > 0 agrees with target > 0.5, else 0.
//
// A NaN in a row of z gives a NaN loss and score 0. A row has the same bits whichever rows are computed with it: terms
// are summed by fours or eights of columns in float32, those sums in float64. Targets are not checked here (the host
// does): a class outside 0 ... columns - 1 matches no column. Formulas and the meaning of label smoothing are
// PyTorch's.
import { madd, zero } from './lanes'
import { expNonPositive, log, log1pUnit, negativeAbs, sigmoidFrom } from './math'
import { addPromoted, columnIndex, rowMaximum, smallestLane, totalOf } from './rows'
import { softmaxFloor } from './softmax'

// The kinds of `lossRows`.
const CROSS_ENTROPY_CLASSES: i32 = 0
const CROSS_ENTROPY: i32 = 1
const BINARY_CROSS_ENTROPY: i32 = 2
const MEAN_SQUARED_ERROR: i32 = 3
const MEAN_ABSOLUTE_ERROR: i32 = 4
const HUBER: i32 = 5

/**
 * The loss of that kind: 0 softmax cross-entropy from class numbers, 1 softmax cross-entropy from target rows, 2 binary
 * cross-entropy on logits, 3 mean squared error, 4 mean absolute error, 5 Huber.
 * parameter: label smoothing in [0, 1) for 0, 1 and 2; delta > 0 for 5; not used by 3 and 4.
 */
export function lossRows(
  kind: i32, dz: usize, z: usize, panelStride: i32, rowFrom: i32, rowTo: i32, columns: i32, target: usize,
  targetStride: i32, rowScale: usize, lossOut: usize, scoreOut: usize, parameter: f32,
): void {
  switch (kind) {
    case CROSS_ENTROPY_CLASSES: {
      crossEntropyClassRows(
        dz, z, panelStride, rowFrom, rowTo, columns, target, rowScale, lossOut, scoreOut, parameter)
      return
    }
    case CROSS_ENTROPY: {
      crossEntropyRows(
        dz, z, panelStride, rowFrom, rowTo, columns, target, targetStride, rowScale, lossOut, scoreOut, parameter)
      return
    }
    case BINARY_CROSS_ENTROPY: {
      binaryCrossEntropyRows(
        dz, z, panelStride, rowFrom, rowTo, columns, target, targetStride, rowScale, lossOut, scoreOut, parameter)
      return
    }
    case MEAN_SQUARED_ERROR: {
      meanSquaredErrorRows(
        dz, z, panelStride, rowFrom, rowTo, columns, target, targetStride, rowScale, lossOut, scoreOut)
      return
    }
    case MEAN_ABSOLUTE_ERROR: {
      meanAbsoluteErrorRows(
        dz, z, panelStride, rowFrom, rowTo, columns, target, targetStride, rowScale, lossOut, scoreOut)
      return
    }
    case HUBER: {
      huberRows(
        dz, z, panelStride, rowFrom, rowTo, columns, target, targetStride, rowScale, lossOut, scoreOut, parameter)
      return
    }
    default: unreachable()
  }
}

/**
 * Softmax cross-entropy, target: one class number per row. loss = -sum_c q_c log softmax(z)_c, dz = softmax(z) - q,
 * with q = (1 - smoothing) [c is the class] + smoothing / columns.
 */
export function crossEntropyClassRows(
  dz: usize, z: usize, panelStride: i32, rowFrom: i32, rowTo: i32, columns: i32, target: usize, rowScale: usize,
  lossOut: usize, scoreOut: usize, smoothing: f32,
): void {
  const other = smoothing / <f32>columns
  for (let r = rowFrom; r < rowTo; r++) {
    const offset = <usize>r << 6
    const index = <usize>r << 2
    const scale = dz != 0 ? load<f32>(rowScale + index) : 0
    const gradient = dz != 0 ? dz + offset : 0
    const maximum = rowMaximum(z + offset, panelStride, columns)
    const first = firstEqual(maximum, z + offset, panelStride, columns)
    const label = load<i32>(target + index)
    const loss = crossEntropyRow(
      true, maximum, gradient, z + offset, panelStride, columns, label, 0, 0, 1 - smoothing, other, scale)
    store<f64>(lossOut + (<usize>r << 3), loss)
    store<f32>(scoreOut + index, first == label && loss == loss ? 1 : 0)
  }
}

/**
 * Softmax cross-entropy, target: panels of one-hot rows or probabilities t. loss = -sum_c q_c log softmax(z)_c, with q
 * = (1 - smoothing) t + smoothing / columns; dz = softmax(z) sum(q) - q. Targets that do not sum to 1 are not
 * normalized.
 */
export function crossEntropyRows(
  dz: usize, z: usize, panelStride: i32, rowFrom: i32, rowTo: i32, columns: i32, target: usize, targetStride: i32,
  rowScale: usize, lossOut: usize, scoreOut: usize, smoothing: f32,
): void {
  const other = smoothing / <f32>columns
  for (let r = rowFrom; r < rowTo; r++) {
    const offset = <usize>r << 6
    const index = <usize>r << 2
    const scale = dz != 0 ? load<f32>(rowScale + index) : 0
    const gradient = dz != 0 ? dz + offset : 0
    const maximum = rowMaximum(z + offset, panelStride, columns)
    const first = firstEqual(maximum, z + offset, panelStride, columns)
    const label = firstEqual(
      rowMaximum(target + offset, targetStride, columns), target + offset, targetStride, columns)
    const loss = crossEntropyRow(
      false, maximum, gradient, z + offset, panelStride, columns, 0, target + offset, targetStride, 1 - smoothing,
      other, scale)
    store<f64>(lossOut + (<usize>r << 3), loss)
    store<f32>(scoreOut + index, first == label && loss == loss ? 1 : 0)
  }
}

/** The first column that holds the row's maximum, `columns` when there is none (NaN). */
// @ts-ignore: decorator
@inline
function firstEqual(maximum: v128, row: usize, panelStride: i32, columns: i32): i32 {
  const bound = i32x4.splat(columns)
  let first = bound
  for (let c = 0; c < columns; c += 4) {
    const index = columnIndex(c)
    const isMaximum = f32x4.eq(v128.load(row + <usize>(c >> 4) * panelStride + ((c & 12) << 2)), maximum)
    first = i32x4.min_s(first, v128.bitselect(index, bound, isMaximum))
  }
  return smallestLane(first)
}

/** Four of a row's smoothed targets, 0 in padded columns. */
// @ts-ignore: decorator
@inline
function smoothedTargets(
  classes: bool, index: v128, bound: v128, label: i32, target: usize, keep: v128, other: v128,
): v128 {
  const isLabel = i32x4.eq(index, i32x4.splat(label))
  const q = classes ? f32x4.add(v128.and(keep, isLabel), other) : madd(keep, v128.load(target), other)
  return v128.and(q, i32x4.lt_s(index, bound))
}

/** q z, and 0 where q is 0 (a class that is ruled out may have a logit of -infinity). */
// @ts-ignore: decorator
@inline
function weighted(q: v128, z: v128): v128 {
  return v128.andnot(f32x4.mul(q, z), f32x4.eq(q, zero()))
}

/** The loss of one row, and its gradient when dz is not 0. `classes` is constant: each use compiles for itself. */
// @ts-ignore: decorator
@inline
function crossEntropyRow(
  classes: bool, maximum: v128, dz: usize, z: usize, panelStride: i32, columns: i32, label: i32, target: usize,
  targetStride: i32, kept: f32, spread: f32, scale: f32,
): f64 {
  const padded = (columns + 15) & ~15
  const bound = i32x4.splat(columns)
  const keep = f32x4.splat(kept)
  const other = f32x4.splat(spread)
  const lowest = f32x4.splat(-Infinity)
  let sums = f64x2.splat(0)
  let weights = f64x2.splat(0)
  let products = f64x2.splat(0)
  for (let c = 0; c < padded; c += 8) {
    const offset = <usize>(c >> 4) * panelStride + ((c & 8) << 2)
    const at = target + <usize>(c >> 4) * targetStride + ((c & 8) << 2)
    const lower = columnIndex(c)
    const upper = columnIndex(c + 4)
    const zLower = f32x4.sub(
      v128.bitselect(v128.load(z + offset), lowest, i32x4.lt_s(lower, bound)), maximum)
    const zUpper = f32x4.sub(
      v128.bitselect(v128.load(z + offset, 16), lowest, i32x4.lt_s(upper, bound)), maximum)
    const eLower = expNonPositive(zLower, softmaxFloor)
    const eUpper = expNonPositive(zUpper, softmaxFloor)
    const qLower = smoothedTargets(classes, lower, bound, label, at, keep, other)
    const qUpper = smoothedTargets(classes, upper, bound, label, at + 16, keep, other)
    // Apart, not as a float32 sum: beside the 1 of the largest logit, small terms are all that a small loss is made of.
    sums = addPromoted(addPromoted(sums, eLower), eUpper)
    if (!classes) weights = addPromoted(weights, f32x4.add(qLower, qUpper))
    products = addPromoted(products, f32x4.add(weighted(qLower, zLower), weighted(qUpper, zUpper)))
    if (dz != 0) {
      v128.store(dz + offset, eUpper, 16)
      v128.store(dz + offset, eLower)
    }
  }
  const sum = totalOf(sums)
  const weight = classes ? 1 : totalOf(weights)
  if (dz != 0) {
    const p = f32x4.splat(<f32>(weight * scale / sum))
    const negativeScale = f32x4.splat(-scale)
    for (let c = 0; c < padded; c += 8) {
      const offset = dz + <usize>(c >> 4) * panelStride + ((c & 8) << 2)
      const at = target + <usize>(c >> 4) * targetStride + ((c & 8) << 2)
      const lower = columnIndex(c)
      const upper = columnIndex(c + 4)
      const qLower = smoothedTargets(classes, lower, bound, label, at, keep, other)
      const qUpper = smoothedTargets(classes, upper, bound, label, at + 16, keep, other)
      const dzUpper = madd(v128.load(offset, 16), p, f32x4.mul(qUpper, negativeScale))
      const dzLower = madd(v128.load(offset), p, f32x4.mul(qLower, negativeScale))
      v128.store(offset, v128.and(dzUpper, i32x4.lt_s(upper, bound)), 16)
      v128.store(offset, v128.and(dzLower, i32x4.lt_s(lower, bound)))
    }
  }
  return weight * logOfSum(sum) - totalOf(products)
}

/** log(sum) for sum >= 1, in float64: the logarithm of the nearest float32, its rounding made good to first order. */
// @ts-ignore: decorator
@inline
function logOfSum(sum: f64): f64 {
  const nearest = <f32>sum
  const logarithm = f32x4.extract_lane(log(f32x4.splat(nearest)), 0)
  return <f64>logarithm + (sum - <f64>nearest) / <f64>nearest
}

/**
 * Binary cross-entropy on logits, target: panels of t in [0, 1]. loss = mean_c (max(z, 0) - z q + log(1 + e^-|z|)),
 * dz = (sigmoid(z) - q) / columns, with q = (1 - smoothing) t + smoothing / 2.
 */
export function binaryCrossEntropyRows(
  dz: usize, z: usize, panelStride: i32, rowFrom: i32, rowTo: i32, columns: i32, target: usize, targetStride: i32,
  rowScale: usize, lossOut: usize, scoreOut: usize, smoothing: f32,
): void {
  elementwiseRows(
    BINARY_CROSS_ENTROPY, dz, z, panelStride, rowFrom, rowTo, columns, target, targetStride, rowScale, lossOut,
    scoreOut, smoothing)
}

/** loss = mean_c (z - t)^2, dz = 2 (z - t) / columns. */
export function meanSquaredErrorRows(
  dz: usize, z: usize, panelStride: i32, rowFrom: i32, rowTo: i32, columns: i32, target: usize, targetStride: i32,
  rowScale: usize, lossOut: usize, scoreOut: usize,
): void {
  elementwiseRows(
    MEAN_SQUARED_ERROR, dz, z, panelStride, rowFrom, rowTo, columns, target, targetStride, rowScale, lossOut,
    scoreOut, 0)
}

/** loss = mean_c |z - t|, dz = sign(z - t) / columns, 0 where z = t. */
export function meanAbsoluteErrorRows(
  dz: usize, z: usize, panelStride: i32, rowFrom: i32, rowTo: i32, columns: i32, target: usize, targetStride: i32,
  rowScale: usize, lossOut: usize, scoreOut: usize,
): void {
  elementwiseRows(
    MEAN_ABSOLUTE_ERROR, dz, z, panelStride, rowFrom, rowTo, columns, target, targetStride, rowScale, lossOut,
    scoreOut, 0)
}

/**
 * With d = z - t: loss = mean_c h, h = d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2);
 * dz = min(max(d, -delta), delta) / columns.
 */
export function huberRows(
  dz: usize, z: usize, panelStride: i32, rowFrom: i32, rowTo: i32, columns: i32, target: usize, targetStride: i32,
  rowScale: usize, lossOut: usize, scoreOut: usize, delta: f32,
): void {
  elementwiseRows(
    HUBER, dz, z, panelStride, rowFrom, rowTo, columns, target, targetStride, rowScale, lossOut, scoreOut, delta)
}

/** The rows of a loss that is a mean over columns. `kind` is constant, so each use compiles for itself. */
// @ts-ignore: decorator
@inline
function elementwiseRows(
  kind: i32, dz: usize, z: usize, panelStride: i32, rowFrom: i32, rowTo: i32, columns: i32, target: usize,
  targetStride: i32, rowScale: usize, lossOut: usize, scoreOut: usize, parameter: f32,
): void {
  const padded = (columns + 15) & ~15
  const bound = i32x4.splat(columns)
  const keep = f32x4.splat(1 - parameter)
  const half = f32x4.splat(0.5 * parameter)
  const limit = f32x4.splat(parameter)
  for (let r = rowFrom; r < rowTo; r++) {
    const row = <usize>r << 6
    const scale = f32x4.splat(dz != 0 ? load<f32>(rowScale + (<usize>r << 2)) / <f32>columns : 0)
    let sums = f64x2.splat(0)
    let agreeing = 0
    for (let c = 0; c < padded; c += 4) {
      const isColumn = i32x4.lt_s(columnIndex(c), bound)
      const offset = row + ((c & 12) << 2)
      const value = v128.load(z + offset + <usize>(c >> 4) * panelStride)
      const goal = v128.load(target + offset + <usize>(c >> 4) * targetStride)
      let loss: v128
      let gradient: v128
      if (kind == BINARY_CROSS_ENTROPY) {
        const q = madd(goal, keep, half)
        const e = expNonPositive(negativeAbs(value), softmaxFloor)
        loss = f32x4.add(madd(f32x4.neg(value), q, f32x4.pmax(value, zero())), log1pUnit(e))
        gradient = f32x4.sub(sigmoidFrom(value, e), q)
        const differs = v128.xor(f32x4.gt(value, zero()), f32x4.gt(goal, f32x4.splat(0.5)))
        agreeing += popcnt(i32x4.bitmask(v128.andnot(isColumn, differs)))
      } else {
        const d = f32x4.sub(value, goal)
        if (kind == MEAN_SQUARED_ERROR) {
          loss = f32x4.mul(d, d)
          gradient = f32x4.add(d, d)
        } else if (kind == MEAN_ABSOLUTE_ERROR) {
          loss = f32x4.abs(d)
          gradient = signOf(d)
        } else {
          const magnitude = f32x4.abs(d)
          const within = f32x4.pmin(magnitude, limit)
          loss = f32x4.mul(within, madd(within, f32x4.splat(-0.5), magnitude))
          gradient = f32x4.pmax(f32x4.pmin(d, limit), f32x4.neg(limit))
        }
      }
      sums = addPromoted(sums, v128.and(loss, isColumn))
      if (dz != 0) {
        v128.store(dz + offset + <usize>(c >> 4) * panelStride, v128.and(f32x4.mul(gradient, scale), isColumn))
      }
    }
    const mean = totalOf(sums) / <f64>columns
    store<f64>(lossOut + (<usize>r << 3), mean)
    store<f32>(scoreOut + (<usize>r << 2), mean == mean ? <f32>agreeing / <f32>columns : 0)
  }
}

/** -1, 0 or 1; NaN for NaN. */
// @ts-ignore: decorator
@inline
function signOf(d: v128): v128 {
  const unit = v128.bitselect(d, f32x4.splat(1), i32x4.splat(i32.MIN_VALUE))
  return v128.bitselect(d, unit, v128.or(f32x4.eq(d, zero()), f32x4.ne(d, d)))
}
