// Whether the difference between two models is real: McNemar's test over the rows of one test set, and paired tests over
// figures that come in pairs (one a seed, or one a fold): Student's t, Wilcoxon's signed ranks, sign-flip permutation.
import { chiSquaredTail, fairBinomialTwoSided, normalTwoSided, studentTwoSided } from './distributions.js'
import { MetricError } from './error.js'
import type { Label } from './labels.js'
import { randomDraws } from './random.js'

export interface TestResult {
  /** What the test computes; its meaning is the test's. */
  statistic: number
  /** Two-sided: how likely a difference of this size or more is where there is none. */
  pValue: number
}

export interface McNemarResult extends TestResult {
  /** Rows that only the first model gets right, and rows that only the second does. */
  onlyFirst: number
  onlySecond: number
  /** Whether the p-value is exact (binomial) or of the chi-squared approximation with continuity correction. */
  exact: boolean
}

/** Rows on which just one model is right, up to which the binomial test is used. */
const exactLimit = 25
/** Pairs up to which Wilcoxon's distribution is counted out, and sign flips are tried all. */
const exactPairs = 50
const exactFlips = 16

/**
 * McNemar's test: do two classifiers err on different rows more often one way than the other? The statistic is the smaller
 * count (exact), or (|b - c| - 1)² / (b + c). @param options.exact default: when fewer than 25 rows differ.
 * @throws MetricError for arrays of unequal length or no rows.
 */
export function mcNemarTest(
  yTrue: ArrayLike<Label>,
  first: ArrayLike<Label>,
  second: ArrayLike<Label>,
  options: { exact?: boolean } = {},
): McNemarResult {
  if (yTrue.length === 0 || first.length !== yTrue.length || second.length !== yTrue.length) {
    throw new MetricError({
      rule: 'both models predict every row of yTrue, at least 1',
      received: `${String(yTrue.length)} labels, ${String(first.length)} and ${String(second.length)} predictions`,
      remedy: 'pass predictions for the same rows',
    })
  }
  let onlyFirst = 0
  let onlySecond = 0
  for (let i = 0; i < yTrue.length; i++) {
    const [a, b] = [first[i] === yTrue[i], second[i] === yTrue[i]]
    if (a && !b) onlyFirst++
    if (b && !a) onlySecond++
  }
  const differing = onlyFirst + onlySecond
  const { exact = differing < exactLimit } = options
  const statistic =
    exact || differing === 0
      ? Math.min(onlyFirst, onlySecond)
      : (Math.abs(onlyFirst - onlySecond) - 1) ** 2 / differing
  const pValue = exact
    ? fairBinomialTwoSided(onlyFirst, differing)
    : differing === 0
      ? 1
      : chiSquaredTail(statistic)
  return { statistic, pValue, onlyFirst, onlySecond, exact }
}

/**
 * Student's t over pairs: is the mean of first - second 0? Assumes differences that are roughly normal. NaN when all
 * differences are 0, and for a single pair.
 * @throws MetricError for unequal lengths, no pairs, or values that are not finite.
 */
export function pairedTTest(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): TestResult & { meanDifference: number } {
  const differences = differencesOf(first, second)
  const n = differences.length
  const mean = differences.reduce((a, b) => a + b, 0) / n
  const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (n - 1)
  const statistic = mean / Math.sqrt(variance / n)
  return { statistic, pValue: studentTwoSided(statistic, n - 1), meanDifference: mean }
}

/**
 * Wilcoxon's signed-rank test over pairs: is the distribution of first - second symmetric about 0? Pairs without a difference
 * are left out. Exact for up to 50 pairs with no zeros and no ties, else the normal approximation with ties accounted for.
 * The statistic is the smaller sum of ranks. p is 1 when there is no difference at all.
 * @throws MetricError as pairedTTest.
 */
export function wilcoxonTest(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): TestResult & { exact: boolean } {
  const all = differencesOf(first, second)
  const differences = all.filter((d) => d !== 0).sort((a, b) => Math.abs(a) - Math.abs(b))
  const n = differences.length
  if (n === 0) return { statistic: 0, pValue: 1, exact: true }
  let positive = 0
  let ties = 0
  for (let from = 0; from < n;) {
    let to = from
    while (to < n && Math.abs(differences[to]!) === Math.abs(differences[from]!)) to++
    const rank = (from + 1 + to) / 2
    for (let i = from; i < to; i++) if (differences[i]! > 0) positive += rank
    ties += (to - from) ** 3 - (to - from)
    from = to
  }
  const statistic = Math.min(positive, (n * (n + 1)) / 2 - positive)
  if (n === all.length && ties === 0 && n <= exactPairs) {
    return { statistic, pValue: Math.min(1, 2 * signedRankTail(statistic, n)), exact: true }
  }
  const mean = (n * (n + 1)) / 4
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - ties / 48
  return { statistic, pValue: normalTwoSided((statistic - mean) / Math.sqrt(variance)), exact: false }
}

/**
 * Sign-flip permutation test over pairs: how often is |mean of first - second| at least as large when each pair's order is
 * left to chance? All flips for up to 16 pairs, else `resamples` random ones (then p = (hits + 1) / (resamples + 1)).
 * @param options.resamples default 10,000. @param options.seed default 1. @throws MetricError as pairedTTest.
 */
export function pairedPermutationTest(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: { resamples?: number; seed?: number } = {},
): TestResult & { exact: boolean } {
  const { resamples = 10_000, seed = 1 } = options
  const differences = differencesOf(first, second)
  const n = differences.length
  const sum = differences.reduce((a, b) => a + b, 0)
  // Sums in another order differ in the last bits; those count as equal.
  const atLeast = Math.abs(sum) * (1 - 1e-12)
  const statistic = sum / n
  let hits = 0
  if (n <= exactFlips) {
    for (let flips = 0; flips < 2 ** n; flips++) {
      let flipped = 0
      for (let i = 0; i < n; i++) flipped += (flips >> i) & 1 ? -differences[i]! : differences[i]!
      if (Math.abs(flipped) >= atLeast) hits++
    }
    return { statistic, pValue: hits / 2 ** n, exact: true }
  }
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new MetricError({
      rule: 'resamples is a positive integer',
      received: String(resamples),
      remedy: 'leave it out for 10,000',
    })
  }
  const draw = randomDraws(seed)
  for (let k = 0; k < resamples; k++) {
    let flipped = 0
    for (const d of differences) flipped += draw(2) === 1 ? -d : d
    if (Math.abs(flipped) >= atLeast) hits++
  }
  return { statistic, pValue: (hits + 1) / (resamples + 1), exact: false }
}

/** P(sum of the ranks with a positive sign ≤ t) for n pairs, by counting the sets of ranks with each sum. */
function signedRankTail(t: number, n: number): number {
  const size = (n * (n + 1)) / 2 + 1
  const sets = new Float64Array(size)
  sets[0] = 1
  for (let rank = 1; rank <= n; rank++) {
    for (let total = size - 1; total >= rank; total--) sets[total]! += sets[total - rank]!
  }
  let tail = 0
  for (let total = 0; total <= t; total++) tail += sets[total]!
  return tail / 2 ** n
}

function differencesOf(first: ArrayLike<number>, second: ArrayLike<number>): number[] {
  const differences = Array.from(first, (value, i) => value - (second[i] ?? NaN))
  if (first.length === second.length && first.length > 0 && differences.every(Number.isFinite))
    return differences
  throw new MetricError({
    rule: 'first and second hold pairs of finite figures, at least one',
    received: `${String(first.length)} and ${String(second.length)} values${first.length === second.length ? ', some not finite' : ''}`,
    remedy: 'pass the figures of both models in the same order of seeds or folds',
  })
}
