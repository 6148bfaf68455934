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

  /** Row lists of all rows; column lists made in `parts` ranges of features, as so many threads make them. */
  function lists(bytes: Uint8Array, rows: number, columns: number, parts: number) {
    const data = bench.alloc(bytes.length)
    bench.u8(data, bytes.length).set(bytes)
    const table = bench.put(Float32Array.from({ length: 256 }, (_, byte) => Math.fround(byte / 255)))
    const rowLists = bench.alloc(rows * columns * 4)
    const starts = bench.alloc((rows + 1) * 4)
    const columnLists = bench.alloc(columns * rows * 4)
    const counts = bench.alloc(columns * 2)
    core.listRows(rowLists, starts, data, rows, columns)
    const at = bench.i32(starts, rows + 1)
    const bound = (t: number) => Math.min(columns, 16 * Math.floor((Math.ceil(columns / 16) * t) / parts))
    for (let t = 0; t < parts; t++) {
      for (let b = 0; b < rows; b++) {
        core.listColumns(columnLists, rows * 4, counts, at[b], at[b + 1], bound(t), bound(t + 1), b)
      }
    }
    const lengths = new Uint16Array(bench.memory.buffer, counts, columns)
    return { data, table, at, columnLists, lengths }
  }

  const entry = (place: number, byte: number) => ((place << 16) | (byte << 2)) >>> 0

  it.each([
    [1, 5, 1],
    [3, 16, 1],
    [4, 37, 2],
    [2, 784, 3],
  ])('lists what is not zero of %i rows of %i bytes, in order, in %i parts', (rows, columns, parts) => {
    const bytes = pictures(rows, columns, 0.3, columns)
    const { data, at, columnLists, lengths } = lists(bytes, rows, columns, parts)
    expect(core.countNonZero(data, bytes.length)).toBe(bytes.filter((byte) => byte !== 0).length)
    const words = (from: number, length: number) => [...new Uint32Array(bench.memory.buffer, from, length)]
    for (let b = 0; b < rows; b++) {
      const row = [...bytes.subarray(b * columns, (b + 1) * columns)]
      expect(words(at[b], (at[b + 1] - at[b]) / 4)).toEqual(row.flatMap((v, k) => (v === 0 ? [] : entry(k, v))))
    }
    for (let k = 0; k < columns; k++) {
      const column = Array.from({ length: rows }, (_, b) => bytes[b * columns + k])
      expect(words(columnLists + k * rows * 4, lengths[k])).toEqual(column.flatMap((v, b) => (v === 0 ? [] : entry(b, v))))
    }
    bench.checkCanaries()
  })

  describe.each([
    [2, 7, 0.5],
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
      const [dense, pair, single] = [0, 1, 2].map(() => bench.alloc(2 * size)) as [number, number, number]
      for (const p of [0, 1]) core.transPanel(dense + p * size, x, stride, dz + p * stride, 0, columns, rows, 0)
      for (let k = 0; k < columns; k++) {
        const list = columnLists + k * rows * 4
        const end = list + 4 * lengths[k]
        core.sparseColumn32(pair + k * 64, pair + size + k * 64, list, end, table, dz, dz + stride)
        for (const p of [0, 1]) core.sparseColumn16(single + p * size + k * 64, list, end, table, dz + p * stride)
      }
      expect(bits(pair, size / 2)).toEqual(bits(dense, size / 2))
      expect(bits(single, size / 2)).toEqual(bits(dense, size / 2))
      bench.checkCanaries()
    })
  })
})
