// Initializers: from which distribution the weights of a layer start, given how many inputs and outputs a unit has.
// They only name a distribution; the core's fill kernels draw from it. Normal ones are not truncated (PyTorch's; Keras cuts
// at two deviations).
import type { JsonObject } from '../core/state.js'
import { checkKeys, checkNumber, parseSpec, unknownName } from './options.js'
import { ArgumentError } from '../core/errors.js'

/** A distribution to draw weights from; `low` and `high` count for uniform, `mean` and `deviation` for normal. */
export interface Distribution {
  distribution: 'zeros' | 'uniform' | 'normal'
  low: number
  high: number
  mean: number
  deviation: number
}

/** How weights start: `distribution(fanIn, fanOut)` for any layer. */
export interface Initializer {
  readonly name: string
  /**
   * @param fanIn inputs of a unit: the rows of a dense layer's weight.
   * @param fanOut outputs that an input feeds: its columns.
   */
  distribution(fanIn: number, fanOut: number): Distribution
  /** `{ type: name, … }`, which `initializerFrom` reads. */
  config(): JsonObject
}

function uniformBetween(low: number, high: number): Distribution {
  return {
    distribution: 'uniform',
    low,
    high,
    mean: (low + high) / 2,
    deviation: (high - low) / Math.sqrt(12),
  }
}

function normalAround(mean: number, deviation: number): Distribution {
  return { distribution: 'normal', low: -Infinity, high: Infinity, mean, deviation }
}

/** All zeros; the default of biases. */
export function zeros(): Initializer {
  return {
    name: 'zeros',
    distribution: () => ({ distribution: 'zeros', low: 0, high: 0, mean: 0, deviation: 0 }),
    config: () => ({ type: 'zeros' }),
  }
}

/**
 * Uniform between `low` and `high`, whatever the layer; −0.05 and 0.05 by default (Keras's RandomUniform).
 * @throws ArgumentError unless low < high.
 */
export function uniform(options: { low?: number; high?: number } = {}): Initializer {
  const owner = 'the uniform initializer'
  checkKeys(owner, options, ['low', 'high'])
  const low = checkNumber(owner, 'low', options.low ?? -0.05, 'finite')
  const high = checkNumber(owner, 'high', options.high ?? 0.05, 'finite')
  if (!(low < high)) {
    throw new ArgumentError({
      rule: `low of ${owner} is below high`,
      received: `low ${String(low)}, high ${String(high)}`,
      remedy: 'swap or change them',
    })
  }
  return {
    name: 'uniform',
    distribution: () => uniformBetween(low, high),
    config: () => ({ type: 'uniform', low, high }),
  }
}

/** Normal with `mean` and `deviation`, whatever the layer; 0 and 1 by default (PyTorch's normal_). */
export function normal(options: { mean?: number; deviation?: number } = {}): Initializer {
  const owner = 'the normal initializer'
  checkKeys(owner, options, ['mean', 'deviation'])
  const mean = checkNumber(owner, 'mean', options.mean ?? 0, 'finite')
  const deviation = checkNumber(owner, 'deviation', options.deviation ?? 1, 'nonNegative')
  return {
    name: 'normal',
    distribution: () => normalAround(mean, deviation),
    config: () => ({ type: 'normal', mean, deviation }),
  }
}

/** Zero mean and a variance that hangs on the fans; uniform with that variance, or normal. */
function scaled(
  name: string,
  shape: 'uniform' | 'normal',
  variance: (fanIn: number, fanOut: number) => number,
): Initializer {
  return {
    name,
    distribution(fanIn, fanOut) {
      checkNumber(`the ${name} initializer`, 'fanIn', fanIn, 'positiveInteger')
      checkNumber(`the ${name} initializer`, 'fanOut', fanOut, 'positiveInteger')
      if (shape === 'normal') return normalAround(0, Math.sqrt(variance(fanIn, fanOut)))
      const limit = Math.sqrt(3 * variance(fanIn, fanOut))
      return uniformBetween(-limit, limit)
    },
    config: () => ({ type: name }),
  }
}

const glorotVariance = (fanIn: number, fanOut: number) => 2 / (fanIn + fanOut)
const heVariance = (fanIn: number) => 2 / fanIn
const lecunVariance = (fanIn: number) => 1 / fanIn

/** Uniform within ±√(6 / (fanIn + fanOut)). Source: Glorot & Bengio (2010); PyTorch's xavier_uniform_. */
export const glorotUniform = () => scaled('glorot-uniform', 'uniform', glorotVariance)
/** Normal with deviation √(2 / (fanIn + fanOut)). Source: Glorot & Bengio (2010); PyTorch's xavier_normal_. */
export const glorotNormal = () => scaled('glorot-normal', 'normal', glorotVariance)
/** Uniform within ±√(6 / fanIn), for ReLU. Source: He et al. (2015); PyTorch's kaiming_uniform_ with gain √2. */
export const heUniform = () => scaled('he-uniform', 'uniform', heVariance)
/** Normal with deviation √(2 / fanIn), for ReLU. Source: He et al. (2015); PyTorch's kaiming_normal_ with gain √2. */
export const heNormal = () => scaled('he-normal', 'normal', heVariance)
/** Uniform within ±√(3 / fanIn). Source: LeCun et al., "Efficient BackProp" (1998). */
export const lecunUniform = () => scaled('lecun-uniform', 'uniform', lecunVariance)
/** Normal with deviation √(1 / fanIn). Source: LeCun et al., "Efficient BackProp" (1998). */
export const lecunNormal = () => scaled('lecun-normal', 'normal', lecunVariance)

const makers: Record<string, (options: JsonObject) => Initializer> = {
  zeros: plain(zeros),
  uniform: uniform,
  normal: normal,
  'glorot-uniform': plain(glorotUniform),
  'glorot-normal': plain(glorotNormal),
  'he-uniform': plain(heUniform),
  'he-normal': plain(heNormal),
  'lecun-uniform': plain(lecunUniform),
  'lecun-normal': plain(lecunNormal),
}

const aliases: Record<string, string> = {
  random: 'uniform',
  'random-uniform': 'uniform',
  'random-normal': 'normal',
  'xavier-uniform': 'glorot-uniform',
  'xavier-normal': 'glorot-normal',
  'kaiming-uniform': 'he-uniform',
  'kaiming-normal': 'he-normal',
}

function plain(maker: () => Initializer): (options: JsonObject) => Initializer {
  return (options) => {
    const initializer = maker()
    checkKeys(`the ${initializer.name} initializer`, options, [])
    return initializer
  }
}

/** The names that `initializerFrom` knows, without aliases. */
export const initializerNames = Object.keys(makers)

/**
 * An initializer from its name or text (`he-normal`, `normal:deviation=0.02`), its configuration, or itself. PyTorch's
 * names (`xavier-…`, `kaiming-…`) and `random` (uniform) are understood.
 * @throws ArgumentError for an unknown name or option, or a value out of range.
 */
export function initializerFrom(from: Initializer | JsonObject | string): Initializer {
  if (isInitializer(from)) return from
  const { type, ...options } = typeof from === 'string' ? parseSpec(from) : from
  const name = typeof type === 'string' && Object.hasOwn(aliases, type) ? aliases[type] : type
  const maker = typeof name === 'string' && Object.hasOwn(makers, name) ? makers[name] : undefined
  if (maker === undefined) return unknownName('an initializer', type, initializerNames)
  return maker(options)
}

function isInitializer(from: Initializer | JsonObject | string): from is Initializer {
  return typeof from === 'object' && typeof from['distribution'] === 'function'
}
