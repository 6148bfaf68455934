import { describe, expect, it } from 'vitest'
import { ShapeError, StateError } from '../../src/core/errors.js'
import { Graph } from '../../src/core/graph.js'
import type { Parameter } from '../../src/core/parameters.js'

const weight = (...shape: number[]): Parameter => ({ name: 'w', shape, penalty: { l1: 0, l2: 0 }, offset: 0 })

describe('graph', () => {
  it('records which kernel makes which value from which', () => {
    const graph = new Graph([2, 3])
    graph.layer = 'first'
    const flat = graph.reshape(graph.input, [6])
    const z = graph.dense(flat, weight(6, 4), weight(4))
    graph.layer = 'second'
    const y = graph.add(graph.softmax(z), graph.dropout(graph.activation(z, 'elu', 0.5), 0.25))
    expect(graph.nodes.map(({ kind, layer }) => `${layer} ${kind}`)).toEqual([
      'first reshape',
      'first dense',
      'second softmax',
      'second activation',
      'second dropout',
      'second add',
    ])
    expect([y.shape, y.columns, y.producer?.inputs[0].producer?.kind]).toEqual([[4], 4, 'softmax'])
    expect(new Set([graph.input, ...graph.nodes.map(({ output }) => output)].map(({ id }) => id)).size).toBe(
      7,
    )
    expect(graph.nodes[3]).toMatchObject({ activation: 'elu', parameter: 0.5, inputs: [z] })
  })

  it('gives dropouts different masks, and needs no node for the identity', () => {
    const graph = new Graph([4])
    const [a, b] = [graph.dropout(graph.input, 0.5), graph.dropout(graph.input, 0.5)]
    const salts = [a, b].map(({ producer }) => (producer?.kind === 'dropout' ? producer.salt : undefined))
    expect(salts[0]).not.toBe(salts[1])
    expect(graph.dropout(a, 0)).toBe(a)
    expect(graph.activation(a, 'linear')).toBe(a)
  })

  it('says what does not fit, and where', () => {
    const graph = new Graph([2, 3])
    graph.layer = 'here'
    expect(() => graph.dense(graph.input, weight(6, 4))).toThrow(ShapeError)
    expect(() => graph.dense(graph.input, weight(6, 4))).toThrow(
      'here: a dense product takes rows of 6 numbers',
    )
    const flat = graph.reshape(graph.input, [6])
    expect(() => graph.dense(flat, weight(5, 4))).toThrow(ShapeError)
    expect(() => graph.add(flat, graph.input)).toThrow('[6] and [2, 3]')
    expect(() => graph.reshape(flat, [5])).toThrow('here: a reshape keeps the number of elements')
    const square = weight(6, 6)
    const once = graph.dense(flat, square)
    expect(() => graph.dense(once, square)).toThrow(StateError)
  })
})
