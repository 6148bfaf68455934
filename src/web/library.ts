// Everything that a page gets, and the worker's program. The build wraps all of it in one function, so that the same text
// serves the page and its workers.
import type { ModelState } from '../core/state.js'
import type { ModelFormat } from '../persist/model.js'

export * from '../index.js'
export { setLibraryText, setWorker } from './background-host.js'
export { useCore } from './own-core.js'
export { connectParts } from './parts.js'

/**
 * A model's state as the bytes of a file, `safetensors` or `params` (readable text).
 * @throws ShapeError, DataError for what the format cannot hold.
 */
export async function encodeModel(state: ModelState, format: ModelFormat): Promise<Uint8Array<ArrayBuffer>> {
  const { encodeModel: encode } = await import('../persist/model.js')
  return encode(state, format)
}

/** The state in the bytes of a model file. @param name of the file, for messages. @throws FormatError */
export async function decodeModel(bytes: Uint8Array, name = 'the model'): Promise<ModelState> {
  const { decodeModel: decode } = await import('../persist/model.js')
  return decode(bytes, name)
}

/** The names of the models in IndexedDB. */
export async function savedModels(): Promise<string[]> {
  const { savedModels: names } = await import('./storage.js')
  return names()
}

/** Removes a model from IndexedDB. */
export async function removeModel(name: string): Promise<void> {
  const { removeModel: remove } = await import('./storage.js')
  await remove(name)
}

/** Serves one fit, in a worker. */
export async function serveWorker(): Promise<void> {
  const { serveWorker: serve } = await import('./serve-worker.js')
  serve()
}
