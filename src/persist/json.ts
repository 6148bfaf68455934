// JSON as Lanewise writes and reads it: −0 is kept, non-finite numbers are refused, rows of numbers stand on one line.
// Knows nothing of models.
import { DataError, FormatError } from '../core/errors.js'
import type { Json } from '../core/state.js'

/** Deeper nesting than any architecture has; keeps hostile files from exhausting the stack. */
const maximumDepth = 64

/**
 * `value` as JSON text. Unlike `JSON.stringify`, −0 stays −0, and a value that JSON cannot hold is an error.
 * @param value plain data; properties that are `undefined` are left out.
 * @param where how messages name `value`, for example `settings`.
 * @param indent spaces before the lines after the first; one line without spaces when it is undefined.
 * @throws DataError naming the path of what is not plain finite data, or is nested more than 64 deep.
 */
export function formatJson(value: unknown, where: string, indent?: number): string {
  return format(value, where, indent, 0)
}

function format(value: unknown, where: string, indent: number | undefined, depth: number): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number' && Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  if (depth < maximumDepth && (Array.isArray(value) || isPlainObject(value))) {
    return formatNested(value, where, indent, depth + 1)
  }
  throw new DataError({
    rule: `a saved model holds plain finite data only, nested at most ${String(maximumDepth)} deep`,
    received: `${describe(value)} in ${where}`,
    remedy: 'save finite numbers, text, yes/no, null, arrays and plain objects',
  })
}

function formatNested(
  value: readonly unknown[] | Record<string, unknown>,
  where: string,
  indent: number | undefined,
  depth: number,
): string {
  const inner = indent === undefined ? undefined : indent + 2
  if (Array.isArray(value)) {
    const scalars = value.every((item) => typeof item !== 'object' || item === null)
    const items = value.map((item, i) => format(item, `${where}[${String(i)}]`, inner, depth))
    if (scalars && indent !== undefined) return `[${items.join(', ')}]`
    return wrap('[', items, ']', indent)
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  const colon = indent === undefined ? ':' : ': '
  const items = entries.map(([key, item]) => {
    return `${JSON.stringify(key)}${colon}${format(item, `${where}.${key}`, inner, depth)}`
  })
  return wrap('{', items, '}', indent)
}

function wrap(open: string, items: string[], close: string, indent: number | undefined): string {
  if (indent === undefined || items.length === 0) return open + items.join(',') + close
  const line = `\n${' '.repeat(indent)}`
  return `${open}${line}  ${items.join(`,${line}  `)}${line}${close}`
}

/** Whether `value` is an object that JSON could have made: not an array, not an instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * The value of a JSON text.
 * @param what how messages name the text, for example `the header`.
 * @throws FormatError for text that is not JSON.
 */
export function parseJson(text: string, file: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new FormatError({
      file,
      rule: `${what} is JSON`,
      received: cause instanceof Error ? `text with a fault (${cause.message})` : 'other text',
      remedy: 'check that the file is complete and was not edited by accident',
      cause,
    })
  }
}

/**
 * UTF-8 bytes as text; a byte order mark is skipped.
 * @throws FormatError for bytes that are not UTF-8, or more than one string can hold.
 */
export function decodeText(bytes: Uint8Array, file: string, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new FormatError({
      file,
      rule: `${what} is UTF-8 text of less than 512 MB`,
      received: `${String(bytes.length)} bytes that are not`,
      remedy: 'check that the file is complete and was not changed by another program',
      cause,
    })
  }
}

/**
 * A parsed value without `__proto__` keys, so that copying it can change no prototype, and no deeper than 64.
 * @throws FormatError for deeper nesting and for numbers beyond float64, as `1e999`.
 */
export function requireTame(value: unknown, file: string, where: string, depth = 0): Json {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new FormatError({ file, rule: `${where} is a finite number`, received: String(value) })
  }
  if (typeof value !== 'object' || value === null) return value as Json
  if (depth >= maximumDepth) {
    throw new FormatError({ file, rule: `${where} is nested at most ${String(maximumDepth)} deep` })
  }
  if (Array.isArray(value)) return value.map((item) => requireTame(item, file, where, depth + 1))
  const entries = Object.entries(value).filter(([key]) => key !== '__proto__')
  return Object.fromEntries(entries.map(([key, item]) => [key, requireTame(item, file, where, depth + 1)]))
}

/** A value in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value)
  if (value === null || typeof value !== 'object') return String(value)
  return Array.isArray(value) ? `an array of ${String(value.length)}` : 'an object'
}
