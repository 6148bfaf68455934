import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/core/errors.js'
import type { JsonObject } from '../../src/core/state.js'
import {
  heNormal,
  initializerFrom,
  initializerNames,
  normal,
  uniform,
  zeros,
} from '../../src/nn/initializers.js'

describe('initializers', () => {
  // Limits and deviations as PyTorch's nn.init gives them for a layer of 300 inputs and 100 outputs (gain √2 for He).
  it.each([
    ['glorot-uniform', 'uniform', Math.sqrt(6 / 400)],
    ['he-uniform', 'uniform', Math.sqrt(6 / 300)],
    ['lecun-uniform', 'uniform', Math.sqrt(3 / 300)],
    ['glorot-normal', 'normal', Math.sqrt(2 / 400)],
    ['he-normal', 'normal', Math.sqrt(2 / 300)],
    ['lecun-normal', 'normal', Math.sqrt(1 / 300)],
  ])('%s is %s with %d', (name, shape, size) => {
    const drawn = initializerFrom(name).distribution(300, 100)
    expect(drawn.distribution).toBe(shape)
    expect(drawn.mean).toBe(0)
    if (shape === 'uniform') {
      expect(drawn.high).toBeCloseTo(size, 15)
      expect(drawn.low).toBe(-drawn.high)
      expect(drawn.deviation).toBeCloseTo(size / Math.sqrt(3), 15)
    } else expect(drawn.deviation).toBeCloseTo(size, 15)
  })

  it('has fixed ones with their defaults', () => {
    expect(uniform().distribution(3, 4)).toMatchObject({ distribution: 'uniform', low: -0.05, high: 0.05 })
    expect(uniform({ low: 0, high: 2 }).distribution(3, 4)).toMatchObject({ low: 0, high: 2, mean: 1 })
    expect(normal().distribution(3, 4)).toMatchObject({ distribution: 'normal', mean: 0, deviation: 1 })
    expect(normal({ mean: 2, deviation: 0.1 }).distribution(3, 4)).toMatchObject({ mean: 2, deviation: 0.1 })
    expect(zeros().distribution(3, 4)).toMatchObject({ distribution: 'zeros', low: 0, high: 0, deviation: 0 })
  })

  it('is rebuilt by its configuration, name or alias', () => {
    const originals = [...initializerNames.map((name) => initializerFrom(name)), normal({ deviation: 0.3 })]
    for (const original of originals) {
      const again = initializerFrom(JSON.parse(JSON.stringify(original.config())) as JsonObject)
      expect(again.name).toBe(original.name)
      expect(again.distribution(5, 6)).toEqual(original.distribution(5, 6))
      expect(initializerFrom(original)).toBe(original)
    }
    expect(originals.slice(0, -1).map((original) => original.name)).toEqual(initializerNames)
    expect(initializerFrom('random').name).toBe('uniform')
    expect(initializerFrom('xavier-uniform').name).toBe('glorot-uniform')
    expect(initializerFrom('kaiming-normal').name).toBe('he-normal')
    expect(initializerFrom('normal:deviation=0.02').distribution(1, 1).deviation).toBe(0.02)
  })

  it.each<[string, string | JsonObject]>([
    ['zeros, uniform, normal, glorot-uniform', 'ones'],
    ['zeros, uniform', 'valueOf'],
    ['deviation', 'normal:deviation=-1'],
    ['below high', { type: 'uniform', low: 1, high: 1 }],
    ['mean', { type: 'normal', mean: '1' }],
    ['takes the options', 'normal:std=1'],
    ['takes the options', 'he-normal:gain=2'],
  ])('says %s when given %j', (part, from) => {
    expect(() => initializerFrom(from)).toThrow(ArgumentError)
    expect(() => initializerFrom(from)).toThrow(part)
  })

  it('refuses impossible fans', () => {
    expect(() => heNormal().distribution(0, 3)).toThrow(ArgumentError)
    expect(() => heNormal().distribution(3, 1.5)).toThrow('fanOut')
  })
})
