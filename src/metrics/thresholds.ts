// Counts of positive and negative rows with a score of at least each threshold, for all thresholds at once: what the curves
// are drawn from. Sorts scores, not rows, where rows have no weights: many times faster.

/** Entry i belongs to the i-th highest score that occurs; the last entries count all rows. */
export interface Cumulative {
  positives: number[]
  negatives: number[]
  thresholds: number[]
}

/** @param isPositive 1 for positive rows. @param weights a weight for each row; rows of weight 0 do not count at all. */
export function descending(
  isPositive: Uint8Array,
  scores: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
): Cumulative {
  return weights === undefined ? ofScores(isPositive, scores) : ofRows(isPositive, scores, weights)
}

function ofScores(isPositive: Uint8Array, scores: ArrayLike<number>): Cumulative {
  const sides = [new Float64Array(isPositive.length), new Float64Array(isPositive.length)] as const
  const counts: [number, number] = [0, 0]
  for (let i = 0; i < isPositive.length; i++) {
    const side = isPositive[i] as 0 | 1
    // Adding 0 makes -0 and 0 one threshold.
    sides[side][counts[side]++] = scores[i]! + 0
  }
  const [negative, positive] = sides.map((side, i) => side.subarray(0, counts[i]).sort()) as [
    Float64Array,
    Float64Array,
  ]
  const curve: Cumulative = { positives: [], negatives: [], thresholds: [] }
  let n = negative.length
  let p = positive.length
  while (n > 0 || p > 0) {
    const threshold = Math.max(negative[n - 1] ?? -Infinity, positive[p - 1] ?? -Infinity)
    while (n > 0 && negative[n - 1]! === threshold) n--
    while (p > 0 && positive[p - 1]! === threshold) p--
    curve.thresholds.push(threshold)
    curve.positives.push(positive.length - p)
    curve.negatives.push(negative.length - n)
  }
  return curve
}

function ofRows(isPositive: Uint8Array, scores: ArrayLike<number>, weights: ArrayLike<number>): Cumulative {
  const rows = Uint32Array.from(isPositive.keys())
    .filter((row) => weights[row]! > 0)
    .sort((a, b) => scores[b]! - scores[a]! || b - a)
  const curve: Cumulative = { positives: [], negatives: [], thresholds: [] }
  let positives = 0
  let negatives = 0
  rows.forEach((row, i) => {
    if (isPositive[row] === 1) positives += weights[row]!
    else negatives += weights[row]!
    const next = rows[i + 1]
    if (next !== undefined && scores[next] === scores[row]) return
    curve.thresholds.push(scores[row]! + 0)
    curve.positives.push(positives)
    curve.negatives.push(negatives)
  })
  return curve
}
