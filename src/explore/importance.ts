// How much of the differences between the trials of a search goes with each parameter: the correlation ratio of the ranks of the
// trials over groups of the parameter's values, corrected for chance (ε², Kelley 1935). It sees one parameter at a time, and what
// the search tried: TPE tries more of what is good, so random search tells more.
import type { Space } from './space.js'
import type { Observation } from './tpe.js'

export interface Importance {
  parameter: string
  /** 0 for no more than chance, 1 for everything. */
  share: number
  /** Trials in which it meant anything. */
  trials: number
}

/** Groups into which numbers are cut by their rank. */
const groups = 4

export function importanceOf({ parameters }: Space, observations: readonly Observation[]): Importance[] {
  const ranks = ranksOf(observations)
  return parameters
    .filter(({ low, high }) => low < high)
    .map(({ name, kind }) => {
      const pairs = observations.flatMap(({ assignment }, i) => {
        const value = assignment.get(name)
        return value === undefined ? [] : [{ value, rank: ranks[i]! }]
      })
      const group = kind === 'choice' ? (value: number) => value : quartileOf(pairs.map(({ value }) => value))
      const cut = pairs.map(({ value, rank }) => ({ group: group(value), rank }))
      return { parameter: name, share: ratio(cut), trials: pairs.length }
    })
    .sort((a, b) => b.share - a.share)
}

/** Ranks from 0 for the best, by the figure alone: the epochs of a trial are the search's doing. */
function ranksOf(observations: readonly Observation[]): number[] {
  const order = observations
    .map((_, i) => i)
    .sort((a, b) => {
      const [first, second] = [observations[a]!.loss, observations[b]!.loss]
      return first < second ? -1 : first > second ? 1 : a - b
    })
  const ranks = new Array<number>(order.length)
  order.forEach((index, rank) => (ranks[index] = rank))
  return ranks
}

function quartileOf(values: readonly number[]): (value: number) => number {
  const sorted = [...values].sort((a, b) => a - b)
  const ends = Array.from(
    { length: groups - 1 },
    (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / groups)]!,
  )
  return (value) => ends.filter((end) => value >= end).length
}

function ratio(cut: readonly { group: number; rank: number }[]): number {
  const n = cut.length
  const byGroup = new Map<number, { rank: number }[]>()
  for (const one of cut) byGroup.set(one.group, [...(byGroup.get(one.group) ?? []), one])
  const k = byGroup.size
  if (k < 2 || n <= k) return 0
  const meanOf = (part: readonly { rank: number }[]) =>
    part.reduce((sum, { rank }) => sum + rank, 0) / part.length
  const mean = meanOf(cut)
  const total = cut.reduce((sum, { rank }) => sum + (rank - mean) ** 2, 0)
  const within = [...byGroup.values()].reduce((sum, part) => {
    const own = meanOf(part)
    return sum + part.reduce((inner, { rank }) => inner + (rank - own) ** 2, 0)
  }, 0)
  return Math.max(0, 1 - within / (n - k) / (total / (n - 1)))
}
