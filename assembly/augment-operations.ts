// The operations of a plan that change a batch on its way in: each takes its thread's share of the rows and calls kernels.
// Arguments are words behind the record's head, as in operations.ts. `order` BATCH stands for rows of a buffer of the batch.
import { augmentPicture } from './augment'
import { drawPairs, mixBytes, mixFloats, PAIR_BYTES } from './mixup'
import { address, number, rowAt, word } from './operations'
import { ROW_UNIT, share, unitsOf } from './share'
import { listPairs } from './sparse'
import { augmentKeyAOf, augmentKeyBOf, rowsOf } from './step'

/** out, data, isBytes, rowBytes, order, spec, scratch, scratchBytes: the pictures of the batch, changed, one behind the other. */
export function augment(record: usize, step: usize, t: i32, threads: i32): void {
  const rowBytes = address(record, 3)
  const to = lastRow(step, t, threads)
  for (let b = firstRow(step, t, threads); b < to; b++) {
    augmentPicture(
      address(record, 0) + <usize>b * rowBytes, address(record, 5),
      address(record, 1) + rowAt(address(record, 4), step, b) * rowBytes, word(record, 2), b,
      augmentKeyAOf(step), augmentKeyBOf(step), address(record, 6) + <usize>t * address(record, 7),
    )
  }
}

/** pairs, inverse, weights (0: all one), order: who is mixed with whom, and how much. Thread 0. */
export function pairRows(record: usize, step: usize, t: i32): void {
  if (t !== 0) return
  const pairs = address(record, 0)
  const weights = address(record, 2)
  const rows = rowsOf(step)
  drawPairs(pairs, rows, number(record, 1), augmentKeyAOf(step), augmentKeyBOf(step))
  if (!weights) return
  // λ · w · loss(y) + (1 − λ) · w' · loss(y') is one loss of mixed targets, by as much as each weighs in the sum.
  for (let b = 0; b < rows; b++) {
    const pair = pairs + <usize>b * PAIR_BYTES
    const own = load<f32>(pair, 4) * weightAt(weights, address(record, 3), step, b)
    const sum = own + (1 - load<f32>(pair, 4)) * weightAt(weights, address(record, 3), step, load<i32>(pair))
    if (sum > 0) store<f32>(pair, own / sum, 8)
  }
}

// @ts-ignore: decorator
@inline
function weightAt(weights: usize, order: usize, step: usize, b: i32): f32 {
  return load<f32>(weights + (rowAt(order, step, b) << 2))
}

/** The weight of row b of the batch, mixed when there are pairs. */
export function mixedWeight(pairs: usize, weights: usize, order: usize, step: usize, b: i32): f32 {
  const own = weightAt(weights, order, step, b)
  if (!pairs) return own
  const pair = pairs + <usize>b * PAIR_BYTES
  const share = load<f32>(pair, 4)
  return share * own + (1 - share) * weightAt(weights, order, step, load<i32>(pair))
}

/** out, pictures, isBytes, columns, pairs: the pictures of the batch, mixed by pairs. */
export function mixRows(record: usize, step: usize, t: i32, threads: i32): void {
  const columns = word(record, 3)
  const isBytes = word(record, 2)
  const rowBytes = <usize>columns << (isBytes ? 0 : 2)
  const to = lastRow(step, t, threads)
  for (let b = firstRow(step, t, threads); b < to; b++) {
    const pair = address(record, 4) + <usize>b * PAIR_BYTES
    const out = address(record, 0) + <usize>b * rowBytes
    const own = address(record, 1) + <usize>b * rowBytes
    const other = address(record, 1) + <usize>load<i32>(pair) * rowBytes
    if (isBytes) mixBytes(out, own, other, columns, load<f32>(pair, 4))
    else mixFloats(out, own, other, columns, load<f32>(pair, 4))
  }
}

/** out, stride, targets, byClass, columns, order, pairs: mixed targets in panels; class numbers become one-hot rows. */
export function mixTargets(record: usize, step: usize, t: i32, threads: i32): void {
  const order = address(record, 5)
  const to = lastRow(step, t, threads)
  for (let b = firstRow(step, t, threads); b < to; b++) {
    const pair = address(record, 6) + <usize>b * PAIR_BYTES
    mixTarget(record, b, rowAt(order, step, b), rowAt(order, step, load<i32>(pair)), load<f32>(pair, 8))
  }
}

function mixTarget(record: usize, b: i32, own: usize, other: usize, part: f32): void {
  const targets = address(record, 2)
  const columns = word(record, 4)
  for (let c = 0; c < columns; c++) {
    let mixed: f32
    if (word(record, 3)) {
      mixed = (load<i32>(targets + (own << 2)) === c ? part : 0) + (load<i32>(targets + (other << 2)) === c ? 1 - part : 0)
    } else {
      const at = (<usize>c) << 2
      const rowBytes = (<usize>columns) << 2
      mixed = part * load<f32>(targets + own * rowBytes + at) + (1 - part) * load<f32>(targets + other * rowBytes + at)
    }
    store<f32>(address(record, 0) + <usize>(c >> 4) * address(record, 1) + ((<usize>b) << 6) + ((<usize>(c & 15)) << 2), mixed)
  }
}

/** lists, bounds, pictures, columns: the pair list of each picture; bounds get begin and end of each. */
export function listRowsOfBatch(record: usize, step: usize, t: i32, threads: i32): void {
  const columns = word(record, 3)
  const to = lastRow(step, t, threads)
  for (let b = firstRow(step, t, threads); b < to; b++) {
    const list = address(record, 0) + ((<usize>b * <usize>columns) << 1)
    const bounds = address(record, 1) + ((<usize>b) << 3)
    store<u32>(bounds, <u32>list)
    store<u32>(bounds, <u32>listPairs(list, address(record, 2) + <usize>b * <usize>columns, columns), 4)
  }
}

// @ts-ignore: decorator
@inline
function firstRow(step: usize, t: i32, threads: i32): i32 {
  return share(unitsOf(rowsOf(step), ROW_UNIT), t, threads) * ROW_UNIT
}
// @ts-ignore: decorator
@inline
function lastRow(step: usize, t: i32, threads: i32): i32 {
  return min(share(unitsOf(rowsOf(step), ROW_UNIT), t + 1, threads) * ROW_UNIT, rowsOf(step))
}
