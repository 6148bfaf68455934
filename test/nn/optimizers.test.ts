import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/core/errors.js'
import type { JsonObject } from '../../src/core/state.js'
import {
  adam,
  AdamW,
  adamw,
  GradientDescent,
  Momentum,
  Nadam,
  nadam,
  Nesterov,
  nesterov,
  optimizerFrom,
  optimizerNames,
  rmsprop,
  sgd,
} from '../../src/nn/optimizers.js'
import { cosineDecay } from '../../src/nn/schedules.js'
import { gaussian, variants } from '../assembly/kernels.js'

interface Golden {
  start: number[]
  gradients: number[][]
  optimizers: { config: JsonObject; after: { 1: number[]; 10: number[] } }[]
}
const golden = JSON.parse(
  readFileSync(new URL('../golden/optimizers.json', import.meta.url), 'utf8'),
) as Golden

describe.each(variants())('optimizers against PyTorch, $variant', (bench) => {
  it.each(golden.optimizers.map(({ config, after }) => ({ label: JSON.stringify(config), config, after })))(
    '$label',
    ({ config, after }) => {
      bench.reset()
      const optimizer = optimizerFrom(config)
      const n = golden.start.length
      const w = bench.put(golden.start)
      const [g, s1, s2] = [bench.alloc(n * 4), bench.alloc(n * 4), bench.alloc(n * 4)]
      const scalars = bench.alloc(32)
      golden.gradients.forEach((gradient, step) => {
        bench.f32(g, n).set(gradient)
        if (optimizer.weightDecay > 0) {
          bench.core.adjustGradient(g, w, n, 0, 0, Infinity, 1, optimizer.weightDecay)
        }
        const rate = optimizer.learningRateAt(step, { totalSteps: 10, stepsPerEpoch: 10 })
        optimizer.scalars(step + 1, rate, bench.f32(scalars, 8))
        bench.core.optimizerStep(optimizer.kernel, w, g, s1, s2, n, scalars)
        const expected = step === 0 ? after[1] : step === 9 ? after[10] : []
        expected.forEach((value, i) => {
          // Relative to where it came from too: some weights end near zero.
          const size = Math.max(Math.abs(value), Math.abs(golden.start[i]!))
          expect(Math.abs(bench.f32(w, n)[i]! - value) / size).toBeLessThan(1e-6)
        })
      })
      const used = [s1, s2].filter((slot) => bench.f32(slot, n).some((v) => v !== 0))
      expect(used).toHaveLength(optimizer.slots)
      bench.checkCanaries()
    },
  )

  it('moves by exactly the learning rate under a constant gradient, at any step (adam)', () => {
    bench.reset()
    const [w, g] = [bench.alloc(64), bench.put(gaussian(16, 1))]
    const [s1, s2, at] = [bench.alloc(64), bench.alloc(64), bench.alloc(32)]
    const optimizer = adam({ learningRate: 1 })
    for (let step = 1; step <= 3000; step++) {
      optimizer.scalars(step, 1, bench.f32(at, 8))
      bench.core.optimizerStep(optimizer.kernel, w, g, s1, s2, 16, at)
    }
    bench.f32(w, 16).forEach((value, i) => {
      expect(Math.abs(value + 3000 * Math.sign(bench.f32(g, 16)[i]!))).toBeLessThan(0.05)
    })
  })
})

describe('scalars', () => {
  it.each(optimizerNames)('of %s are a function of the step, whatever came before', (name) => {
    const write = (optimizer: ReturnType<typeof optimizerFrom>, step: number) => {
      const out = new Float32Array(10).fill(9)
      optimizer.scalars(step, 0.01, out)
      return Array.from(out)
    }
    const used = optimizerFrom(name)
    for (let step = 1; step < 50; step++) write(used, step)
    for (const step of [17, 1, 1000, 200000, 30]) {
      const fresh = write(optimizerFrom(name), step)
      expect(write(used, step)).toEqual(fresh)
      expect(fresh.every(Number.isFinite)).toBe(true)
      expect(fresh.slice(8)).toEqual([9, 9])
    }
  })

  it('flush tiny state every sixteenth step', () => {
    const flushes = (step: number) => {
      const out = new Float32Array(8)
      optimizerFrom('adam').scalars(step, 0.01, out)
      return out[7]
    }
    expect([15, 16, 17, 32].map(flushes)).toEqual([0, Math.fround(1e-30), 0, Math.fround(1e-30)])
  })

  it('of adamw decay by learningRate · weightDecay; coupled decay is left to adjustGradient', () => {
    const out = new Float32Array(8)
    adamw({ weightDecay: 0.5 }).scalars(1, 0.1, out)
    expect(out[4]).toBe(Math.fround(0.95))
    expect(adamw().weightDecay).toBe(0)
    expect(adamw().decoupledWeightDecay).toBe(0.01)
    adam({ weightDecay: 0.5 }).scalars(1, 0.1, out)
    expect(out[4]).toBe(1)
    expect(adam({ weightDecay: 0.5 }).weightDecay).toBe(0.5)
  })
})

describe('construction', () => {
  it('has the defaults of PyTorch', () => {
    expect(optimizerNames.map((name) => optimizerFrom(name).config())).toEqual([
      { type: 'sgd', learningRate: 0.01, weightDecay: 0 },
      { type: 'momentum', learningRate: 0.01, momentum: 0.9, weightDecay: 0 },
      { type: 'nesterov', learningRate: 0.01, momentum: 0.9, weightDecay: 0 },
      { type: 'rmsprop', learningRate: 0.01, alpha: 0.99, epsilon: 1e-8, momentum: 0, weightDecay: 0 },
      { type: 'adagrad', learningRate: 0.01, epsilon: 1e-10, weightDecay: 0 },
      { type: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
      { type: 'adamw', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
      {
        type: 'nadam',
        learningRate: 0.002,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        momentumDecay: 0.004,
        weightDecay: 0,
      },
    ])
  })

  it('chooses the class by momentum in sgd', () => {
    expect(sgd()).toBeInstanceOf(GradientDescent)
    expect(sgd({ momentum: 0.5 })).toBeInstanceOf(Momentum)
    expect(sgd({ momentum: 0.5, nesterov: true })).toBeInstanceOf(Nesterov)
    expect(sgd({ momentum: 0.5 }).config()).toMatchObject({ type: 'momentum', momentum: 0.5 })
  })

  it('is rebuilt by its configuration', () => {
    const originals = [
      ...optimizerNames.map(optimizerFrom),
      adamw({ weightDecay: 0, clipNorm: 1 }),
      nadam({ momentumDecay: 0, clipValue: 0.5 }),
      rmsprop({ momentum: 0.3 }),
      adam({ learningRate: cosineDecay(0.1, { warmupSteps: 3 }) }),
      nesterov({ weightDecay: 0.1 }),
    ]
    for (const original of originals) {
      const config = JSON.parse(JSON.stringify(original.config())) as JsonObject
      const again = optimizerFrom(config)
      expect(again).toBeInstanceOf(original.constructor)
      expect(again.config()).toEqual(original.config())
      expect([again.kernel, again.slots]).toEqual([original.kernel, original.slots])
      expect(optimizerFrom(original)).toBe(original)
    }
    expect(optimizerFrom('adamw')).toBeInstanceOf(AdamW)
    expect(optimizerFrom('nadam:beta1=0.8')).toBeInstanceOf(Nadam)
    expect(optimizerFrom('nadam:beta1=0.8').config()).toMatchObject({ beta1: 0.8 })
  })

  it('asks its schedule for the learning rate', () => {
    const context = { totalSteps: 10, stepsPerEpoch: 5 }
    expect(adam({ learningRate: 0.5 }).learningRateAt(7, context)).toBe(0.5)
    expect(adam({ learningRate: cosineDecay(0.5) }).learningRateAt(5, context)).toBeCloseTo(0.25, 12)
  })

  it.each<[string, JsonObject]>([
    ['learningRate', { type: 'adam', learningRate: -1 }],
    ['learningRate', { type: 'adam', learningRate: NaN }],
    ['learningRate', { type: 'adam', learningRate: '0.1' }],
    ['beta1', { type: 'adam', beta1: 1 }],
    ['beta2', { type: 'adamw', beta2: -0.1 }],
    ['beta2', { type: 'adam', beta2: 1 - 1e-12 }],
    ['epsilon', { type: 'adam', epsilon: 0 }],
    ['epsilon', { type: 'adagrad', epsilon: -1 }],
    ['alpha', { type: 'rmsprop', alpha: 1 }],
    ['momentum', { type: 'momentum', momentum: 1.5 }],
    ['momentum', { type: 'sgd', momentum: -1 }],
    ['nesterov', { type: 'sgd', nesterov: true }],
    ['momentumDecay', { type: 'nadam', momentumDecay: -1 }],
    ['weightDecay', { type: 'adamw', weightDecay: -0.1 }],
    ['clipValue', { type: 'sgd', clipValue: 0 }],
    ['clipNorm', { type: 'sgd', clipNorm: Infinity }],
    ['beta1, beta2', { type: 'adam', betas: 0.9 }],
    ['sgd, momentum, nesterov, rmsprop, adagrad, adam, adamw, nadam', { type: 'adamax' }],
    ['sgd, momentum', { type: 'toString' }],
    ['a schedule', { type: 'adam', learningRate: { type: 'sine', learningRate: 1 } }],
  ])('says what is wrong with %s in %j', (part, config) => {
    expect(() => optimizerFrom(config)).toThrow(ArgumentError)
    expect(() => optimizerFrom(config)).toThrow(part)
  })
})
