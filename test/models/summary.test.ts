// What a model says that it is made of.
import { describe, expect, it } from 'vitest'
import { dense, dropout, flatten, Layer, NeuralNetwork, Sequential, StateError } from '../../src/index.js'
import type { Graph, Parameter, Value } from '../../src/index.js'

async function summaryOf(layers: ConstructorParameters<typeof Sequential>[0], inputShape: number[]) {
  const model = new Sequential(layers)
  await model.compile({ loss: 'crossentropy', inputShape })
  return model.summary()
}

describe('a summary', () => {
  it('counts layer by layer, and in all', async () => {
    const summary = await summaryOf(
      [
        flatten(),
        dense(128, { activation: { name: 'leaky-relu', slope: 0.2 }, name: 'first' }),
        dropout(0.25),
        dense(64, { activation: 'tanh', useBias: false, trainable: false }),
        dense(10, { activation: 'softmax' }),
      ],
      [28, 28],
    )
    const { memoryBytes, ...rest } = summary
    const [first, second, third] = [784 * 128, 128 * 64, 64 * 10]
    expect(rest).toEqual({
      inputShape: [28, 28],
      layers: [
        {
          name: 'flatten_1',
          type: 'flatten',
          kind: 'flatten',
          outputShape: [784],
          parameters: 0,
          trainable: true,
          operations: 0,
          outputBytes: 4 * 784,
        },
        {
          name: 'first',
          type: 'dense',
          kind: 'dense, 128 units, leaky-relu (slope 0.2)',
          outputShape: [128],
          parameters: first + 128,
          trainable: true,
          operations: 2 * first + 128,
          outputBytes: 512,
        },
        {
          name: 'dropout_1',
          type: 'dropout',
          kind: 'dropout, rate 0.25',
          outputShape: [128],
          parameters: 0,
          trainable: true,
          operations: 0,
          outputBytes: 512,
        },
        {
          name: 'dense_2',
          type: 'dense',
          kind: 'dense, 64 units, tanh',
          outputShape: [64],
          parameters: second,
          trainable: false,
          operations: 2 * second - 64 + 64,
          outputBytes: 256,
        },
        {
          name: 'dense_3',
          type: 'dense',
          kind: 'dense, 10 units, softmax',
          outputShape: [10],
          parameters: third + 10,
          trainable: true,
          operations: 2 * third + 10,
          outputBytes: 40,
        },
      ],
      parameters: first + 128 + second + third + 10,
      trainableParameters: first + 128 + third + 10,
      operations: 2 * (first + second + third) + 128 + 10,
      // The first layer's input needs no gradient, the second layer's weights get none.
      trainingOperations: 2 * (2 * first + 2 * second + 3 * third) + 2 * (128 + 128 + 64 + 10),
      weightBytes: 4 * (first + 128 + second + third + 10),
      optimizerBytes: 8 * (first + 128 + second + third + 10),
      outputBytes: 4 * (784 + 128 + 128 + 64 + 10),
    })
    expect(memoryBytes).toBeGreaterThan(summary.weightBytes + summary.optimizerBytes)
  })

  it('is a table as text', async () => {
    const summary = await summaryOf([dense(8, { activation: 'relu', trainable: false }), dense(3)], [4])
    expect(String(summary)).toBe(`layer    kind                          output  parameters  operations
---------------------------------------------------------------------
input                                  [4]
dense_1  dense, 8 units, relu, frozen  [8]             40          72
dense_2  dense, 3 units                [3]             27          48

parameters  67, of which 40 frozen
operations  0.000120 MFLOP a sample, 0.000224 in training
memory      268 bytes of weights, 536 bytes of optimizer state, 44 bytes of outputs a sample; 64.0 KiB held now`)
  })

  it('tells of layers that users make', async () => {
    class Residual extends Layer {
      readonly type = 'residual'
      override weights([columns]: readonly number[]) {
        const initializer = { distribution: () => ({ distribution: 'zeros' as const }) }
        return [{ role: 'weight', shape: [columns!, columns!], initializer: initializer as never }]
      }
      apply(graph: Graph, x: Value, [weight]: readonly Parameter[]) {
        return graph.add(x, graph.activation(graph.dense(x, weight!), 'relu'))
      }
    }
    const { layers } = await summaryOf([dense(6), new Residual(), dense(2)], [5])
    expect(layers[1]).toMatchObject({ kind: 'residual', parameters: 36, operations: 72 - 6 + 6 + 6 })
  })

  it('is that of an estimator, too', async () => {
    const net = new NeuralNetwork({ hiddenLayers: [3], epochs: 1 })
    expect(() => net.summary()).toThrow(StateError)
    await net.fit([[1, 2], [3, 4]], ['a', 'b']) // prettier-ignore
    expect(net.summary().parameters).toBe(2 * 3 + 3 + 3 * 2 + 2)
    expect(() => new Sequential([dense(1)]).summary()).toThrow(StateError)
  })
})
