// Workers for fits in the background, in Node, Deno and Bun. The browser's build has a file of its own in place of this one.
import { workerThreads } from '../core/builtin.js'
import type { FromWorker } from './background-messages.js'
import type { FitWorker, FitWorkerEvents } from './background.js'

/** Whether every fit runs in the background, asked for or not. */
export const alwaysInBackground = false

/** Starts a worker that serves one fit. It keeps the process alive until it is ended. */
export function startFitWorker({ message, failed }: FitWorkerEvents): FitWorker {
  const { Worker } = workerThreads()
  const worker = new Worker(new URL('../models/background-entry.js', import.meta.url), {
    name: 'lanewise-fit',
  })
  worker.on('message', (told: FromWorker) => {
    message(told)
  })
  worker.on('error', (error) => {
    failed(`an error in it: ${String(error)}`)
  })
  worker.on('exit', (code) => {
    failed(`its end with code ${String(code)}`)
  })
  return {
    post: (told, transfer = []) => {
      worker.postMessage(told, [...transfer])
    },
    terminate: () => {
      void worker.terminate()
    },
  }
}
