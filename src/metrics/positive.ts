// One class against the rest: which rows are of the class that a binary metric asks for.
import { MetricError } from './error.js'
import type { Label } from './labels.js'

export interface PositiveOptions {
  /** The class that a score speaks for; all others count as the rest. Default 1, where the labels are 0 and 1 or -1 and 1. */
  positive?: Label
}

/**
 * 1 for the rows of the positive class, 0 for the others.
 * @throws MetricError unless there is one finite score for each label, and it is clear what is positive.
 */
export function positiveRows(
  yTrue: ArrayLike<Label>,
  scores: ArrayLike<number>,
  { positive }: PositiveOptions,
): Uint8Array {
  if (yTrue.length !== scores.length || yTrue.length === 0) {
    throw new MetricError({
      rule: 'there is one score for each label, at least 1',
      received: `${String(scores.length)} scores for ${String(yTrue.length)} labels`,
      remedy: 'pass the scores of the same rows',
    })
  }
  const positives = new Uint8Array(yTrue.length)
  for (let i = 0; i < yTrue.length; i++) {
    const label = yTrue[i]!
    if (!Number.isFinite(scores[i])) {
      throw new MetricError({
        rule: 'scores are finite numbers',
        received: `${String(scores[i])} at index ${String(i)}`,
        remedy: 'look for divergence in training',
      })
    }
    if (positive === undefined && label !== 0 && label !== 1 && label !== -1) {
      throw new MetricError({
        rule: 'the positive class is named unless labels are 0 and 1, or -1 and 1',
        received: `the label ${JSON.stringify(label)} and no positive`,
        remedy: 'pass positive, the class that the scores speak for',
      })
    }
    positives[i] = Number(label === (positive ?? 1))
  }
  return positives
}
