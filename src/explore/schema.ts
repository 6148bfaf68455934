// Holds plain data against a JSON schema and tells the first break of it, with its place, in words. Knows the keywords that the
// schemas of experiments and searches use (a test holds them to these); validators for all of JSON Schema weigh a hundred times this.
import { readFile } from 'node:fs/promises'
import type { Place, Source } from './source.js'

export interface Schema {
  $id?: string
  $ref?: string
  $defs?: Record<string, Schema>
  description?: string
  type?: string | readonly string[]
  const?: unknown
  enum?: readonly unknown[]
  anyOf?: readonly Schema[]
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  minLength?: number
  pattern?: string
  items?: Schema
  prefixItems?: readonly Schema[]
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
  properties?: Record<string, Schema>
  required?: readonly string[]
  minProperties?: number
  additionalProperties?: boolean | Schema
}

/** A break of a schema. */
interface Break {
  place: Place
  rule: string
  received: string
  remedy?: string
}

/** The published schemas, which stand beside the examples. @param name `experiment` or `search`. */
export async function readSchemas(
  name: 'experiment' | 'search',
): Promise<{ root: Schema; schemas: Map<string, Schema> }> {
  const names = ['experiment.schema.json', ...(name === 'search' ? ['search.schema.json'] : [])]
  const schemas = new Map<string, Schema>()
  for (const file of names) {
    const path = new URL(`../../bench/experiments/${file}`, import.meta.url)
    schemas.set(file, JSON.parse(await readFile(path, 'utf8')) as Schema)
  }
  return { root: schemas.get(`${name}.schema.json`)!, schemas }
}

/** @throws FormatError for the first break of the published schema: one line with file, line, path, rule and what was received. */
export async function requireSchema(source: Source, name: 'experiment' | 'search'): Promise<void> {
  const { root, schemas } = await readSchemas(name)
  const found = new Validator(schemas).check(source.value, root, root, [])
  if (found !== undefined) source.refuse(found.place, found.rule, found.received, found.remedy)
}

export class Validator {
  constructor(private readonly schemas: ReadonlyMap<string, Schema>) {}

  /** The first break; undefined for none. @param root the schema that `#` means. */
  check(value: unknown, schema: Schema, root: Schema, place: Place): Break | undefined {
    if (schema.$ref !== undefined) {
      const [target, targetRoot] = this.resolve(schema.$ref, root)
      return this.check(value, target, targetRoot, place)
    }
    const fails = (rule: string): Break => ({ place, rule, received: show(value) })
    const { type, const: only, enum: choices, anyOf } = schema
    if (only !== undefined && value !== only) return fails(`is ${show(only)}`)
    if (choices !== undefined && !choices.includes(value)) return fails(`is one of ${choices.join(', ')}`)
    if (type !== undefined && ![type].flat().some((one) => isOf(value, one)))
      return fails(`is ${describe(schema)}`)
    const own =
      typeof value === 'number'
        ? checkNumber(value, schema)
        : typeof value === 'string'
          ? checkText(value, schema)
          : undefined
    if (own !== undefined) return fails(own)
    if (Array.isArray(value))
      return this.checkItems(value, schema, root, place) ?? this.checkAny(value, anyOf, root, place)
    if (isObject(value)) {
      return this.checkFields(value, schema, root, place) ?? this.checkAny(value, anyOf, root, place)
    }
    return this.checkAny(value, anyOf, root, place)
  }

  /** What breaks the alternative that was most likely meant: the one that fits deepest. */
  private checkAny(
    value: unknown,
    anyOf: readonly Schema[] | undefined,
    root: Schema,
    place: Place,
  ): Break | undefined {
    if (anyOf === undefined) return undefined
    const breaks = anyOf.map((schema) => this.check(value, schema, root, place))
    if (breaks.includes(undefined)) return undefined
    const required = anyOf.map((schema) => this.deref(schema, root).required?.[0])
    if (isObject(value) && required.every((key) => key !== undefined)) {
      const begun = required.findIndex((key) => key in value)
      if (begun >= 0) return breaks[begun]
      const near = Object.keys(value).flatMap((key) => nearest(key, required) ?? [])[0]
      const rule = `has one of ${required.join(', ')}`
      return {
        place,
        rule,
        received: show(value),
        ...(near === undefined ? {} : { remedy: `write ${near}` }),
      }
    }
    const deepest = (breaks as Break[]).reduce((first, one) =>
      one.place.length > first.place.length ? one : first,
    )
    return deepest
  }

  private checkItems(
    value: readonly unknown[],
    schema: Schema,
    root: Schema,
    place: Place,
  ): Break | undefined {
    const { items, prefixItems, minItems = 0, maxItems = Infinity, uniqueItems = false } = schema
    const received = `${String(value.length)} entries`
    if (value.length < minItems)
      return { place, rule: `has at least ${count(minItems, 'entry', 'entries')}`, received }
    if (value.length > maxItems)
      return { place, rule: `has at most ${count(maxItems, 'entry', 'entries')}`, received }
    for (const [i, entry] of value.entries()) {
      const schemaOf = prefixItems?.[i] ?? items
      const found = schemaOf && this.check(entry, schemaOf, root, [...place, i])
      if (found !== undefined) return found
      if (uniqueItems && value.indexOf(entry) < i)
        return { place: [...place, i], rule: 'does not come twice', received: show(entry) }
    }
    return undefined
  }

  private checkFields(
    value: Record<string, unknown>,
    schema: Schema,
    root: Schema,
    place: Place,
  ): Break | undefined {
    const { properties = {}, required = [], minProperties = 0, additionalProperties: other = true } = schema
    for (const [key, entry] of Object.entries(value)) {
      const known = Object.hasOwn(properties, key) ? properties[key] : undefined
      if (known === undefined && other === false) {
        const names = Object.keys(properties).filter((name) => !name.startsWith('$'))
        const near = nearest(key, names)
        const remedy = near === undefined ? 'check the spelling' : `write ${near}`
        return {
          place: [...place, key],
          rule: `is one of ${names.join(', ')}`,
          received: `the key ${show(key)}`,
          remedy,
        }
      }
      const schemaOf = known ?? (typeof other === 'object' ? other : undefined)
      const found = schemaOf && this.check(entry, schemaOf, root, [...place, key])
      if (found !== undefined) return found
    }
    const missing = required.find((key) => !(key in value))
    if (missing !== undefined) return { place, rule: `has ${missing}`, received: 'none' }
    if (Object.keys(value).length >= minProperties) return undefined
    const names = Object.keys(properties)
    return { place, rule: names.length > 0 ? `has ${names.join(' or ')}` : 'is not empty', received: 'none' }
  }

  private deref(schema: Schema, root: Schema): Schema {
    return schema.$ref === undefined ? schema : this.resolve(schema.$ref, root)[0]
  }

  private resolve(ref: string, root: Schema): [Schema, Schema] {
    const [file = '', pointer = ''] = ref.split('#')
    const from = file === '' ? root : this.schemas.get(file)!
    const keys = pointer.split('/').filter((key) => key !== '')
    return [
      keys.reduce((node, key) => (node as Record<string, unknown>)[key]!, from as unknown) as Schema,
      from,
    ]
  }
}

function checkNumber(value: number, schema: Schema): string | undefined {
  const {
    minimum = -Infinity,
    maximum = Infinity,
    exclusiveMinimum = -Infinity,
    exclusiveMaximum = Infinity,
  } = schema
  const holds =
    Number.isFinite(value) &&
    value >= minimum &&
    value <= maximum &&
    value > exclusiveMinimum &&
    value < exclusiveMaximum
  return holds ? undefined : `is ${describe(schema)}`
}

function checkText(value: string, { minLength = 0, pattern, description }: Schema): string | undefined {
  if (value.length < minLength) return 'is not empty'
  if (pattern === undefined || new RegExp(pattern, 'u').test(value)) return undefined
  return `is ${description ?? `text like ${pattern}`}`
}

/** What a schema asks for: `an integer of at least 1`. */
function describe({ type = 'string', minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  const names: Record<string, string> = {
    object: 'an object',
    array: 'a list',
    string: 'text',
    integer: 'an integer',
    number: 'a number',
    boolean: 'true or false',
  }
  const bounds = [
    minimum === undefined ? [] : `of at least ${String(minimum)}`,
    exclusiveMinimum === undefined ? [] : `above ${String(exclusiveMinimum)}`,
    maximum === undefined ? [] : `at most ${String(maximum)}`,
    exclusiveMaximum === undefined ? [] : `below ${String(exclusiveMaximum)}`,
  ].flat()
  const kinds = [type].flat().map((one) => names[one] ?? one)
  return [kinds.join(' or '), bounds.join(' and ')].filter((part) => part !== '').join(' ')
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isObject(value)
  if (type === 'integer') return Number.isSafeInteger(value)
  return typeof value === type
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as a message tells it. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function count(number: number, one: string, many: string): string {
  return `${String(number)} ${number === 1 ? one : many}`
}

/** The known name that was probably meant: the same letters but for case and dashes, or one letter wrong. */
function nearest(key: string, names: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[-_\s]/g, '')
  const wanted = plain(key)
  return (
    names.find((name) => plain(name) === wanted) ?? names.find((name) => distance(plain(name), wanted) <= 2)
  )
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])))
    row = next
  }
  return row[b.length]!
}
