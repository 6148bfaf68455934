// Checks that a saved table transform and target scaling have their form, so that applying them can go wrong in no other way
// than by the data.
import { FormatError } from '../core/errors.js'
import { describe, isPlainObject } from './json.js'

/** @throws FormatError naming the first part that is missing or of another form. */
export function requireTable(table: unknown, file: string): void {
  const where = 'preprocessing.table'
  if (!isPlainObject(table)) return refuse(table, file, `${where} is an object`)
  require(typeof table['named'] === 'boolean', table['named'], file, `${where}.named is true or false`)
  const columns = table['columns']
  if (!Array.isArray(columns) || columns.length === 0)
    return refuse(columns, file, `${where}.columns is an array of at least one column`)
  const names = new Set<unknown>()
  columns.forEach((column: unknown, i) => {
    const place = `${where}.columns[${String(i)}]`
    if (!isPlainObject(column)) return refuse(column, file, `${place} is an object`)
    const { name, kind, indicator } = column
    require(typeof name === 'string' && !names.has(name), name, file, `${place}.name is text that comes once`)
    names.add(name)
    const flag = indicator === undefined || typeof indicator === 'boolean'
    require(flag, indicator, file, `${place}.indicator is true or false`)
    if (kind === 'number') requireNumbers(column, file, place)
    else if (kind === 'category') requireCategories(column, file, place)
    else refuse(kind, file, `${place}.kind is number or category`)
  })
}

/** @throws FormatError unless `target` has a center and a positive scale for each target. */
export function requireTarget(target: unknown, file: string): void {
  if (!isPlainObject(target)) return refuse(target, file, 'outputs.target is an object')
  const { center, scale } = target
  require(isNumbers(center), center, file, 'outputs.target.center is an array of numbers')
  const fits =
    isNumbers(scale) && scale.length === (center as number[]).length && scale.every((value) => value > 0)
  require(fits, scale, file, 'outputs.target.scale is an array of as many positive numbers')
}

function requireNumbers({ impute, map }: Record<string, unknown>, file: string, place: string): void {
  require(impute === undefined || typeof impute === 'number', impute, file, `${place}.impute is a number`)
  requireMap(map, file, `${place}.map`)
}

function requireCategories(column: Record<string, unknown>, file: string, place: string): void {
  const { categories, encode, map, unseen, impute } = column
  const words =
    Array.isArray(categories) &&
    categories.length > 0 &&
    categories.every((word) => typeof word === 'string') &&
    new Set(categories).size === categories.length
  require(words, categories, file, `${place}.categories is an array of different texts`)
  require(encode === 'one-hot' || encode === 'ordinal', encode, file, `${place}.encode is one-hot or ordinal`)
  require(unseen === 'error' || unseen === 'ignore', unseen, file, `${place}.unseen is error or ignore`)
  const count = (categories as unknown[]).length
  const known = Number.isInteger(impute) && (impute as number) >= 0 && (impute as number) < count
  require(impute === undefined || known, impute, file, `${place}.impute is the number of a category`)
  if (map !== undefined) requireMap(map, file, `${place}.map`)
}

function requireMap(map: unknown, file: string, place: string): void {
  if (!isPlainObject(map)) return refuse(map, file, `${place} is an object`)
  const { type, center, scale, from, to } = map
  if (type === 'linear' || type === 'log') {
    require(typeof center === 'number', center, file, `${place}.center is a number`)
    require(typeof scale === 'number' && scale !== 0, scale, file, `${place}.scale is a number other than 0`)
  } else if (type === 'piecewise') {
    const ascends = isNumbers(from) && from.every((value, i) => i === 0 || value > from[i - 1]!)
    require(ascends, from, file, `${place}.from is an array of ascending numbers`)
    const fits = isNumbers(to) && to.length === (from as number[]).length
    require(fits, to, file, `${place}.to is an array of as many numbers`)
  } else {
    refuse(type, file, `${place}.type is linear, log or piecewise`)
  }
}

function isNumbers(values: unknown): values is number[] {
  return Array.isArray(values) && values.length > 0 && values.every((value) => typeof value === 'number')
}

function require(valid: boolean, received: unknown, file: string, rule: string): void {
  if (!valid) refuse(received, file, rule)
}

function refuse(received: unknown, file: string, rule: string): never {
  const remedy = 'check that the file is complete, or save the model again'
  throw new FormatError({ file, rule, received: describe(received), remedy })
}
