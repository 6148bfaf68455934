// `train --resume`: which run goes on, and with which options. The run's own are taken from its checkpoint; of those given
// now, what cannot change its result may differ, and anything else is refused by name.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command, Option } from 'commander'
import { ArgumentError, FormatError, NotFoundError } from '../core/errors.js'
import type { JsonObject } from '../core/state.js'
import type { Checkpoint } from '../core/training-state.js'
import { catalog } from '../data/catalog.js'
import { codeOf } from '../persist/atomic.js'
import { checkpointSteps, readCheckpoint } from '../persist/checkpoint-directory.js'
import { conflict } from './optimizer.js'
import type { Output } from './output.js'
import { forUser, fromUser } from './paths.js'
import { checkpointFolder, runStateOf, unmark } from './run-checkpoints.js'
import type { RowRange } from './values.js'

/** Options that the run forgets. */
const ofTheMoment = ['resume', 'out', 'overwrite', 'json', 'quiet', 'version', 'watch']
/** Options that may be others than before: they change no bit of what is trained, but for more epochs. */
const free = ['epochs', 'threads', 'checkpointEvery', 'dataDir', 'profile', 'revectorize', 'report']

/** A run that goes on. */
export interface ResumedRun<T> {
  directory: string
  file: string
  options: T
  /** The command line that repeats the run from its beginning. */
  repeat: string
}

/**
 * What a run's checkpoints tell of it: its options, as texts.
 * @param dataset what was found where none was named. @param repeat the command line that repeats it.
 */
export function describeRun(options: { dataset?: string }, dataset: string, repeat: string): JsonObject {
  const texts = Object.entries({ ...options, dataset: options.dataset ?? dataset })
    .filter(([key, value]) => value !== undefined && !ofTheMoment.includes(key))
    .map(([key, value]) => [key, textOf(key, value)])
  return { command: 'train', options: Object.fromEntries(texts) as JsonObject, repeat }
}

/** A value as it would be written on the command line; paths as absolute ones. */
function textOf(key: string, value: unknown): string | boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return isPath(key, value) ? fromUser(value) : value
  if (Array.isArray(value)) return value.map(String).join(',')
  if (typeof value !== 'object' || value === null) return String(value)
  if (!('start' in value)) return JSON.stringify(value)
  const { start, end = '' } = value as RowRange
  return `${String(start)}:${String(end)}`
}

function isPath(key: string, value: string): boolean {
  if (key === 'dataDir') return true
  if (key === 'dataset') return !catalog.some(({ name }) => name === value)
  return key === 'model' && !['mlp', 'logistic', 'linear'].includes(value)
}

/**
 * Finds the run that goes on: that in `out`, or else the one in `runs` with the newest checkpoint.
 * @returns the run; or that it is finished.
 * @throws NotFoundError where there is none; ArgumentError for options that the run does not have.
 */
export async function resumeRun<T extends object>(
  command: Command,
  output: Output,
): Promise<ResumedRun<T> | { finished: string }> {
  const { out, overwrite } = command.opts<{ out?: string; overwrite?: boolean }>()
  if (overwrite === true) conflict('--overwrite', '--resume', 'leave one of them out')
  const directory = out === undefined ? await newestRun(fromUser('runs')) : fromUser(out)
  const state = await runStateOf(directory)
  const more = command.getOptionValueSource('epochs') === 'cli' ? Number(command.opts()['epochs']) : 0
  if (state === 'finished') return requireNoMore(directory, more)
  if (state === 'nothing') {
    throw new NotFoundError({
      rule: '--resume goes on with a run that has left checkpoints',
      received: `${forUser(directory)} without any`,
      remedy: 'name the directory of the run with --out, or leave --resume out to begin',
    })
  }
  const { checkpoint, file } = await readCheckpoint(join(directory, checkpointFolder), (text) => {
    output.warn(text)
  })
  if (state === 'finished with checkpoints') {
    if (more <= checkpoint.training.epochs) return { finished: directory }
    await unmark(directory)
  }
  const options = { ...merged(command, checkpoint, file), out: directory, resume: true } as T
  const { first, next } = checkpoint.training
  output.note(
    `going on with ${forUser(directory)} from epoch ${String(next.epoch - first.epoch + 1)}, step ${String(next.step)}`,
  )
  const repeat = `${String(checkpoint.training.note['repeat'])}${more > 0 ? ` --epochs ${String(more)}` : ''}`
  return { directory, file, options, repeat }
}

function requireNoMore(directory: string, more: number): { finished: string } {
  if (more === 0) return { finished: directory }
  throw new ArgumentError({
    rule: 'a finished run gets more epochs when it has kept its checkpoints',
    received: `${directory}, which has none`,
    remedy: 'train again with --checkpoint-every to keep them, or with more epochs',
  })
}

/** The options of the run, with those that may be others. */
function merged(command: Command, { training }: Checkpoint, file: string): JsonObject {
  const { command: name, options: texts } = training.note
  if (name !== 'train' || typeof texts !== 'object' || texts === null || Array.isArray(texts)) {
    throw new FormatError({
      file,
      rule: 'a checkpoint of lanewise train tells the options of its run',
      received: 'a checkpoint of another program',
      remedy: 'go on with it in that program, with resume of fit',
    })
  }
  const entries = command.options.map((option): [string, unknown] => {
    const key = option.attributeName()
    const given = command.getOptionValueSource(key) === 'cli'
    const before = Object.hasOwn(texts, key) ? texts[key] : undefined
    const now: unknown = command.opts()[key]
    if (given && (free.includes(key) || ofTheMoment.includes(key))) return [key, now]
    if (given && textOf(key, now) !== before) {
      const flag = option.long ?? key
      throw new ArgumentError({
        rule: `--resume goes on with the options of the run, which had ${before === undefined ? `no ${flag}` : `${flag} ${String(before)}`}`,
        received: `${flag} ${String(textOf(key, now))}`,
        remedy: `leave ${flag} out, or begin another run in another --out`,
      })
    }
    if (ofTheMoment.includes(key)) return [key, now]
    return [key, before === undefined ? undefined : parsed(option, before, file)]
  })
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as JsonObject
}

/** A recorded text through the option's own parser, with its checks. */
function parsed(option: Option, value: unknown, file: string): unknown {
  const takesValue = option.required || option.optional
  if (typeof value === 'boolean' && !takesValue) return value
  if (typeof value === 'string' && takesValue)
    return option.parseArg === undefined ? value : option.parseArg(value, undefined as never)
  throw new FormatError({
    file,
    rule: `a checkpoint tells ${option.long ?? 'an option'} of its run as it is written`,
    received: JSON.stringify(value).slice(0, 60),
    remedy: 'use an earlier checkpoint of the run',
  })
}

/** The directory below `runs` with the newest checkpoint of a run that was broken off. */
async function newestRun(runs: string): Promise<string> {
  const names = await readdir(runs).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw error
  })
  let newest: { directory: string; time: number } | undefined
  for (const name of names) {
    const directory = join(runs, name)
    if ((await runStateOf(directory)) !== 'interrupted') continue
    const folder = join(directory, checkpointFolder)
    const [step] = await checkpointSteps(folder)
    if (step === undefined) continue
    const { mtimeMs: time } = await stat(folder)
    if (newest === undefined || time > newest.time) newest = { directory, time }
  }
  if (newest !== undefined) return newest.directory
  throw new NotFoundError({
    rule: '--resume without --out goes on with the newest run in runs that was broken off',
    received: `${runs} without one`,
    remedy: 'name the directory of the run with --out, or leave --resume out to begin',
  })
}
