// What the library shows of this room. Everything loads when it is used.
import type { Comparison, CompareOptions } from './compare.js'
import type { Experiment } from './experiment.js'
import type { Search } from './search.js'
import type { SearchResult, TuneOptions } from './tune.js'

export type { CompareOptions, Comparison, TrialProgress } from './compare.js'
export type { Budget, Experiment, MetricName } from './experiment.js'
export type { DataSpec, Measure, TrialJob, TrialResult, TrialSettings } from './job.js'
export type { Ranked } from './ranking.js'
export type { TrialRunner } from './runner.js'
export type { Search } from './search.js'
export type { FieldSpace } from './space.js'
export type { SearchProgress, SearchResult, SearchTrial, TuneOptions } from './tune.js'

/**
 * Trains the architectures of an experiment on the same data, budget and seeds, and ranks them, with intervals over seeds and a
 * test of whether the difference from the best is real. Node only.
 * @param experiment the path of a JSON or YAML file, or its content; the schema is bench/experiments/experiment.schema.json.
 * @throws FormatError for a break of the schema; errors of data; the reason of `options.signal`.
 * @example const { ranking } = await compare('experiment.yaml', { out: 'runs/experiment' })
 */
export async function compare(
  experiment: string | Experiment,
  options: CompareOptions = {},
): Promise<Comparison> {
  const room = await import('./compare.js')
  return room.compare(experiment, options)
}

/**
 * Searches a space of settings (grid, random or TPE; successive halving), refits the best and measures it on the test part. The same
 * search gives the same result, but for its timing, whatever finishes first and on however many cores. Node only.
 * @param search the path of a JSON or YAML file, or its content; the schema is bench/experiments/search.schema.json.
 * @throws FormatError for a break of the schema; errors of data; the reason of `options.signal`.
 * @example const { best } = await tune('search.yaml', { out: 'runs/search' })
 */
export async function tune(search: string | Search, options: TuneOptions = {}): Promise<SearchResult> {
  const room = await import('./tune.js')
  return room.tune(search, options)
}
