// Worker threads of Node, Deno and Bun. The browser's build has a file of its own in place of this one.
import { os, workerThreads } from './builtin.js'
import { serveEngagement, type Engagement } from './serve.js'

/** A worker that serves one engagement after another. */
export interface Thread {
  engage(engagement: Engagement): void
  terminate(): Promise<unknown>
}

/** How many threads this machine runs at once. */
export function availableThreads(): number {
  return os().availableParallelism()
}

/** Whether threads can share memory; here always. */
export function canShare(): boolean {
  return true
}

/** What to tell a user whose threads cannot; see src/web/threads.ts. */
export const sharingNote = ''

/** Starts a worker that does not keep the process alive. @param fail is told when it traps, fails or ends. */
export function startThread(fail: (received: string) => void): Thread {
  // Inlined, so that bundled programs need no file beside them.
  const program = `
    const { parentPort } = require('node:worker_threads')
    const serve = ${serveEngagement.toString()}
    parentPort.on('message', (engagement) => {
      const failed = serve(engagement)
      if (failed !== undefined) parentPort.postMessage(failed)
    })`
  const { Worker } = workerThreads()
  const worker = new Worker(program, { eval: true, name: 'lanewise' })
  worker.on('message', (failed: string) => {
    fail(`a trap in one: ${failed}`)
    void worker.terminate()
  })
  worker.on('error', (error) => {
    fail(`an error in one: ${String(error)}`)
  })
  worker.on('exit', (code) => {
    fail(`the end of one with code ${String(code)}`)
  })
  worker.unref()
  return {
    engage: (engagement) => {
      worker.postMessage(engagement)
    },
    terminate: () => worker.terminate(),
  }
}
