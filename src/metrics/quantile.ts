// Quantiles of sorted values.

/** The value below which the share `q` of the values lies, interpolated linearly (NumPy's default). @param sorted ascending, at least one. */
export function quantileOf(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1)
  const below = Math.min(sorted.length - 1, Math.floor(at))
  const above = Math.min(sorted.length - 1, below + 1)
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (at - below)
}

/** The first value at which the weights so far reach half of all: scikit-learn's lower weighted median. */
export function weightedMedian(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i)
  order.sort((a, b) => values[a]! - values[b]! || a - b)
  let total = 0
  for (const i of order) total += weights[i]!
  let sum = 0
  for (const i of order) {
    sum += weights[i]!
    if (sum > 0 && sum >= total / 2) return values[i]!
  }
  return values[order.at(-1)!]!
}
