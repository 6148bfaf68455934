// Tree-structured Parzen estimator: of some random candidates near the good trials, the one that is likeliest under the good ones
// and unlikeliest under the others, one parameter at a time.
// Sources: Bergstra, Bardenet, Bengio & Kégl, "Algorithms for Hyper-Parameter Optimization" (NIPS 2011); the limits of the
// bandwidth after Bergstra, Yamins & Cox, "Making a Science of Model Search" (ICML 2013).
import { exp, log, normalProbability, normalQuantile } from '../core/exact.js'
import type { CountedRandom } from '../core/philox.js'
import { valueAt, type Assignment, type Parameter } from './space.js'

/** A trial and how good it was. */
export interface Observation {
  assignment: Assignment
  /** Epochs that it was given; more count before the loss. */
  epochs: number
  /** Smaller is better; Infinity for what diverged. */
  loss: number
}

/** Draws out of which the best is taken. */
const candidates = 24
/** Share of the trials that counts as good, and how many at most. */
const goodShare = 0.1
const mostGood = 25

/** Best first: those that were trained longest, of these the smallest loss. */
export function byMerit(a: Observation, b: Observation): number {
  return b.epochs - a.epochs || (a.loss < b.loss ? -1 : a.loss > b.loss ? 1 : 0)
}

/** A value for a parameter. @param known in the order of the trials' numbers. */
export function tpeValue(parameter: Parameter, known: readonly Observation[], random: CountedRandom): number {
  const sorted = [...known].sort(byMerit)
  const good = Math.min(mostGood, Math.ceil(goodShare * sorted.length))
  const values = (part: readonly Observation[]) =>
    part.flatMap(({ assignment }) => {
      const value = assignment.get(parameter.name)
      return value === undefined ? [] : [value]
    })
  const make = parameter.kind === 'choice' ? categories : mixture
  const near = make(parameter, values(sorted.slice(0, good)))
  const others = make(parameter, values(sorted.slice(good)))
  let best = valueAt(parameter, random.uniform(0))
  let highest = -Infinity
  for (let i = 0; i < candidates; i++) {
    const value = near.draw(random.uniform(1 + 2 * i), random.uniform(2 + 2 * i))
    const merit = log(near.density(value)) - log(others.density(value))
    if (merit > highest) [best, highest] = [value, merit]
  }
  return best
}

interface Estimate {
  /** @param which chooses among its parts, @param where within the part, both from 0 to 1. */
  draw(which: number, where: number): number
  density(value: number): number
}

/** Shares of the choices, with one more that is spread evenly. */
function categories({ values }: Parameter, seen: readonly number[]): Estimate {
  const shares = values.map((_, i) => {
    const count = seen.filter((value) => value === i).length
    return (count + 1 / values.length) / (seen.length + 1)
  })
  return {
    draw(which) {
      let sum = 0
      const index = shares.findIndex((share) => (sum += share) > which)
      return index < 0 ? shares.length - 1 : index
    },
    density: (value) => shares[value]!,
  }
}

/** Normal distributions cut off at the ends of the range, one at each value seen and one over the whole range. */
function mixture(parameter: Parameter, seen: readonly number[]): Estimate {
  const { kind, step, log: isLog } = parameter
  const half = kind === 'integer' ? step / 2 : 0
  const inward = (value: number) => (isLog ? log(value) : value)
  const [low, high] = [inward(parameter.low - half), inward(parameter.high + half)]
  const range = high - low
  const centers = [...seen.map(inward), (low + high) / 2].sort((a, b) => a - b)
  const least = range / Math.min(100, centers.length + 1)
  const middle = centers.indexOf((low + high) / 2)
  const below = (z: number) => normalProbability(Math.min(8, Math.max(-8, z)))
  const parts = centers.map((center, i) => {
    const left = center - (centers[i - 1] ?? low)
    const right = (centers[i + 1] ?? high) - center
    const width = i === middle ? range : Math.min(range, Math.max(least, left, right))
    const from = below((low - center) / width)
    return { center, width, from, mass: below((high - center) / width) - from }
  })
  const bell = (z: number) => exp((-z * z) / 2) / 2.5066282746310002 // √(2π)
  return {
    draw(which, where) {
      const { center, width, from, mass } =
        parts[Math.min(parts.length - 1, Math.floor(which * parts.length))]!
      const inside = Math.min(1 - 1e-12, Math.max(1e-12, from + where * mass))
      const drawn = Math.min(high, Math.max(low, center + width * normalQuantile(inside)))
      return valueAt(parameter, (drawn - low) / range)
    },
    density(value) {
      const x = inward(value)
      const sum = parts.reduce(
        (all, { center, width, mass }) => all + bell((x - center) / width) / (width * mass),
        0,
      )
      return Math.max(sum / parts.length, 1e-300)
    },
  }
}
