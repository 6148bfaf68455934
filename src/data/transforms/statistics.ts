// Figures of a column of numbers: sums in ascending order of rows and in float64, so that the bits are the same everywhere.
const epsilon = 2 ** -52

/** Arithmetic mean and population standard deviation (divided by n); `deviation` is 0 for a column that does not vary. */
export function momentsOf(values: Float64Array): { mean: number; deviation: number } {
  const rows = values.length
  let mean = 0
  for (const value of values) mean += value
  mean /= rows
  // Two passes with the correction of Chan, Golub & LeVeque, "Algorithms for Computing the Sample Variance" (1983).
  let squares = 0
  let rest = 0
  for (const value of values) {
    const deviation = value - mean
    squares += deviation * deviation
    rest += deviation
  }
  const variance = (squares - (rest * rest) / rows) / rows
  // scikit-learn's bound: what rounding alone could make of a column of equal values.
  const rounding = rows * mean * epsilon
  const constant = variance <= rows * epsilon * variance + rounding * rounding
  return { mean, deviation: constant ? 0 : Math.sqrt(variance) }
}

/** The values in ascending order, as a copy. */
export function sorted(values: Float64Array): Float64Array {
  return values.slice().sort()
}

/** The value below which the share `p` of ascending values lies, linear between two of them (NumPy's default). */
export function quantileOf(ascending: Float64Array, p: number): number {
  const place = p * (ascending.length - 1)
  const low = Math.floor(place)
  const share = place - low
  const a = ascending[low]!
  const b = ascending[Math.min(low + 1, ascending.length - 1)]!
  return share >= 0.5 ? b - (b - a) * (1 - share) : a + (b - a) * share
}

export function medianOf(ascending: Float64Array): number {
  const middle = ascending.length >> 1
  return ascending.length % 2 === 1 ? ascending[middle]! : (ascending[middle - 1]! + ascending[middle]!) / 2
}

/** The value that comes most often; of several the least. */
export function mostFrequent(ascending: Float64Array): number {
  let best = ascending[0]!
  let most = 0
  for (let i = 0, first = 0; i < ascending.length; i++) {
    if (ascending[i] !== ascending[first]) first = i
    if (i - first + 1 <= most) continue
    most = i - first + 1
    best = ascending[i]!
  }
  return best
}
