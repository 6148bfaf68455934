// Checks that options of layers, optimizers, schedules, initializers and augmentation share, and the short text form of a
// configuration, `name:key=value,…`. Every failure is an ArgumentError that names the owner, the rule and what was received.
import { ArgumentError } from './errors.js'
import type { JsonObject } from './state.js'

/** Rules for one number. */
export const rules = {
  finite: { text: 'a finite number', holds: (x: number) => Number.isFinite(x) },
  nonNegative: { text: 'a finite number, 0 or more', holds: (x: number) => Number.isFinite(x) && x >= 0 },
  positive: { text: 'a finite number above 0', holds: (x: number) => Number.isFinite(x) && x > 0 },
  // The kernels work in float32, where 1 − 1e-9 is 1.
  fraction: {
    text: 'at least 0 and below 1 (in float32)',
    holds: (x: number) => x >= 0 && Math.fround(x) < 1,
  },
  share: { text: 'between 0 and 1', holds: (x: number) => x >= 0 && x <= 1 },
  count: { text: 'an integer, 0 or more', holds: (x: number) => Number.isSafeInteger(x) && x >= 0 },
  positiveInteger: { text: 'an integer, 1 or more', holds: (x: number) => Number.isSafeInteger(x) && x >= 1 },
} as const

/**
 * `value`, if it is a number that keeps the rule.
 * @param owner what messages call it: `adam`, `the cosine schedule`.
 * @throws ArgumentError
 */
export function checkNumber(owner: string, option: string, value: unknown, rule: keyof typeof rules): number {
  if (typeof value === 'number' && rules[rule].holds(value)) return value
  throw new ArgumentError({
    rule: `${option} of ${owner} is ${rules[rule].text}`,
    received: describe(value),
    remedy: `change ${option}, or leave it out for its default`,
  })
}

/** Like `checkNumber`, but lets `undefined` through. */
export function checkOptional(
  owner: string,
  option: string,
  value: unknown,
  rule: keyof typeof rules,
): number | undefined {
  return value === undefined ? undefined : checkNumber(owner, option, value, rule)
}

/** @throws ArgumentError for an option that does not exist, listing those that do. */
export function checkKeys(owner: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    throw new ArgumentError({
      rule: `${owner} takes the options ${known.join(', ')}`,
      received: key,
      remedy: 'check its spelling',
    })
  }
}

/** @throws ArgumentError that lists the known names. */
export function unknownName(what: string, name: unknown, known: readonly string[]): never {
  throw new ArgumentError({
    rule: `${what} is one of ${known.join(', ')}`,
    received: describe(name),
    remedy: 'check its spelling',
  })
}

/**
 * `name` or `name:key=value,…` as `{ type: name, key: value, … }`; keys may be written-so or writtenSo; values are
 * numbers, `true`, `false` or words.
 * @throws ArgumentError where an `=` is missing.
 */
export function parseSpec(text: string): JsonObject & { type: string } {
  const colon = text.indexOf(':')
  const type = (colon < 0 ? text : text.slice(0, colon)).trim()
  const spec: JsonObject & { type: string } = { type }
  for (const pair of colon < 0 ? [] : text.slice(colon + 1).split(',')) {
    const equals = pair.indexOf('=')
    if (equals < 1) {
      throw new ArgumentError({
        rule: 'options in text are written as name:key=value,key=value',
        received: `"${text}"`,
        remedy: `write ${type}:key=value`,
      })
    }
    const key = pair.slice(0, equals).trim()
    const value = pair.slice(equals + 1).trim()
    spec[key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())] = parseValue(value)
  }
  return spec
}

function parseValue(text: string): number | boolean | string {
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  return text === '' || Number.isNaN(number) ? text : number
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value)
}
