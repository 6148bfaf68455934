import { describe, expect, it } from 'vitest'
import {
  activation,
  ArgumentError,
  dense,
  dropout,
  flatten,
  Layer,
  registerLayer,
  Sequential,
  type Graph,
  type Value,
} from '../../src/index.js'
import { layerConfig, layerFrom } from '../../src/nn/architecture.js'

/** Adds its input to itself. */
class Doubling extends Layer {
  readonly type = 'doubling'
  override apply(graph: Graph, x: Value): Value {
    return graph.add(x, x)
  }
}

describe('the JSON form of layers', () => {
  const layers = [
    flatten(),
    dense(5, {
      activation: { name: 'leaky-relu', slope: 0.2 },
      useBias: false,
      kernelInitializer: { type: 'he-normal' },
      kernelRegularizer: { l1: 0.1, l2: 0.2 },
      name: 'first',
      trainable: false,
    }),
    activation({ name: 'elu', alpha: 2 }),
    dropout(0.25),
    dense(3, { activation: 'softmax' }),
  ]

  it('rebuilds every layer, through text', () => {
    for (const layer of layers) {
      const config = layerConfig(layer, layer.name ?? 'any')
      const again = layerFrom(JSON.parse(JSON.stringify(config)))
      expect(again).toBeInstanceOf(layer.constructor)
      expect(layerConfig(again, 'any')).toEqual({ ...config, name: 'any' })
      expect([again.name, again.trainable]).toEqual([layer.name ?? 'any', layer.trainable])
    }
  })

  it('says everything that was chosen', () => {
    expect(layerConfig(layers[1], 'first')).toEqual({
      type: 'dense',
      name: 'first',
      units: 5,
      activation: { name: 'leaky-relu', slope: 0.2 },
      useBias: false,
      kernelInitializer: { type: 'he-normal' },
      biasInitializer: { type: 'zeros' },
      kernelRegularizer: { l1: 0.1, l2: 0.2 },
      trainable: false,
    })
  })

  it('is that of a model, with the names it gave and its input shape', async () => {
    const model = new Sequential(layers)
    expect(model.architecture().layers.map(({ name }) => name)).toEqual([
      undefined,
      'first',
      undefined,
      undefined,
      undefined,
    ])
    await model.compile({ loss: 'crossentropy', inputShape: [2, 4] })
    const architecture = model.architecture()
    expect(architecture).toMatchObject({ version: 1, inputShape: [2, 4] })
    expect(architecture.layers.map(({ name }) => name)).toEqual([
      'flatten_1',
      'first',
      'activation_1',
      'dropout_1',
      'dense_2',
    ])
    const again = new Sequential(architecture.layers)
    await again.compile({ loss: 'crossentropy', inputShape: [2, 4] })
    expect(again.weights()).toEqual(model.weights())
  })

  it('knows custom layers once they are registered', async () => {
    expect(() => layerFrom({ type: 'doubling' })).toThrow('registerLayer')
    registerLayer('doubling', (options) => new Doubling(options))
    const model = new Sequential([{ type: 'doubling', name: 'twice' }])
    await model.compile({ loss: 'mse', inputShape: [3] })
    expect(Array.from((await model.predict([[1, 2, 3]])).data)).toEqual([2, 4, 6])
    expect(layerConfig(layerFrom(model.architecture().layers[0]), 'x').type).toBe('doubling')
    expect(() => {
      registerLayer('doubling', () => new Doubling())
    }).toThrow(ArgumentError)
    expect(() => {
      registerLayer('dense', () => new Doubling())
    }).toThrow('dense a second time')
  })

  it.each<[string, unknown]>([
    ["a layer's type is one of dense, activation, dropout, flatten", { type: 'conv' }],
    ["a layer's type is one of", { type: '__proto__' }],
    ["a layer's type is one of", {}],
    ['a layer is an object with a type', 'dense'],
    ['a layer is an object', null],
    ['a layer is an object', [{ type: 'dense' }]],
    ['a dense layer has the fields units, activation', { type: 'dense', units: 3, activations: 'relu' }],
    ['the units of a dense layer', { type: 'dense' }],
    ['a dropout rate', { type: 'dropout' }],
    ['an activation is one of', { type: 'activation' }],
    ['an activation is one of', { type: 'dense', units: 3, activation: 5 }],
  ])('is refused with "%s" for %j', (message, config) => {
    expect(() => layerFrom(config)).toThrow(ArgumentError)
    expect(() => layerFrom(config)).toThrow(message)
  })
})
