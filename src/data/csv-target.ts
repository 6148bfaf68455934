// What the target of a table is for: classes or numbers. Looks at its values one by one, so that a table need not be in
// memory.
import { ArgumentError, DataError } from '../core/errors.js'
import type { ColumnInfo } from '../core/tensor.js'

export type Task = 'classification' | 'regression'

const fewClasses = 20
const rowsAClass = 5
const maxClasses = 65536

/** Gathers the different values of a target. */
export class TargetValues {
  private readonly different = new Set<number>()
  private whole = true
  private rows = 0

  constructor(private readonly path: string) {}

  /** @throws DataError for a missing value. */
  add(value: number): void {
    this.rows++
    if (Number.isNaN(value)) {
      throw new DataError({
        rule: `${this.path}: every row has a target`,
        received: `none in row ${String(this.rows)}`,
        remedy: 'drop the rows without one, or choose another column as target',
      })
    }
    if (this.different.size <= maxClasses) this.different.add(value)
    this.whole &&= Number.isInteger(value)
  }

  /**
   * The task that is asked for; else classification for words, and for whole numbers of at most 20 different values that
   * come five times each on average; else regression.
   * @returns the classes in order, words or different numbers; undefined for regression.
   * @throws ArgumentError for another task, DataError for words with `regression`, and for more than 65,536 classes.
   */
  classes(
    { name, categories }: ColumnInfo,
    asked: Task | undefined,
  ): readonly (string | number)[] | undefined {
    if (asked !== undefined && asked !== 'classification' && asked !== 'regression') {
      throw new ArgumentError({
        rule: 'a task is classification or regression',
        received: JSON.stringify(asked),
        remedy: 'leave it out to have it found',
      })
    }
    if (categories !== undefined && asked === 'regression') {
      throw new DataError({
        rule: `${this.path}: the target of a regression is a column of numbers`,
        received: `words in column "${name}", such as "${(categories[0] ?? '').slice(0, 40)}"`,
        remedy: 'choose another target, or classification',
      })
    }
    if (categories !== undefined) return categories
    if ((asked ?? (this.isFewNumbers() ? 'classification' : 'regression')) === 'regression') return undefined
    if (this.different.size <= maxClasses) return [...this.different].sort((a, b) => a - b)
    throw new DataError({
      rule: `${this.path}: a classification has at most ${String(maxClasses)} classes`,
      received: `more different numbers in column "${name}"`,
      remedy: 'choose regression, or another target',
    })
  }

  private isFewNumbers(): boolean {
    const { size } = this.different
    return this.whole && size <= fewClasses && size * rowsAClass <= this.rows
  }
}

/**
 * Class numbers of the values of a target, which for words are class numbers already.
 * @throws DataError for a value that is no class.
 */
export function toClassNumbers(
  values: Float32Array,
  classes: readonly (string | number)[],
  path: string,
): Int32Array {
  if (typeof classes[0] === 'string') return Int32Array.from(values)
  const numbers = new Map(classes.map((value, i) => [value, i]))
  return Int32Array.from(values, (value) => {
    const number = numbers.get(value)
    if (number !== undefined) return number
    throw new DataError({
      rule: `${path}: the target is one of the classes that were found before`,
      received: String(value),
      remedy: 'leave the file alone while it is read',
    })
  })
}
