// Random model states and a seeded generator for the tests of persistence.
import { expect } from 'vitest'
import type { Json, JsonObject, ModelState, TableTransform } from '../../src/core/state.js'
import type { NamedTensor } from '../../src/core/tensor.js'

/** Integers from 0 to 2³² − 1, the same for the same seed (a counter through the finalizer of MurmurHash3). */
export function seeded(seed: number): () => number {
  let counter = seed >>> 0
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0
    let h = counter
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
    return (h ^ (h >>> 16)) >>> 0
  }
}

const texts = [
  '',
  'plain',
  'é 漢 😀',
  '"quoted" \\ \n \u0000',
  '\ud800 alone',
  '__proto__',
  'constructor',
  '7',
]
const edges = [
  0, -0, 1e-45, -1e-45, 1.1754944e-38, 1.1754942e-38, 3.4028235e38, -3.4028235e38, 1, 0.1, 1e-13, 1e22,
]
const kinds = ['sequential', 'neural-network', 'logistic-regression', 'linear-regression'] as const

/** A state with weights of all magnitudes: random bits (finite), edges, and values like real weights. */
export function randomState(seed: number): ModelState {
  const next = seeded(seed)
  const below = (n: number) => next() % n
  const shapes = [[], [1], [below(9) + 1], [below(5) + 1, below(40) + 1], [2, below(3) + 1, below(4) + 1, 3]]
  const weights = shapes.slice(0, below(shapes.length + 1)).map((shape, i): NamedTensor => {
    const size = shape.reduce((product, dimension) => product * dimension, 1)
    const data = Float32Array.from({ length: size }, () => randomFloat(next))
    return {
      name: i === 3 ? '__proto__' : `dense_${String(i)}/weight ${texts[below(texts.length)]}`,
      shape,
      data,
    }
  })
  const classes = Array.from({ length: below(4) }, (_, i) =>
    i % 2 === 0 ? texts[below(texts.length)] : i - 0.5,
  )
  const state: ModelState = {
    version: 1,
    kind: kinds[below(4)],
    architecture: {
      version: 1,
      layers: [{ type: 'dense', units: below(9), name: texts[below(texts.length)] }],
    },
    weights,
    preprocessing: { scale: Array.from({ length: below(3) + 1 }, () => randomDouble(next)), shift: [-0] },
    outputs: below(2) === 0 ? { task: 'regression' } : { task: 'classification', classes },
    settings: randomObject(next, 3),
  }
  if (below(2) === 0) state.architecture.inputShape = [below(9) + 1, 28]
  if (below(2) === 0) state.preprocessing.table = randomTable(next)
  if (state.outputs.task === 'regression' && below(2) === 0)
    state.outputs.target = { center: [randomDouble(next)], scale: [0.1 + below(9)] }
  return state
}

/** A column of each kind and map. */
function randomTable(next: () => number): TableTransform {
  const knots = Array.from({ length: 1 + (next() % 5) }, (_, i) => i + (next() % 9) / 10)
  return {
    named: next() % 2 === 0,
    columns: [
      {
        name: texts[next() % 4]!,
        kind: 'number',
        map: { type: 'linear', center: randomDouble(next), scale: 0.1 },
      },
      {
        name: 'log',
        kind: 'number',
        impute: randomDouble(next),
        map: { type: 'log', center: -0, scale: -3 },
      },
      {
        name: '__proto__',
        kind: 'number',
        indicator: true,
        map: { type: 'piecewise', from: knots, to: knots.map(() => randomDouble(next)) },
      },
      { name: 'words', kind: 'category', categories: texts, encode: 'one-hot', unseen: 'ignore', impute: 7 },
      {
        name: 'sizes',
        kind: 'category',
        categories: ['s', 'm'],
        encode: 'ordinal',
        map: { type: 'linear', center: 1, scale: 2 },
        unseen: 'error',
      },
    ],
  }
}

function randomFloat(next: () => number): number {
  const choice = next() % 4
  if (choice === 0) return edges[next() % edges.length]
  if (choice === 1) return Math.fround((next() / 2 ** 32 - 0.5) / 8)
  const bits = new Uint32Array([next()])
  const [value] = new Float32Array(bits.buffer)
  return Number.isFinite(value) ? value : 0.25
}

function randomDouble(next: () => number): number {
  const [value] = new Float64Array(new Uint32Array([next(), next()]).buffer)
  return Number.isFinite(value) ? value : -0
}

function randomObject(next: () => number, depth: number): JsonObject {
  const keys = ['a', 'é', 'nested', '0', 'constructor'].slice(0, next() % 6)
  return Object.fromEntries(keys.map((key) => [key, randomJson(next, depth)]))
}

function randomJson(next: () => number, depth: number): Json {
  const choice = next() % (depth > 0 ? 7 : 5)
  if (choice === 0) return null
  if (choice === 1) return next() % 2 === 0
  if (choice === 2) return randomDouble(next)
  if (choice === 3) return texts[next() % texts.length]
  if (choice === 4) return -0
  if (choice === 5) return randomObject(next, depth - 1)
  return Array.from({ length: next() % 4 }, () => randomJson(next, depth - 1))
}

/** The bits of float32 values, which tell −0 from 0. */
export function bitsOf(data: Float32Array): number[] {
  return [...new Uint32Array(data.slice().buffer)]
}

/** Asserts that two states are the same; `toEqual` tells −0 from 0 in the fields, weights are compared by their bits. */
export function expectSame(received: ModelState, expected: ModelState): void {
  const plain = ({ weights, ...fields }: ModelState) => ({
    ...fields,
    weights: weights.map(({ name, shape, data }) => ({ name, shape, bits: bitsOf(data) })),
  })
  expect(plain(received)).toEqual(plain(expected))
}
