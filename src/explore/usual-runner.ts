// How many trials at a time are fastest: whole trials side by side, one thread each, as long as there are enough of them.
import { availableParallelism } from 'node:os'
import { processRunner } from './process-runner.js'
import { localRunner, type TrialRunner } from './runner.js'

/** @param trials that are to run. @param jobs trials at the same time, where the user says so. */
export function usualRunner(trials: number, jobs?: number): TrialRunner {
  const cores = availableParallelism()
  const slots = jobs ?? Math.min(cores, trials)
  return slots === 1
    ? localRunner()
    : processRunner({ slots, threads: Math.max(1, Math.floor(cores / slots)) })
}
