// Modules of the runtime (Node, Deno, Bun) that take milliseconds to load and are needed by few: loaded by the first who needs
// them, at once. So neither an import of the library nor a prediction waits for them.
import { createRequire } from 'node:module'

export function workerThreads(): typeof import('node:worker_threads') {
  return builtin('node:worker_threads') as typeof import('node:worker_threads')
}

export function os(): typeof import('node:os') {
  return builtin('node:os') as typeof import('node:os')
}

/** From no file's view: bundled programs need not know where they are. */
function builtin(name: `node:${string}`): unknown {
  return createRequire('/')(name)
}
