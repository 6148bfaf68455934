// Which architecture is best, how sure that is, and which are no worse for all one can tell: means over seeds with intervals, and a
// paired test against the best, corrected for the number of tests.
import { meanInterval, pairedTTest } from '../metrics/index.js'
import type { Architecture, MetricName } from './experiment.js'
import type { TrialResult, TrialSettings } from './job.js'

export interface Ranked {
  /** 1-based; those with a trial that diverged come last. */
  rank: number
  name: string
  settings: TrialSettings
  /** Weights and biases. */
  parameters: number
  /** Mean of the metric over seeds, with its 95 % interval (Student's t); absent without figures. Of one seed no interval. */
  mean?: number
  low?: number
  high?: number
  /** The metric of each seed, in their order; null for a trial that diverged. */
  values: (number | null)[]
  /** Mean training time of a trial in seconds, and rows trained per second. */
  trainSeconds: number
  samplesPerSecond: number
  /** Against the best, paired over seeds (Student's t, two-sided); absent for the best itself and for a single seed. */
  pValue?: number
  /** The same after Holm's correction for the number of architectures. */
  adjustedPValue?: number
  /** Whether the difference from the best is real at the 5 % level, after correction. */
  differs?: boolean
  trials: readonly TrialResult[]
}

const higherIsBetter: ReadonlySet<MetricName> = new Set(['accuracy', 'f1', 'precision', 'recall', 'r2'])

export function isHigherBetter(metric: MetricName): boolean {
  return higherIsBetter.has(metric)
}

/** The metric of a task that decides by default. */
export function usualMetric(task: 'classification' | 'regression'): MetricName {
  return task === 'classification' ? 'accuracy' : 'rmse'
}

/** Ranks architectures. @param trials of each architecture, one a seed in the same order. */
export function rank(
  architectures: readonly Architecture[],
  trials: readonly (readonly TrialResult[])[],
  metric: MetricName,
): Ranked[] {
  const all = architectures.map(({ name, settings }, i): Ranked => {
    const own = trials[i]!
    const values = own.map(({ figures }) => figures?.[metric] ?? null)
    const known = values.filter((value) => value !== null)
    const interval = known.length === 0 ? undefined : meanInterval(known)
    const done = own.filter(({ status }) => status === 'done')
    const meanOf = (figure: (trial: TrialResult) => number) =>
      done.length === 0 ? 0 : done.reduce((sum, trial) => sum + figure(trial), 0) / done.length
    return {
      rank: 0,
      name,
      settings,
      parameters: done[0]?.parameters ?? 0,
      ...(interval === undefined ? {} : { mean: interval.estimate }),
      ...(interval !== undefined && known.length > 1 ? { low: interval.low, high: interval.high } : {}),
      values,
      trainSeconds: meanOf(({ timing }) => timing.trainSeconds),
      samplesPerSecond: meanOf(({ timing }) => timing.samplesPerSecond),
      trials: own,
    }
  })
  const sign = isHigherBetter(metric) ? -1 : 1
  const missing = ({ values }: Ranked) => values.filter((value) => value === null).length
  const sorted = all.sort((a, b) => {
    return missing(a) - missing(b) || sign * ((a.mean ?? 0) - (b.mean ?? 0)) || a.parameters - b.parameters
  })
  sorted.forEach((one, i) => (one.rank = i + 1))
  test(sorted)
  return sorted
}

/** Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (1979). */
function test([best, ...others]: readonly Ranked[]): void {
  if (best === undefined) return
  const tested = others.flatMap((one) => {
    const pairs = one.values.flatMap((value, i) => {
      const of = best.values[i]
      return value === null || of === null || of === undefined ? [] : [[of, value] as const]
    })
    if (pairs.length < 2) return []
    const first = pairs.map(([a]) => a)
    const second = pairs.map(([, b]) => b)
    const same = first.every((value, i) => value === second[i])
    return [{ one, pValue: same ? 1 : pairedTTest(first, second).pValue }]
  })
  tested.sort((a, b) => a.pValue - b.pValue)
  let adjusted = 0
  tested.forEach(({ one, pValue }, i) => {
    adjusted = Math.min(1, Math.max(adjusted, pValue * (tested.length - i)))
    one.pValue = pValue
    one.adjustedPValue = adjusted
    one.differs = adjusted < 0.05
  })
}
