// What `compare` and `tune` do: directory, progress, results.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { given } from '../core/given.js'
import { compare, type Comparison, type TrialProgress } from '../explore/compare.js'
import { nameOfFile } from '../explore/experiment.js'
import { shown } from '../explore/space.js'
import { tune, type SearchProgress, type SearchResult } from '../explore/tune.js'
import { codeOf } from '../persist/atomic.js'
import { conflict } from './optimizer.js'
import type { Output } from './output.js'
import { forUser, fromUser } from './paths.js'
import { environment, repeatingCommand } from './run-command.js'
import { requireWritable } from './run-directory.js'

export interface ExploreFlags {
  out?: string
  resume?: boolean
  overwrite?: boolean
  jobs?: number
}

/** Runs `lanewise compare`. @throws what the parts throw; the reason of `signal` when that is aborted. */
export async function runComparison(
  file: string,
  flags: ExploreFlags,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { path: out, clear } = await openDirectory(file, flags)
  const begun = performance.now()
  const options = {
    out,
    signal,
    onReady: clear,
    onTrial: (progress: TrialProgress) => {
      output.note(describeTrial(progress))
    },
    ...given({ jobs: flags.jobs }),
  }
  const comparison = await resumable(out, signal, output, () => compare(fromUser(file), options))
  await writeReport(out, comparison)
  const { ranking, ...head } = comparison
  const short = ranking.map((one) => ({ ...one, trials: undefined }))
  const seconds = (performance.now() - begun) / 1000
  output.result(
    { ...head, ranking: short, seconds, out },
    `${describe(comparison)}\nresults in ${forUser(out)}`,
  )
}

/** Runs `lanewise tune`. @throws as `runComparison`. */
export async function runSearch(
  file: string,
  flags: ExploreFlags,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { path: out, clear } = await openDirectory(file, flags)
  const begun = performance.now()
  const onTrial = (progress: SearchProgress) => {
    output.note(describeProgress(progress))
  }
  const options = { out, signal, onReady: clear, onTrial, ...given({ jobs: flags.jobs }) }
  const result = await resumable(out, signal, output, () => tune(fromUser(file), options))
  await writeReport(out, result)
  const seconds = (performance.now() - begun) / 1000
  output.result({ ...result, seconds, out }, `${describeSearch(result)}\nresults in ${forUser(out)}`)
}

async function writeReport(out: string, record: Comparison | SearchResult): Promise<void> {
  const { writeExploreReport } = await import('./report-files.js')
  const origin = { command: repeatingCommand(), environment: environment() }
  await writeExploreReport(out, { ...record, ...origin })
}

function describeProgress({ number, settings, epochs, result, found, metric }: SearchProgress): string {
  const value = result.figures?.[metric]
  const outcome = value === undefined ? `diverged: ${result.message ?? ''}` : `${metric} ${value.toFixed(4)}`
  const before = found ? ' (from before)' : ''
  return `trial ${String(number)}, ${String(epochs)} epochs: ${outcome}${before}  ${describeFields(settings)}`
}

function describeFields(settings: object): string {
  return Object.entries(settings)
    .map(([field, value]) => `${field} ${shown(value)}`)
    .join(', ')
}

function describeSearch({ best, trials, epochs, metric, importance }: SearchResult): string {
  if (best === null) return 'every trial diverged'
  const { refit, value, settings, number } = best
  const test = refit.figures?.[metric]
  return [
    `best of ${String(trials.length)} trials (${epochs.toLocaleString('en')} epochs in all): trial ${String(number)}, ${metric} ${value.toFixed(4)}`,
    describeFields(settings),
    ...(test === undefined ? [] : [`trained on all rows: test ${metric} ${test.toFixed(4)}`]),
    `what made the difference: ${importance.map((one) => `${one.parameter} ${one.share.toFixed(2)}`).join(', ')}`,
  ].join('\n')
}

/** Where results go, and how to take away those that they replace. */
async function openDirectory(
  file: string,
  { out, resume = false, overwrite = false }: ExploreFlags,
): Promise<{ path: string; clear: () => Promise<void> }> {
  if (resume && overwrite) conflict('--resume', '--overwrite', 'leave one of them out')
  if (overwrite && out === undefined) conflict('--overwrite', 'the default directory', 'name one with --out')
  const usual = fromUser(join('runs', nameOfFile(file)))
  const path = out === undefined ? await usualPlace(usual, resume) : fromUser(out)
  await requireWritable({ chosen: path, overwrite: overwrite || resume })
  return {
    path,
    // Not before the file is known to be right: a slip in it must not cost the results that are there.
    async clear() {
      if (!overwrite) return
      for (const name of written) await rm(join(path, name), { recursive: true, force: true })
    },
  }
}

/** What a comparison or search leaves behind; nothing else is ever removed. */
const written = [
  'trials',
  'model.safetensors',
  'results.json',
  'results.csv',
  'report.json',
  'report.html',
  'report.md',
  'performance',
]

/** `path`, or `path-2`, `path-3`, …: the first that is free, or to go on with the last that is not. */
async function usualPlace(path: string, resume: boolean): Promise<string> {
  for (let number = 1, last = path; ; number++) {
    const candidate = number === 1 ? path : `${path}-${String(number)}`
    if (await isFree(candidate)) return resume ? last : candidate
    last = candidate
  }
}

async function isFree(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true
    throw error
  }
}

async function resumable<T>(
  out: string,
  signal: AbortSignal,
  output: Output,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (signal.aborted) output.note(`go on with: --resume --out ${forUser(out)}`)
    throw error
  }
}

function describeTrial({ name, seed, result, done, total, found, metric }: TrialProgress): string {
  const { figures, timing, message = '' } = result
  const outcome =
    figures === undefined
      ? `diverged: ${message}`
      : `${metric} ${figures[metric]!.toFixed(4)} in ${timing.trainSeconds.toFixed(2)} s${found ? ' (from before)' : ''}`
  return `[${String(done)}/${String(total)}] ${name}, seed ${String(seed)}: ${outcome}`
}

/** The ranking as a table for the terminal. */
function describe({ ranking, metric }: Comparison): string {
  const number = (value: number | undefined) => (value === undefined ? '' : value.toFixed(4))
  const rows = ranking.map((one) => [
    String(one.rank),
    one.name,
    number(one.mean),
    one.low === undefined ? '' : `${number(one.low)} to ${number(one.high)}`,
    one.adjustedPValue === undefined
      ? ''
      : `${one.differs === true ? 'real' : 'may be chance'} (p ${one.adjustedPValue.toPrecision(2)})`,
    one.parameters.toLocaleString('en'),
    one.trainSeconds.toFixed(2),
  ])
  return table(
    ['', 'architecture', metric, '95 % interval', 'difference from best', 'parameters', 'seconds'],
    rows,
  )
}

/** Columns that stand one below the other. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)))
  return [header, ...rows]
    .map((row) =>
      row
        .map((text, i) => text.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
