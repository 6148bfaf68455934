// Values of options: from the text of a command line to numbers, ranges, lists and class weights. Every failure is an
// ArgumentError that names the option.
import { ArgumentError } from '../core/errors.js'

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** What a number must keep to; both `min` and `max` are allowed themselves, `above` and `below` are not. */
export interface NumberRule {
  integer?: boolean
  min?: number
  max?: number
  above?: number
  below?: number
}

/**
 * A parser of decimal numbers for an option.
 * @param option as messages name it, `--lr`.
 * @throws ArgumentError (the parser) for other text, and for numbers that break the rule.
 */
export function numberValue(option: string, rule: NumberRule): (text: string) => number {
  const { integer = false, min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = rule
  return (text) => {
    const value = decimal.test(text.trim()) ? Number(text) : NaN
    const kind = integer ? Number.isSafeInteger(value) : Number.isFinite(value)
    if (kind && value >= min && value <= max && value > above && value < below) return value
    throw new ArgumentError({
      rule: `${option} is ${integer ? 'an integer' : 'a number'}${describeRule(rule)}`,
      received: JSON.stringify(text),
      remedy: 'see --help',
    })
  }
}

function describeRule({ min, max, above, below }: NumberRule): string {
  const parts = [
    min === undefined ? [] : [`at least ${String(min)}`],
    above === undefined ? [] : [`above ${String(above)}`],
    max === undefined ? [] : [`at most ${String(max)}`],
    below === undefined ? [] : [`below ${String(below)}`],
  ].flat()
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`
}

/** Rows from `start` up to, not including, `end`; without an end, to the last. */
export interface RowRange {
  start: number
  end: number | undefined
}

/** A parser of `a:b`, `a:` and `:b`, counted from 0. @throws ArgumentError (the parser) for anything else, and unless a < b. */
export function rangeValue(option: string): (text: string) => RowRange {
  return (text) => {
    const [, first = '', last = ''] = /^\s*(\d*):(\d*)\s*$/.exec(text) ?? []
    const start = first === '' ? 0 : Number(first)
    const end = last === '' ? undefined : Number(last)
    const given = first !== '' || last !== ''
    if (
      given &&
      Number.isSafeInteger(start) &&
      (end === undefined || (Number.isSafeInteger(end) && start < end))
    )
      return { start, end }
    throw new ArgumentError({
      rule: `${option} is a range of rows a:b with a below b, counted from 0, without row b; either may be left out`,
      received: JSON.stringify(text),
      remedy: 'write 0:1000 for the first thousand rows',
    })
  }
}

/** Names, `a,b,c`, without spaces around them. @throws ArgumentError for an empty one. */
export function listValue(text: string): string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.every((name) => name !== '')) return names
  throw new ArgumentError({
    rule: 'a list holds names, separated by commas',
    received: JSON.stringify(text),
    remedy: 'write a,b,c',
  })
}

/** Shares of two or three parts, `80:10:10` or as a kept run tells them `80,10,10`, in any unit. @throws ArgumentError */
export function ratioValue(text: string): number[] {
  const shares = text.split(/[:,]/).map((part) => (decimal.test(part.trim()) ? Number(part) : NaN))
  const positive = shares.every((share) => share > 0 && share < Infinity)
  if ((shares.length === 2 || shares.length === 3) && positive) return shares
  throw new ArgumentError({
    rule: '--split-ratio is two or three positive numbers, for training, validation (of three) and test',
    received: JSON.stringify(text),
    remedy: 'write 80:10:10 or 80:20',
  })
}

/** Units of hidden layers, `128,64`. @throws ArgumentError */
export function hiddenValue(text: string): number[] {
  const units = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : NaN))
  if (units.every((count) => count >= 1 && count <= 2 ** 24)) return units
  throw new ArgumentError({
    rule: '--hidden is a list of positive integers',
    received: JSON.stringify(text),
    remedy: 'write 128,64 for two hidden layers, or --model logistic or linear for none',
  })
}

/** Weights by class, or the word that asks for weights against the frequency of classes. */
export type ClassWeight = 'balanced' | Readonly<Record<string, number>>

/**
 * Class weights: `balanced`, JSON text `{"0": 1, "1": 2.5}`, or `0=1,1=2.5`.
 * @throws ArgumentError for other text, a class that comes twice, and weights that are no numbers of at least 0.
 */
export function classWeightValue(text: string): ClassWeight {
  if (text.trim() === 'balanced') return 'balanced'
  const pairs = text.trim().startsWith('{') ? jsonPairs(text) : textPairs(text)
  const valid = pairs?.every(
    ([, weight]) => typeof weight === 'number' && Number.isFinite(weight) && weight >= 0,
  )
  const weights = new Map(pairs as [string, number][] | undefined)
  if (pairs !== undefined && valid && weights.size === pairs.length && weights.size > 0)
    return Object.fromEntries(weights)
  throw new ArgumentError({
    rule: '--class-weight is balanced, or a number of at least 0 for each class named, each once',
    received: JSON.stringify(text),
    remedy: 'write 0=1,1=2.5 or the JSON text {"0": 1, "1": 2.5}',
  })
}

function jsonPairs(text: string): [string, unknown][] | undefined {
  try {
    return Object.entries(JSON.parse(text) as object)
  } catch {
    return undefined // the caller's message says what is wrong, better than JSON's
  }
}

/** The class may hold an `=` itself: the last one counts. */
function textPairs(text: string): [string, unknown][] {
  return text.split(',').map((pair) => {
    const [, name = '', weight = ''] = /^\s*(.+?)\s*=\s*([^=\s]+)\s*$/.exec(pair) ?? []
    return [name, decimal.test(weight) ? Number(weight) : NaN]
  })
}

/** How often a run writes checkpoints; `never` for none at all. */
export type CheckpointInterval =
  { everySteps: number } | { everyEpochs: number } | { everyMinutes: number } | 'never'

/** The text of `--checkpoint-every`, when it is one. @throws ArgumentError */
export function checkpointEveryValue(text: string): string {
  checkpointInterval(text)
  return text
}

/**
 * The interval that a text tells: `500` or `500steps`, `2epochs`, `5min` (fractions of minutes too), or `never`.
 * @throws ArgumentError for other text.
 */
export function checkpointInterval(text: string): CheckpointInterval {
  const words = text.trim().toLowerCase()
  if (words === 'never') return 'never'
  const [, number = '', unit = ''] = /^(\d+\.?\d*|\.\d+)\s*([a-z]*)$/.exec(words) ?? []
  const value = Number(number)
  const isCount = Number.isSafeInteger(value) && value >= 1
  if (['', 'step', 'steps'].includes(unit) && isCount) return { everySteps: value }
  if (['epoch', 'epochs'].includes(unit) && isCount) return { everyEpochs: value }
  if (['min', 'minute', 'minutes'].includes(unit) && value > 0) return { everyMinutes: value }
  throw new ArgumentError({
    rule: '--checkpoint-every is a number of steps, epochs or minutes, or never',
    received: JSON.stringify(text),
    remedy: 'write 500 or 500steps, 2epochs, 5min',
  })
}
