// The directory of a training's checkpoints: `step-0000001500.safetensors` by steps of the optimizer, the newest few of them,
// and `best.safetensors`, the model at the end of its best epoch. Every file is whole, or not there. Node only.
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { ArgumentError, LanewiseError, NotFoundError } from '../core/errors.js'
import type { ModelState } from '../core/state.js'
import type { Checkpoint } from '../core/training-state.js'
import { codeOf, removeLeftovers, writeFileAtomic } from './atomic.js'
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js'
import { readBytes, saveModel } from './file.js'

/** The model of the best epoch. */
export const bestName = 'best.safetensors'
const digits = 10

/** Steps of the optimizer before the one that comes next: the name of the checkpoint. */
export function stepOf({ training: { first, next, stepsPerEpoch, stream } }: Checkpoint): number {
  if (stream !== undefined) return first.step + stream.steps
  return first.step + (next.epoch - first.epoch) * stepsPerEpoch + next.step
}

export function checkpointName(step: number): string {
  return `step-${String(step).padStart(digits, '0')}.safetensors`
}

/** The steps of a directory's checkpoints, newest first; none where there is no such directory. */
export async function checkpointSteps(directory: string): Promise<number[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw error
  })
  const steps = names.flatMap((name) => {
    const [, step] = /^step-(\d{10,16})\.safetensors$/.exec(name) ?? []
    return step === undefined ? [] : [Number(step)]
  })
  return steps.sort((a, b) => b - a)
}

/** Makes the directory, if it is not there, and takes away what killed processes left in it. @throws ArgumentError */
export async function openDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true })
    await removeLeftovers(directory)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === undefined) throw cause
    throw new ArgumentError({
      rule: 'checkpoints are written to a directory that may be written',
      received: `${directory} (${code})`,
      remedy: 'choose another one',
      cause,
    })
  }
}

/** Whether a file lies right in a directory. */
export function isIn(file: string, directory: string): boolean {
  return dirname(resolve(file)) === resolve(directory)
}

/** Writes a checkpoint, then removes all but the newest `keep`. @returns its path. */
export async function writeCheckpoint(
  directory: string,
  checkpoint: Checkpoint,
  keep: number,
): Promise<string> {
  const path = join(directory, checkpointName(stepOf(checkpoint)))
  await writeFileAtomic(path, encodeCheckpoint(checkpoint))
  for (const step of (await checkpointSteps(directory)).slice(keep)) {
    await rm(join(directory, checkpointName(step)), { force: true })
  }
  return path
}

export function writeBest(directory: string, model: ModelState): Promise<void> {
  return saveModel(join(directory, bestName), model)
}

/** Removes checkpoints of later steps: those of a future that is given up by going on from an earlier one. */
export async function removeAfter(directory: string, step: number): Promise<void> {
  for (const later of await checkpointSteps(directory)) {
    if (later > step) await rm(join(directory, checkpointName(later)), { force: true })
  }
}

/**
 * The checkpoint of a file, or the newest of a directory. One that cannot be read is passed over, with a warning, where
 * there is an older one.
 * @throws NotFoundError where there is none; FormatError for a file that is none.
 */
export async function readCheckpoint(
  path: string,
  warn: (message: string) => void,
): Promise<{ checkpoint: Checkpoint; file: string }> {
  if (!(await isDirectory(path))) return { checkpoint: await readOne(path), file: path }
  const steps = await checkpointSteps(path)
  for (const [i, step] of steps.entries()) {
    const file = join(path, checkpointName(step))
    try {
      return { checkpoint: await readOne(file), file }
    } catch (error) {
      if (!(error instanceof LanewiseError) || i === steps.length - 1) throw error
      warn(`${error.message}; going on from the one before it`)
    }
  }
  throw new NotFoundError({
    rule: 'there is a checkpoint to go on from',
    received: `${path}, which has none`,
    remedy: 'begin without resume, or pass the directory that the checkpoints were written to',
  })
}

async function readOne(file: string): Promise<Checkpoint> {
  return decodeCheckpoint(await readBytes(file, 'the checkpoint'), file)
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error
    throw new NotFoundError({
      rule: 'the checkpoint to go on from is there',
      received: path,
      remedy: 'check the path, or begin without resume',
      cause: error,
    })
  }
}
