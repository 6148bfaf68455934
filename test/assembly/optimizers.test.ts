import { describe, expect, it } from 'vitest'
import { gaussian, variants } from './kernels.js'
import type { Bench } from './kernels.js'

/** One element's step in float64: weight, gradient and two slots in, weight and slots out. */
type Step = (w: number, g: number, a: number, b: number, s: number[]) => [w: number, a: number, b: number]

// In the order of `kind`. The scalars are those of the kernels' documentation.
const kinds: { name: string; kernel?: number; scalars: number[]; step: Step }[] = [
  { name: 'sgd', scalars: [0.1], step: (w, g, a, b, [rate]) => [w - rate! * g, a, b] },
  {
    name: 'momentum',
    scalars: [0.1, 0.9],
    step: (w, g, a, b, [rate, mu]) => [w - rate! * (mu! * a + g), mu! * a + g, b],
  },
  {
    name: 'nesterov',
    scalars: [0.1, 0.9],
    step: (w, g, a, b, [rate, mu]) => [w - rate! * (g + mu! * (mu! * a + g)), mu! * a + g, b],
  },
  {
    name: 'rmsprop',
    scalars: [0.1, 1e-3, 0.9],
    step(w, g, a, b, [rate, epsilon, alpha]) {
      const v = alpha! * a + g * g
      return [w - (rate! * g) / (Math.sqrt(v) + epsilon!), v, b]
    },
  },
  {
    name: 'adagrad',
    scalars: [0.1, 1e-3],
    step: (w, g, a, b, [rate, epsilon]) => [w - (rate! * g) / (Math.sqrt(a + g * g) + epsilon!), a + g * g, b],
  },
  {
    name: 'adam',
    scalars: [0.1, 1e-3, 0.9, 0.99, 0.999],
    step(w, g, a, b, [rate, epsilon, beta1, beta2, decay]) {
      const m = beta1! * a + g
      const v = beta2! * b + g * g
      return [decay! * w - (rate! * m) / (Math.sqrt(v) + epsilon!), m, v]
    },
  },
  {
    name: 'nadam',
    scalars: [0.1, 1e-3, 0.9, 0.99, 0.02],
    step(w, g, a, b, [rate, epsilon, beta1, beta2, rateNow]) {
      const m = beta1! * a + g
      const v = beta2! * b + g * g
      return [w - (rate! * m + rateNow! * g) / (Math.sqrt(v) + epsilon!), m, v]
    },
  },
  {
    name: 'rmsprop with momentum',
    scalars: [0.1, 1e-3, 0.9, 0.8],
    step(w, g, a, b, [rate, epsilon, alpha, mu]) {
      const v = alpha! * a + g * g
      const momentum = mu! * b + g / (Math.sqrt(v) + epsilon!)
      return [w - rate! * momentum, v, momentum]
    },
  },
  {
    name: 'adam in a step that flushes and decays nothing',
    kernel: 5,
    scalars: [0.1, 1e-3, 0.9, 0.99, 1, 0, 0, 0],
    step(w, g, a, b, [rate, epsilon, beta1, beta2]) {
      const m = beta1! * a + g
      const v = beta2! * b + g * g
      return [w - (rate! * m) / (Math.sqrt(v) + epsilon!), m, v]
    },
  },
]

const words = (values: number[]) => {
  const out = new Float32Array(8)
  out.set(values)
  if (values.length < 8) out[7] = 1e-30
  return out
}

describe.each(variants())('optimizerStep, $variant', (bench: Bench) => {
  const { core } = bench

  /** Buffers with random contents; slots that a kernel takes for a mean of squares are not negative. */
  function buffers(n: number, offset = 0) {
    bench.reset()
    const w = bench.put(gaussian(n, 1), offset)
    const g = bench.put(gaussian(n, 2), offset)
    const a = bench.put(gaussian(n, 3).map(Math.abs), offset)
    const b = bench.put(gaussian(n, 4).map(Math.abs), offset)
    return { w, g, a, b }
  }

  describe.each(kinds.map((kind, index) => ({ kernel: index, ...kind })))('$name', ({ kernel, scalars, step }) => {
    const flushes = scalars.length < 8

    it.each([
      [16, 0],
      [48, 16],
      [1008, 48],
    ])('follows its formula over %d floats, %d bytes off', (n, offset) => {
      const { w, g, a, b } = buffers(n, offset)
      const before = [w, g, a, b].map((at) => bench.f32(at, n).slice())
      core.optimizerStep(kernel, w, g, a, b, n, bench.put(words(scalars)))
      const rounded = scalars.map(Math.fround)
      for (let i = 0; i < n; i++) {
        const [wi, gi, ai, bi] = before.map((values) => values[i]!) as [number, number, number, number]
        const expected = step(wi, gi, ai, bi, rounded)
        const actual = [w, a, b].map((at) => bench.f32(at, n)[i]!)
        const scale = 1 + Math.abs(wi) + Math.abs(gi) + gi * gi + Math.abs(ai) + Math.abs(bi)
        actual.forEach((value, k) => expect(Math.abs(value - expected[k]!)).toBeLessThan(3e-7 * scale))
      }
      expect(bench.f32(g, n)).toEqual(before[1])
      bench.checkCanaries()
    })

    it('has the same bits however the buffers are split', () => {
      const n = 160
      const run = (parts: number[]) => {
        const { w, g, a, b } = buffers(n)
        const at = bench.put(words(scalars))
        let from = 0
        for (const part of parts) {
          const offset = from * 4
          core.optimizerStep(kernel, w + offset, g + offset, a + offset, b + offset, part, at)
          from += part
        }
        return [w, a, b].map((address) => bench.f32(address, n).slice())
      }
      expect(run([16, 96, 48])).toEqual(run([160]))
    })

    it('keeps padding zero and lets NaN show', () => {
      const { w, g, a, b } = buffers(32)
      for (const at of [w, g, a, b]) bench.f32(at, 16).fill(0)
      bench.f32(g, 32)[20] = NaN
      core.optimizerStep(kernel, w, g, a, b, 32, bench.put(words(scalars)))
      for (const at of [w, a, b]) expect(bench.f32(at, 16)).toEqual(new Float32Array(16))
      expect(bench.f32(w, 32)[20]).toBeNaN()
      // Where two weights share a division, they share a NaN.
      expect(bench.f32(w, 32).filter(Number.isNaN)).toHaveLength(flushes ? 1 : 2)
    })

    it.runIf(flushes)('sets state to zero before it becomes denormal', () => {
      const { w, g, a, b } = buffers(16)
      bench.f32(g, 16).fill(0)
      bench.f32(a, 16).fill(1.01e-30)
      bench.f32(b, 16).fill(1.01e-30)
      const at = bench.put(words(scalars))
      for (let i = 0; i < 3; i++) core.optimizerStep(kernel, w, g, a, b, 16, at)
      const decays = [[], ['a'], ['a'], ['a'], [], ['a', 'b'], ['a', 'b'], ['a', 'b']][kernel]!
      expect(bench.f32(a, 16)[5]).toBe(decays.includes('a') ? 0 : Math.fround(1.01e-30))
      expect(bench.f32(b, 16)[5]).toBe(decays.includes('b') ? 0 : Math.fround(1.01e-30))
    })
  })

  it.each([1, 3, 4])('Adam has the same bits for %i outputs, whose padding it leaves out', (outputs) => {
    bench.reset()
    const rows = 7
    const scalars = bench.put(Float32Array.of(1e-2, 1e-6, 0.9, 0.999, 1, 0, 0, 0))
    const buffers = () =>
      [1, 2, 3, 4].map((seed) => {
        const values = gaussian(rows * 16, seed).map((value, i) => ((i & 15) < outputs ? value : 0))
        return bench.put(seed === 4 ? values.map(Math.abs) : values)
      }) as [number, number, number, number]
    const [whole, narrow] = [buffers(), buffers()]
    core.plainAdamStep(...whole, rows * 16, scalars)
    core.narrowAdamStep(...narrow, rows, scalars)
    for (const k of [0, 2, 3]) {
      expect(bench.i32(narrow[k]!, rows * 16)).toEqual(bench.i32(whole[k]!, rows * 16))
    }
    bench.checkCanaries()
  })

  it('sets weights below 1e-30 to zero in the SGD family', () => {
    for (const kind of [0, 1, 2]) {
      bench.reset()
      const w = bench.put(new Float32Array(16).fill(-9e-31))
      const g = bench.alloc(64)
      core.optimizerStep(kind, w, g, bench.alloc(64), bench.alloc(64), 16, bench.put(words([0.1, 0.9])))
      expect(bench.f32(w, 16).every((value) => value === 0)).toBe(true)
    }
  })
})

describe.each(variants())('adjustGradient, $variant', (bench: Bench) => {
  const { core } = bench

  it.each([
    ['nothing', 0, 0, Infinity, 1, 0],
    ['l1', 0.3, 0, Infinity, 1, 0],
    ['l2', 0, 0.2, Infinity, 1, 0],
    ['scale', 0, 0, Infinity, 0.25, 0],
    ['clip by value', 0, 0, 0.5, 1, 0],
    ['weight decay', 0, 0, Infinity, 1, 0.1],
    ['all, in order', 0.3, 0.2, 0.5, 0.25, 0.1],
  ] as const)('%s', (_name, l1, l2, clip, scale, decay) => {
    for (const [n, offset] of [
      [16, 0],
      [528, 16],
    ] as const) {
      bench.reset()
      const weights = gaussian(n, 5)
      weights[3] = 0
      weights[4] = -0
      const g = bench.put(gaussian(n, 6), offset)
      const w = bench.put(weights, offset)
      const before = bench.f32(g, n).slice()
      core.adjustGradient(g, w, n, l1, l2, clip, scale, decay)
      const after = bench.f32(g, n)
      for (let i = 0; i < n; i++) {
        const regularized = (before[i]! + l1 * Math.sign(weights[i]!) + 2 * l2 * weights[i]!) * scale
        const expected = Math.min(Math.max(regularized, -clip), clip) + decay * weights[i]!
        expect(Math.abs(after[i]! - expected)).toBeLessThan(5e-7 * (1 + Math.abs(before[i]!)))
      }
      expect(bench.f32(w, n)).toEqual(weights)
      bench.checkCanaries()
    }
  })

  it('leaves the bits alone when it has nothing to do, and NaN visible when it clips', () => {
    bench.reset()
    const g = bench.put(gaussian(64, 6))
    const w = bench.put(gaussian(64, 5))
    const before = bench.f32(g, 64).slice()
    core.adjustGradient(g, w, 64, 0, 0, Infinity, 1, 0)
    expect(bench.f32(g, 64)).toEqual(before)
    bench.f32(g, 64)[9] = NaN
    core.adjustGradient(g, w, 64, 0, 0, 1, 1, 0)
    expect(bench.f32(g, 64)[9]).toBeNaN()
  })

  it('has the same bits however the buffers are split', () => {
    const run = (parts: number[]) => {
      bench.reset()
      const g = bench.put(gaussian(160, 6))
      const w = bench.put(gaussian(160, 5))
      let from = 0
      for (const part of parts) {
        core.adjustGradient(g + from * 4, w + from * 4, part, 0.1, 0.2, 1, 0.5, 0.01)
        from += part
      }
      return bench.f32(g, 160).slice()
    }
    expect(run([16, 96, 48])).toEqual(run([160]))
  })
})
