// Compares architectures: trains each with each seed on the same data, and ranks them. Goes on where it was interrupted; the result
// is the same, but for its timing, however the trials were spread and whenever each was run.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { given } from '../core/given.js'
import { writeFileAtomic } from '../persist/atomic.js'
import {
  dataOf,
  epochsOf,
  planExperiment,
  requireMetric,
  requireSettings,
  type Budget,
  type Experiment,
  type MetricName,
} from './experiment.js'
import { Journal, trialId } from './journal.js'
import type { DataSpec, TrialJob, TrialResult } from './job.js'
import { rank, usualMetric, type Ranked } from './ranking.js'
import type { TrialRunner } from './runner.js'
import { comparisonCsv } from './tables.js'

export interface CompareOptions {
  /** Directory of the results; finished trials in it are not run again. Default: nothing is written. */
  out?: string
  /** Who runs the trials; default `processRunner`, as many side by side as there are cores and trials. */
  runner?: TrialRunner
  /** Trials at the same time; default as many as pay. */
  jobs?: number
  signal?: AbortSignal
  /** Called once when all is checked and the data are loaded, before anything is written or trained. */
  onReady?: () => void | Promise<void>
  /** Called when a trial has ended, or was found ended. */
  onTrial?: (progress: TrialProgress) => void
}

export interface TrialProgress {
  name: string
  seed: number
  result: TrialResult
  /** Trials that have ended, out of all. */
  done: number
  total: number
  /** Whether an earlier run has left the result. */
  found: boolean
  metric: MetricName
}

/** The content of results.json. */
export interface Comparison {
  version: 1
  kind: 'comparison'
  name: string
  data: DataSpec
  /** Of training and test. */
  rows: { train: number; test: number }
  task: 'classification' | 'regression'
  budget: Budget
  seeds: readonly number[]
  metric: MetricName
  /** Best first. */
  ranking: Ranked[]
}

/**
 * Trains the architectures of an experiment and ranks them.
 * @param experiment the path of a JSON or YAML file, or its content. @throws FormatError for a break of the published schema;
 *   errors of data; the reason of `signal`.
 */
export async function compare(
  experiment: string | Experiment,
  options: CompareOptions = {},
): Promise<Comparison> {
  const plan = await planExperiment(experiment)
  const { source, budget, seeds } = plan
  const data = await dataOf(source, plan.data)
  for (const { settings, place } of plan.architectures) requireSettings(source, place, settings, data)
  const metric = plan.metric ?? usualMetric(data.task)
  requireMetric(source, metric, data.task)
  const jobs = plan.architectures.map(({ settings }) =>
    seeds.map((seed): TrialJob => {
      const job = {
        data: plan.data,
        settings,
        seed,
        epochs: epochsOf(budget),
        ...given({ seconds: budget.seconds }),
        measure: { on: 'test' } as const,
      }
      return { ...job, id: trialId(job) }
    }),
  )
  const names = plan.architectures.map(({ name }) => name)
  await options.onReady?.()
  const results = await runAll(jobs, names, metric, options)
  const comparison: Comparison = {
    version: 1,
    kind: 'comparison',
    name: plan.name,
    data: plan.data,
    rows: { train: data.train.y.length, test: data.test.y.length },
    task: data.task,
    budget,
    seeds,
    metric,
    ranking: rank(plan.architectures, results, metric),
  }
  if (options.out !== undefined) await write(options.out, comparison)
  return comparison
}

async function runAll(
  jobs: readonly (readonly TrialJob[])[],
  names: readonly string[],
  metric: MetricName,
  { out, runner: own, jobs: wanted, signal, onTrial }: CompareOptions,
): Promise<TrialResult[][]> {
  const journal = await Journal.open(out)
  const results = jobs.map((row) => new Array<TrialResult>(row.length))
  const total = jobs.reduce((sum, row) => sum + row.length, 0)
  let done = 0
  const settle = (a: number, s: number, result: TrialResult, found: boolean) => {
    results[a]![s] = result
    onTrial?.({ name: names[a]!, seed: jobs[a]![s]!.seed, result, done: ++done, total, found, metric })
  }
  const open: [number, number][] = []
  for (const [a, row] of jobs.entries()) {
    for (const [s, { id }] of row.entries()) {
      const result = await journal.find(id)
      if (result === undefined) open.push([a, s])
      else settle(a, s, result, true)
    }
  }
  if (open.length === 0) return results
  const { usualRunner } = await import('./usual-runner.js')
  const runner = own ?? usualRunner(open.length, wanted)
  const failed = new AbortController()
  const any = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
  const work = async () => {
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      any.throwIfAborted()
      const [a, s] = next
      const result = await runner.run(jobs[a]![s]!, any)
      await journal.keep(result)
      settle(a, s, result, false)
    }
  }
  try {
    const slots = Math.max(1, Math.min(runner.slots, open.length))
    const workers = Array.from({ length: slots }, () =>
      work().catch((error: unknown) => {
        failed.abort(error)
      }),
    )
    await Promise.all(workers)
    any.throwIfAborted()
  } finally {
    if (own === undefined) await runner.close()
  }
  return results
}

async function write(out: string, comparison: Comparison): Promise<void> {
  await mkdir(out, { recursive: true })
  await writeFileAtomic(join(out, 'results.json'), `${JSON.stringify(comparison, undefined, 2)}\n`)
  await writeFileAtomic(join(out, 'results.csv'), comparisonCsv(comparison))
}
