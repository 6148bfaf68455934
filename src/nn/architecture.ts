// Layers from their JSON form and back.
import { ArgumentError } from '../core/errors.js'
import type { JsonObject, LayerConfig } from '../core/state.js'
import { Activation } from './activation.js'
import type { ActivationSpec } from './activations.js'
import { Dense, type DenseOptions } from './dense.js'
import { Dropout } from './dropout.js'
import { Flatten } from './flatten.js'
import { Layer } from './layer.js'

type Build = (config: JsonObject) => Layer

const builders: Record<string, Build> = {
  dense: ({ units, ...options }) => new Dense(units as number, options as DenseOptions),
  activation: ({ activation, ...options }) => new Activation(activation as ActivationSpec, options),
  dropout: ({ rate, ...options }) => new Dropout(rate as number, options),
  flatten: (options) => new Flatten(options),
}

/** What each built-in layer may say of itself. */
const fields: Record<string, readonly string[]> = {
  dense: ['units', 'activation', 'useBias', 'kernelInitializer', 'biasInitializer', 'kernelRegularizer'],
  activation: ['activation'],
  dropout: ['rate'],
  flatten: [],
}
const common = ['type', 'name', 'trainable']

/** Makes a custom layer known, so that models with it can be loaded. */
export function registerLayer(type: string, build: Build): void {
  if (Object.hasOwn(builders, type)) {
    throw new ArgumentError({
      rule: 'each layer type is registered once',
      received: `${type} a second time`,
      remedy: 'choose another name',
    })
  }
  builders[type] = build
}

/** A layer from its JSON form. @throws ArgumentError for an unknown type or field, or a value out of range. */
export function layerFrom(config: unknown): Layer {
  if (config instanceof Layer) return config
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new ArgumentError({
      rule: 'a layer is an object with a type',
      received: JSON.stringify(config),
      remedy: 'write { "type": "dense", "units": 128 }',
    })
  }
  const { type, ...options } = config as LayerConfig
  const build = typeof type === 'string' && Object.hasOwn(builders, type) ? builders[type] : undefined
  if (build === undefined) {
    throw new ArgumentError({
      rule: `a layer's type is one of ${Object.keys(builders).join(', ')}`,
      received: String(type),
      remedy: 'check the spelling, or register a custom layer with registerLayer before',
    })
  }
  const allowed = Object.hasOwn(fields, type) ? [...fields[type]!, ...common] : undefined
  const unknown =
    allowed === undefined ? undefined : Object.keys(options).find((key) => !allowed.includes(key))
  if (unknown !== undefined) {
    throw new ArgumentError({
      rule: `a ${type} layer has the fields ${allowed!.join(', ')}`,
      received: unknown,
      remedy: 'check the spelling',
    })
  }
  return build(options)
}

/** The JSON form of a layer, under the name that the model gave it. */
export function layerConfig(layer: Layer, name: string): LayerConfig {
  const config: LayerConfig = { type: layer.type, name, ...layer.config() }
  if (!layer.trainable) config['trainable'] = false
  return config
}
