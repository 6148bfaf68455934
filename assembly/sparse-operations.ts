// The operations of a plan on listed inputs (sparse.ts): each takes its thread's share and calls kernels. Arguments are words
// behind the record's head, as in operations.ts.
import { address, number, PARAMETERS, rowAt, settle, word } from './operations'
import { columnSums } from './gemm'
import { FEATURE_UNIT, panelsOf, ROW_UNIT, share, unitsOf } from './share'
import { listColumns, sparseColumn16, sparseColumn32, sparseRow16, sparseRow32 } from './sparse'
import { rowsOf } from './step'

/** Features whose gradient is computed, then applied, at a time: 64 × 32 floats of scratch, 8 KiB. */
const UPDATE_FEATURES: i32 = 64

/** Address of the row list of row b of the batch; that of its end is 4 bytes further on. */
// @ts-ignore: decorator
@inline
function startAt(starts: usize, order: usize, step: usize, b: i32): usize {
  return starts + (rowAt(order, step, b) << 2)
}

/** starts, order, columnLists, columnStride, counts, columns. Features are shared, in groups of 16. */
export function listBatch(record: usize, step: usize, t: i32, threads: i32): void {
  const counts = address(record, 4)
  const columns = word(record, 5)
  const groups = unitsOf(columns, FEATURE_UNIT)
  const from = share(groups, t, threads) * FEATURE_UNIT
  const to = min(share(groups, t + 1, threads) * FEATURE_UNIT, columns)
  if (from >= to) return
  memory.fill(counts + ((<usize>from) << 1), 0, (<usize>(to - from)) << 1)
  const rows = rowsOf(step)
  for (let b = 0; b < rows; b++) {
    const start = startAt(address(record, 0), address(record, 1), step, b)
    listColumns(address(record, 2), address(record, 3), counts, load<u32>(start), load<u32>(start, 4), from, to, b)
  }
}

/** z, zStride, starts, order, table, w, wStride, bias, outputs, floor. Pairs of panels and rows are shared. */
export function sparseDense(record: usize, step: usize, t: i32, threads: i32): void {
  const rows = rowsOf(step)
  const stride = address(record, 1)
  const table = address(record, 4)
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
    const to = min((within + count) * ROW_UNIT, rows)
    const w = address(record, 5) + <usize>panel * wStride
    const bias = address(record, 7) + ((<usize>panel) << 6)
    for (let b = within * ROW_UNIT; b < to; b++) {
      const z = address(record, 0) + <usize>panel * stride + ((<usize>b) << 6)
      const start = startAt(address(record, 2), address(record, 3), step, b)
      const list: usize = load<u32>(start)
      const listEnd: usize = load<u32>(start, 4)
      if (panel + 1 < panels) sparseRow32(z, z + stride, list, listEnd, table, w, w + wStride, bias, floor)
      else sparseRow16(z, list, listEnd, table, w, bias, floor)
    }
    unit += count
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
  const wStride = (<usize>inputs) << 6
  const dzStride = address(record, PARAMETERS.DZ_STRIDE)
  const columnStride = address(record, PARAMETERS.X_STRIDE)
  const counts = address(record, PARAMETERS.COUNTS)
  const table = address(record, PARAMETERS.TABLE)
  const panels = panelsOf(word(record, PARAMETERS.OUTPUTS))
  const units = unitsOf(inputs, FEATURE_UNIT)
  const total = ((panels + 1) >> 1) * units
  const end = share(total, t + 1, threads)
  const scratch = address(record, PARAMETERS.SCRATCH) + ((<usize>t) << 13)
  let unit = share(total, t, threads)
  while (unit < end) {
    const panel = (unit / units) << 1
    const paired = panel + 1 < panels
    const within = unit % units
    const count = min(min(units - within, end - unit), UPDATE_FEATURES / FEATURE_UNIT)
    const from = within * FEATURE_UNIT
    const to = min(from + count * FEATURE_UNIT, inputs)
    const at = <usize>panel * wStride + ((<usize>from) << 6)
    const dz = address(record, PARAMETERS.DZ) + <usize>panel * dzStride
    const g = apply ? scratch : address(record, PARAMETERS.G) + at
    const gNext = apply ? scratch + ((<usize>UPDATE_FEATURES) << 6) : g + wStride
    let lists = address(record, PARAMETERS.X) + <usize>from * columnStride
    for (let k = from; k < to; k++) {
      const row = (<usize>(k - from)) << 6
      const listEnd = lists + ((<usize>load<u16>(counts + ((<usize>k) << 1))) << 2)
      if (paired) sparseColumn32(g + row, gNext + row, lists, listEnd, table, dz, dz + dzStride)
      else sparseColumn16(g + row, lists, listEnd, table, dz)
      lists += columnStride
    }
    const w = address(record, PARAMETERS.W) + at
    const n = (to - from) << 4
    settle(record, step, apply, w, g, n, true)
    if (paired) settle(record, step, apply, w + wStride, gNext, n, true)
    if (from === 0 && address(record, PARAMETERS.BIAS)) {
      biasGradient(record, step, scratch, panel, dz, rows, apply)
      if (paired) biasGradient(record, step, scratch, panel + 1, dz + dzStride, rows, apply)
    }
    unit += count
  }
}

function biasGradient(record: usize, step: usize, scratch: usize, panel: i32, dz: usize, rows: i32, apply: bool): void {
  const at = (<usize>panel) << 6
  const g = apply ? scratch : address(record, PARAMETERS.BIAS_G) + at
  columnSums(g, dz, rows)
  settle(record, step, apply, address(record, PARAMETERS.BIAS) + at, g, 16, false)
}
