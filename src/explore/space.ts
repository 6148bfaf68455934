// The space of a search: fields with ranges or choices, conditions and nested layers, flattened to parameters that a sampler gives
// numbers; and from those numbers to settings.
import { exp, log } from '../core/exact.js'
import type { TrialSettings } from './job.js'
import { isObject, show } from './schema.js'
import type { Source } from './source.js'

/** One field of a space. */
export type FieldSpace = { when?: Readonly<Record<string, unknown>>; points?: number } & (
  | { uniform: readonly [number, number] }
  | { logUniform: readonly [number, number] }
  | { integer: readonly [number, number]; step?: number; log?: boolean }
  | { choice: readonly unknown[] }
  | { layers: readonly [number, number]; units: FieldSpace }
)

/** A number to find. Of a choice it is the index. */
export interface Parameter {
  name: string
  kind: 'real' | 'integer' | 'choice'
  /** Of an integer and of a choice both belong to it. */
  low: number
  high: number
  log: boolean
  /** From one integer to the next. */
  step: number
  /** Of a choice. */
  values: readonly unknown[]
  /** Values of it in a grid. */
  points: number
  /** Whether it means anything, given those before it. */
  active: (assignment: Assignment) => boolean
}

/** A number for each active parameter. */
export type Assignment = ReadonlyMap<string, number>

export interface Space {
  parameters: readonly Parameter[]
  /** Settings of an assignment. */
  settings(assignment: Assignment): TrialSettings
}

/** Takes a checked file's space. @throws FormatError for bounds that are no range, and conditions on what does not come before. */
export function readSpace(source: Source, fields: Readonly<Record<string, FieldSpace>>): Space {
  const parameters: Parameter[] = []
  const entries = Object.entries(fields)
  entries.forEach(([field, space], i) => {
    const active = conditionOf(source, field, space, Object.fromEntries(entries.slice(0, i)))
    if (!('layers' in space)) {
      parameters.push({ ...parameterOf(source, [field], space), name: field, active })
      return
    }
    const [least, most] = space.layers
    if (least > most) source.refuse(['space', field, 'layers'], 'is [least, most]', show(space.layers))
    const count = `${field}.count`
    parameters.push({ ...integers(least, most), name: count, active })
    for (let layer = 1; layer <= most; layer++) {
      const has = (assignment: Assignment) => (assignment.get(count) ?? 0) >= layer
      parameters.push({
        ...parameterOf(source, [field, 'units'], space.units),
        name: `${field}.${String(layer)}`,
        active: has,
      })
    }
  })
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]))
  return { parameters, settings: (assignment) => settingsOf(entries, byName, assignment) }
}

function integers(
  low: number,
  high: number,
  step = 1,
  logarithmic = false,
): Omit<Parameter, 'name' | 'active'> {
  const last = low + Math.floor((high - low) / step) * step
  return {
    kind: 'integer',
    low,
    high: last,
    step,
    log: logarithmic,
    values: [],
    points: (last - low) / step + 1,
  }
}

function parameterOf(
  source: Source,
  path: readonly string[],
  space: FieldSpace,
): Omit<Parameter, 'name' | 'active'> {
  const place = ['space', ...path]
  const range = (key: string, [low, high]: readonly [number, number], positive: boolean) => {
    if (!(low < high)) source.refuse([...place, key], 'is [low, high] with low below high', show([low, high]))
    if (positive && low <= 0)
      source.refuse([...place, key], 'is above 0 for a logarithmic range', show([low, high]))
  }
  if ('layers' in space)
    return source.refuse(place, 'is a range or a choice: layers do not nest twice', show(space))
  if ('choice' in space) {
    const { choice } = space
    const most = choice.length - 1
    return { kind: 'choice', low: 0, high: most, log: false, step: 1, values: choice, points: choice.length }
  }
  if ('integer' in space) {
    const { step = 1, log: logarithmic = false, points } = space
    range('integer', space.integer, logarithmic)
    const whole = integers(...space.integer, step, logarithmic)
    return { ...whole, points: Math.min(whole.points, points ?? whole.points) }
  }
  const isLog = 'logUniform' in space
  const bounds = isLog ? space.logUniform : space.uniform
  range(isLog ? 'logUniform' : 'uniform', bounds, isLog)
  const [low, high] = bounds
  return { kind: 'real', low, high, log: isLog, step: 0, values: [], points: space.points ?? 3 }
}

function conditionOf(
  source: Source,
  field: string,
  { when = {} }: FieldSpace,
  before: Readonly<Record<string, FieldSpace>>,
): (assignment: Assignment) => boolean {
  const tests = Object.entries(when).map(([other, wanted]) => {
    const place = ['space', field, 'when', other]
    const space = Object.hasOwn(before, other) ? before[other] : undefined
    if (space === undefined || !('choice' in space))
      return source.refuse(place, 'names a choice that comes before it in space', show(other))
    const indices = [wanted].flat().map((value) => {
      const index = space.choice.findIndex((one) => JSON.stringify(one) === JSON.stringify(value))
      if (index < 0)
        source.refuse(place, `is among the values of ${other}: ${show(space.choice)}`, show(value))
      return index
    })
    return (assignment: Assignment) => indices.includes(assignment.get(other) ?? -1)
  })
  return (assignment) => tests.every((test) => test(assignment))
}

function settingsOf(
  entries: readonly (readonly [string, FieldSpace])[],
  parameters: ReadonlyMap<string, Parameter>,
  assignment: Assignment,
): TrialSettings {
  const valueOf = (name: string) => {
    const number = assignment.get(name)!
    const { kind, values } = parameters.get(name)!
    return kind === 'choice' ? values[number] : number
  }
  const told = entries.flatMap(([field, space]) => {
    if (!('layers' in space)) return assignment.has(field) ? [[field, valueOf(field)] as const] : []
    const count = assignment.get(`${field}.count`)
    if (count === undefined) return []
    return [[field, Array.from({ length: count }, (_, i) => valueOf(`${field}.${String(i + 1)}`))] as const]
  })
  return Object.fromEntries(told)
}

/** A share of the range, 0 to 1, as a value. */
export function valueAt({ kind, low, high, log: isLog, step }: Parameter, share: number): number {
  if (kind === 'choice') return Math.min(high, Math.floor(share * (high + 1)))
  if (kind === 'real')
    return isLog
      ? clamp(exp(log(low) + share * (log(high) - log(low))), low, high)
      : low + share * (high - low)
  const wide = isLog
    ? exp(log(low - step / 2) + share * (log(high + step / 2) - log(low - step / 2)))
    : low - step / 2 + share * (high - low + step)
  return clamp(low + Math.round((wide - low) / step) * step, low, high)
}

/** The values of a parameter in a grid: evenly spread, ends included. */
export function gridOf(parameter: Parameter): number[] {
  const { kind, low, high, log: isLog, step, points } = parameter
  if (kind === 'choice') return parameter.values.map((_, i) => i)
  const values = Array.from({ length: points }, (_, i) => {
    const share = points === 1 ? 0.5 : i / (points - 1)
    const value = isLog ? exp(log(low) + share * (log(high) - log(low))) : low + share * (high - low)
    return kind === 'integer'
      ? clamp(low + Math.round((value - low) / step) * step, low, high)
      : clamp(value, low, high)
  })
  return [...new Set(values)]
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}

/** A value for people. */
export function shown(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(4)))
  return isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value)
}
