// The dense layer: y = activation(x · W + b).
import type { Graph, Value } from '../core/graph.js'
import type { Parameter, Penalty } from '../core/parameters.js'
import type { JsonObject } from '../core/state.js'
import { ShapeError } from '../core/errors.js'
import {
  activationConfig,
  activationFrom,
  applyActivation,
  type Activation,
  type ActivationSpec,
} from './activations.js'
import { initializerFrom, type Initializer } from './initializers.js'
import { Layer, requireCount, type LayerOptions, type WeightSpec } from './layer.js'
import { penaltyFrom, type RegularizerSpec } from './regularizers.js'

export interface DenseOptions extends LayerOptions {
  /** Default `linear`. */
  activation?: ActivationSpec
  /** Default true. */
  useBias?: boolean
  /** Default `glorot-uniform`. */
  kernelInitializer?: Parameters<typeof initializerFrom>[0]
  /** Default `zeros`. */
  biasInitializer?: Parameters<typeof initializerFrom>[0]
  /** Penalty on W (not on b), added to the loss; default none. */
  kernelRegularizer?: RegularizerSpec
}

export class Dense extends Layer {
  readonly type = 'dense'
  readonly units: number
  readonly activation: Activation
  readonly useBias: boolean
  readonly kernelInitializer: Initializer
  readonly biasInitializer: Initializer
  readonly penalty: Penalty

  constructor(units: number, options: DenseOptions = {}) {
    super(options)
    this.units = requireCount(units, 'the units of a dense layer')
    this.activation = activationFrom(options.activation ?? 'linear')
    this.useBias = options.useBias ?? true
    this.kernelInitializer = initializerFrom(options.kernelInitializer ?? 'glorot-uniform')
    this.biasInitializer = initializerFrom(options.biasInitializer ?? 'zeros')
    this.penalty = penaltyFrom(options.kernelRegularizer)
  }

  override weights(inputShape: readonly number[]): WeightSpec[] {
    const [inputs, ...more] = inputShape
    if (inputs === undefined || more.length > 0) {
      throw new ShapeError({
        rule: 'a dense layer takes samples that are rows of numbers',
        received: `samples of shape [${inputShape.join(', ')}]`,
        remedy: 'put flatten() before it',
      })
    }
    const weight: WeightSpec = {
      role: 'weight',
      shape: [inputs, this.units],
      initializer: this.kernelInitializer,
      penalty: this.penalty,
    }
    if (!this.useBias) return [weight]
    return [weight, { role: 'bias', shape: [this.units], initializer: this.biasInitializer }]
  }

  override apply(graph: Graph, x: Value, [weight, bias]: readonly Parameter[]): Value {
    return applyActivation(graph, graph.dense(x, weight!, bias), this.activation)
  }

  override config(): JsonObject {
    return {
      units: this.units,
      activation: activationConfig(this.activation),
      useBias: this.useBias,
      kernelInitializer: this.kernelInitializer.config(),
      biasInitializer: this.biasInitializer.config(),
      kernelRegularizer: { l1: this.penalty.l1, l2: this.penalty.l2 },
    }
  }
}

/** A dense layer of `units` outputs: y = activation(x · W + b), W `[in, units]`, b `[units]`. */
export function dense(units: number, options?: DenseOptions): Dense {
  return new Dense(units, options)
}
