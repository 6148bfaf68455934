import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/core/errors.js'
import type { JsonObject } from '../../src/core/state.js'
import {
  constant,
  cosineDecay,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  polynomialDecay,
  scheduleFrom,
  scheduleNames,
  stepDecay,
} from '../../src/nn/schedules.js'

const golden = JSON.parse(readFileSync(new URL('../golden/optimizers.json', import.meta.url), 'utf8')) as {
  schedules: { spec: string; rates: number[] }[]
}

const context = { totalSteps: 20, stepsPerEpoch: 5 }

describe('schedules against PyTorch', () => {
  it.each(golden.schedules)('$spec', ({ spec, rates }) => {
    const schedule = scheduleFrom(spec, 0.1)
    // CosineAnnealingLR works by recurrence, which gathers rounding errors.
    rates.forEach((rate, step) => expect(Math.abs(schedule.at(step, context) - rate)).toBeLessThan(1e-15))
  })
})

describe('schedules by their formulas', () => {
  it('constant', () => {
    expect(constant(0.3).at()).toBe(0.3)
  })

  it('step drops after each third of the run unless told otherwise', () => {
    const rates = [0, 6, 7, 13, 14, 19].map((step) => stepDecay(1).at(step, context))
    ;[1, 1, 0.1, 0.1, 0.01, 0.01].forEach((rate, i) => expect(rates[i]).toBeCloseTo(rate, 15))
  })

  it('exponential and inverse-time, smooth and in stairs (Keras)', () => {
    const smooth = exponentialDecay(2, { decaySteps: 10, decayRate: 0.5 })
    const stairs = exponentialDecay(2, { decaySteps: 10, decayRate: 0.5, staircase: true })
    expect(smooth.at(5, context)).toBeCloseTo(2 * Math.sqrt(0.5), 14)
    expect([stairs.at(9, context), stairs.at(10, context), stairs.at(29, context)]).toEqual([2, 1, 0.5])
    expect(exponentialDecay(2).at(20, context)).toBeCloseTo(0.2, 14)
    const inverse = inverseTimeDecay(2, { decayEpochs: 2, decayRate: 3 })
    expect(inverse.at(5, context)).toBe(2 / (1 + 3 * 0.5))
    const steps = inverseTimeDecay(2, { decaySteps: 10, decayRate: 3, staircase: true })
    expect([steps.at(9, context), steps.at(25, context)]).toEqual([2, 2 / 7])
    expect(inverseTimeDecay(2).at(20, context)).toBe(1)
  })

  it('polynomial ends at its end and stays there', () => {
    const schedule = polynomialDecay(1, { end: 0.2, power: 2, decaySteps: 10 })
    expect(schedule.at(0, context)).toBe(1)
    expect(schedule.at(5, context)).toBeCloseTo(0.4, 15)
    expect([10, 11, 1000].map((step) => schedule.at(step, context))).toEqual([0.2, 0.2, 0.2])
  })

  it('cosine warms up in a straight line and decays over the rest (Keras)', () => {
    const schedule = cosineDecay(1, { warmupEpochs: 1, warmupStart: 0.5, end: 0.1 })
    expect([0, 1, 4].map((step) => schedule.at(step, context))).toEqual([0.5, 0.6, 0.9])
    expect(schedule.at(5, context)).toBe(1)
    for (const step of [6, 12, 19, 20]) {
      const share = (step - 5) / 15
      expect(schedule.at(step, context)).toBeCloseTo(0.1 + 0.45 * (1 + Math.cos(Math.PI * share)), 14)
    }
    expect(schedule.at(500, context)).toBe(0.1)
    expect(cosineDecay(1, { warmupSteps: 4 }).at(0, context)).toBe(0)
    expect(cosineDecay(1, { warmupSteps: 4, decaySteps: 8 }).at(12, context)).toBe(0)
  })

  it('one-cycle peaks at its learning rate and ends at its last', () => {
    const schedule = oneCycle(1)
    expect(schedule.at(0, context)).toBeCloseTo(0.04, 15)
    expect(schedule.at(5, context)).toBe(1)
    expect(schedule.at(19, context)).toBeCloseTo(4e-6, 18)
    expect(schedule.at(400, context)).toBe(schedule.at(19, context))
  })

  it('all give finite rates for runs of one step', () => {
    for (const name of scheduleNames) {
      const rate = scheduleFrom(name, 0.1).at(0, { totalSteps: 1, stepsPerEpoch: 1 })
      expect(rate > 0 && rate <= 0.1, name).toBe(true)
    }
  })
})

describe('scheduleFrom', () => {
  it('rebuilds a schedule from its configuration', () => {
    const originals = [
      constant(0.2),
      stepDecay(0.2, { factor: 0.3, decayEpochs: 4 }),
      exponentialDecay(0.2, { decayRate: 0.4, staircase: true }),
      inverseTimeDecay(0.2, { decaySteps: 7 }),
      polynomialDecay(0.2, { end: 0.01, power: 3 }),
      cosineDecay(0.2, { end: 0.01, warmupSteps: 3, warmupStart: 0.1, decaySteps: 12 }),
      oneCycle(0.2, { warmupShare: 0.5, divFactor: 5, finalDivFactor: 50 }),
    ]
    for (const original of originals) {
      const again = scheduleFrom(JSON.parse(JSON.stringify(original.config())) as JsonObject)
      expect(again).toBeInstanceOf(original.constructor)
      for (let step = 0; step < 25; step++) expect(again.at(step, context)).toBe(original.at(step, context))
      expect(scheduleFrom(original)).toBe(original)
    }
    expect(originals.map((schedule) => schedule.type)).toEqual(scheduleNames)
  })

  it('reads text, with the base rate from outside or inside', () => {
    expect(scheduleFrom('cosine:warmup-steps=5,end=1e-3', 0.1).config()).toEqual({
      type: 'cosine',
      learningRate: 0.1,
      warmupSteps: 5,
      end: 0.001,
    })
    expect(scheduleFrom('exponential:learningRate=2,staircase=true', 0.1).config()).toEqual({
      type: 'exponential',
      learningRate: 2,
      staircase: true,
    })
  })

  it.each<[string, string, number | undefined]>([
    ['constant, step, exponential', 'sine', 0.1],
    ['constant, step', 'constructor', 0.1],
    ['learningRate', 'cosine', undefined],
    ['learningRate', 'cosine', -1],
    ['decaySteps', 'cosine:decaySteps=0', 0.1],
    ['not both', 'cosine:decaySteps=3,decayEpochs=2', 0.1],
    ['not both', 'cosine:warmupSteps=3,warmupEpochs=2', 0.1],
    ['factor', 'step:factor=0', 0.1],
    ['decayRate', 'exponential:decayRate=-1', 0.1],
    ['staircase', 'exponential:staircase=1', 0.1],
    ['power', 'polynomial:power=zero', 0.1],
    ['warmupShare', 'one-cycle:warmupShare=2', 0.1],
    ['divFactor', 'one-cycle:divFactor=0', 0.1],
    ['takes the options', 'step:gamma=0.5', 0.1],
    ['takes the options', 'constant:end=0.5', 0.1],
    ['key=value', 'step:0.5', 0.1],
  ])('says %s when given %s', (part, spec, rate) => {
    expect(() => scheduleFrom(spec, rate)).toThrow(ArgumentError)
    expect(() => scheduleFrom(spec, rate)).toThrow(part)
  })
})
