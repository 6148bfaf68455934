// The directory that a run leaves behind: whole or not at all. Files are written into a temporary directory beside it, which
// takes its name at the end; into a directory that is there already they are moved one by one, each at once.
import { constants } from 'node:fs'
import { access, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ArgumentError } from '../core/errors.js'
import { codeOf, temporaryName } from '../persist/atomic.js'

/** Where results go: a directory that the user chose, or `runs/<name>` with a number when that is taken. */
export type RunTarget =
  | {
      chosen: string
      overwrite: boolean
      /** A directory of the run for temporary files; default: beside `chosen`. */
      within?: string
    }
  | { usual: string }

/**
 * Checks, before the work, that results can be written after it.
 * @throws ArgumentError for a chosen directory that is not empty (without overwrite), is no directory, or may not be written.
 */
export async function requireWritable(target: RunTarget): Promise<void> {
  const path = 'chosen' in target ? target.chosen : target.usual
  if ('chosen' in target && !target.overwrite && !(await isFree(path))) {
    throw new ArgumentError({
      rule: 'the directory of --out is empty, or not there yet',
      received: path,
      remedy:
        'choose another one, or pass --overwrite to replace the results in it, or --resume to go on with a run in it',
    })
  }
  let there = path
  while (!(await exists(there))) there = dirname(there)
  const received = (await stat(there)).isDirectory() ? await refusal(there) : `${there}, which is a file`
  if (received === undefined) return
  throw new ArgumentError({
    rule: 'results are written to a directory that may be written',
    received,
    remedy: 'choose another one with --out',
  })
}

/**
 * Writes a run.
 * @param fill writes all files into the directory it is given. When it throws, or the signal is aborted by then, nothing is left.
 * @returns the directory that holds them.
 */
export async function writeRun(
  target: RunTarget,
  fill: (directory: string) => Promise<void>,
  signal: AbortSignal,
): Promise<string> {
  const wanted = 'chosen' in target ? target.chosen : target.usual
  await mkdir(dirname(wanted), { recursive: true })
  const within = ('chosen' in target ? target.within : undefined) ?? dirname(wanted)
  const temporary = join(within, temporaryName(basename(wanted)))
  await mkdir(temporary)
  try {
    await fill(temporary)
    signal.throwIfAborted()
    const path = 'chosen' in target ? wanted : await firstFree(wanted)
    await moveInto(temporary, path)
    return path
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** Makes the directory of a run before its end. @returns it; for a usual one the first that is free. */
export async function claim(target: RunTarget): Promise<string> {
  if ('chosen' in target) {
    await mkdir(target.chosen, { recursive: true })
    return target.chosen
  }
  await mkdir(dirname(target.usual), { recursive: true })
  for (;;) {
    const path = await firstFree(target.usual)
    try {
      await mkdir(path)
      return path
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      // Empty, or taken by another run in this moment.
      if (await isFree(path)) return path
    }
  }
}

/** The temporary directory becomes `path`; where that is there, only its files move. */
async function moveInto(temporary: string, path: string): Promise<void> {
  if (!(await exists(path))) return rename(temporary, path)
  for (const entry of await readdir(temporary, { withFileTypes: true })) {
    const [from, to] = [join(temporary, entry.name), join(path, entry.name)]
    await (entry.isDirectory() ? moveInto(from, to) : rename(from, to))
  }
}

/** `path`, or `path-2`, `path-3`, … */
async function firstFree(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${path}-${String(number)}`
    if (await isFree(candidate)) return candidate
  }
}

/** Whether nothing is there, or an empty directory. */
async function isFree(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true
    if (codeOf(error) === 'ENOTDIR') return false
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return false
    throw error
  }
}

async function refusal(directory: string): Promise<string | undefined> {
  try {
    await access(directory, constants.W_OK)
    return undefined
  } catch (error) {
    return `${directory} (${codeOf(error) ?? String(error)})`
  }
}
