import { beforeEach, describe, expect, it } from 'vitest'
import { gaussian, random, toPanels, variants } from './kernels.js'

/** Pictures: bytes of which a share is not zero. */
function pictures(rows: number, columns: number, share: number, seed: number): Uint8Array {
  const next = random(seed)
  return Uint8Array.from({ length: rows * columns }, () => (next() < share ? 1 + Math.floor(255 * next()) : 0))
}

describe.each(variants())('listed inputs, $variant', (bench) => {
  const { core } = bench
  beforeEach(() => {
    bench.reset()
  })

  /** Pair lists of all rows, and the column lists of all pairs. */
  function lists(bytes: Uint8Array, rows: number, columns: number) {
    const data = bench.alloc(bytes.length)
    bench.u8(data, bytes.length).set(bytes)
    const table = bench.put(Float32Array.from({ length: 256 }, (_, byte) => Math.fround(byte / 255)))
    const pairLists = bench.alloc(rows * columns * 2)
    const starts = bench.alloc((rows + 1) * 4)
    const columnLists = bench.alloc(columns * rows * 2)
    const counts = bench.alloc(columns)
    core.listPairsOfRows(pairLists, starts, data, rows, columns)
    const at = bench.i32(starts, rows + 1)
    for (let b = 0; b < rows; b++) core.listColumns(columnLists, rows * 4, counts, at[b], at[b + 1], b)
    const lengths = new Uint16Array(bench.memory.buffer, counts, columns / 2)
    return { data, table, at, columnLists, counts, lengths }
  }

  const entry = (place: number, even: number, odd: number) => (place << 16) | (odd << 8) | even

  it.each([
    [1, 6],
    [3, 16],
    [4, 38],
    [2, 784],
  ])('lists what is not zero of %i rows of %i bytes, in order', (rows, columns) => {
    const bytes = pictures(rows, columns, 0.3, columns)
    const { data, at, columnLists, lengths } = lists(bytes, rows, columns)
    const words = (from: number, length: number) => [...new Uint32Array(bench.memory.buffer, from, length)]
    const pairOf = (b: number, p: number) => [...bytes.subarray(b * columns + 2 * p, b * columns + 2 * p + 2)]
    const pairs = Array.from({ length: columns / 2 }, (_, p) => p)
    let count = 0
    for (let b = 0; b < rows; b++) {
      const entries = pairs.flatMap((p) => {
        const [even, odd] = pairOf(b, p) as [number, number]
        return even === 0 && odd === 0 ? [] : entry(p, even, odd)
      })
      expect(words(at[b]!, (at[b + 1]! - at[b]!) / 4)).toEqual(entries)
      count += entries.length
    }
    expect(core.countPairs(data, bytes.length)).toBe(count)
    for (const p of pairs) {
      const column = Array.from({ length: rows }, (_, b) => pairOf(b, p) as [number, number])
      expect(words(columnLists + p * rows * 4, lengths[p]!)).toEqual(
        column.flatMap(([even, odd], b) => (even === 0 && odd === 0 ? [] : entry(b, even, odd))),
      )
    }
    bench.checkCanaries()
  })

  describe.each([
    [2, 8, 0.5],
    [5, 40, 0.2],
    [32, 784, 0.19],
    [3, 50, 0],
    [3, 50, 1],
  ])('%i rows of %i features, a share of %f not zero', (rows, columns, share) => {
    const bytes = pictures(rows, columns, share, 7)
    const capacity = rows + 1

    const panels = () => {
      const made = lists(bytes, rows, columns)
      const x = Float32Array.from(bytes, (byte) => Math.fround(byte / 255))
      return { ...made, x: bench.put(toPanels(x, rows, columns, capacity)), stride: capacity * 64 }
    }
    const bits = (address: number, length: number) => bench.i32(address, length).slice()

    it('give the bits of the dense product', () => {
      const { table, at, x, stride } = panels()
      const w = bench.put(toPanels(gaussian(columns * 32, 3), columns, 32))
      const bias = bench.put(gaussian(32, 4))
      const [dense, pair, single] = [0, 1, 2].map(() => bench.alloc(2 * stride)) as [number, number, number]
      for (const floor of [0, -Infinity]) {
        for (const p of [0, 1]) {
          core.rowsPanel(dense + p * stride, x, stride, w + p * columns * 64, rows, columns, bias + p * 64, floor, 0)
        }
        for (const z of [pair, single]) for (const p of [0, 1]) core.clearRows(z + p * stride, rows)
        for (let b = 0; b < rows; b++) {
          // In two stretches, as the operation goes through long lists.
          const middle = at[b]! + 4 * Math.floor((at[b + 1]! - at[b]!) / 12)
          for (const [from, to] of [
            [at[b], middle],
            [middle, at[b + 1]],
          ]) {
            const z = pair + b * 64
            core.sparseRow32(z, z + stride, from, to, table, w, w + columns * 64)
            for (const p of [0, 1]) {
              core.sparseRow16(single + b * 64 + p * stride, from, to, table, w + p * columns * 64)
            }
          }
        }
        for (const z of [pair, single]) {
          for (const p of [0, 1]) core.finishPanel(z + p * stride, rows, bias + p * 64, floor)
        }
        expect(bits(pair, stride / 2)).toEqual(bits(dense, stride / 2))
        expect(bits(single, stride / 2)).toEqual(bits(dense, stride / 2))
      }
      bench.checkCanaries()
    })

    it('give the bits of the dense weight gradient', () => {
      const { table, x, stride, columnLists, lengths } = panels()
      const dz = bench.put(toPanels(gaussian(rows * 32, 5), rows, 32, capacity))
      const size = columns * 64
      const [dense, together, single] = [0, 1, 2].map(() => bench.alloc(2 * size)) as [number, number, number]
      for (const p of [0, 1]) core.transPanel(dense + p * size, x, stride, dz + p * stride, 0, columns, rows, 0)
      for (let p = 0; p < columns / 2; p++) {
        const list = columnLists + p * rows * 4
        const end = list + 4 * lengths[p]!
        const to = p * 128
        core.sparseColumns(together + to, size, list, end, table, dz, stride, 2)
        for (const panel of [0, 1]) {
          core.sparseColumns(single + panel * size + to, size, list, end, table, dz + panel * stride, stride, 1)
        }
      }
      expect(bits(together, size / 2)).toEqual(bits(dense, size / 2))
      expect(bits(single, size / 2)).toEqual(bits(dense, size / 2))
      bench.checkCanaries()
    })

    it('give the bits of the weight gradient and Adam, one after the other', () => {
      const { table, stride, columnLists, counts, lengths } = panels()
      const dz = bench.put(toPanels(gaussian(rows * 16, 5), rows, 16, capacity))
      const n = columns * 16
      const scalars = bench.put(Float32Array.of(1e-2, 1e-6, 0.9, 0.999, 1, 0, 0, 0))
      const start = () => {
        const [w, m, v] = [11, 12, 13].map((seed) => bench.put(gaussian(n, seed))) as [number, number, number]
        bench.f32(v, n).forEach((value, i, values) => (values[i] = Math.abs(value)))
        return { w, m, v, g: bench.alloc(n * 4) }
      }
      const [apart, fused] = [start(), start()]
      for (let p = 0; p < columns / 2; p++) {
        const list = columnLists + p * rows * 4
        core.sparseColumns(apart.g + p * 128, 0, list, list + 4 * lengths[p]!, table, dz, stride, 1)
      }
      core.plainAdamStep(apart.w, apart.g, apart.m, apart.v, n, scalars)
      core.sparseColumnsAdam(
        fused.g,
        columnLists,
        rows * 4,
        counts,
        columns / 2,
        table,
        dz,
        fused.m,
        fused.v,
        scalars,
      )
      core.finishAdamStep(fused.w, fused.g, fused.m, n, scalars)
      for (const part of ['m', 'v', 'w'] as const) expect(bits(fused[part], n)).toEqual(bits(apart[part], n))
      bench.checkCanaries()
    })
  })
})
