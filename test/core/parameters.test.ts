import { describe, expect, it } from 'vitest'
import { Arena } from '../../src/core/arena.js'
import { ShapeError } from '../../src/core/errors.js'
import { paddedLength, ParameterStore, type Parameter } from '../../src/core/parameters.js'
import { fromPanels, gaussian } from '../assembly/kernels.js'

const penalty = { l1: 0, l2: 0 }
const make = () => {
  const shapes = [[3, 5], [5], [17, 33], [33], [1, 16]]
  const parameters = shapes.map((shape, i): Parameter => ({
    name: `p${String(i)}`,
    shape,
    penalty,
    offset: 0,
  }))
  const arena = new Arena(0, false)
  const store = new ParameterStore(arena, parameters)
  const values = parameters.map(({ shape }, i) =>
    gaussian(
      shape.reduce((a, b) => a * b),
      i + 1,
    ),
  )
  parameters.forEach((parameter, i) => {
    store.write(parameter, values[i])
  })
  return { arena, store, parameters, values }
}

describe('parameter store', () => {
  it('keeps every parameter in panels, padded with zeros, and gives it back', () => {
    const { arena, store, parameters, values } = make()
    expect(store.count).toBe(15 + 5 + 17 * 33 + 33 + 16)
    expect(store.floats).toBe(3 * 16 + 16 + 3 * 17 * 16 + 48 + 16)
    parameters.forEach((parameter, i) => {
      expect(store.read(parameter)).toEqual(values[i])
      const [rows, columns] = parameter.shape.length === 1 ? [1, parameter.shape[0]] : parameter.shape
      const raw = arena.f32(store.addressOf(parameter), paddedLength(parameter))
      expect(fromPanels(raw, rows, columns)).toEqual(values[i])
      expect(raw.filter((value) => value === 0)).toHaveLength(raw.length - values[i].length)
    })
  })

  it('refuses values of another length', () => {
    const { store, parameters } = make()
    expect(() => {
      store.write(parameters[0], new Float32Array(14))
    }).toThrow(ShapeError)
  })

  it('goes back to a snapshot with its state, or with the weights alone', () => {
    const { arena, store, parameters, values } = make()
    expect(store.slotDistance(0)).toBe(0)
    store.allocateSlots(2)
    const state = (slot: number) => arena.f32(store.address + store.slotDistance(slot), store.floats)
    expect(state(1).every((value) => value === 0)).toBe(true)
    state(0).fill(1)
    state(1).fill(2)
    const copy = store.snapshot()
    const spoil = () => {
      arena.f32(store.address, store.floats).fill(NaN)
      state(0).fill(3)
      state(1).fill(4)
    }
    spoil()
    store.restore(copy)
    parameters.forEach((parameter, i) => {
      expect(store.read(parameter)).toEqual(values[i])
    })
    expect([state(0).every((v) => v === 1), state(1).every((v) => v === 2)]).toEqual([true, true])
    expect(store.snapshot(copy)).toBe(copy)
    const weights = store.weightsSnapshot()
    spoil()
    store.restoreWeights(weights)
    expect(store.read(parameters[2])).toEqual(values[2])
    expect(state(0)[0]).toBe(3)
    store.allocateSlots(1)
    expect(state(0).every((value) => value === 0)).toBe(true)
    expect(store.slotDistance(1)).toBe(0)
  })
})
