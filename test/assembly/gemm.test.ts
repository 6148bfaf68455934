// The matrix products, held to the house's first rule: each output is one chain, k ascending from +0, bias last. The
// reference is that chain in scalars, rounded as the variant rounds, and the kernels must have its bits; a bound against
// float64 stands beside it, so that chain and kernel cannot be wrong alike.
import { describe, expect, it } from 'vitest'
import { gaussian, random, toPanels, variants } from './kernels.js'
import type { Bench } from './kernels.js'
import { bits } from './reference.js'

type Madd = (a: number, b: number, c: number) => number

const { fround } = Math
const split = new DataView(new ArrayBuffer(8))

/** a · b + c of float32 numbers with one rounding: summed in float64, rounded to odd, so that rounding again is harmless. */
function fused(a: number, b: number, c: number): number {
  const product = a * b
  const sum = product + c
  const back = sum - product
  const error = product - (sum - back) + (c - back)
  if (error === 0) return fround(sum)
  split.setFloat64(0, sum)
  const word = split.getBigInt64(0)
  if ((word & 1n) === 0n) split.setBigInt64(0, error > 0 === sum > 0 ? word + 1n : word - 1n)
  return fround(split.getFloat64(0))
}

const madds: Record<Bench['variant'], Madd> = {
  strict: (a, b, c) => fround(c + fround(a * b)),
  fast: fused,
}

/** Outputs (r, c) = Σ_k a(r, k) · b(k, c), each by one chain; `skip` leaves out the terms with a = 0. Row-major. */
function chains(
  madd: Madd,
  [rows, depth, columns]: readonly [number, number, number],
  a: (r: number, k: number) => number,
  b: (k: number, c: number) => number,
  skip = false,
): Float32Array {
  const out = new Float32Array(rows * columns)
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      let sum = 0
      for (let k = 0; k < depth; k++) {
        if (!skip || a(r, k) !== 0) sum = madd(a(r, k), b(k, c), sum)
      }
      out[r * columns + c] = sum
    }
  }
  return out
}

/** The first rows and columns of a row-major matrix. */
function corner(values: Float32Array, width: number, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    { length: rows * columns },
    (_, i) => values[Math.floor(i / columns) * width + (i % columns)],
  )
}

const offsets = [0, 16, 48]
/** 2 × 16, 6 × 8, 6 × 16. */
const tiles = [0, 1, 2]
/** That for at most four outputs. */
const narrowTile = 3
const untouched = 77

describe('the reference', () => {
  it('of a fused multiply-add rounds once', () => {
    expect(fused(1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11))).toBe(2 ** -24)
    // In float64 these sums round to a tie between two float32 numbers, which the product's last bits decide.
    const [x, y] = [2 ** -12 + 2 ** -24, 2 ** -12 - 2 ** -24 + 2 ** -36]
    expect(fused(x, y, 1)).toBe(1 + 2 ** -23)
    expect(fused(x, -y, -1)).toBe(-1 - 2 ** -23)
    const [above, below] = [2 ** -12 + 2 ** -35, 2 ** -12 - 2 ** -35]
    expect(fused(above, below, 1 + 2 ** -23)).toBe(1 + 2 ** -23)
    for (const { core } of variants().filter(({ variant }) => variant === 'fast')) {
      expect(core.maddProbe(x, y, 1)).toBe(1 + 2 ** -23)
      expect(core.maddProbe(above, below, 1 + 2 ** -23)).toBe(1 + 2 ** -23)
    }
  })
})

describe.each(variants())('rowsPanel, $variant', (bench: Bench) => {
  const { core } = bench
  const madd = madds[bench.variant]

  interface Product {
    rows: number
    depth: number
    outputs: number
    a: ArrayLike<number>
    b: ArrayLike<number>
    bias: ArrayLike<number>
    floor: number
    capacity?: number
    offset?: number
    /** Rows of each call. */
    parts?: number[]
    /** Register tile. */
    tile?: number
  }

  /** The panels of C, `untouched` where no row is. */
  function product({ rows, depth, outputs, a, b, bias, floor, ...rest }: Product): Float32Array {
    const { capacity = rows, offset = 0, parts = [rows], tile = 0 } = rest
    bench.reset()
    const at = bench.put(toPanels(a, rows, depth, capacity), offset)
    const w = bench.put(toPanels(b, depth, outputs), offset)
    const added = bench.put(toPanels(bias, 1, outputs), offset)
    const panels = Math.ceil(outputs / 16)
    const c = bench.put(new Float32Array(panels * capacity * 16).fill(untouched), offset)
    for (let panel = 0; panel < panels; panel++) {
      let row = 0
      for (const part of parts) {
        core.rowsPanel(
          c + panel * capacity * 64 + row * 64,
          at + row * 64,
          capacity * 64,
          w + panel * depth * 64,
          part,
          depth,
          added + panel * 64,
          floor,
          tile,
        )
        row += part
      }
    }
    bench.checkCanaries()
    return bench.f32(c, panels * capacity * 16).slice()
  }

  describe.each([1, 2, 15, 16, 17, 31, 100, 784])('depth %d', (depth) => {
    const [most, widest] = [32, 47]
    const a = gaussian(most * depth, 1)
    const b = gaussian(depth * widest, 2)
    const bias = gaussian(widest, 3)
    const sums = chains(
      madd,
      [most, depth, widest],
      (r, k) => a[r * depth + k],
      (k, c) => b[k * widest + c],
    )

    it.each([1, 4, 10, 16, 17, 47])('%d outputs: the bits of one chain, then bias and floor', (outputs) => {
      for (const [i, rows] of [1, 2, 3, 5, 19, 32].entries()) {
        for (const floor of [-Infinity, 0]) {
          const capacity = rows + i
          const expected = toPanels(
            corner(sums, widest, rows, outputs).map((sum, j) => {
              const value = fround(sum + bias[j % outputs])
              return value < floor ? floor : value
            }),
            rows,
            outputs,
            capacity,
          )
          expected.forEach((_, j) => {
            if (Math.floor(j / 16) % capacity >= rows) expected[j] = untouched
          })
          for (const tile of outputs <= 4 ? [...tiles, narrowTile] : tiles) {
            const actual = product({
              rows,
              depth,
              outputs,
              a,
              b: corner(b, widest, depth, outputs),
              bias,
              floor,
              capacity,
              offset: offsets[i % 3],
              tile,
            })
            expect(bits(actual)).toBe(bits(expected))
          }
        }
      }
    })

    it('stays within the rounding of its chain of the float64 product', () => {
      const actual = product({ rows: most, depth, outputs: widest, a, b, bias, floor: -Infinity })
      for (let r = 0; r < most; r++) {
        for (let c = 0; c < widest; c++) {
          let [exact, magnitude] = [bias[c], Math.abs(bias[c])]
          for (let k = 0; k < depth; k++) {
            const term = a[r * depth + k] * b[k * widest + c]
            exact += term
            magnitude += Math.abs(term)
          }
          const error = Math.abs(actual[(c >> 4) * most * 16 + r * 16 + (c & 15)] - exact)
          expect(error).toBeLessThan((depth + 1) * 2 ** -24 * magnitude * 1.01)
        }
      }
    })
  })

  const shape = { rows: 7, depth: 37, outputs: 33, bias: gaussian(33, 3), floor: -Infinity }
  const a = gaussian(7 * 37, 4)
  const b = gaussian(37 * 33, 5)

  it.each([[[1, 1, 1, 1, 1, 1, 1]], [[2, 5]], [[3, 4]], [[6, 1]]])('has the same bits split as %j', (parts) => {
    expect(bits(product({ ...shape, a, b, parts }))).toBe(bits(product({ ...shape, a, b })))
  })

  it('has the same bits in its two-row and its one-row tile', () => {
    bench.reset()
    const [x, w] = [bench.put(toPanels(a, 7, 37)), bench.put(toPanels(b, 37, 33))]
    const [bias, two, one] = [bench.put(shape.bias), bench.alloc(128), bench.alloc(128)]
    core.rows2x16(two, x + 64, 7 * 64, w, 37, bias, -Infinity)
    core.rows1x16(one, x + 64, 7 * 64, w, 37, bias, -Infinity)
    core.rows1x16(one + 64, x + 128, 7 * 64, w, 37, bias, -Infinity)
    expect(bits(bench.f32(one, 32))).toBe(bits(bench.f32(two, 32)))
    expect(bench.f32(two, 32).every((value) => value !== 0)).toBe(true)
    bench.checkCanaries()
  })

  it('has the bits of a chain that skips exact zeros', () => {
    const next = random(6)
    const sparse = a.map((value) => (next() < 0.8 ? 0 : value))
    const expected = chains(
      madd,
      [7, 37, 33],
      (r, k) => sparse[r * 37 + k],
      (k, c) => b[k * 33 + c],
      true,
    ).map((sum, i) => sum + shape.bias[i % 33])
    expect(bits(product({ ...shape, a: sparse, b }))).toBe(bits(toPanels(expected, 7, 33)))
  })

  it.each([-Infinity, 0])('lets NaN show with floor %d', (floor) => {
    const [row, k, column] = [4, 20, 18]
    const spoil = (values: Float32Array, at: number) => values.map((value, i) => (i === at ? NaN : value))
    const whereNaN = (panels: Float32Array) =>
      Array.from({ length: 7 * 33 }, (_, i) => i).filter((i) => {
        const [r, c] = [Math.floor(i / 33), i % 33]
        return Number.isNaN(panels[(c >> 4) * 112 + r * 16 + (c & 15)])
      })
    const wholeRow = Array.from({ length: 33 }, (_, c) => row * 33 + c)
    const wholeColumn = Array.from({ length: 7 }, (_, r) => r * 33 + column)
    const run = (part: Partial<Product>) => whereNaN(product({ ...shape, a, b, floor, ...part }))
    expect(run({})).toEqual([])
    expect(run({ a: spoil(a, row * 37 + k) })).toEqual(wholeRow)
    expect(run({ b: spoil(b, k * 33 + column) })).toEqual(wholeColumn)
    expect(run({ bias: spoil(shape.bias, column) })).toEqual(wholeColumn)
  })
})

describe.each(variants())('transPanel, $variant', (bench: Bench) => {
  const { core } = bench
  const madd = madds[bench.variant]

  /** Rows [from, to) of the gradient's panel, one row of `untouched` behind them. */
  function gradient(
    x: Float32Array,
    dz: Float32Array,
    inputs: number,
    batch: number,
    [from, to]: readonly [number, number],
    { capacity = batch, offset = 0, tile = 0 } = {},
  ): Float32Array {
    bench.reset()
    const xAt = bench.put(toPanels(x, batch, inputs, capacity), offset)
    const dzAt = bench.put(dz, offset)
    const g = bench.put(new Float32Array((to - from + 1) * 16).fill(untouched), offset)
    core.transPanel(g, xAt, capacity * 64, dzAt, from, to, batch, tile)
    bench.checkCanaries()
    return bench.f32(g, (to - from + 1) * 16).slice()
  }

  describe.each([1, 2, 5, 6, 7, 13, 16, 17, 100])('%d inputs', (inputs) => {
    it.each([1, 2, 31, 32, 33])('%d rows: the bits of one chain, in every range of inputs', (batch) => {
      const x = gaussian(batch * inputs, 7)
      const dz = gaussian(batch * 16, 8)
      const expected = chains(
        madd,
        [inputs, batch, 16],
        (k, row) => x[row * inputs + k],
        (row, c) => dz[row * 16 + c],
      )
      const ends = [...Array(Math.ceil(inputs / 16)).keys()].map((panel) => Math.min(panel * 16 + 16, inputs))
      for (let from = 0; from < inputs; from += 16) {
        for (const to of ends.filter((end) => end > from)) {
          const placed = { capacity: batch + (to % 3), offset: offsets[to % 3] }
          const rows = [...expected.subarray(from * 16, to * 16), ...Array<number>(16).fill(untouched)]
          for (const tile of tiles) {
            const actual = gradient(x, dz, inputs, batch, [from, to], { ...placed, tile })
            expect(bits(actual)).toBe(bits(Float32Array.from(rows)))
          }
          // Of four columns, the others being zero.
          const narrow = (values: ArrayLike<number>) => Float32Array.from(values, (value, i) => (i % 16 < 4 ? value : 0))
          const end = (to - from) * 16
          const actual = gradient(x, narrow(dz), inputs, batch, [from, to], { ...placed, tile: narrowTile })
          expect(bits(actual.subarray(0, end))).toBe(bits(narrow(rows.slice(0, end))))
          expect(bits(actual.subarray(end))).toBe(bits(Float32Array.from(rows.slice(end))))
        }
      }
      for (let k = 0; k < inputs; k++) {
        let [exact, magnitude] = [0, 0]
        for (let row = 0; row < batch; row++) {
          exact += x[row * inputs + k] * dz[row * 16 + 3]
          magnitude += Math.abs(x[row * inputs + k] * dz[row * 16 + 3])
        }
        expect(Math.abs(expected[k * 16 + 3] - exact)).toBeLessThanOrEqual(batch * 2 ** -24 * magnitude * 1.01)
      }
    })
  })

  it('has the same bits in all three tiles', () => {
    const batch = 33
    bench.reset()
    const [x, dz] = [bench.put(gaussian(batch * 16, 7)), bench.put(gaussian(batch * 16, 8))]
    const [six, two, one] = [bench.alloc(384), bench.alloc(384), bench.alloc(384)]
    for (const half of [0, 32]) core.trans6x8(six + half, x + 12, dz + half, batch)
    for (let k = 0; k < 6; k += 2) core.trans2x16(two + k * 64, x + 12 + k * 4, dz, batch)
    for (let k = 0; k < 6; k++) core.trans1x16(one + k * 64, x + 12 + k * 4, dz, batch)
    expect(bits(bench.f32(two, 96))).toBe(bits(bench.f32(six, 96)))
    expect(bits(bench.f32(one, 96))).toBe(bits(bench.f32(six, 96)))
    expect(bench.f32(six, 96).every((value) => value !== 0)).toBe(true)
    bench.checkCanaries()
  })

  it('has the bits of a chain that skips exact zeros', () => {
    const next = random(9)
    const x = gaussian(33 * 17, 7).map((value) => (next() < 0.8 ? 0 : value))
    const dz = gaussian(33 * 16, 8)
    const expected = chains(
      madd,
      [17, 33, 16],
      (k, row) => x[row * 17 + k],
      (row, c) => dz[row * 16 + c],
      true,
    )
    const actual = gradient(x, dz, 17, 33, [0, 17])
    expect(bits(actual.slice(0, 17 * 16))).toBe(bits(expected))
  })
})

describe.each(variants())('columnSums and transposePanel, $variant', (bench: Bench) => {
  const { core } = bench

  it.each([1, 2, 31, 100])('sums each column of %d rows in one chain', (rows) => {
    for (const offset of offsets) {
      bench.reset()
      const values = gaussian(rows * 16, 10)
      const dz = bench.put(values, offset)
      const g = bench.alloc(64, offset)
      core.columnSums(g, dz, rows)
      const expected = new Float32Array(16)
      values.forEach((value, i) => (expected[i % 16] += value))
      expect(bits(bench.f32(g, 16))).toBe(bits(expected))
      bench.checkCanaries()
    }
  })

  it.each([1, 3, 4, 5, 15, 16, 17, 35])('transposes weights of %d inputs; lanes past them are zero', (inputs) => {
    for (const outputs of [1, 2, 3, 4, 10, 16, 17, 47]) {
      bench.reset()
      const values = gaussian(inputs * outputs, 11)
      const panels = toPanels(values, inputs, outputs)
      // Whatever stands in the padding of W must not come through.
      panels.forEach((_, i) => {
        if ((Math.floor(i / (inputs * 16)) << 4) + (i & 15) >= outputs) panels[i] = NaN
      })
      const offset = offsets[outputs % 3]
      const w = bench.put(panels, offset)
      const inputPanels = Math.ceil(inputs / 16)
      const wt = bench.put(new Float32Array(inputPanels * outputs * 16).fill(untouched), offset)
      for (let kp = 0; kp < inputPanels; kp++) {
        core.transposePanel(wt + kp * outputs * 64, w, inputs * 64, kp, inputs, outputs)
      }
      const transposed = Float32Array.from(
        values,
        (_, i) => values[(i % inputs) * outputs + Math.floor(i / inputs)],
      )
      const actual = bench.f32(wt, inputPanels * outputs * 16)
      expect(bits(actual)).toBe(bits(toPanels(transposed, outputs, inputs)))
      bench.checkCanaries()
    }
  })
})
