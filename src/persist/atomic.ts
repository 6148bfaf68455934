// Files that are either the old ones or the new ones, never half of each. Node only.
import { randomBytes } from 'node:crypto'
import { open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ArgumentError, NotFoundError } from '../core/errors.js'

/**
 * Writes a file at once: to a temporary file in the same directory, flushed to the disk, then renamed. Whatever happens
 * on the way, `path` holds its old content or the new one, and no temporary file is left behind by an error.
 * A symbolic link stays one; what it points to is replaced.
 * @throws NotFoundError when the directory is not there; ArgumentError when `path` is not a regular file or may not be
 *   written; the system's own error (disk full, …) otherwise.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const target = await resolveTarget(path)
  const temporary = join(dirname(target), temporaryName(basename(target)))
  try {
    await writeFlushed(temporary, data)
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw explain(error, path)
  }
  await flushDirectory(dirname(target))
}

/** A hidden name that tells which process writes, so that what a killed one left behind can be known. */
export function temporaryName(name: string): string {
  return `.${name}.${String(process.pid)}-${randomBytes(6).toString('hex')}.tmp`
}

/** Removes the temporary files and directories that processes which are no more (killed, or by a power cut) left in a directory. */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const [, pid] = /^\..+\.(\d+)-[0-9a-f]{12}\.tmp$/.exec(name) ?? []
    if (pid !== undefined && !isRunning(Number(pid)))
      await rm(join(directory, name), { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) !== 'ESRCH' // a process of another user may not be asked, but is there
  }
}

/** The file behind a symbolic link. Devices and pipes are refused: a rename would replace them. */
async function resolveTarget(path: string): Promise<string> {
  try {
    const target = await realpath(path)
    if ((await stat(target)).isFile()) return target
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return path
    throw explain(error, path)
  }
  throw new ArgumentError({
    rule: 'the path to write to is a file',
    received: `${path}, which is something else`,
    remedy: 'name a file in that directory',
  })
}

async function writeFlushed(path: string, data: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(data)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes the rename itself last through a power cut. Windows cannot open directories and needs no such thing. */
async function flushDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** A typed error for what the user can mend; anything else as it came. */
function explain(error: unknown, path: string): unknown {
  const code = codeOf(error)
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new NotFoundError({
      rule: 'the directory to write to is there',
      received: dirname(path),
      remedy: 'create it first',
      cause: error,
    })
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new ArgumentError({
      rule: 'the path to write to may be written',
      received: `${path} (${code})`,
      remedy: 'choose another directory or change its permissions',
      cause: error,
    })
  }
  return error
}

/** The system's code of an error, as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
