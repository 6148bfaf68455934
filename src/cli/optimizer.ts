// The optimizer of a training run out of the options: a name with its settings, a learning rate or a schedule.
import { ArgumentError } from '../core/errors.js'
import type { JsonObject } from '../core/state.js'
import { optimizerFrom, type Optimizer } from '../nn/optimizers.js'
import { parseSpec } from '../nn/options.js'
import { scheduleFrom } from '../nn/schedules.js'
import { given } from '../core/given.js'

export interface OptimizerFlags {
  optimizer: string
  lr?: number
  momentum?: number
  schedule?: string
  weightDecay?: number
  clipNorm?: number
  clipValue?: number
}

const withMomentum = ['sgd', 'momentum', 'nesterov', 'rmsprop']
const flags: ReadonlyMap<string, string> = new Map([
  ['learningRate', '--lr'],
  ['momentum', '--momentum'],
  ['weightDecay', '--weight-decay'],
  ['clipNorm', '--clip-norm'],
  ['clipValue', '--clip-value'],
])

/**
 * The optimizer; its learning rate is the optimizer's own default unless given.
 * @throws ArgumentError for unknown names, values out of range, and options that do not go together.
 */
export function optimizerOf(options: OptimizerFlags): Optimizer {
  const { lr: learningRate, momentum, schedule, weightDecay, clipNorm, clipValue } = options
  const named = parseSpec(options.optimizer)
  const separate: JsonObject = given({ learningRate, momentum, weightDecay, clipNorm, clipValue })
  for (const key of Object.keys(separate)) {
    if (key in named) conflict(flags.get(key)!, `--optimizer ${options.optimizer}`, `give ${key} once`)
  }
  if (momentum !== undefined && !withMomentum.includes(named.type)) {
    conflict('--momentum', `--optimizer ${named.type}`, `momentum goes with ${withMomentum.join(', ')}`)
  }
  const config = { ...named, ...separate }
  const plain = optimizerFrom(config)
  if (schedule === undefined) return plain
  if (learningRate !== undefined && 'learningRate' in parseSpec(schedule)) {
    conflict('--lr', `--schedule ${schedule}`, 'give the learning rate once')
  }
  const learningRateSchedule = scheduleFrom(schedule, plain.learningRate as number)
  return optimizerFrom({ ...config, learningRate: learningRateSchedule.config() })
}

/** @throws ArgumentError that names two options which do not go together. */
export function conflict(option: string, other: string, remedy: string): never {
  throw new ArgumentError({ rule: `${option} does not go with ${other}`, received: 'both', remedy })
}
