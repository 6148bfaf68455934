// Which trial trains next, and how far: each to the end, or by asynchronous successive halving (ASHA), where only the best share of
// the trials of a rung goes on to the next. Time here is counted in epochs on imagined workers, not by a clock: what is decided
// depends on the results alone, whatever really finishes first.
// Source: Li et al., "A System for Massively Parallel Hyperparameter Tuning" (MLSys 2020).
import type { Sampler } from './samplers.js'
import type { Assignment } from './space.js'
import { byMerit, type Observation } from './tpe.js'

export interface Task {
  /** From 0, in the order in which trials begin. */
  trial: number
  assignment: Assignment
  /** Index of the rung, and the epochs of it. */
  rung: number
  epochs: number
}

export interface ScheduleOptions {
  sampler: Sampler
  /** New trials at most. */
  trials: number
  /** Epochs of the rungs, ascending; one for training to the end. */
  rungs: readonly number[]
  /** One in so many goes on to the next rung. */
  factor: number
  /** Imagined workers: tasks that begin without knowing of each other's results. */
  parallel: number
  /** Carries a task out; called for at most `parallel` at a time. @returns the loss; smaller is better, Infinity for what diverged. */
  run(task: Task): Promise<number>
}

interface Running {
  task: Task
  /** In imagined time. */
  end: number
  order: number
  loss: Promise<number>
}

/** Runs a search to its end. @returns the last observation of each trial, in the order of their numbers. */
export async function runSchedule(options: ScheduleOptions): Promise<Observation[]> {
  const { sampler, trials, rungs, factor, parallel, run } = options
  const known: Observation[] = []
  const finished = rungs.map((): { task: Task; loss: number }[] => [])
  const promoted = rungs.map(() => new Set<number>())
  let running: Running[] = []
  let begun = 0
  let exhausted = false
  let now = 0
  let order = 0

  const promotable = (): Task | undefined => {
    for (let rung = rungs.length - 2; rung >= 0; rung--) {
      const here = finished[rung]!
      const sorted = [...here].sort((a, b) =>
        a.loss < b.loss ? -1 : a.loss > b.loss ? 1 : a.task.trial - b.task.trial,
      )
      const best = sorted.slice(0, Math.floor(here.length / factor))
      const next = best.find(({ task, loss }) => !promoted[rung]!.has(task.trial) && loss < Infinity)
      if (next === undefined) continue
      promoted[rung]!.add(next.task.trial)
      return { ...next.task, rung: rung + 1, epochs: rungs[rung + 1]! }
    }
    return undefined
  }
  const fresh = (): Task | undefined => {
    if (begun >= trials || exhausted) return undefined
    const assignment = sampler.next(
      begun,
      known.filter((observation) => observation !== undefined),
    )
    if (assignment === undefined) {
      exhausted = true
      return undefined
    }
    return { trial: begun++, assignment, rung: 0, epochs: rungs[0]! }
  }

  for (;;) {
    while (running.length < parallel) {
      const task = promotable() ?? fresh()
      if (task === undefined) break
      const before = task.rung === 0 ? 0 : rungs[task.rung - 1]!
      const loss = run(task)
      loss.catch(() => undefined) // awaited below, in its turn
      running.push({ task, end: now + task.epochs - before, order: order++, loss })
    }
    const next = running.reduce<Running | undefined>(
      (first, one) =>
        first === undefined || one.end < first.end || (one.end === first.end && one.order < first.order)
          ? one
          : first,
      undefined,
    )
    if (next === undefined) return known
    const loss = await next.loss
    running = running.filter((one) => one !== next)
    now = next.end
    const { task } = next
    finished[task.rung]!.push({ task, loss })
    known[task.trial] = { assignment: task.assignment, epochs: task.epochs, loss }
  }
}

/** The number of the best trial: of those that were trained longest, the one with the smallest loss; undefined where all diverged. */
export function bestTrial(observations: readonly Observation[]): number | undefined {
  const finite = observations.filter(({ loss }) => loss < Infinity)
  const best = finite.toSorted(byMerit)[0]
  return best === undefined ? undefined : observations.indexOf(best)
}

/** Epochs of the rungs: `least`, `least · factor`, …, and `most`. */
export function rungsOf(least: number, factor: number, most: number): number[] {
  const rungs: number[] = []
  for (let epochs = least; epochs < most; epochs *= factor) rungs.push(epochs)
  return [...rungs, most]
}
