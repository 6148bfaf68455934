// What the target of a table is for: classes or numbers.
import { ArgumentError, DataError } from '../core/errors.js'
import type { ColumnInfo } from '../core/tensor.js'

export type Task = 'classification' | 'regression'

const fewClasses = 20
const rowsAClass = 5
const maxClasses = 65536

/**
 * The task that is asked for; else classification for words, and for whole numbers of at most 20 different values that
 * come five times each on average; else regression.
 * @throws ArgumentError for another task, DataError for words with `regression`.
 */
export function taskOf(
  { name, categories }: ColumnInfo,
  values: Float32Array,
  asked: Task | undefined,
  path: string,
): Task {
  if (asked !== undefined && asked !== 'classification' && asked !== 'regression') {
    throw new ArgumentError({
      rule: 'a task is classification or regression',
      received: JSON.stringify(asked),
      remedy: 'leave it out to have it found',
    })
  }
  if (categories === undefined) return asked ?? (isFewIntegers(values) ? 'classification' : 'regression')
  if (asked !== 'regression') return 'classification'
  throw new DataError({
    rule: `${path}: the target of a regression is a column of numbers`,
    received: `words in column "${name}", such as "${categories[0] ?? ''}"`,
    remedy: 'choose another target, or classification',
  })
}

function isFewIntegers(values: Float32Array): boolean {
  const different = new Set<number>()
  for (const value of values) {
    if (!Number.isInteger(value)) return false
    different.add(value)
    if (different.size > fewClasses) return false
  }
  return different.size * rowsAClass <= values.length
}

/** The classes in order: words, or the different numbers. @throws DataError for more than 65,536. */
export function classesOf(
  { name, categories }: ColumnInfo,
  values: Float32Array,
  path: string,
): readonly (string | number)[] {
  if (categories !== undefined) return categories
  const different = new Set<number>(values)
  if (different.size <= maxClasses) return [...different].sort((a, b) => a - b)
  throw new DataError({
    rule: `${path}: a classification has at most ${String(maxClasses)} classes`,
    received: `${String(different.size)} different numbers in column "${name}"`,
    remedy: 'choose regression, or another target',
  })
}

/** Class numbers of the values of a target, which for words are class numbers already. */
export function toClassNumbers(values: Float32Array, classes: readonly (string | number)[]): Int32Array {
  if (typeof classes[0] === 'string') return Int32Array.from(values)
  const numbers = new Map(classes.map((value, i) => [value, i]))
  return Int32Array.from(values, (value) => numbers.get(value)!)
}
