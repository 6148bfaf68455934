// The checkpoints of a run: in `checkpoints/` of its directory, which is made when the first is written. A run that was told
// how often to write them keeps them when it is finished, and is marked so; else they go with its end.
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { env } from 'node:process'
import type { JsonObject } from '../core/state.js'
import type { CheckpointOptions } from '../models/checkpoints.js'
import { codeOf, writeFileAtomic } from '../persist/atomic.js'
import { checkpointSteps } from '../persist/checkpoint-directory.js'
import { requireObject } from '../persist/fields.js'
import { parseJson } from '../persist/json.js'
import type { Output } from './output.js'
import { forUser } from './paths.js'
import { claim, type RunTarget } from './run-directory.js'
import { checkpointInterval, type CheckpointInterval } from './values.js'

/** Without `--checkpoint-every`: often enough that little is lost, seldom enough that no short run pays for it. */
const usualMinutes = 5
/** Seconds of training from which on its end is worth a checkpoint, so that the final pass can be broken off. */
const leastSeconds = 10

export const checkpointFolder = 'checkpoints'
const finishedMark = 'finished'

export class RunCheckpoints {
  /** The run's directory, once it has checkpoints. */
  private directory: string | undefined
  private readonly every: CheckpointInterval | undefined
  private wanted: RunTarget = { usual: '' }

  /** @param every text of `--checkpoint-every`; undefined for the usual. */
  constructor(every: string | undefined) {
    this.every = every === undefined ? undefined : checkpointInterval(every)
  }

  /**
   * For `fit`; undefined for none at all.
   * @param target where the results of the run go. @param note what a checkpoint tells of it.
   * @param isResumed whether the directory of `target` has checkpoints to go on from.
   */
  begin(target: RunTarget, note: JsonObject, isResumed: boolean): CheckpointOptions | undefined {
    this.wanted = target
    if (isResumed && 'chosen' in target) this.enter(target.chosen)
    if (this.every === 'never') return undefined
    const interval = this.every ?? { everyMinutes: usualMinutes, leastSeconds }
    return { directory: () => this.open(), ...interval, note }
  }

  /** Where the results go. */
  get target(): RunTarget {
    return this.wanted
  }

  /** Says how to go on with a run that was broken off, if there is something to go on from. */
  async tell(output: Output): Promise<void> {
    if (this.directory === undefined) return
    const steps = await checkpointSteps(join(this.directory, checkpointFolder))
    if (steps.length > 0) output.tell(`the run is kept; go on with: ${commandFor(this.directory)}`)
  }

  /** Call when the results are written. */
  async finish(): Promise<void> {
    if (this.directory === undefined) {
      // Those of a run that was replaced by one without any.
      if ('chosen' in this.wanted)
        await rm(join(this.wanted.chosen, checkpointFolder), { recursive: true, force: true })
      return
    }
    const folder = join(this.directory, checkpointFolder)
    if (this.every === undefined || this.every === 'never') await rm(folder, { recursive: true, force: true })
    else
      await writeFileAtomic(
        join(folder, finishedMark),
        'The results of this run are in the directory above.\n',
      )
  }

  private async open(): Promise<string> {
    if (this.directory === undefined) {
      const directory = await claim(this.wanted)
      // Those of a run that is being replaced.
      await rm(join(directory, checkpointFolder), { recursive: true, force: true })
      this.enter(directory)
    }
    return join(this.directory!, checkpointFolder)
  }

  private enter(directory: string): void {
    this.directory = directory
    this.wanted = { chosen: directory, overwrite: true, within: join(directory, checkpointFolder) }
  }
}

/** What a directory holds of a run. */
export type RunState = 'interrupted' | 'finished' | 'finished with checkpoints' | 'nothing'

export async function runStateOf(directory: string): Promise<RunState> {
  const folder = join(directory, checkpointFolder)
  const hasSteps = (await checkpointSteps(folder)).length > 0
  const isMarked = await isThere(join(folder, finishedMark))
  if (hasSteps) return isMarked ? 'finished with checkpoints' : 'interrupted'
  return (await isThere(join(directory, 'metrics.json'))) ? 'finished' : 'nothing'
}

/** Takes away the mark of a finished run that gets more epochs. */
export async function unmark(directory: string): Promise<void> {
  await rm(join(directory, checkpointFolder, finishedMark), { force: true })
}

/** The content of a finished run's metrics.json. */
export async function readMetrics(directory: string): Promise<JsonObject> {
  const file = join(directory, 'metrics.json')
  return requireObject(parseJson(await readFile(file, 'utf8'), file, 'metrics.json'), file, 'metrics.json')
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false
    throw error
  }
}

/** The command that goes on with a run, as the user would write it. */
function commandFor(directory: string): string {
  const script = env['npm_lifecycle_event']
  const program = script === 'lanewise' || script === 'start' ? 'npm run lanewise --' : 'npx lanewise'
  const path = forUser(directory)
  return `${program} train --resume --out ${/^[\w./:\\-]+$/.test(path) ? path : JSON.stringify(path)}`
}
