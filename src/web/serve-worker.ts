// The program of a worker in a browser: serves one fit, or, when it is told so, as a thread of one.
import type { Engagement } from '../core/serve.js'
import type { ToWorker } from '../models/background-messages.js'
import { serveFit } from '../models/background-worker.js'
import { serveFromFile, serveThread } from './threads.js'

/** Listens. @param url of this script, where it is a file. */
export function serveWorker(url?: string): void {
  if (url !== undefined) serveFromFile(url)
  let handler: ((message: ToWorker) => void) | undefined
  globalThis.onmessage = ({ data }: MessageEvent<ToWorker | Engagement>) => {
    if ('module' in data) serveThread(data)
    else handler?.(data)
  }
  serveFit({
    post: (message) => {
      globalThis.postMessage(message)
    },
    listen: (listener) => {
      handler = listener
    },
  })
}
