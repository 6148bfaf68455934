// Class labels: their kinds and their order.
import { MetricError } from './error.js'

/** A class: its number, or its name. One call uses one kind. */
export type Label = number | string

/**
 * The classes that occur in any of the arrays, sorted: numbers by value, strings by code point.
 * @throws MetricError for labels that are neither numbers nor strings, are NaN, or mix the two kinds.
 */
export function uniqueLabels(...arrays: ArrayLike<Label>[]): Label[] {
  const seen = new Set<Label>()
  for (const labels of arrays) for (let i = 0; i < labels.length; i++) seen.add(labels[i]!)
  const unique = [...seen]
  if (unique.every((label) => typeof label === 'string')) return unique.sort(byCodePoint)
  const odd = unique.find((label) => typeof label !== 'number' || Number.isNaN(label))
  if (odd === undefined) return (unique as number[]).sort((a, b) => a - b)
  throw new MetricError({
    rule: 'labels are all numbers or all strings',
    received: `${typeof odd} ${String(odd)} among ${String(unique.length)} different labels`,
    remedy: 'convert yTrue and yPred to the same kind of label',
  })
}

// UTF-16 order differs from code point order only where a surrogate meets a character above the surrogate range.
function byCodePoint(a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return left.length - right.length
}
