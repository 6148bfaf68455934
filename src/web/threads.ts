// Worker threads of a browser, in place of core/threads.ts: they need memory that threads can share, which a page has when it
// is cross-origin isolated.
import { serveEngagement, type Engagement } from '../core/serve.js'
import type { Thread } from '../core/threads.js'
import { scriptUrl } from './scripts.js'

/** How many threads run at once: one where memory cannot be shared. */
export function availableThreads(): number {
  return canShare() ? navigator.hardwareConcurrency : 1
}

/** Whether this page, or the page of this worker, may share memory between threads. */
export function canShare(): boolean {
  return globalThis.crossOriginIsolated
}

/** What to tell a user who gets one thread and could have more. */
export const sharingNote =
  'training with one thread: pages may share memory between threads when they are cross-origin isolated, that is, served with the ' +
  'headers "Cross-Origin-Opener-Policy: same-origin" and "Cross-Origin-Embedder-Policy: require-corp"'

/** Starts a worker. @param fail is told when it traps or fails. */
export function startThread(fail: (received: string) => void): Thread {
  const worker = new Worker(ownScript ?? threadScript(), { name: 'lanewise' })
  worker.onmessage = ({ data }: MessageEvent<unknown>) => {
    // A worker from a file says first that it is ready for a fit.
    if (typeof data !== 'string') return
    fail(`a trap in one: ${data}`)
    worker.terminate()
  }
  worker.onerror = (event) => {
    event.preventDefault()
    fail(`an error in one: ${event.message}`)
  }
  return {
    engage: (engagement) => {
      worker.postMessage(engagement)
    },
    terminate: () => {
      worker.terminate()
      return Promise.resolve()
    },
  }
}

/** In a worker from a file of its own: that file, which serves as a thread too. */
let ownScript: string | undefined

/** Tells that this worker runs from a file that serves as a thread too. */
export function serveFromFile(url: string): void {
  ownScript = url
}

let script: string | undefined

function threadScript(): string {
  script ??= scriptUrl(`
    const serve = ${serveEngagement.toString()}
    onmessage = ({ data }) => {
      const failed = serve(data)
      if (failed !== undefined) postMessage(failed)
    }`)
  return script
}

/** Serves engagements as a thread does; for workers from files. */
export function serveThread(engagement: Engagement): void {
  const failed = serveEngagement(engagement)
  if (failed !== undefined) postMessage(failed)
}
