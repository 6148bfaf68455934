// Searches a space of settings: runs trials as the schedule tells, refits the best on all training rows, measures that on the test
// part. Goes on where it was interrupted, with the same result whatever finishes first.
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { given } from '../core/given.js'
import { writeFileAtomic } from '../persist/atomic.js'
import type { MetricName } from './experiment.js'
import { importanceOf, type Importance } from './importance.js'
import { Journal, trialId } from './journal.js'
import type { DataSpec, Measure, TrialJob, TrialResult, TrialSettings } from './job.js'
import { isHigherBetter } from './ranking.js'
import type { TrialRunner } from './runner.js'
import { samplerOf, type SamplerName } from './samplers.js'
import { bestTrial, runSchedule, type Task } from './schedule.js'
import { planSearch, type Search, type SearchPlan } from './search.js'
import { searchCsv } from './tables.js'

export interface TuneOptions {
  /** Directory of the results; finished trials in it are not run again. Default: nothing is written. */
  out?: string
  /** Who runs the trials; default `processRunner`, as many side by side as there are cores. */
  runner?: TrialRunner
  /** Trials at the same time; default as many as pay. */
  jobs?: number
  signal?: AbortSignal
  /** Called once when all is checked and the data are loaded, before anything is written or trained. */
  onReady?: () => void | Promise<void>
  /** Called when a trial has reached a rung, or was found there. */
  onTrial?: (progress: SearchProgress) => void
}

export interface SearchProgress {
  /** 1-based number of the trial. */
  number: number
  settings: TrialSettings
  epochs: number
  result: TrialResult
  found: boolean
  metric: MetricName
  trials: number
}

export interface SearchTrial {
  /** 1-based, in the order in which trials began. */
  number: number
  /** What was searched for, by field. */
  settings: TrialSettings
  /** Epochs that it was given, and the metric then; null where it diverged. */
  epochs: number
  value: number | null
  /** The same at each rung that it reached. */
  rungs: { epochs: number; value: number | null }[]
  parameters: number
  trainSeconds: number
  message?: string
}

/** The content of results.json. */
export interface SearchResult {
  version: 1
  kind: 'search'
  name: string
  data: DataSpec
  rows: { train: number; test: number }
  task: 'classification' | 'regression'
  metric: MetricName
  measure: Measure
  sampler: SamplerName
  /** Epochs of the rungs; one for training to the end. */
  rungs: readonly number[]
  seed: number
  trials: SearchTrial[]
  /** Epochs that all trials were trained for together. */
  epochs: number
  /** How much of the differences between trials goes with each parameter. */
  importance: Importance[]
  /** The best trial, and the model with its settings trained on all training rows, measured on the test part. */
  best: { number: number; settings: TrialSettings; value: number; refit: TrialResult; model?: string } | null
}

/**
 * Searches for settings.
 * @param search the path of a JSON or YAML file, or its content. @throws FormatError for a break of the published schema; errors of
 *   data; the reason of `signal`.
 */
export async function tune(search: string | Search, options: TuneOptions = {}): Promise<SearchResult> {
  const plan = await planSearch(search)
  const { out, runner: own, jobs, signal } = options
  await options.onReady?.()
  const journal = await Journal.open(out)
  const failed = new AbortController()
  const any = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
  const { usualRunner } = await import('./usual-runner.js')
  const runner = own ?? usualRunner(Math.min(plan.parallel, plan.trials), jobs)
  const run = new SearchRun(plan, journal, limited(runner), { ...options, signal: any })
  try {
    const observations = await runSchedule({
      ...plan,
      sampler: samplerOf(plan.sampler, plan.space, plan.seed),
      run: (task) => run.start(task),
    })
    const index = bestTrial(observations)
    const best = index === undefined ? null : await run.refit(index)
    const trials = run.trials
    const result: SearchResult = {
      version: 1,
      kind: 'search',
      name: plan.name,
      data: plan.data,
      rows: { train: plan.loaded.train.y.length, test: plan.loaded.test.y.length },
      task: plan.loaded.task,
      metric: plan.metric,
      measure: plan.measure,
      sampler: plan.sampler,
      rungs: plan.rungs,
      seed: plan.seed,
      trials,
      epochs: trials.reduce((sum, { epochs }) => sum + epochs, 0),
      importance: importanceOf(plan.space, observations),
      best,
    }
    signal?.throwIfAborted()
    if (out !== undefined) {
      await writeFileAtomic(join(out, 'results.json'), `${JSON.stringify(result, undefined, 2)}\n`)
      await writeFileAtomic(join(out, 'results.csv'), searchCsv(result))
    }
    await journal.dropCheckpoints()
    return result
  } finally {
    // Those that still run when one has failed must not write any more.
    failed.abort()
    await run.settled()
    if (own === undefined) await runner.close()
  }
}

/** The runner's `run`, waiting for a free slot. */
function limited(runner: TrialRunner): TrialRunner['run'] {
  let free = runner.slots
  const waiting: (() => void)[] = []
  return async (job, signal) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await runner.run(job, signal)
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}

/** What has been found out in a search so far. */
class SearchRun {
  readonly trials: SearchTrial[] = []
  private readonly started: Promise<number>[] = []

  constructor(
    private readonly plan: SearchPlan,
    private readonly journal: Journal,
    private readonly run: TrialRunner['run'],
    private readonly options: TuneOptions,
  ) {}

  /** Trains a trial up to a rung. @returns its loss; smaller is better. */
  start(task: Task): Promise<number> {
    const loss = this.task(task)
    this.started.push(loss)
    return loss
  }

  /** Returns when nothing runs any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.started)
  }

  private async task({ trial, assignment, rung, epochs }: Task): Promise<number> {
    const { plan, journal } = this
    const searched = plan.space.settings(assignment)
    const jobs = plan.rungs
      .slice(0, rung + 1)
      .map((until) => this.jobOf({ ...plan.training, ...searched }, plan.measure, until))
    const { id, job } = jobs.at(-1)!
    const before = jobs.at(-2)
    const last = rung === plan.rungs.length - 1
    const found = await journal.find(id)
    const from = before && journal.checkpoint(before.id)
    const places = given({ from, into: last ? undefined : journal.checkpoint(id) })
    const result = found ?? (await this.run({ ...job, id, ...places }, this.options.signal))
    if (found === undefined) await journal.keep(result)
    await journal.drop(from)
    const value = result.figures?.[plan.metric] ?? null
    const previous = this.trials[trial]
    this.trials[trial] = {
      number: trial + 1,
      settings: searched,
      epochs: result.status === 'done' ? result.epochs : epochs,
      value,
      rungs: [...(previous?.rungs ?? []), { epochs, value }],
      parameters: result.parameters,
      trainSeconds: result.timing.trainSeconds,
      ...given({ message: result.message }),
    }
    const { metric, trials } = plan
    this.options.onTrial?.({
      number: trial + 1,
      settings: searched,
      epochs,
      result,
      found: found !== undefined,
      metric,
      trials,
    })
    if (value === null) return Infinity
    return isHigherBetter(metric) ? -value : value
  }

  /** Trains the best settings on all training rows. */
  async refit(index: number): Promise<NonNullable<SearchResult['best']>> {
    const { plan, journal, options } = this
    const { settings, value } = this.trials[index]!
    const { id, job } = this.jobOf({ ...plan.training, ...settings }, { on: 'test' }, plan.rungs.at(-1)!)
    const saveTo = options.out === undefined ? undefined : join(options.out, 'model.safetensors')
    if (saveTo !== undefined) await mkdir(options.out!, { recursive: true })
    const saved = saveTo === undefined || (await stat(saveTo).catch(() => undefined)) !== undefined
    const found = saved ? await journal.find(id) : undefined
    const refit = found ?? (await this.run({ ...job, id, ...given({ saveTo }) }, options.signal))
    if (found === undefined) await journal.keep(refit)
    return { number: index + 1, settings, value: value!, refit, ...given({ model: saveTo }) }
  }

  private jobOf(
    settings: TrialSettings,
    measure: Measure,
    until: number,
  ): { id: string; job: Omit<TrialJob, 'id'> } {
    const { data, seed, rungs } = this.plan
    const job = { data, settings, seed, epochs: rungs.at(-1)!, until, measure }
    return { id: trialId(job), job }
  }
}
