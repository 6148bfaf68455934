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

  /** Row lists and pair lists of all rows; column lists made in `parts` ranges of features, as so many threads make them. */
  function lists(bytes: Uint8Array, rows: number, columns: number, parts: number) {
    const data = bench.alloc(bytes.length)
    bench.u8(data, bytes.length).set(bytes)
    const table = bench.put(Float32Array.from({ length: 256 }, (_, byte) => Math.fround(byte / 255)))
    const [rowLists, pairLists] = [bench.alloc(rows * columns * 4), bench.alloc(rows * columns * 2)]
    const [starts, pairStarts] = [0, 1].map(() => bench.alloc((rows + 1) * 4)) as [number, number]
    const columnLists = bench.alloc(columns * rows * 2)
    const counts = bench.alloc(columns)
    core.listRows(rowLists, starts, data, rows, columns)
    core.listPairsOfRows(pairLists, pairStarts, data, rows, columns)
    const [at, pairAt] = [starts, pairStarts].map((address) => bench.i32(address, rows + 1)) as [Int32Array, Int32Array]
    const bound = (t: number) =>
      Math.min(columns, 16 * Math.floor((Math.ceil(columns / 16) * t) / parts)) / 2
    for (let t = 0; t < parts; t++) {
      for (let b = 0; b < rows; b++) {
        core.listColumns(columnLists, rows * 4, counts, pairAt[b], pairAt[b + 1], bound(t), bound(t + 1), b)
      }
    }
    const lengths = new Uint16Array(bench.memory.buffer, counts, columns / 2)
    return { data, table, at, pairAt, columnLists, lengths }
  }

  const rowEntry = (k: number, byte: number) => (k << 16) | (byte << 2)
  const pairEntry = (place: number, even: number, odd: number) => (place << 16) | (odd << 8) | even

  it.each([
    [1, 6, 1],
    [3, 16, 1],
    [4, 38, 2],
    [2, 784, 3],
  ])('lists what is not zero of %i rows of %i bytes, in order, in %i parts', (rows, columns, parts) => {
    const bytes = pictures(rows, columns, 0.3, columns)
    const { data, at, pairAt, columnLists, lengths } = lists(bytes, rows, columns, parts)
    const words = (from: number, length: number) => [...new Uint32Array(bench.memory.buffer, from, length)]
    const listed = ({ [0]: from, [1]: to }: [number, number]) => words(from, (to - from) / 4)
    const pairOf = (b: number, p: number) => [...bytes.subarray(b * columns + 2 * p, b * columns + 2 * p + 2)]
    const pairs = Array.from({ length: columns / 2 }, (_, p) => p)
    let count = 0
    for (let b = 0; b < rows; b++) {
      const row = [...bytes.subarray(b * columns, (b + 1) * columns)]
      const entries = row.flatMap((v, k) => (v === 0 ? [] : rowEntry(k, v)))
      expect(listed([at[b]!, at[b + 1]!])).toEqual(entries)
      const paired = pairs.flatMap((p) => {
        const [even, odd] = pairOf(b, p) as [number, number]
        return even === 0 && odd === 0 ? [] : pairEntry(p, even, odd)
      })
      expect(listed([pairAt[b]!, pairAt[b + 1]!])).toEqual(paired)
      count += paired.length
      const expanded = bench.alloc(columns * 4)
      expect(listed([expanded, core.expandPairs(expanded, pairAt[b], pairAt[b + 1])])).toEqual(entries)
    }
    expect(core.countPairs(data, bytes.length)).toBe(count)
    for (const p of pairs) {
      const column = Array.from({ length: rows }, (_, b) => pairOf(b, p) as [number, number])
      expect(words(columnLists + p * rows * 4, lengths[p]!)).toEqual(
        column.flatMap(([even, odd], b) => (even === 0 && odd === 0 ? [] : pairEntry(b, even, odd))),
      )
    }
    bench.checkCanaries()
  })

  it('expands a list without a zero within its row', () => {
    const bytes = Uint8Array.from({ length: 18 }, (_, k) => k + 1)
    const { pairAt } = lists(bytes, 1, 18, 1)
    const expanded = bench.alloc(18 * 4)
    expect(core.expandPairs(expanded, pairAt[0], pairAt[1])).toBe(expanded + 18 * 4)
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
      const made = lists(bytes, rows, columns, 1)
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
        for (let b = 0; b < rows; b++) {
          const z = pair + b * 64
          core.sparseRow32(z, z + stride, at[b], at[b + 1], table, w, w + columns * 64)
          for (const p of [0, 1]) {
            const row = single + b * 64 + p * stride
            core.sparseRow16(row, at[b], at[b + 1], table, w + p * columns * 64)
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
  })
})
