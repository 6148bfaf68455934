import { describe, expect, it } from 'vitest'
import { gaussian, random, toPanels, variants } from './kernels.js'
import type { Bench } from './kernels.js'
import { bits } from './reference.js'

const { fround } = Math
const capacity = 4
const untouched = -7
const padded = (columns: number) => Math.ceil(columns / 16) * 16

/** Per-column values, zeros up to a multiple of 16. */
function perColumn(columns: number, value: (c: number) => number): Float32Array {
  return Float32Array.from({ length: padded(columns) }, (_, c) => (c < columns ? value(c) : 0))
}

describe.each(variants())('gather, $variant', (bench: Bench) => {
  const { core } = bench

  /** Panels that hold `row` as row 2; all else is `untouched`, padded columns too. */
  function expectedPanels(row: ArrayLike<number>): Float32Array {
    const [width, columns] = [padded(row.length), row.length]
    const all = new Float32Array(capacity * width).fill(untouched)
    all.set(Array.from(row), 2 * width)
    all.fill(untouched, 2 * width + columns, 3 * width)
    return toPanels(all, capacity, width)
  }

  const scalings: { name: string; scale: (c: number) => number; shift: (c: number) => number }[] = [
    { name: 'bytes to [0, 1]', scale: () => 1 / 255, shift: () => 0 },
    { name: 'a factor and summand a column', scale: (c) => 0.1 + c / 7, shift: (c) => Math.cos(c) },
  ]

  describe.each(scalings)('$name', ({ scale, shift }) => {
    describe.each([1, 15, 16, 17, 31, 784])('%d columns', (columns) => {
      const scales = perColumn(columns, scale)
      const shifts = perColumn(columns, shift)

      /** Runs a gather of `data` (bytes, `offset` off) into row 2 and compares all of x. */
      function check(data: Uint8Array, offset: number, values: ArrayLike<number>, isBytes: boolean): void {
        bench.reset()
        const from = bench.alloc(data.length, offset)
        bench.u8(from, data.length).set(data)
        const x = bench.put(new Float32Array(padded(columns) * capacity).fill(untouched), offset & 16)
        const kernel = isBytes ? core.gatherU8 : core.gatherF32
        kernel(x + 2 * 64, capacity * 64, from, columns, bench.put(scales), bench.put(shifts))
        const row = Array.from(values, (value, c) => fround(fround(value * scales[c]) + shifts[c]))
        expect(bits(bench.f32(x, padded(columns) * capacity))).toBe(bits(expectedPanels(row)))
        bench.checkCanaries()
      }

      it.each([0, 1, 7, 16])('bytes, %d off, are scaled and shifted with two roundings', (offset) => {
        const next = random(columns)
        const data = Uint8Array.from({ length: columns }, () => 256 * next())
        data[columns - 1] = 255
        check(data, offset, data, true)
      })

      it.each([0, 4, 12, 16])('floats, %d bytes off, are scaled and shifted with two roundings', (offset) => {
        const values = gaussian(columns, columns)
        check(new Uint8Array(values.buffer), offset, values, false)
      })
    })
  })

  it('converts every byte', () => {
    bench.reset()
    const data = bench.alloc(256)
    const values = Array.from({ length: 256 }, (_, i) => i)
    bench.u8(data, 256).set(values)
    const [x, ones, zeros] = [bench.alloc(1024), bench.put(new Float32Array(256).fill(1)), bench.alloc(1024)]
    core.gatherU8(x, 64, data, 256, ones, zeros)
    expect([...bench.f32(x, 256)]).toEqual(values)
  })

  it.each([1, 10, 16, 17, 31, 784])('scatterRow brings %d columns back to a plain row', (columns) => {
    for (const offset of [0, 4, 16]) {
      bench.reset()
      const values = gaussian(capacity * columns, 12)
      const x = bench.put(toPanels(values, capacity, columns))
      const out = bench.alloc(columns * 4, offset)
      core.scatterRow(out, x + 3 * 64, capacity * 64, columns)
      expect(bits(bench.f32(out, columns))).toBe(bits(values.slice(3 * columns)))
      bench.checkCanaries()
    }
  })
})
