// Cuts rows in parts of given shares, such as 80:10:10 for training, validation and test: seeded, mixed, stratified when asked.
import { ArgumentError, DataError, ShapeError } from '../core/errors.js'
import { permutation, purposes } from '../core/philox.js'
import { byValue } from './folds.js'
import { countRows, takeRows, type Splittable } from './split.js'

export interface RatioOptions {
  /** Decides who goes where; default 1. */
  seed?: number
  /** Classes, one a row: each part gets the share of each, within one row. Default: no such care. */
  stratify?: ArrayLike<number | string>
}

/**
 * Row numbers of parts, each ascending: together all rows, none twice. Sizes are within one row of their shares; of a
 * stratified cut that holds for each class, and nearly for the whole. A class of few rows is in the first part before others.
 * @param rows number of rows. @param ratio shares in any unit, `[80, 10, 10]`.
 * @throws ArgumentError for shares that are not positive numbers; ShapeError for another number of classes than rows;
 *   DataError when a part would be empty.
 */
export function splitByRatio(
  rows: number,
  ratio: readonly number[],
  options: RatioOptions = {},
): Uint32Array[] {
  const { seed = 1, stratify } = options
  const total = ratio.reduce((sum, share) => sum + share, 0)
  if (ratio.length < 2 || !ratio.every((share) => share > 0) || !Number.isFinite(total)) {
    throw new ArgumentError({
      rule: 'a ratio is two or more positive numbers',
      received: ratio.join(':'),
      remedy: 'pass [80, 10, 10] for training, validation and test',
    })
  }
  if (stratify !== undefined && stratify.length !== rows) {
    throw new ShapeError({
      rule: 'stratify has one entry for each row',
      received: `${String(stratify.length)} entries for ${String(rows)} rows`,
      remedy: 'pass the classes of the same rows',
    })
  }
  const shares = ratio.map((share) => share / total)
  const order = permutation(rows, seed, purposes.split)
  const groups = stratify === undefined ? [Array.from(order)] : [...byValue(stratify, order).values()]
  const counts = allocate(
    groups.map(({ length }) => length),
    shares,
  )
  const partOf = new Uint8Array(rows)
  groups.forEach((members, group) => {
    let next = 0
    counts[group]!.forEach((count, part) => {
      for (const row of members.slice(next, next + count)) partOf[row] = part
      next += count
    })
  })
  const all = Uint32Array.from(partOf, (_, row) => row)
  const parts = shares.map((_, part) => all.filter((row) => partOf[row] === part))
  const empty = parts.findIndex(({ length }) => length === 0)
  if (empty < 0) return parts
  throw new DataError({
    rule: 'each part of a split has at least one row',
    received: `none of ${String(rows)} rows for the share ${String(ratio[empty])}`,
    remedy: 'pass more rows or another ratio',
  })
}

/** Rows of each part for groups of these sizes: the shares rounded down, and what is left to the parts that lack most. */
function allocate(sizes: readonly number[], shares: readonly number[]): number[][] {
  const counts = sizes.map((size) => shares.map((share) => Math.floor(size * share + 1e-9)))
  const rows = sizes.reduce((sum, size) => sum + size, 0)
  const lacking = shares.map((share, part) => {
    return share * rows - counts.reduce((sum, group) => sum + group[part]!, 0)
  })
  const left = sizes.map((size, group) => size - counts[group]!.reduce((sum, count) => sum + count, 0))
  const byNeed = left.map((_, group) => group).sort((a, b) => left[b]! - left[a]!)
  for (const group of byNeed) {
    const own = counts[group]!
    const fraction = (part: number) => sizes[group]! * shares[part]! - own[part]!
    const priority = (part: number) => (part === 0 && own[0] === 0 ? Infinity : lacking[part]!)
    const open = shares.map((_, part) => part).filter((part) => fraction(part) > 1e-9)
    for (const part of open.sort((a, b) => priority(b) - priority(a)).slice(0, left[group])) {
      own[part]!++
      lacking[part]!--
    }
  }
  return counts
}

export interface ThreeParts<X, Y> {
  train: { x: X; y: Y }
  validation: { x: X; y: Y }
  test: { x: X; y: Y }
}

/**
 * Cuts `x` and `y` by the same rows in training, validation and test parts, copies of the same kinds as what was passed in.
 * @param options.ratio default [80, 10, 10].
 * @throws as `splitByRatio`; ShapeError for unequal numbers of rows.
 * @example const { train, validation, test } = trainValidationTestSplit(x, y, { stratify: y })
 */
export function trainValidationTestSplit<X extends Splittable, Y extends Splittable>(
  x: X,
  y: Y,
  options: RatioOptions & { ratio?: readonly [number, number, number] } = {},
): ThreeParts<X, Y> {
  const { ratio = [80, 10, 10], ...rest } = options
  const rows = countRows(x, 'x')
  if (countRows(y, 'y') !== rows) {
    throw new ShapeError({
      rule: 'y has one entry for each row of x',
      received: `${String(countRows(y, 'y'))} entries for ${String(rows)} rows`,
      remedy: 'pass data of the same rows',
    })
  }
  const [train, validation, test] = splitByRatio(rows, ratio, rest).map((part) => {
    return { x: takeRows(x, part), y: takeRows(y, part) }
  })
  return { train: train!, validation: validation!, test: test! }
}
