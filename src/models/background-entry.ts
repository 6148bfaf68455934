// The program of a worker that serves a fit in the background, in Node, Deno and Bun.
import { parentPort } from 'node:worker_threads'
import type { ToWorker } from './background-messages.js'
import { serveFit } from './background-worker.js'

serveFit({
  post: (message) => {
    parentPort!.postMessage(message)
  },
  listen: (handler) => {
    parentPort!.on('message', (message: ToWorker) => {
      handler(message)
    })
  },
})
