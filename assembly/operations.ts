// What the operations of a plan do: each reads its arguments from its record, takes its thread's share of the work, and
// calls kernels. Arguments are 32-bit words behind the record's head; src/core/operations.ts names them in the same order.
// Holds no arithmetic of its own, and no waiting.
import { activationBackward, activationForward } from './activations'
import { mixedWeight } from './augment-operations'
import { gatherF32, gatherU8 } from './gather'
import { rowsPanel, TILE_NARROW, transposePanel } from './gemm'
import { columnSums, transPanel } from './gradient'
import { lossRows } from './losses'
import { ADAM, adjustGradient, isPlainAdam, narrowAdamStep, optimizerStep } from './optimizers'
import { dropoutBackward, dropoutForward } from './random'
import { CHUNK, sumSquares, treeSum, weightedSum32, weightedSum64 } from './reduce'
import { FEATURE_UNIT, panelsOf, ROW_UNIT, share, unitsOf } from './share'
import { softmaxBackward, softmaxForward } from './softmax'
import {
  firstOf, gradientScaleOf, inverseRowsOf, keyAOf, keyBOf, rowsOf, scalarsOf, setGradientNorm, setSums,
} from './step'

/** Weight rows whose gradient is computed, then applied, while it is in the nearest cache: 128 × 16 floats, 8 KiB. */
export const UPDATE_ROWS: i32 = 128
/** Bytes of scratch that a thread needs for that. */
export const SCRATCH_BYTES: usize = 8192

// @ts-ignore: decorator
@inline
export function word(record: usize, index: usize): i32 {
  return load<i32>(record + 8 + (index << 2))
}
// @ts-ignore: decorator
@inline
export function address(record: usize, index: usize): usize {
  return load<u32>(record + 8 + (index << 2))
}
// @ts-ignore: decorator
@inline
export function number(record: usize, index: usize): f32 {
  return load<f32>(record + 8 + (index << 2))
}

/** x, stride, data, isBytes, rowBytes, columns, order, scale, shift. `order` 0: rows as they stand; BATCH. */
export function gather(record: usize, step: usize, t: i32, threads: i32): void {
  const x = address(record, 0)
  const stride = address(record, 1)
  const data = address(record, 2)
  const isBytes = word(record, 3)
  const rowBytes = address(record, 4)
  const columns = word(record, 5)
  const order = address(record, 6)
  const scale = address(record, 7)
  const shift = address(record, 8)
  const units = unitsOf(rowsOf(step), ROW_UNIT)
  const to = min(share(units, t + 1, threads) * ROW_UNIT, rowsOf(step))
  for (let b = share(units, t, threads) * ROW_UNIT; b < to; b++) {
    const row = data + rowAt(order, step, b) * rowBytes
    if (isBytes) gatherU8(x + ((<usize>b) << 6), stride, row, columns, scale, shift)
    else gatherF32(x + ((<usize>b) << 6), stride, row, columns, scale, shift)
  }
}

/** In place of an order: the rows of a buffer that holds this batch alone. */
export const BATCH: usize = 1

// @ts-ignore: decorator
@inline
export function rowAt(order: usize, step: usize, b: i32): usize {
  if (order === BATCH) return <usize>b
  const at = <usize>(firstOf(step) + b)
  return order ? <usize>load<u32>(order + (at << 2)) : at
}

/** labels out, labels, order: class numbers of the batch. Thread 0. */
export function gatherLabels(record: usize, step: usize, t: i32): void {
  if (t !== 0) return
  const out = address(record, 0)
  const labels = address(record, 1)
  const order = address(record, 2)
  for (let b = 0; b < rowsOf(step); b++) {
    store<i32>(out + ((<usize>b) << 2), load<i32>(labels + (rowAt(order, step, b) << 2)))
  }
}

/** row scale out, weights (0: all one), order, pairs (0: none): each row's factor on its gradient, weight / Σ weights. Thread 0. */
export function scaleRows(record: usize, step: usize, t: i32): void {
  if (t !== 0) return
  const out = address(record, 0)
  const weights = address(record, 1)
  const order = address(record, 2)
  const pairs = address(record, 3)
  const rows = rowsOf(step)
  if (!weights) {
    for (let b = 0; b < rows; b++) store<f32>(out + ((<usize>b) << 2), inverseRowsOf(step))
    return
  }
  let sum: f64 = 0
  for (let b = 0; b < rows; b++) sum += mixedWeight(pairs, weights, order, step, b)
  for (let b = 0; b < rows; b++) {
    const weight = mixedWeight(pairs, weights, order, step, b)
    store<f32>(out + ((<usize>b) << 2), sum > 0 ? <f32>(<f64>weight / sum) : 0)
  }
}

/** z, zStride, x, xStride, w, wStride, bias, inputs, outputs, floor, tile, byRows. Rows are shared, or panels and rows. */
export function dense(record: usize, step: usize, t: i32, threads: i32): void {
  const rows = rowsOf(step)
  const rowUnits = unitsOf(rows, ROW_UNIT)
  const panels = panelsOf(word(record, 8))
  if (word(record, 11)) {
    const from = share(rowUnits, t, threads) * ROW_UNIT
    const to = min(share(rowUnits, t + 1, threads) * ROW_UNIT, rows)
    for (let panel = 0; from < to && panel < panels; panel++) densePanel(record, <usize>panel, from, to)
    return
  }
  const total = panels * rowUnits
  const end = share(total, t + 1, threads)
  let unit = share(total, t, threads)
  while (unit < end) {
    const panel = <usize>(unit / rowUnits)
    const within = unit % rowUnits
    const count = min(rowUnits - within, end - unit)
    const from = within * ROW_UNIT
    densePanel(record, panel, from, min(from + count * ROW_UNIT, rows))
    unit += count
  }
}

function densePanel(record: usize, panel: usize, from: i32, to: i32): void {
  rowsPanel(
    address(record, 0) + panel * address(record, 1) + ((<usize>from) << 6),
    address(record, 2) + ((<usize>from) << 6),
    address(record, 3),
    address(record, 4) + panel * address(record, 5),
    to - from,
    word(record, 7),
    address(record, 6) + (panel << 6),
    number(record, 9),
    word(record, 10),
  )
}

/** The operations of `elementwise`. */
export const ACTIVATION_FORWARD: i32 = 0
export const ACTIVATION_BACKWARD: i32 = 1
export const DROPOUT_FORWARD: i32 = 2
export const DROPOUT_BACKWARD: i32 = 3
export const ADD: i32 = 4

/**
 * out, stride, in, other, columns, byRows, then: activation kind and parameter; or dropout threshold, scale and salt.
 * All buffers have the same stride. Shared like `dense`, so it may follow one of the same size without a barrier.
 */
export function elementwise(operation: i32, record: usize, step: usize, t: i32, threads: i32): void {
  const rows = rowsOf(step)
  const rowUnits = unitsOf(rows, ROW_UNIT)
  const panels = panelsOf(word(record, 4))
  if (word(record, 5)) {
    const from = share(rowUnits, t, threads) * ROW_UNIT
    const to = min(share(rowUnits, t + 1, threads) * ROW_UNIT, rows)
    for (let panel = 0; from < to && panel < panels; panel++) segment(operation, record, step, panel, from, to)
    return
  }
  const total = panels * rowUnits
  const end = share(total, t + 1, threads)
  let unit = share(total, t, threads)
  while (unit < end) {
    const panel = unit / rowUnits
    const within = unit % rowUnits
    const count = min(rowUnits - within, end - unit)
    const from = within * ROW_UNIT
    segment(operation, record, step, panel, from, min(from + count * ROW_UNIT, rows))
    unit += count
  }
}

/** Rows [from, to) of one panel. */
function segment(operation: i32, record: usize, step: usize, panel: i32, from: i32, to: i32): void {
  const at = <usize>panel * address(record, 1) + ((<usize>from) << 6)
  const index = (panel << 20) + (from << 4)
  const n = (to - from) << 4
  const out = address(record, 0) + at
  const input = address(record, 2) + at
  const other = address(record, 3) + at
  if (operation === ACTIVATION_FORWARD) {
    activationForward(word(record, 6), out, input, n, number(record, 7))
  } else if (operation === ACTIVATION_BACKWARD) {
    activationBackward(word(record, 6), out, input, other, n, number(record, 7))
  } else if (operation === ADD) {
    addArrays(out, input, other, n)
  } else {
    const keyA = keyAOf(step) ^ word(record, 8)
    if (operation === DROPOUT_FORWARD) {
      dropoutForward(out, input, n, index, word(record, 6), number(record, 7), keyA, keyBOf(step))
    } else {
      dropoutBackward(out, input, n, index, word(record, 6), number(record, 7), keyA, keyBOf(step))
    }
  }
}

/** out = a + b over n floats, a multiple of 16. */
export function addArrays(out: usize, a: usize, b: usize, n: i32): void {
  for (const end = out + ((<usize>n) << 2); out < end; out += 32) {
    const high = f32x4.add(v128.load(a, 16), v128.load(b, 16))
    const low = f32x4.add(v128.load(a), v128.load(b))
    v128.store(out, high, 16)
    v128.store(out, low)
    a += 32
    b += 32
  }
}

/** y, stride, z, dy (backward only), columns. Rows are shared. */
export function softmax(backward: bool, record: usize, step: usize, t: i32, threads: i32): void {
  const units = unitsOf(rowsOf(step), ROW_UNIT)
  const from = share(units, t, threads) * ROW_UNIT
  const to = min(share(units, t + 1, threads) * ROW_UNIT, rowsOf(step))
  const out = address(record, 0)
  const stride = <i32>address(record, 1)
  if (backward) softmaxBackward(out, address(record, 3), address(record, 2), stride, from, to, word(record, 4))
  else softmaxForward(out, address(record, 2), stride, from, to, word(record, 4))
}

/** kind, dz, z, stride, columns, target, targetStride, rowScale, losses, scores, parameter. Rows are shared. */
export function loss(record: usize, step: usize, t: i32, threads: i32): void {
  const units = unitsOf(rowsOf(step), ROW_UNIT)
  lossRows(
    word(record, 0), address(record, 1), address(record, 2), word(record, 3),
    share(units, t, threads) * ROW_UNIT, min(share(units, t + 1, threads) * ROW_UNIT, rowsOf(step)),
    word(record, 4), address(record, 5), word(record, 6), address(record, 7), address(record, 8), address(record, 9),
    number(record, 10),
  )
}

/** rowScale, losses, scores: the batch's weighted means, into the step record. Thread 0. */
export function sumLoss(record: usize, step: usize, t: i32): void {
  if (t !== 0) return
  const rows = rowsOf(step)
  const scale = address(record, 0)
  let weight: f64 = 0
  for (let b = 0; b < rows; b++) weight += <f64>load<f32>(scale + ((<usize>b) << 2))
  setSums(
    step, weightedSum64(scale, address(record, 1), rows), weight, weightedSum32(scale, address(record, 2), rows),
  )
}

/** wt, wtStride, w, wStride, inputs, outputs. Panels of inputs are shared. */
export function transpose(record: usize, t: i32, threads: i32): void {
  const inputs = word(record, 4)
  const panels = panelsOf(inputs)
  const end = share(panels, t + 1, threads)
  for (let panel = share(panels, t, threads); panel < end; panel++) {
    transposePanel(
      address(record, 0) + <usize>panel * address(record, 1), address(record, 2), address(record, 3),
      panel, inputs, word(record, 5),
    )
  }
}

/** Arguments of `gradient` and `update`, in order. */
export namespace PARAMETERS {
  export const W: usize = 0
  export const BIAS: usize = 1
  export const G: usize = 2
  export const BIAS_G: usize = 3
  export const X: usize = 4
  export const X_STRIDE: usize = 5
  export const DZ: usize = 6
  export const DZ_STRIDE: usize = 7
  export const INPUTS: usize = 8
  export const OUTPUTS: usize = 9
  export const KIND: usize = 10
  export const SLOT_1: usize = 11
  export const SLOT_2: usize = 12
  export const SCRATCH: usize = 13
  export const ADJUST: usize = 14
  export const L1: usize = 15
  export const L2: usize = 16
  export const CLIP: usize = 17
  export const DECAY: usize = 18
  /** Lengths of the column lists, where there are lists. */
  export const COUNTS: usize = 19
  /** What a byte stands for, likewise. */
  export const TABLE: usize = 20
  /** Register tile of the product. */
  export const TILE: usize = 21
  /** Bytes from the column lists and their lengths of one thread to those of the next. */
  export const LISTS_BYTES: usize = 22
}

/**
 * Weight and bias gradients of a dense layer, left in G. Arguments: w, bias (0: none), g, biasG, x, xStride, dz, dzStride,
 * inputs, outputs, …, adjust, l1, l2, clip, decay (penalties are added here, so that the norm sees them).
 */
export function gradient(record: usize, step: usize, t: i32, threads: i32): void {
  denseGradient(record, step, t, threads, false)
}

/**
 * The same, and the optimizer at once on each block while it is in cache: … kind, slot1, slot2 (byte distances from a
 * weight to its state), scratch (SCRATCH_BYTES a thread), adjust, l1, l2, clip, decay.
 */
export function update(record: usize, step: usize, t: i32, threads: i32): void {
  denseGradient(record, step, t, threads, true)
}

function denseGradient(record: usize, step: usize, t: i32, threads: i32, apply: bool): void {
  const rows = rowsOf(step)
  const inputs = word(record, PARAMETERS.INPUTS)
  const wStride = (<usize>inputs) << 6
  const units = unitsOf(inputs, FEATURE_UNIT)
  const total = panelsOf(word(record, PARAMETERS.OUTPUTS)) * units
  const end = share(total, t + 1, threads)
  const scratch = address(record, PARAMETERS.SCRATCH) + <usize>t * SCRATCH_BYTES
  let unit = share(total, t, threads)
  while (unit < end) {
    const panel = <usize>(unit / units)
    const within = unit % units
    const count = min(min(units - within, end - unit), UPDATE_ROWS / FEATURE_UNIT)
    const from = within * FEATURE_UNIT
    const to = min(from + count * FEATURE_UNIT, inputs)
    const dz = address(record, PARAMETERS.DZ) + panel * address(record, PARAMETERS.DZ_STRIDE)
    const at = panel * wStride + ((<usize>from) << 6)
    const g = apply ? scratch : address(record, PARAMETERS.G) + at
    transPanel(
      g, address(record, PARAMETERS.X), address(record, PARAMETERS.X_STRIDE), dz, from, to, rows,
      word(record, PARAMETERS.TILE),
    )
    const w = address(record, PARAMETERS.W) + at
    if (apply && word(record, PARAMETERS.TILE) === TILE_NARROW && isPlain(record, step)) {
      const m = w + address(record, PARAMETERS.SLOT_1)
      narrowAdamStep(w, g, m, w + address(record, PARAMETERS.SLOT_2), to - from, scalarsOf(step))
    } else {
      settle(record, step, apply, w, g, (to - from) << 4, true)
    }
    if (from === 0 && address(record, PARAMETERS.BIAS)) {
      const biasG = apply ? scratch : address(record, PARAMETERS.BIAS_G) + (panel << 6)
      columnSums(biasG, dz, rows)
      settle(record, step, apply, address(record, PARAMETERS.BIAS) + (panel << 6), biasG, 16, false)
    }
    unit += count
  }
}

/** Whether the update is Adam's, in a step that does nothing else to weights and gradients. */
// @ts-ignore: decorator
@inline
export function isPlain(record: usize, step: usize): bool {
  return word(record, PARAMETERS.KIND) === ADAM && !word(record, PARAMETERS.ADJUST) && isPlainAdam(scalarsOf(step))
}

/** Penalties into a block of gradient and, when it is to be applied, clipping, decay and the optimizer. */
// @ts-ignore: decorator
@inline
export function settle(record: usize, step: usize, apply: bool, w: usize, g: usize, n: i32, penalties: bool): void {
  if (word(record, PARAMETERS.ADJUST)) {
    const l1: f32 = penalties ? number(record, PARAMETERS.L1) : 0
    const l2: f32 = penalties ? number(record, PARAMETERS.L2) : 0
    if (apply) adjustGradient(g, w, n, l1, l2, number(record, PARAMETERS.CLIP), 1, number(record, PARAMETERS.DECAY))
    else if (l1 !== 0 || l2 !== 0) adjustGradient(g, w, n, l1, l2, f32.POSITIVE_INFINITY, 1, 0)
  }
  if (apply) {
    optimizerStep(word(record, PARAMETERS.KIND), w, g, w + address(record, PARAMETERS.SLOT_1), w + address(record, PARAMETERS.SLOT_2), n, scalarsOf(step))
  }
}

/** g, n, partials: Σ g² of each chunk; chunks are shared. */
export function norm(record: usize, t: i32, threads: i32): void {
  const n = word(record, 1)
  const chunks = unitsOf(n, CHUNK)
  const end = share(chunks, t + 1, threads)
  for (let chunk = share(chunks, t, threads); chunk < end; chunk++) {
    const from = chunk * CHUNK
    sumSquares(
      address(record, 2) + ((<usize>chunk) << 3), address(record, 0) + ((<usize>from) << 2), min(CHUNK, n - from),
    )
  }
}

/** partials, n, limit: the factor that brings the global norm down to `limit`, as PyTorch's clip_grad_norm_. Thread 0. */
export function clipNorm(record: usize, step: usize, t: i32): void {
  if (t !== 0) return
  const total = sqrt<f64>(treeSum(address(record, 0), unitsOf(word(record, 1), CHUNK)))
  const scale = <f64>number(record, 2) / (total + 1e-6)
  setGradientNorm(step, <f32>total, scale < 1 ? <f32>scale : 1)
}

/** w, g, n, kind, slot1, slot2, clip, decay: the optimizer over a range of all weights; chunks are shared. */
export function optimize(record: usize, step: usize, t: i32, threads: i32): void {
  const n = word(record, 2)
  const chunks = unitsOf(n, CHUNK)
  const from = share(chunks, t, threads) * CHUNK
  const to = min(share(chunks, t + 1, threads) * CHUNK, n)
  for (let at = from; at < to; at += CHUNK) {
    const w = address(record, 0) + ((<usize>at) << 2)
    const g = address(record, 1) + ((<usize>at) << 2)
    const count = min(CHUNK, to - at)
    adjustGradient(g, w, count, 0, 0, number(record, 6), gradientScaleOf(step), number(record, 7))
    optimizerStep(
      word(record, 3), w, g, w + address(record, 4), w + address(record, 5), count, scalarsOf(step),
    )
  }
}
