// The operations of a plan on listed inputs (sparse.ts): each takes its thread's share and calls kernels. Arguments are words
// behind the record's head, as in operations.ts.
import { address, number, PARAMETERS, rowAt, settle, word } from './operations'
import { columnSums } from './gemm'
import { FEATURE_UNIT, panelsOf, ROW_UNIT, share, unitsOf } from './share'
import { listBytes, sparseColumn16, sparseColumn32, sparseRow16, sparseRow32 } from './sparse'
import { rowsOf } from './step'

/** Features whose gradient is computed, then applied, at a time: 64 × 32 floats of scratch, 8 KiB. */
const UPDATE_FEATURES: i32 = 64

/** Bytes of the segment table of one row: (begin, end) for each of at most 64 threads. */
const SEGMENT_BYTES: usize = 512

/**
 * segments, rowLists, data, rowBytes, columns, order, scale, columnLists (0: none), columnStride, counts. Features are
 * shared in groups of 16; each thread writes its segment of every row's list and the column lists of its features.
 */
export function list(record: usize, step: usize, t: i32, threads: i32): void {
  const segments = address(record, 0)
  const columns = word(record, 4)
  const listBytesOfRow = (<usize>columns) << 3
  const columnLists = address(record, 7)
  const counts = address(record, 9)
  const groups = unitsOf(columns, FEATURE_UNIT)
  const from = share(groups, t, threads) * FEATURE_UNIT
  const to = min(share(groups, t + 1, threads) * FEATURE_UNIT, columns)
  if (columnLists && to > from) memory.fill(counts + ((<usize>from) << 1), 0, (<usize>(to - from)) << 1)
  const rows = rowsOf(step)
  for (let b = 0; b < rows; b++) {
    const begin = address(record, 1) + <usize>b * listBytesOfRow + ((<usize>from) << 3)
    const row = address(record, 2) + rowAt(address(record, 5), step, b) * address(record, 3)
    const end = from < to
      ? listBytes(begin, row, from, to, address(record, 6), columnLists, address(record, 8), counts, b << 6)
      : begin
    const segment = segments + <usize>b * SEGMENT_BYTES + ((<usize>t) << 3)
    store<u32>(segment, <u32>begin)
    store<u32>(segment, <u32>end, 4)
  }
}

/** z, zStride, segments, w, wStride, bias, outputs, floor. Pairs of panels and rows are shared. */
export function sparseDense(record: usize, step: usize, t: i32, threads: i32): void {
  const rows = rowsOf(step)
  const stride = address(record, 1)
  const wStride = address(record, 4)
  const panels = panelsOf(word(record, 6))
  const rowUnits = unitsOf(rows, ROW_UNIT)
  const total = ((panels + 1) >> 1) * rowUnits
  const end = share(total, t + 1, threads)
  let unit = share(total, t, threads)
  while (unit < end) {
    const panel = (unit / rowUnits) << 1
    const within = unit % rowUnits
    const count = min(rowUnits - within, end - unit)
    const to = min((within + count) * ROW_UNIT, rows)
    const w = address(record, 3) + <usize>panel * wStride
    const bias = address(record, 5) + ((<usize>panel) << 6)
    for (let b = within * ROW_UNIT; b < to; b++) {
      const z = address(record, 0) + <usize>panel * stride + ((<usize>b) << 6)
      const segments = address(record, 2) + <usize>b * SEGMENT_BYTES
      if (panel + 1 < panels) sparseRow32(z, z + stride, segments, threads, w, w + wStride, bias, number(record, 7))
      else sparseRow16(z, segments, threads, w, bias, number(record, 7))
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
      const length = <i32>load<u16>(counts + ((<usize>k) << 1))
      if (paired) sparseColumn32(g + row, gNext + row, lists, length, dz, dz + dzStride)
      else sparseColumn16(g + row, lists, length, dz)
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
