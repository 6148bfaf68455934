// From an experiment, a file or plain data, to the trials of a comparison: checked, every combination written out and named.
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { ArgumentError, LanewiseError } from '../core/errors.js'
import type { DataSpec, TrialSettings } from './job.js'
import { requireSchema } from './schema.js'
import { Source, readSource, type Place } from './source.js'
import { loadTrialData, type TrialData } from './trial-data.js'
import { contextOf, modelOf } from './trial-model.js'

/** Figures that can decide. */
export type MetricName = 'accuracy' | 'f1' | 'precision' | 'recall' | 'loss' | 'rmse' | 'mse' | 'mae' | 'r2'

export interface Budget {
  /** Default 10; with `seconds` no limit. */
  epochs?: number
  seconds?: number
}

/** What an experiment file holds. The published schema is bench/experiments/experiment.schema.json. */
export interface Experiment {
  version: 1
  name?: string
  data: DataSpec
  budget: Budget
  /** Default 1, 2, 3. */
  seeds?: readonly number[]
  /** Default accuracy, for regression rmse. */
  metric?: MetricName
  /** Settings of all architectures; their own go before. */
  training?: TrialSettings
  architectures?: readonly (TrialSettings & { name?: string })[]
  /** Values to try for each setting; every combination is an architecture. */
  grid?: Readonly<Record<string, readonly unknown[]>>
}

export interface Architecture {
  name: string
  settings: TrialSettings
  /** Where the experiment tells it. */
  place: Place
}

/** A checked experiment. */
export interface ExperimentPlan {
  source: Source
  name: string
  data: DataSpec
  budget: Budget
  seeds: readonly number[]
  metric: MetricName | undefined
  architectures: readonly Architecture[]
}

/** Epochs of a trial that time alone limits. */
const mostEpochs = 1_000_000

/** Epochs that a budget means. */
export function epochsOf({ epochs, seconds }: Budget): number {
  return epochs ?? (seconds === undefined ? 10 : mostEpochs)
}

/** The source of an experiment or search. @param given a path, or the content itself. */
export async function sourceOf(given: string | object, what: string): Promise<Source> {
  return typeof given === 'string' ? readSource(given, shortPath(given)) : new Source(what, given)
}

/** A path as the user would write it: relative below where they stand, which npm tells in INIT_CWD. */
function shortPath(path: string): string {
  const short = relative(process.env['INIT_CWD'] ?? '.', resolve(path))
  return short.startsWith('..') || isAbsolute(short) ? path : short
}

/** Reads and checks an experiment. @throws FormatError, NotFoundError */
export async function planExperiment(given: string | Experiment): Promise<ExperimentPlan> {
  const source = await sourceOf(given, 'the experiment')
  await requireSchema(source, 'experiment')
  const {
    name,
    data,
    budget,
    seeds = [1, 2, 3],
    metric,
    training = {},
    architectures = [],
    grid,
  } = source.value as Experiment
  const single = architectures.map(({ name: own, ...settings }, i) => ({
    own,
    settings: merged(training, settings),
    place: ['architectures', i] as Place,
  }))
  const combined = grid === undefined ? [] : combinationsOf(source, grid)
  const all = [
    ...single,
    ...combined.map((settings) => ({
      own: undefined,
      settings: merged(training, settings),
      place: ['grid'] as Place,
    })),
  ]
  return {
    source,
    name: name ?? nameOfFile(given),
    data: placed(data, given),
    budget,
    seeds,
    metric,
    architectures: named(source, all),
  }
}

/** What a kind of model leaves out of the common settings, since it means nothing to it. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  layers: ['model', 'hidden', 'activation', 'init', 'dropout', 'l1', 'l2'],
  logistic: ['hidden', 'layers', 'activation', 'dropout'],
  linear: ['hidden', 'layers', 'activation', 'dropout'],
}

/** Own settings in place of the common ones. */
function merged(common: TrialSettings, own: TrialSettings): TrialSettings {
  const kind = own.layers === undefined ? (own.model ?? 'mlp') : 'layers'
  const kept = Object.entries(common).filter(([key]) => !leftOut[kind]?.includes(key))
  return { ...(Object.fromEntries(kept) as TrialSettings), ...own }
}

/** Every combination of the grid, the last setting changing fastest; each is held against the schema of a setting. */
function combinationsOf(source: Source, grid: Readonly<Record<string, readonly unknown[]>>): TrialSettings[] {
  const total = Object.values(grid).reduce((product, values) => product * values.length, 1)
  const most = 10_000
  if (total > most) source.refuse(['grid'], `has at most ${String(most)} combinations`, String(total))
  return Object.entries(grid).reduce<TrialSettings[]>(
    (settings, [key, values]) => settings.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [{}],
  )
}

/** Data paths of a file start where the file is. */
export function placed(data: DataSpec, given: string | object): DataSpec {
  if (typeof given !== 'string') return data
  const from = (path: string) => (isAbsolute(path) ? path : resolve(dirname(resolve(given)), path))
  const isPath = /[\\/]|\.(csv|tsv|txt|data)(\.gz)?$/i.test(data.dataset)
  return {
    ...data,
    ...(isPath ? { dataset: from(data.dataset) } : {}),
    ...(data.dataDir === undefined ? {} : { dataDir: from(data.dataDir) }),
  }
}

export function nameOfFile(given: string | object): string {
  if (typeof given !== 'string') return 'experiment'
  return given.replace(/^.*[\\/]/, '').replace(/\.(json|ya?ml)$/i, '')
}

interface Unnamed {
  own: string | undefined
  settings: TrialSettings
  place: Place
}

function named(source: Source, all: readonly Unnamed[]): Architecture[] {
  const taken = new Set<string>()
  for (const { own, place } of all) {
    if (own === undefined) continue
    if (taken.has(own))
      source.refuse([...place, 'name'], 'is not that of another architecture', JSON.stringify(own))
    taken.add(own)
  }
  return all.map(({ own, settings, place }) => {
    if (own !== undefined) return { name: own, settings, place }
    const base = describeSettings(settings)
    let name = base
    for (let number = 2; taken.has(name); number++) name = `${base} (${String(number)})`
    taken.add(name)
    return { name, settings, place }
  })
}

/** A name for settings: `mlp 128-64 tanh dropout 0.2`. */
export function describeSettings({
  model = 'mlp',
  hidden,
  layers,
  activation,
  ...others
}: TrialSettings): string {
  const kind =
    layers !== undefined
      ? `${String(layers.length)} layers`
      : model === 'mlp'
        ? ['mlp', ...unitsOf(hidden), ...(activation === undefined ? [] : [activation])].join(' ')
        : model
  const told = Object.entries(others).map(([key, value]) => {
    return `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`
  })
  return [kind, ...told].join(', ')
}

/** Loads the data. @throws FormatError for settings of data that do not fit the set; errors of the files of data. */
export async function dataOf(source: Source, spec: DataSpec): Promise<TrialData> {
  try {
    return await loadTrialData(spec)
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error
    const { rule, received = 'something else', remedy } = error
    const field = Object.keys(spec).find((key) => rule.includes(key)) ?? 'dataset'
    return source.refuse(['data', field], rule.replace(`data.${field} `, ''), received, remedy, error)
  }
}

/** What is not told is left to the data set. */
function unitsOf(hidden: readonly number[] | undefined): string[] {
  return hidden === undefined ? [] : [hidden.join('-') || 'no hidden layer']
}

/** Checks that settings make a model for the data. @throws FormatError that names the setting, as far as one is to blame. */
export function requireSettings(
  source: Source,
  place: Place,
  settings: TrialSettings,
  data: TrialData,
): void {
  const context = contextOf(data)
  const build = (tried: TrialSettings) => {
    const { classWeight } = tried
    modelOf(tried, context)
    if (typeof classWeight !== 'object') return
    const unknown = Object.keys(classWeight).find((name) => !data.classNames.includes(name))
    if (unknown === undefined) return
    const names = data.classNames.slice(0, 12).join(', ')
    throw new ArgumentError({
      rule: `classWeight names classes of the data set (${names})`,
      received: JSON.stringify(unknown),
    })
  }
  try {
    build(settings)
  } catch (error) {
    if (!(error instanceof LanewiseError)) throw error
    const { rule, received = 'something else', remedy } = error
    const blamed = Object.keys(settings).find((key) => {
      try {
        build({ ...settings, [key]: undefined })
        return true
      } catch {
        return false // something else is wrong too, or this is not it
      }
    })
    source.refuse(blamed === undefined ? place : [...place, blamed], rule, received, remedy, error)
  }
}

/** @throws FormatError unless it is a figure of the task. */
export function requireMetric(source: Source, metric: MetricName, task: TrialData['task']): void {
  const ofClasses = ['accuracy', 'f1', 'precision', 'recall']
  if (metric === 'loss' || ofClasses.includes(metric) === (task === 'classification')) return
  source.refuse(['metric'], `is a figure of ${task}`, metric)
}
