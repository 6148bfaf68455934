// One download of a file at a time: a lock file that tells which process holds it. That of a process which has ended
// without taking it away does not count. Node only.
import { readFile, rm, writeFile } from 'node:fs/promises'
import { pid } from 'node:process'
import { StateError } from '../../core/errors.js'

/** Takes the lock. @throws StateError while another download holds it; the system's errors of writing. */
export async function lock(path: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await writeFile(path, String(pid), { flag: 'wx' })
      return
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      const holder = await holderOf(path)
      if (holder !== undefined || tries > 2) {
        throw new StateError({
          rule: 'one download of a file runs at a time',
          received: `${path}, held by process ${holder ?? 'unknown'}`,
          remedy: 'wait for it, or remove that file if no download is running',
        })
      }
      await rm(path, { force: true })
    }
  }
}

/** Gives the lock back. */
export async function unlock(path: string): Promise<void> {
  await rm(path, { force: true })
}

/** The process that holds a lock; undefined where it has ended, or has just taken the lock away. */
async function holderOf(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  if (!/^[1-9]\d{0,9}$/.test(text)) return undefined
  try {
    process.kill(Number(text), 0)
    return text
  } catch (error) {
    // A process of another user is there, but may not be signalled.
    return codeOf(error) === 'EPERM' ? text : undefined
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
