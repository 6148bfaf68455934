import { describe, expect, it } from 'vitest'
import { FormatError, LanewiseError } from '../../src/core/errors.js'
import type { ModelState } from '../../src/core/state.js'
import { decodeModel, encodeModel, type ModelFormat } from '../../src/persist/model.js'
import { expectSame, randomState, seeded } from './states.js'

const formats: ModelFormat[] = ['params', 'safetensors']

describe.each(formats)('a model as %s', (format) => {
  it('comes back with every bit, for 300 random states', () => {
    for (let seed = 0; seed < 300; seed++) {
      const state = randomState(seed)
      expectSame(decodeModel(encodeModel(state, format), 'file'), state)
    }
  })

  it('gives the same bytes when written again', () => {
    const bytes = encodeModel(randomState(11), format)
    expect(encodeModel(decodeModel(bytes, 'file'), format)).toEqual(bytes)
  })

  it('gives a typed error, or a model that can be written again, for 3,000 damaged files', () => {
    const next = seeded(99)
    let refused = 0
    for (let i = 0; i < 3000; i++) {
      const bytes = damage(encodeModel(randomState(i % 50), format), next)
      try {
        const state = decodeModel(bytes, 'file')
        expectSame(decodeModel(encodeModel(state, 'safetensors'), 'file'), state)
      } catch (error) {
        if (!(error instanceof LanewiseError)) throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(1000)
    expect(refused).toBeLessThan(3000)
  })

  it('names the part of a table transform or of target scaling that cannot be', () => {
    const state = randomState(1)
    const refused = (change: (copy: ModelState) => void, rule: RegExp) => {
      const copy: ModelState = { ...structuredClone(state), outputs: { task: 'regression' } }
      copy.preprocessing.table = {
        named: true,
        columns: [
          { name: 'a', kind: 'number', map: { type: 'piecewise', from: [0, 1], to: [0, 1] } },
          { name: 'b', kind: 'category', categories: ['x'], encode: 'one-hot', unseen: 'error' },
        ],
      }
      change(copy)
      const decode = () => decodeModel(encodeModel(copy, format), 'file')
      expect(decode).toThrow(rule)
      expect(decode).toThrow(FormatError)
    }
    const columns = (copy: ModelState) => copy.preprocessing.table!.columns
    refused((copy) => (copy.preprocessing.table!.columns = []), /at least one column/)
    refused((copy) => (columns(copy)[1]!.name = 'a'), /columns\[1\]\.name is text that comes once/)
    refused((copy) => Object.assign(columns(copy)[0]!, { map: { type: 'cube' } }), /linear, log or piecewise/)
    const map = { type: 'piecewise', from: [0, 0], to: [0, 1] }
    refused((copy) => Object.assign(columns(copy)[0]!, { map }), /from is an array of ascending numbers/)
    refused((copy) => Object.assign(columns(copy)[1]!, { impute: 1 }), /impute is the number of a category/)
    refused((copy) => Object.assign(columns(copy)[1]!, { unseen: 'maybe' }), /unseen is error or ignore/)
    refused((copy) => (copy.outputs.target = { center: [0], scale: [0] }), /positive numbers/)
  })

  it('refuses every truncation', () => {
    const bytes = encodeModel(randomState(7), format)
    // The text ends in "}\n": without that last line feed it is still complete.
    const complete = format === 'params' ? bytes.length - 1 : bytes.length
    for (let length = 0; length < complete; length++) {
      expect(() => decodeModel(bytes.subarray(0, length), 'cut.txt')).toThrow(FormatError)
    }
  })

  it('drops __proto__ keys from fields', () => {
    const settings: unknown = JSON.parse('{ "__proto__": { "polluted": 1 }, "kept": 2 }')
    const state = { ...randomState(3), settings: settings as ModelState['settings'] }
    const again = decodeModel(encodeModel(state, format), 'file')
    expect(again.settings).toStrictEqual({ kept: 2 })
    expect('polluted' in again.settings).toBe(false)
  })

  it('refuses settings that are not plain finite data, with their path', () => {
    const withSettings = (value: unknown) =>
      ({ ...randomState(3), settings: { a: [0, { b: value }] } }) as ModelState
    expect(() => encodeModel(withSettings(Infinity), format)).toThrow(
      /received Infinity in settings\.a\[1\]\.b/,
    )
    expect(() => encodeModel(withSettings(new Map()), format)).toThrow(
      /received an object in settings\.a\[1\]\.b/,
    )
    const ring: unknown[] = []
    ring.push(ring)
    expect(() => encodeModel(withSettings(ring), format)).toThrow(/nested at most 64 deep/)
  })

  it('refuses weights that could not be read back', () => {
    const withWeights = (...weights: ModelState['weights']) => ({ ...randomState(3), weights })
    const weight = { name: 'dense_1/weight', shape: [2], data: new Float32Array(2) }
    expect(() => encodeModel(withWeights({ ...weight, shape: [3] }), format)).toThrow(
      /shape of dense_1\/weight multiplies to the length of its data; received shape \[3\] for 2 values/,
    )
    expect(() => encodeModel(withWeights({ ...weight, shape: [] }), format)).toThrow(/for 2 values/)
    expect(() => encodeModel(withWeights(weight, weight), format)).toThrow(/received "dense_1\/weight" twice/)
    expect(() => encodeModel(withWeights({ ...weight, name: '' }), format)).toThrow(/received ""/)
    expect(() => encodeModel(withWeights({ ...weight, name: '__metadata__' }), format)).toThrow(
      /name of its own/,
    )
  })
})

function damage(bytes: Uint8Array, next: () => number): Uint8Array {
  const copy = bytes.slice()
  const kind = next() % 5
  if (kind === 0) return copy.subarray(0, next() % copy.length)
  if (kind === 1)
    return Uint8Array.of(...copy, ...Array.from({ length: (next() % 9) + 1 }, () => next() & 255))
  if (kind === 2) {
    // Huge or wrong sizes: digits become nines, and the length at the front anything.
    const at = next() % copy.length
    for (let i = at; i < Math.min(at + 40, copy.length); i++) if (copy[i] >= 48 && copy[i] < 58) copy[i] = 57
    if (next() % 2 === 0) copy[next() % 8] = next() & 255
    return copy
  }
  if (kind === 3) {
    const from = next() % copy.length
    copy.copyWithin(next() % copy.length, from, from + (next() % 50))
    return copy
  }
  for (let flips = (next() % 4) + 1; flips > 0; flips--) copy[next() % copy.length] ^= 1 << (next() % 8)
  return copy
}

it('names what is neither format', () => {
  expect(() => decodeModel(new Uint8Array(0), 'a.txt')).toThrow(/^a\.txt: .*received an empty file/)
  expect(() => decodeModel(new TextEncoder().encode('PK\u0003\u0004 and so on'), 'a.npz')).toThrow(
    /^a\.npz: a model file is params\.txt \(JSON\) or safetensors/,
  )
})
