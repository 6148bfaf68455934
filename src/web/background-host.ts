// Workers for fits in a browser, in place of models/background-host.ts. The program of the worker is the library itself: the
// build wraps all of it in one function, whose text is at hand here, and so are the texts of the parts that are loaded.
import type { FromWorker } from '../models/background-messages.js'
import type { FitWorker, FitWorkerEvents } from '../models/background.js'
import { loadedParts } from './parts.js'
import { scriptUrl } from './scripts.js'

/** Whether every fit runs in the background: a page has to stay alive. Not in a worker that the page made itself. */
export const alwaysInBackground = typeof document !== 'undefined'

let makeWorker: (() => Worker) | undefined
let libraryText: (() => string) | undefined

/**
 * How workers are made, for pages whose Content-Security-Policy forbids those from inlined text: a function that gives a
 * worker from the file `lanewise/worker`.
 * @example setWorker(() => new Worker('/lanewise-worker.js'))
 */
export function setWorker(make: () => Worker): void {
  makeWorker = make
}

/** Where the text of the library's function comes from; called by the build's wrapper. */
export function setLibraryText(text: () => string): void {
  libraryText = text
}

let script: { url: string; parts: number } | undefined

/** Starts a worker that serves one fit. */
export function startFitWorker({ message, failed }: FitWorkerEvents): FitWorker {
  const worker = makeWorker?.() ?? new Worker(libraryScript(), { name: 'lanewise-fit' })
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    message(data)
  }
  worker.onerror = (event) => {
    event.preventDefault()
    failed(
      `an error in it: ${event.message || 'its script could not be loaded; with a strict Content-Security-Policy call setWorker first'}`,
    )
  }
  return {
    post: (told, transfer = []) => {
      worker.postMessage(told, [...transfer])
    },
    terminate: () => {
      worker.terminate()
    },
  }
}

/** Made anew when more parts are there: what the page has needed for a model, its worker needs too. */
function libraryScript(): string {
  const parts = loadedParts()
  const count = parts.filter((part) => part !== undefined).length
  if (script?.parts !== count) {
    const loaders = parts.map((part) => (part === undefined ? '' : `()=>${part}`)).join()
    script = { url: scriptUrl(`(${libraryText!()})([${loaders}]).serveWorker()`), parts: count }
  }
  return script.url
}
