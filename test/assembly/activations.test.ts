import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromPanels, gaussian, random, toPanels, variants } from './kernels.js'
import { bits, erfc, sigmoid, softplus } from './reference.js'

interface Activation {
  kind: number
  name: string
  parameter: number
  /** What backward reads besides dy. */
  from: 'x' | 'y'
  f(x: number): number
  /** f' at x. */
  d(x: number): number
}

const root2Pi = Math.sqrt(2 * Math.PI)
const geluGate = (x: number) => sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))
const geluGateSlope = (x: number) =>
  geluGate(x) * (1 - geluGate(x)) * 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x)
const elu = (alpha: number) => ({
  f: (x: number) => (x > 0 ? x : alpha * Math.expm1(x)),
  d: (x: number) => (x > 0 ? 1 : alpha * Math.exp(x)),
})
const leaky = (slope: number) => ({ f: (x: number) => (x > 0 ? x : slope * x), d: (x: number) => (x > 0 ? 1 : slope) })

const activations: Activation[] = [
  { kind: 0, name: 'linear', parameter: 0, from: 'y', f: (x) => x, d: () => 1 },
  { kind: 1, name: 'relu', parameter: 0, from: 'y', f: (x) => Math.max(x, 0), d: (x) => (x > 0 ? 1 : 0) },
  { kind: 2, name: 'leakyRelu', parameter: 0.25, from: 'y', ...leaky(0.25) },
  { kind: 2, name: 'leakyRelu, slope 0', parameter: 0, from: 'y', ...leaky(0) },
  { kind: 3, name: 'elu', parameter: 1, from: 'y', ...elu(1) },
  { kind: 3, name: 'elu, alpha 1.5', parameter: 1.5, from: 'y', ...elu(1.5) },
  { kind: 4, name: 'sigmoid', parameter: 0, from: 'y', f: sigmoid, d: (x) => sigmoid(x) * sigmoid(-x) },
  { kind: 5, name: 'tanh', parameter: 0, from: 'y', f: Math.tanh, d: (x) => 1 / Math.cosh(x) ** 2 },
  {
    kind: 6,
    name: 'gelu',
    parameter: 0,
    from: 'x',
    f: (x) => (x * erfc(-x / Math.SQRT2)) / 2,
    d: (x) => erfc(-x / Math.SQRT2) / 2 + (x * Math.exp((-x * x) / 2)) / root2Pi,
  },
  {
    kind: 7,
    name: 'geluTanh',
    parameter: 0,
    from: 'x',
    f: (x) => x * geluGate(x),
    d: (x) => geluGate(x) + x * geluGateSlope(x),
  },
  {
    kind: 8,
    name: 'silu',
    parameter: 0,
    from: 'x',
    f: (x) => x * sigmoid(x),
    d: (x) => sigmoid(x) + x * sigmoid(x) * sigmoid(-x),
  },
  { kind: 9, name: 'softplus', parameter: 0, from: 'y', f: softplus, d: sigmoid },
]

/** Inputs over the range where things happen, exact zeros and far tails among them. */
function inputs(n: number): Float32Array {
  const x = gaussian(n, 3, 3)
  x.set([0, -0, 20, -20, 60, -60, 1e-4, -1e-4])
  return x
}

/** Error of f32 values against a float64 reference, relative to 1 or to the reference, whichever is larger. */
function worst(actual: Float32Array, reference: (i: number) => number): number {
  let error = 0
  actual.forEach((value, i) => {
    const expected = reference(i)
    error = Math.max(error, Number.isNaN(value) ? Infinity : Math.abs(value - expected) / Math.max(1, Math.abs(expected)))
  })
  return error
}

const golden = JSON.parse(readFileSync(new URL('../golden/losses.json', import.meta.url), 'utf8')) as {
  activations: { kind: number; parameter: number; x: number[]; dy: number[]; y: number[]; dx: number[] }[]
}

describe.each(variants())('activations, $variant', (bench) => {
  const { core } = bench

  function forward({ kind, parameter }: { kind: number; parameter: number }, x: Float32Array, offset = 0, inPlace = false) {
    bench.reset()
    const from = bench.put(x, offset)
    const to = inPlace ? from : bench.alloc(x.byteLength, offset)
    core.activationForward(kind, to, from, x.length, parameter)
    bench.checkCanaries()
    if (!inPlace) expect(bits(bench.f32(from, x.length))).toBe(bits(x))
    return bench.f32(to, x.length).slice()
  }

  function backward(
    { kind, parameter }: { kind: number; parameter: number },
    dy: Float32Array,
    xOrY: Float32Array,
    offset = 0,
    inPlace = false,
  ) {
    bench.reset()
    const given = bench.put(dy, offset)
    const kept = bench.put(xOrY, offset)
    const to = inPlace ? given : bench.alloc(dy.byteLength, offset)
    core.activationBackward(kind, to, given, kept, dy.length, parameter)
    bench.checkCanaries()
    expect(bits(bench.f32(kept, dy.length))).toBe(bits(xOrY))
    if (!inPlace) expect(bits(bench.f32(given, dy.length))).toBe(bits(dy))
    return bench.f32(to, dy.length).slice()
  }

  describe.each(activations)('$name', (activation) => {
    it.each([16, 32, 48, 160, 4096])('is right for %i floats, forward and backward, at all offsets, in place too', (n) => {
      const x = inputs(n)
      const dy = gaussian(n, 4)
      const y = forward(activation, x)
      expect(worst(y, (i) => activation.f(x[i]!))).toBeLessThan(3e-7)
      const kept = activation.from === 'x' ? x : y
      const dx = backward(activation, dy, kept)
      expect(worst(dx, (i) => dy[i]! * activation.d(x[i]!))).toBeLessThan(1e-6)
      for (const offset of [0, 16, 32, 48]) {
        for (const inPlace of [false, true]) {
          expect(bits(forward(activation, x, offset, inPlace))).toBe(bits(y))
          expect(bits(backward(activation, dy, kept, offset, inPlace))).toBe(bits(dx))
        }
      }
    })

    it('gives a derivative that agrees with differences of the reference', () => {
      for (const x of [-6.3, -2.2, -0.7, -0.01, 0.01, 0.4, 1.9, 5.5]) {
        const step = 1e-5
        expect(activation.d(x)).toBeCloseTo((activation.f(x + step) - activation.f(x - step)) / (2 * step), 8)
      }
    })

    it('stays finite and right far out', () => {
      const x = Float32Array.of(1e30, -1e30, 3e38, -3e38, 1e4, -1e4, 88, -88, 104, -104, 0, 0, 0, 0, 0, 0)
      const y = forward(activation, x)
      expect(y.every(Number.isFinite)).toBe(true)
      expect(worst(y, (i) => activation.f(x[i]!))).toBeLessThan(1e-6)
      const dx = backward(activation, new Float32Array(16).fill(1), activation.from === 'x' ? x : y)
      const near = x.map((v) => Math.min(Math.max(v, -1e4), 1e4))
      expect(worst(dx, (i) => activation.d(near[i]!))).toBeLessThan(1e-6)
    })

    it('keeps a NaN visible in both directions', () => {
      const x = new Float32Array(16).fill(1)
      x[3] = x[8] = NaN
      const isNaNAt = (values: Float32Array) => [...values.keys()].filter((i) => Number.isNaN(values[i]))
      expect(isNaNAt(forward(activation, x))).toEqual([3, 8])
      expect(isNaNAt(backward(activation, x, new Float32Array(16).fill(0.5)))).toEqual([3, 8])
    })
  })

  it('refuses an unknown kind', () => {
    expect(() => forward({ kind: 10, parameter: 0 }, new Float32Array(16))).toThrow(WebAssembly.RuntimeError)
    expect(() => backward({ kind: -1, parameter: 0 }, new Float32Array(16), new Float32Array(16))).toThrow(
      WebAssembly.RuntimeError,
    )
  })

  it.each(golden.activations)('agrees with PyTorch: kind $kind, parameter $parameter', (golden) => {
    const activation = activations.find(({ kind }) => kind === golden.kind)!
    const x = Float32Array.from(golden.x)
    const y = forward(golden, x)
    expect(worst(y, (i) => golden.y[i]!)).toBeLessThan(3e-7)
    const dx = backward(golden, Float32Array.from(golden.dy), activation.from === 'x' ? x : y)
    expect(worst(dx, (i) => golden.dx[i]!)).toBeLessThan(1e-6)
  })
})

describe.each(variants())('softmax, $variant', (bench) => {
  const { core } = bench
  const rows = 7
  const capacity = 9

  function reference(z: Float32Array, columns: number): Float64Array {
    const y = new Float64Array(z.length)
    for (let r = 0; r < z.length; r += columns) {
      const row = z.subarray(r, r + columns)
      const maximum = Math.max(...row)
      const total = row.reduce((sum, v) => sum + Math.exp(v - maximum), 0)
      row.forEach((v, c) => (y[r + c] = Math.exp(v - maximum) / total))
    }
    return y
  }

  /** Runs forward on rows given as splits; padded columns of z hold garbage. */
  function forward(z: Float32Array, columns: number, splits: number[], inPlace: boolean, offset = 0) {
    bench.reset()
    const panels = toPanels(z, rows, columns, capacity)
    const stride = capacity * 64
    const garbage = random(9)
    for (let c = columns; c < Math.ceil(columns / 16) * 16; c++) {
      for (let r = 0; r < rows; r++) panels[(c >> 4) * capacity * 16 + r * 16 + (c & 15)] = c & 1 ? NaN : 100 * garbage()
    }
    const from = bench.put(panels, offset)
    const to = inPlace ? from : bench.alloc(panels.byteLength, offset)
    for (let i = 1; i < splits.length; i++) core.softmaxForward(to, from, stride, splits[i - 1]!, splits[i]!, columns)
    bench.checkCanaries()
    return bench.f32(to, panels.length).slice()
  }

  function backward(dy: Float32Array, y: Float32Array, columns: number, splits: number[], inPlace: boolean, offset = 0) {
    bench.reset()
    const dyPanels = toPanels(dy, rows, columns, capacity)
    const given = bench.put(dyPanels, offset)
    const kept = bench.put(y, offset)
    const to = inPlace ? given : bench.alloc(dyPanels.byteLength, offset)
    for (let i = 1; i < splits.length; i++) {
      core.softmaxBackward(to, given, kept, capacity * 64, splits[i - 1]!, splits[i]!, columns)
    }
    bench.checkCanaries()
    return bench.f32(to, dyPanels.length).slice()
  }

  it.each([1, 2, 3, 8, 9, 10, 15, 16, 17, 31, 47, 64, 100, 1000])('is right for %i columns, any split of rows', (columns) => {
    const z = gaussian(rows * columns, 11, 4)
    const dy = gaussian(rows * columns, 12)
    const expected = reference(z, columns)
    const y = forward(z, columns, [0, rows], false)
    // Unpacked and packed again: what the kernel wrote in padded columns must be zeros.
    expect(bits(toPanels(fromPanels(y, rows, columns, capacity), rows, columns, capacity))).toBe(bits(y))
    expect(worst(fromPanels(y, rows, columns, capacity), (i) => expected[i]!)).toBeLessThan(2e-7)
    const dz = backward(dy, y, columns, [0, rows], false)
    expect(bits(toPanels(fromPanels(dz, rows, columns, capacity), rows, columns, capacity))).toBe(bits(dz))
    expect(
      worst(fromPanels(dz, rows, columns, capacity), (i) => {
        const r = i - (i % columns)
        let dot = 0
        for (let c = 0; c < columns; c++) dot += dy[r + c]! * expected[r + c]!
        return expected[i]! * (dy[i]! - dot)
      }),
    ).toBeLessThan(5e-7)
    for (const splits of [[0, 1, rows], [0, 3, 4, rows]]) {
      for (const offset of [0, 16, 48]) {
        for (const inPlace of [false, true]) {
          expect(bits(forward(z, columns, splits, inPlace, offset))).toBe(bits(y))
          expect(bits(backward(dy, y, columns, splits, inPlace, offset))).toBe(bits(dz))
        }
      }
    }
  })

  it('touches only the rows asked for', () => {
    const columns = 10
    const z = gaussian(rows * columns, 13)
    const y = fromPanels(forward(z, columns, [2, 5], true), rows, columns, capacity)
    const expected = reference(z, columns)
    y.forEach((value, i) => {
      const row = Math.floor(i / columns)
      if (row >= 2 && row < 5) expect(value).toBeCloseTo(expected[i]!, 6)
      else expect(value).toBe(z[i])
    })
  })

  it('keeps far tails exactly zero, large logits finite, and a NaN in its row', () => {
    const columns = 3
    const z = new Float32Array(rows * columns)
    z.set([0, -63, -65, 1e30, 1e30, -1e30, -Infinity, 2, 2, 1, NaN, 3])
    const y = forward(z, columns, [0, rows], false)
    const dense = fromPanels(y, rows, columns, capacity)
    expect(dense[1]).toBeGreaterThan(0)
    expect(dense[2]).toBe(0)
    expect([...dense.subarray(3, 9)]).toEqual([0.5, 0.5, 0, 0, 0.5, 0.5])
    expect([...dense.subarray(9, 12)]).toEqual([NaN, NaN, NaN])
    expect([...dense.subarray(12, 15)]).toEqual([...dense.subarray(15, 18)])
    // Padding stays zero even in the row of NaN.
    expect([...y.subarray(3 * 16 + columns, 4 * 16)]).toEqual(Array(13).fill(0))
  })
})
