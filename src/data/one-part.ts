// Sets of which only one part is there (see LoadOptions.onePart): rows to train on and rows to test on are both cut from
// it, and may not be the same.
import { ArgumentError } from '../core/errors.js'
import type { Dataset } from './dataset.js'

/** Rows from `start` up to, but not including, `end`; default the last. */
export interface Rows {
  start: number
  end?: number | undefined
}

/**
 * Throws where a set's one part would be trained and tested on with shared rows.
 * @param trainRows, testRows the cuts; absent: all rows.
 * @param names how messages call the two.
 * @throws ArgumentError
 */
export function requireApart(
  { onlyPart, train }: Dataset,
  trainRows: Rows | undefined,
  testRows: Rows | undefined,
  names: readonly [train: string, test: string],
): void {
  if (onlyPart === undefined) return
  const rows = train.y.length
  const [a, b] = [trainRows, testRows].map((range) => [range?.start ?? 0, range?.end ?? rows] as const)
  if (a![1] <= b![0] || b![1] <= a![0]) return
  const middle = String(Math.floor(rows * 0.8))
  throw new ArgumentError({
    rule: `${names.join(' and ')} share no rows of a set of which one part alone is there`,
    received: `${a!.join(':')} and ${b!.join(':')}`,
    remedy: `cut its ${String(rows)} rows, as 0:${middle} and ${middle}:`,
  })
}
