// The operations of a plan on listed inputs (sparse.ts): each takes its thread's share and calls kernels. Arguments are words
// behind the record's head, as in operations.ts.
import { address, BATCH, isPlain, number, PARAMETERS, rowAt, settle, word } from './operations'
import { finishPanel } from './gemm'
import { columnSums } from './gradient'
import { FEATURE_UNIT, panelsOf, ROW_UNIT, share, unitsOf } from './share'
import { finishAdamStep } from './optimizers'
import { clearRows, listColumns, sparseColumns, sparseColumnsAdam, sparseRow16, sparseRow32 } from './sparse'
import { rowsOf, scalarsOf } from './step'

/** Panels that are taken together: feature by feature, so that each column list is walked for all of them. */
const GROUP: i32 = 8
/** Rows times panels up to which a group's dZ, 64 bytes each, stays in the nearest cache beside the rest. */
const GROUP_ROWS: i32 = 256
/**
 * Features to a stretch of the rows' lists. All rows of a batch go through one stretch before the next, so that its weights in two
 * panels stay in the nearest cache: 64 KiB, of which pictures need less than half.
 */
const STRETCH_FEATURES: i32 = 512
/** Features whose gradient is computed, then applied, at a time: 32 × 16 floats of scratch a panel, 16 KiB a group. */
const UPDATE_FEATURES: i32 = 32
/** The same where panels go one by one, 8 KiB. */
const FUSED_FEATURES: i32 = 128

/** Address of the list of row b of the batch; that of its end is 4 bytes further on. Lists of a batch each have both. */
// @ts-ignore: decorator
@inline
function startAt(starts: usize, order: usize, step: usize, b: i32): usize {
  if (order === BATCH) return starts + ((<usize>b) << 3)
  return starts + (rowAt(order, step, b) << 2)
}

/**
 * starts, order, lists, listsBytes, stride, counts, columns: column lists of a batch from the pair lists of its rows. Each thread
 * makes all of them for itself, `listsBytes` behind those of the thread before: fetching half of them from another core takes
 * longer than making them.
 */
export function listBatch(record: usize, step: usize, t: i32): void {
  const starts = address(record, 0)
  const order = address(record, 1)
  const own = <usize>t * address(record, 3)
  const counts = address(record, 5) + own
  const rows = rowsOf(step)
  memory.fill(counts, 0, address(record, 6))
  touch(starts, order, step, counts)
  for (let b = 0; b < rows; b++) {
    const start = startAt(starts, order, step, b)
    listColumns(address(record, 2) + own, address(record, 4), counts, load<u32>(start), load<u32>(start, 4), b)
  }
}

/**
 * Reads one word of every cache line of the batch's pair lists: loads that do not depend on each other, so that the memory
 * answers many at a time. The rows of a batch are far apart, and walking them one by one would wait for each.
 * @param sink a zero that is written again when the words are all zero: without a use the loads would be left out.
 */
function touch(starts: usize, order: usize, step: usize, sink: usize): void {
  const rows = rowsOf(step)
  let sum: u32 = 0
  for (let b = 0; b < rows; b++) {
    const start = startAt(starts, order, step, b)
    const end: usize = load<u32>(start, 4)
    for (let line: usize = load<u32>(start); line < end; line += 64) sum |= load<u32>(line)
  }
  if (sum === 0) store<u16>(sink, 0)
}

/** z, zStride, starts, order, table, w, wStride, bias, outputs, floor. Pairs of panels and rows are shared. */
export function sparseDense(record: usize, step: usize, t: i32, threads: i32): void {
  const rows = rowsOf(step)
  const zStride = address(record, 1)
  const wStride = address(record, 6)
  const panels = panelsOf(word(record, 8))
  const floor = number(record, 9)
  const rowUnits = unitsOf(rows, ROW_UNIT)
  const total = ((panels + 1) >> 1) * rowUnits
  const end = share(total, t + 1, threads)
  let unit = share(total, t, threads)
  while (unit < end) {
    const panel = (unit / rowUnits) << 1
    const within = unit % rowUnits
    const count = min(rowUnits - within, end - unit)
    const from = within * ROW_UNIT
    const to = min((within + count) * ROW_UNIT, rows)
    const z = address(record, 0) + <usize>panel * zStride
    const w = address(record, 5) + <usize>panel * wStride
    const isPair = panel + 1 < panels
    const block = z + ((<usize>from) << 6)
    clearRows(block, to - from)
    if (isPair) clearRows(block + zStride, to - from)
    const halvings = 32 - clz(<i32>((wStride >> 6) - 1) / STRETCH_FEATURES)
    for (let stretch = 0; stretch < 1 << halvings; stretch++) {
      stretchOfRows(record, step, z, w, isPair, from, to, stretch, halvings)
    }
    const bias = address(record, 7) + ((<usize>panel) << 6)
    finishPanel(block, to - from, bias, floor)
    if (isPair) finishPanel(block + zStride, to - from, bias + 64, floor)
    unit += count
  }
}

/** Rows [from, to) of one or two panels, as far as that stretch of their lists goes. */
function stretchOfRows(
  record: usize, step: usize, z: usize, w: usize, isPair: bool, from: i32, to: i32, stretch: i32, halvings: i32,
): void {
  const zStride = address(record, 1)
  const table = address(record, 4)
  const wStride = address(record, 6)
  for (let b = from; b < to; b++) {
    const start = startAt(address(record, 2), address(record, 3), step, b)
    const list: usize = load<u32>(start)
    const entries = <i32>((load<u32>(start, 4) - <u32>list) >> 2)
    const first = list + ((<usize>((entries * stretch) >> halvings)) << 2)
    const end = list + ((<usize>((entries * (stretch + 1)) >> halvings)) << 2)
    const row = z + ((<usize>b) << 6)
    if (isPair) sparseRow32(row, row + zStride, first, end, table, w, w + wStride)
    else sparseRow16(row, first, end, table, w)
  }
}

/** Weight and bias gradients from column lists, left in G: the arguments of `gradient`, with lists in place of x. */
export function sparseGradient(record: usize, step: usize, t: i32, threads: i32): void {
  listedGradient(record, step, t, threads, false)
}

/** The same, and the optimizer at once on each block. */
export function sparseUpdate(record: usize, step: usize, t: i32, threads: i32): void {
  listedGradient(record, step, t, threads, true)
}

function listedGradient(record: usize, step: usize, t: i32, threads: i32, apply: bool): void {
  const rows = rowsOf(step)
  const inputs = word(record, PARAMETERS.INPUTS)
  const panels = panelsOf(word(record, PARAMETERS.OUTPUTS))
  const units = unitsOf(inputs, FEATURE_UNIT)
  const total = panels * units
  const end = share(total, t + 1, threads)
  const scratch = address(record, PARAMETERS.SCRATCH) + ((<usize>t) << 15)
  const isFused = apply && isPlain(record, step)
  const block = (isFused ? FUSED_FEATURES : UPDATE_FEATURES) / FEATURE_UNIT
  let unit = share(total, t, threads)
  while (unit < end) {
    const first = unit / units
    const within = unit % units
    // Whole panels go together; a range that begins or ends within a panel takes that one by itself.
    const group = within === 0 ? max(1, min(min(GROUP, GROUP_ROWS / rows), (end - unit) / units)) : 1
    const to = group > 1 ? units : min(units, within + end - unit)
    for (let at = within; at < to; at += block) {
      const from = at * FEATURE_UNIT
      const next = min(min(at + block, to) * FEATURE_UNIT, inputs)
      if (isFused) fusedUpdate(record, step, t, first, group, from, next, scratch)
      else updateFeatures(record, step, t, apply, first, group, from, next, scratch)
    }
    if (within === 0 && address(record, PARAMETERS.BIAS)) {
      for (let panel = first; panel < first + group; panel++) biasGradient(record, step, scratch, panel, rows, apply)
    }
    unit += group > 1 ? group * units : to - within
  }
}

/** Features [from, to), both even, in `group` panels from panel `first` on. */
function updateFeatures(
  record: usize, step: usize, t: i32, apply: bool, first: i32, group: i32, from: i32, to: i32, scratch: usize,
): void {
  const wStride = (<usize>word(record, PARAMETERS.INPUTS)) << 6
  const dzStride = address(record, PARAMETERS.DZ_STRIDE)
  const columnStride = address(record, PARAMETERS.X_STRIDE)
  const lists = <usize>t * address(record, PARAMETERS.LISTS_BYTES)
  const counts = address(record, PARAMETERS.COUNTS) + lists
  const table = address(record, PARAMETERS.TABLE)
  const at = <usize>first * wStride + ((<usize>from) << 6)
  const gStride = apply ? (<usize>UPDATE_FEATURES) << 6 : wStride
  const dz = address(record, PARAMETERS.DZ) + <usize>first * dzStride
  let g = apply ? scratch : address(record, PARAMETERS.G) + at
  let list = address(record, PARAMETERS.X) + lists + <usize>(from >> 1) * columnStride
  for (let k = from; k < to; k += 2) {
    const listEnd = list + ((<usize>load<u16>(counts + <usize>k)) << 2)
    sparseColumns(g + ((<usize>(k - from)) << 6), gStride, list, listEnd, table, dz, dzStride, group)
    list += columnStride
  }
  let w = address(record, PARAMETERS.W) + at
  for (let panel = 0; panel < group; panel++) {
    settle(record, step, apply, w, g, (to - from) << 4, true)
    w += wStride
    g += gStride
  }
}

/** The same for an update that is Adam's and nothing else. */
function fusedUpdate(
  record: usize, step: usize, t: i32, first: i32, group: i32, from: i32, to: i32, scratch: usize,
): void {
  const wStride = (<usize>word(record, PARAMETERS.INPUTS)) << 6
  const dzStride = address(record, PARAMETERS.DZ_STRIDE)
  const columnStride = address(record, PARAMETERS.X_STRIDE)
  const lists = <usize>t * address(record, PARAMETERS.LISTS_BYTES)
  const counts = address(record, PARAMETERS.COUNTS) + lists + <usize>from
  const list = address(record, PARAMETERS.X) + lists + <usize>(from >> 1) * columnStride
  const table = address(record, PARAMETERS.TABLE)
  const scalars = scalarsOf(step)
  let w = address(record, PARAMETERS.W) + <usize>first * wStride + ((<usize>from) << 6)
  let dz = address(record, PARAMETERS.DZ) + <usize>first * dzStride
  for (let panel = 0; panel < group; panel++) {
    const m = w + address(record, PARAMETERS.SLOT_1)
    const v = w + address(record, PARAMETERS.SLOT_2)
    sparseColumnsAdam(scratch, list, columnStride, counts, (to - from) >> 1, table, dz, m, v, scalars)
    finishAdamStep(w, scratch, m, (to - from) << 4, scalars)
    w += wStride
    dz += dzStride
  }
}

function biasGradient(record: usize, step: usize, scratch: usize, panel: i32, rows: i32, apply: bool): void {
  const at = (<usize>panel) << 6
  const dz = address(record, PARAMETERS.DZ) + <usize>panel * address(record, PARAMETERS.DZ_STRIDE)
  const g = apply ? scratch : address(record, PARAMETERS.BIAS_G) + at
  columnSums(g, dz, rows)
  settle(record, step, apply, address(record, PARAMETERS.BIAS) + at, g, 16, false)
}
