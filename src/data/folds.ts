// Cuts of rows for cross-validation and for grouped data, as scikit-learn's KFold, StratifiedKFold, GroupKFold and
// GroupShuffleSplit: as row numbers, seeded; `takeRows` makes data of them.
import { ArgumentError, DataError } from '../core/errors.js'
import { permutation, purposes } from '../core/philox.js'

/** Row numbers of two parts, each ascending: together all rows, none twice. */
export interface RowSplit {
  train: Uint32Array
  test: Uint32Array
}

export interface FoldOptions {
  /** Number of folds, at least 2; default 5. */
  folds?: number
  /** Decides who goes where; default 1. */
  seed?: number
  /** Whether rows are mixed before; default true. */
  shuffle?: boolean
}

/**
 * Each row is in the test part once; sizes of the parts differ by one row at most.
 * @param rows number of rows.
 * @throws ArgumentError for options out of range; DataError for fewer rows than folds.
 * @example for (const { train, test } of kFold(y.length)) { const x1 = takeRows(x, train) … }
 */
export function kFold(rows: number, options: FoldOptions = {}): RowSplit[] {
  const { folds, order } = settle(rows, options)
  // Without mixing a fold is a run of rows, as in scikit-learn.
  const foldOf = new Uint32Array(rows)
  order.forEach((row, place) => (foldOf[row] = Math.floor((place * folds) / rows)))
  return splitsOf(foldOf, folds)
}

/**
 * As `kFold`, and each test part has the share of each class, within one row.
 * @param classes one a row. @throws as `kFold`.
 */
export function stratifiedKFold(classes: ArrayLike<number | string>, options: FoldOptions = {}): RowSplit[] {
  const { folds, order } = settle(classes.length, options)
  // Dealing class after class to the folds in turn keeps both classes and sizes even.
  const foldOf = new Uint32Array(classes.length)
  let place = 0
  for (const members of byValue(classes, order).values())
    for (const row of members) foldOf[row] = place++ % folds
  return splitsOf(foldOf, folds)
}

/**
 * Each group is in the test part once, and never divided; the largest groups are dealt first, to the smallest fold.
 * @param groups one a row: whose row it is. @throws ArgumentError for options out of range; DataError for fewer groups than folds.
 */
export function groupKFold(groups: ArrayLike<number | string>, options: FoldOptions = {}): RowSplit[] {
  const { folds, order } = settle(groups.length, options)
  const members = [...byValue(groups, order).values()].sort((a, b) => b.length - a.length)
  requireGroups(members.length, folds)
  const sizes = new Uint32Array(folds)
  const foldOf = new Uint32Array(groups.length)
  for (const rows of members) {
    const fold = sizes.indexOf(sizes.reduce((least, size) => Math.min(least, size)))
    sizes[fold]! += rows.length
    for (const row of rows) foldOf[row] = fold
  }
  return splitsOf(foldOf, folds)
}

/**
 * Two parts with no group in both.
 * @param groups one a row. @param options.testSize share of the groups, above 0 and below 1, rounded up; default 0.25.
 * @throws ArgumentError for options out of range; DataError for fewer than two groups.
 */
export function groupSplit(
  groups: ArrayLike<number | string>,
  options: { testSize?: number; seed?: number } = {},
): RowSplit {
  const { testSize = 0.25, seed = 1 } = options
  if (!(testSize > 0 && testSize < 1)) {
    throw new ArgumentError({
      rule: 'testSize of groups is a share above 0 and below 1',
      received: String(testSize),
      remedy: 'pass 0.25 for a quarter',
    })
  }
  const members = [...byValue(groups, permutation(groups.length, seed, purposes.split)).values()]
  requireGroups(members.length, 2)
  // The groups in an order of their own: large ones would come first among mixed rows.
  const order = permutation(members.length, seed, purposes.split + 1)
  const count = Math.min(members.length - 1, Math.ceil(testSize * members.length))
  const foldOf = new Uint32Array(groups.length)
  for (const group of order.subarray(0, count)) for (const row of members[group]!) foldOf[row] = 1
  return splitsOf(foldOf, 2)[1]!
}

function settle(rows: number, { folds = 5, seed = 1, shuffle = true }: FoldOptions) {
  if (!Number.isInteger(folds) || folds < 2) {
    throw new ArgumentError({
      rule: 'folds is an integer of at least 2',
      received: String(folds),
      remedy: 'leave it out for 5',
    })
  }
  if (!Number.isInteger(rows) || rows < folds) {
    throw new DataError({
      rule: 'there are at least as many rows as folds',
      received: `${String(rows)} rows for ${String(folds)} folds`,
      remedy: 'pass more rows, or ask for fewer folds',
    })
  }
  const order = shuffle
    ? permutation(rows, seed, purposes.split)
    : Uint32Array.from({ length: rows }, (_, i) => i)
  return { folds, order }
}

/** The rows of each value, in the given order; values in the order in which they first come in the data. */
export function byValue(
  values: ArrayLike<number | string>,
  order: Uint32Array,
): Map<number | string, number[]> {
  const members = new Map<number | string, number[]>()
  for (let row = 0; row < values.length; row++) if (!members.has(values[row]!)) members.set(values[row]!, [])
  for (const row of order) members.get(values[row]!)!.push(row)
  return members
}

function splitsOf(foldOf: Uint32Array, folds: number): RowSplit[] {
  const rows = Uint32Array.from(foldOf, (_, row) => row)
  return Array.from({ length: folds }, (_, fold) => ({
    train: rows.filter((row) => foldOf[row] !== fold),
    test: rows.filter((row) => foldOf[row] === fold),
  }))
}

function requireGroups(groups: number, parts: number): void {
  if (groups >= parts) return
  throw new DataError({
    rule: 'there is at least one group for each part',
    received: `${String(groups)} groups for ${String(parts)} parts`,
    remedy: 'pass rows of more groups, or ask for fewer parts',
  })
}
