// All optimizers under one roof, and how they come from a name or a configuration.
import type { JsonObject } from '../core/state.js'
import { parseSpec, unknownName } from './options.js'
import { adagrad } from './optimizers/adagrad.js'
import { adam, adamw, nadam } from './optimizers/adam.js'
import { Optimizer } from './optimizers/optimizer.js'
import { rmsprop } from './optimizers/rmsprop.js'
import { momentum, nesterov, sgd } from './optimizers/sgd.js'
import { scheduleFrom } from './schedules.js'

export { Adagrad, adagrad } from './optimizers/adagrad.js'
export type { AdagradOptions } from './optimizers/adagrad.js'
export { Adam, adam, AdamW, adamw, Nadam, nadam } from './optimizers/adam.js'
export type { AdamOptions, NadamOptions } from './optimizers/adam.js'
export { Optimizer } from './optimizers/optimizer.js'
export type { OptimizerOptions } from './optimizers/optimizer.js'
export { RMSProp, rmsprop } from './optimizers/rmsprop.js'
export type { RMSPropOptions } from './optimizers/rmsprop.js'
export { GradientDescent, Momentum, momentum, Nesterov, nesterov, sgd } from './optimizers/sgd.js'
export type { MomentumOptions, SgdOptions } from './optimizers/sgd.js'

const makers: Record<string, (options: object) => Optimizer> = {
  sgd,
  momentum,
  nesterov,
  rmsprop,
  adagrad,
  adam,
  adamw,
  nadam,
}

/** The names that `optimizerFrom` knows. */
export const optimizerNames = Object.keys(makers)

/**
 * An optimizer from its name or text (`adam`, `adam:beta1=0.8`), from its configuration, whose learning rate may be a
 * schedule's configuration, or itself.
 * @throws ArgumentError for an unknown name or option, or a value out of range.
 */
export function optimizerFrom(from: Optimizer | JsonObject | string): Optimizer {
  if (from instanceof Optimizer) return from
  const { type, learningRate, ...options } = typeof from === 'string' ? parseSpec(from) : from
  const maker = typeof type === 'string' && Object.hasOwn(makers, type) ? makers[type] : undefined
  if (maker === undefined) return unknownName('an optimizer', type, optimizerNames)
  if (learningRate === undefined) return maker(options)
  const schedule = typeof learningRate === 'object' && learningRate !== null && !Array.isArray(learningRate)
  return maker({ ...options, learningRate: schedule ? scheduleFrom(learningRate) : learningRate })
}
