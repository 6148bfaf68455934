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

  /** Lists of all rows in `parts` segments, as so many threads make them. */
  function lists(bytes: Uint8Array, rows: number, columns: number, parts: number) {
    const data = bench.alloc(bytes.length)
    bench.u8(data, bytes.length).set(bytes)
    const scale = bench.put(Float32Array.from({ length: columns }, (_, k) => Math.fround((k + 1) / 255)))
    const rowLists = bench.alloc(rows * columns * 8)
    const columnLists = bench.alloc(columns * rows * 8)
    const counts = bench.alloc(columns * 2)
    const segments = bench.alloc(rows * parts * 8)
    const bounds = Array.from({ length: parts + 1 }, (_, t) => Math.min(columns, 16 * Math.floor((Math.ceil(columns / 16) * t) / parts)))
    for (let t = 0; t < parts; t++) {
      for (let b = 0; b < rows; b++) {
        const begin = rowLists + b * columns * 8 + bounds[t] * 8
        const row = data + b * columns
        const end = core.listBytes(begin, row, bounds[t], bounds[t + 1], scale, columnLists, rows * 8, counts, b * 64)
        bench.i32(segments + (b * parts + t) * 8, 2).set([begin, end])
      }
    }
    return { segments, columnLists, counts, scale }
  }

  it.each([
    [1, 5],
    [3, 16],
    [4, 37],
    [2, 784],
  ])('lists what is not zero of %i rows of %i bytes, in order', (rows, columns) => {
    const bytes = pictures(rows, columns, 0.3, columns)
    const { segments, columnLists, counts, scale } = lists(bytes, rows, columns, 1)
    const factor = bench.f32(scale, columns)
    for (let b = 0; b < rows; b++) {
      const [begin, end] = bench.i32(segments + b * 8, 2)
      const expected = [...bytes.subarray(b * columns, (b + 1) * columns)].flatMap((v, k) => (v === 0 ? [] : [[k * 64, Math.fround(v * factor[k])]]))
      const listed = Array.from({ length: (end - begin) / 8 }, (_, i) => [bench.i32(begin + 8 * i, 1)[0], bench.f32(begin + 8 * i + 4, 1)[0]])
      expect(listed).toEqual(expected)
    }
    const lengths = new Uint16Array(bench.memory.buffer, counts, columns)
    for (let k = 0; k < columns; k++) {
      const expected = Array.from({ length: rows }, (_, b) => b).flatMap((b) => {
        const value = bytes[b * columns + k]
        return value === 0 ? [] : [[b * 64, Math.fround(value * factor[k])]]
      })
      const listed = Array.from({ length: lengths[k] }, (_, i) => {
        const entry = columnLists + k * rows * 8 + 8 * i
        return [bench.i32(entry, 1)[0], bench.f32(entry + 4, 1)[0]]
      })
      expect(listed).toEqual(expected)
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

    it.each([1, 2, 3])('give the bits of the dense product in %i segments', (parts) => {
      const { segments, scale } = lists(bytes, rows, columns, parts)
      const factor = bench.f32(scale, columns)
      const x = Float32Array.from(bytes, (v, i) => Math.fround(v * factor[i % columns]))
      const a = bench.put(toPanels(x, rows, columns, capacity))
      const w = bench.put(toPanels(gaussian(columns * 32, 3), columns, 32))
      const bias = bench.put(gaussian(32, 4))
      const dense = bench.alloc(2 * capacity * 64)
      const pair = bench.alloc(2 * capacity * 64)
      const single = bench.alloc(2 * capacity * 64)
      const stride = capacity * 64
      for (const floor of [0, -Infinity]) {
        for (const p of [0, 1]) {
          core.rowsPanel(dense + p * stride, a, stride, w + p * columns * 64, rows, columns, bias + p * 64, floor)
        }
        for (let b = 0; b < rows; b++) {
          const at = segments + b * parts * 8
          const z = pair + b * 64
          core.sparseRow32(z, z + stride, at, parts, w, w + columns * 64, bias, floor)
          for (const p of [0, 1]) {
            core.sparseRow16(single + b * 64 + p * stride, at, parts, w + p * columns * 64, bias + p * 64, floor)
          }
        }
        const expected = bench.i32(dense, 2 * capacity * 16).slice()
        expect(bench.i32(pair, expected.length).slice()).toEqual(expected)
        expect(bench.i32(single, expected.length).slice()).toEqual(expected)
      }
      bench.checkCanaries()
    })

    it('give the bits of the dense weight gradient', () => {
      const { columnLists, counts, scale } = lists(bytes, rows, columns, 1)
      const factor = bench.f32(scale, columns)
      const x = Float32Array.from(bytes, (v, i) => Math.fround(v * factor[i % columns]))
      const a = bench.put(toPanels(x, rows, columns, capacity))
      const stride = capacity * 64
      const dz = bench.put(toPanels(gaussian(rows * 32, 5), rows, 32, capacity))
      const dense = bench.alloc(2 * columns * 64)
      const pair = bench.alloc(2 * columns * 64)
      const single = bench.alloc(2 * columns * 64)
      for (const p of [0, 1]) core.transPanel(dense + p * columns * 64, a, stride, dz + p * stride, 0, columns, rows)
      const lengths = new Uint16Array(bench.memory.buffer, counts, columns)
      for (let k = 0; k < columns; k++) {
        const listed = columnLists + k * rows * 8
        const g = pair + k * 64
        core.sparseColumn32(g, g + columns * 64, listed, lengths[k], dz, dz + stride)
        for (const p of [0, 1]) {
          core.sparseColumn16(single + (p * columns + k) * 64, listed, lengths[k], dz + p * stride)
        }
      }
      const expected = bench.i32(dense, 2 * columns * 16).slice()
      expect(bench.i32(pair, expected.length).slice()).toEqual(expected)
      expect(bench.i32(single, expected.length).slice()).toEqual(expected)
      bench.checkCanaries()
    })
  })
})
