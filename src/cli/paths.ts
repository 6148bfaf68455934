// Paths as users write and read them: from where they stand, which npm tells in INIT_CWD when it runs a script.
import { isAbsolute, relative, resolve } from 'node:path'
import { env } from 'node:process'

function whereUserStands(): string {
  return resolve(env['INIT_CWD'] ?? '.')
}

/** A path that the user wrote, as an absolute one. */
export function fromUser(path: string): string {
  return resolve(whereUserStands(), path)
}

/** An absolute path as the user would write it: relative below where they stand, else as it is. */
export function forUser(path: string): string {
  const short = relative(whereUserStands(), path)
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short
}
