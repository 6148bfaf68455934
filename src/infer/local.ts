// Models by path, in Node, Deno and Bun. The browser's build has a file of its own in place of this one.
import type { ModelState } from '../core/state.js'

/** Reads a model file. @throws NotFoundError, ArgumentError, FormatError */
export async function readLocal(source: string | URL): Promise<ModelState> {
  const [{ loadModel }, { fileURLToPath }] = await Promise.all([
    import('../persist/file.js'),
    import('node:url'),
  ])
  return loadModel(String(source).startsWith('file:') ? fileURLToPath(source) : String(source))
}
