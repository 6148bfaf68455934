// What a search tries next: every combination (grid), at random, or where trials so far were good (TPE, in tpe.ts). What is drawn
// depends on the seed, the number of the trial and what is known by then, on nothing else.
import { CountedRandom, purposes } from '../core/philox.js'
import { gridOf, valueAt, type Assignment, type Parameter, type Space } from './space.js'
import { tpeValue, type Observation } from './tpe.js'

export type SamplerName = 'grid' | 'random' | 'tpe'

export interface Sampler {
  /** The next trial's parameters; undefined when there are no more. @param known trials that have ended, in the order of their numbers. */
  next(trial: number, known: readonly Observation[]): Assignment | undefined
}

/** Trials before TPE has something to go by. */
export const startupTrials = 10

export function samplerOf(name: SamplerName, { parameters }: Space, seed: number): Sampler {
  if (name === 'grid') {
    const combinations = everyCombination(parameters, 0, new Map())
    return {
      next() {
        const { value, done } = combinations.next()
        return done === true ? undefined : value
      },
    }
  }
  return {
    next(trial, known) {
      const assignment = new Map<string, number>()
      parameters.forEach((parameter, i) => {
        if (!parameter.active(assignment)) return
        const random = new CountedRandom(seed, purposes.search + i, trial)
        const guided = name === 'tpe' && known.length >= startupTrials
        const value = guided ? tpeValue(parameter, known, random) : valueAt(parameter, random.uniform(0))
        assignment.set(parameter.name, value)
      })
      return assignment
    },
  }
}

/** The last parameter changes fastest. */
function* everyCombination(
  parameters: readonly Parameter[],
  from: number,
  chosen: ReadonlyMap<string, number>,
): Generator<Assignment, undefined> {
  const parameter = parameters[from]
  if (parameter === undefined) yield chosen
  else if (!parameter.active(chosen)) yield* everyCombination(parameters, from + 1, chosen)
  else {
    for (const value of gridOf(parameter))
      yield* everyCombination(parameters, from + 1, new Map([...chosen, [parameter.name, value]]))
  }
  return undefined
}
