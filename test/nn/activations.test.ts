import { describe, expect, it } from 'vitest'
import { activation, ArgumentError, dense, Graph, Sequential } from '../../src/index.js'
import {
  activationConfig,
  activationFrom,
  activationNames,
  applyActivation,
} from '../../src/nn/activations.js'
import type { ActivationSpec } from '../../src/nn/activations.js'
import { checkGradients, denseOf, formulas, map, randomRows, rowLosses, softmaxOf } from './reference.js'
import type { Rows } from './reference.js'

const specs: [label: string, spec: ActivationSpec, apply: (x: Rows) => Rows][] = [
  ...Object.entries(formulas).map(([name, f]): (typeof specs)[number] => [
    name,
    name,
    (x: Rows) => map(x, f),
  ]),
  [
    'leaky-relu of slope 0.3',
    { name: 'leaky-relu', slope: 0.3 },
    (x) => map(x, (v) => (v > 0 ? v : 0.3 * v)),
  ],
  ['leaky-relu of slope 0', { name: 'leaky-relu', slope: 0 }, (x) => map(x, (v) => Math.max(0, v))],
  [
    'elu of alpha 0.4',
    { name: 'elu', alpha: 0.4 },
    (x) => map(x, (v) => (v > 0 ? v : 0.4 * (Math.exp(v) - 1))),
  ],
  ['softmax', 'softmax', softmaxOf],
]

const x = randomRows(5, 7, 1)
const target = randomRows(5, 3, 2)
const common = {
  x,
  target,
  y: target,
  loss: 'mse',
  rowLoss: rowLosses.mse(),
  reference: () => [] as Rows,
}

describe.each(['strict', 'fast'] as const)('the gradient through %s', (numerics) => {
  it.each(specs)("%s as a hidden layer's activation", async (_, activation, apply) => {
    await checkGradients({
      ...common,
      numerics,
      layers: [dense(17, { activation }), dense(3)],
      reference: ([w1, b1, w2, b2], rows) => denseOf(apply(denseOf(rows, w1, b1)), w2, b2),
    })
  })

  it.each(specs)('%s as a layer of its own, and after another activation', async (_, spec, apply) => {
    await checkGradients({
      ...common,
      numerics,
      layers: [dense(18), activation(spec), activation('tanh'), dense(3)],
      reference: ([w1, b1, w2, b2], rows) => denseOf(map(apply(denseOf(rows, w1, b1)), Math.tanh), w2, b2),
    })
  })

  it.each(specs)('%s at the output', async (_, activation, apply) => {
    await checkGradients({
      ...common,
      numerics,
      layers: [dense(3, { activation })],
      reference: ([w, b], rows) => apply(denseOf(rows, w, b)),
    })
  })
})

it.each(specs)('the output of %s is that of its formula', async (_, spec, apply) => {
  const model = new Sequential([activation(spec)])
  await model.compile({ loss: 'mse', inputShape: [7] })
  const expected = apply(x)
  ;(await model.predict(x)).forEach((row, r) => {
    row.forEach((value, c) => {
      expect(Math.abs(value - expected[r][c])).toBeLessThan(1e-6)
    })
  })
})

describe('names of activations', () => {
  it('are the known ones, with aliases in any spelling', () => {
    expect(activationNames).toEqual([...Object.keys(formulas), 'softmax'])
    const canonical = (name: string) => activationFrom(name).name
    expect(['swish', 'identity', 'leaky_relu', 'LeakyReLU', 'gelu_tanh', 'GELU'].map(canonical)).toEqual([
      'silu',
      'linear',
      'leaky-relu',
      'leaky-relu',
      'gelu-tanh',
      'gelu',
    ])
  })

  it('come back from their configuration', () => {
    for (const [, spec] of specs) {
      const checked = activationFrom(spec)
      expect(activationFrom(activationConfig(checked) as ActivationSpec)).toEqual(checked)
    }
    expect(activationConfig(activationFrom('elu'))).toEqual({ name: 'elu', alpha: 1 })
    expect(activationConfig(activationFrom('relu'))).toBe('relu')
  })

  it('add no kernel for linear', () => {
    const graph = new Graph([4])
    expect(applyActivation(graph, graph.input, activationFrom('linear'))).toBe(graph.input)
    expect(graph.nodes).toHaveLength(0)
  })

  it.each<[string, ActivationSpec]>([
    ['an activation is one of linear, relu', 'rellu'],
    ['received toString', 'toString'],
    ['received undefined', {} as ActivationSpec],
    ['slope of leaky-relu is a non-negative', { name: 'leaky-relu', slope: -0.1 }],
    ['slope of leaky-relu', { name: 'leaky-relu', slope: NaN }],
    ['alpha of elu is a positive', { name: 'elu', alpha: 0 }],
  ])('are refused with "%s"', (message, spec) => {
    expect(() => activationFrom(spec)).toThrow(ArgumentError)
    expect(() => activationFrom(spec)).toThrow(message)
    expect(() => dense(3, { activation: spec })).toThrow(message)
  })
})
