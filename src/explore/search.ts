// From a search, a file or plain data, to what is searched and how: checked before anything runs.
import { given } from '../core/given.js'
import type { TrialData } from './trial-data.js'
import {
  dataOf,
  nameOfFile,
  placed,
  requireMetric,
  requireSettings,
  sourceOf,
  type MetricName,
} from './experiment.js'
import type { DataSpec, Measure, TrialSettings } from './job.js'
import { usualMetric } from './ranking.js'
import { samplerOf, type SamplerName } from './samplers.js'
import { requireSchema, readSchemas, Validator } from './schema.js'
import { rungsOf } from './schedule.js'
import type { Source } from './source.js'
import { gridOf, readSpace, type FieldSpace, type Space } from './space.js'

/** What a search file holds. The published schema is bench/experiments/search.schema.json. */
export interface Search {
  version: 1
  name?: string
  data: DataSpec
  /** Of a trial that is trained to the end. */
  budget: { epochs: number }
  /** Of the search and of every training; default 1. */
  seed?: number
  /** What counts; default accuracy, for regression rmse. */
  metric?: MetricName
  /** Default 40; for a grid all combinations. */
  trials?: number
  /** Default `tpe`. */
  sampler?: SamplerName
  /** Successive halving (ASHA): bad trials end early. Default: all are trained to the end. */
  halving?: { minEpochs?: number; factor?: number }
  /** Trials that begin without knowing of each other's results, on however many cores; default 4. */
  parallel?: number
  /** Share of the training rows that trials are measured on; default 0.2. */
  holdout?: number
  /** Cross-validation in place of holdout. */
  folds?: number
  /** Settings of all trials. */
  training?: TrialSettings
  space: Readonly<Record<string, FieldSpace>>
}

/** A checked search with its data. */
export interface SearchPlan {
  name: string
  data: DataSpec
  loaded: TrialData
  metric: MetricName
  seed: number
  trials: number
  sampler: SamplerName
  rungs: readonly number[]
  factor: number
  parallel: number
  measure: Measure
  training: TrialSettings
  space: Space
}

/** Assignments that are tried for settings which do not go together. */
const probes = 64
/** Of a grid. */
const mostTrials = 100_000

/** Reads and checks a search, and loads its data. @throws FormatError, NotFoundError; errors of data. */
export async function planSearch(search: string | Search): Promise<SearchPlan> {
  const source = await sourceOf(search, 'the search')
  await requireSchema(source, 'search')
  const file = source.value as Search
  const {
    name,
    budget,
    seed = 1,
    sampler = 'tpe',
    halving,
    parallel = 4,
    holdout,
    folds,
    training = {},
  } = file
  if (holdout !== undefined && folds !== undefined)
    source.refuse(['folds'], 'does not go with holdout', 'both', 'leave one of them out')
  const space = readSpace(source, file.space)
  await requireValues(source, file.space, space)
  const twice = Object.keys(file.space).find((field) => field in training)
  if (twice !== undefined) source.refuse(['training', twice], 'is not searched for too', twice)
  const data = placed(file.data, search)
  const loaded = await dataOf(source, data)
  const metric = file.metric ?? usualMetric(loaded.task)
  requireMetric(source, metric, loaded.task)
  const random = samplerOf('random', space, seed)
  for (let trial = 0; trial < probes; trial++) {
    const settings = { ...training, ...space.settings(random.next(trial, [])!) }
    requireSettings(source, ['space'], settings, loaded)
  }
  const { minEpochs = 1, factor = 3 } = halving ?? {}
  if (minEpochs > budget.epochs)
    source.refuse(
      ['halving', 'minEpochs'],
      `is at most the budget's ${String(budget.epochs)} epochs`,
      String(minEpochs),
    )
  return {
    name: name ?? nameOfFile(search),
    data,
    loaded,
    metric,
    seed,
    trials: file.trials ?? (sampler === 'grid' ? mostTrials : 40),
    sampler,
    rungs: halving === undefined ? [budget.epochs] : rungsOf(minEpochs, factor, budget.epochs),
    factor,
    parallel,
    measure:
      folds === undefined ? { on: 'holdout', share: holdout ?? 0.2, seed } : { on: 'folds', folds, seed },
    training,
    space,
  }
}

/** Holds the ends of every range and every choice against the schema of the setting. */
async function requireValues(
  source: Source,
  fields: Readonly<Record<string, FieldSpace>>,
  { parameters }: Space,
): Promise<void> {
  const { schemas } = await readSchemas('search')
  const validator = new Validator(schemas)
  const root = schemas.get('experiment.schema.json')!
  const settings = root.$defs!['training']!.properties!
  for (const [field, space] of Object.entries(fields)) {
    const isNested = 'layers' in space
    const schema = isNested ? settings[field]?.items : settings[field]
    if (schema === undefined)
      source.refuse(['space', field], 'is a list where layers are searched for', field)
    const parameter = parameters.find(({ name }) => name === (isNested ? `${field}.1` : field))
    if (parameter === undefined || schema === undefined) continue
    const values = parameter.kind === 'choice' ? parameter.values : gridOf({ ...parameter, points: 2 })
    for (const value of values) {
      const found = validator.check(value, schema, root, ['space', field])
      if (found !== undefined)
        source.refuse(
          found.place,
          found.rule,
          found.received,
          ...Object.values(given({ remedy: found.remedy })),
        )
    }
  }
}
