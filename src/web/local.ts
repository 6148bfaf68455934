// Models by name or address of the page, in place of infer/local.ts.
import type { ModelState } from '../core/state.js'
import { loadModel } from './storage.js'

/** Reads a model from IndexedDB, or from an address on the page's server. @throws NotFoundError, FormatError */
export function readLocal(source: string | URL): Promise<ModelState> {
  return loadModel(String(source))
}
