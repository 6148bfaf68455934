// Models in files. Node only; model.ts does the same with bytes anywhere.
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { ArgumentError, NotFoundError } from '../core/errors.js'
import type { ModelState } from '../core/state.js'
import { codeOf, writeFileAtomic } from './atomic.js'
import { decodeModel, encodeModel, type ModelFormat } from './model.js'

/** `.safetensors` is safetensors; `.txt` and `.json` are the text of `params.txt`. Upper case counts the same. */
const formats: ReadonlyMap<string, ModelFormat> = new Map([
  ['.safetensors', 'safetensors'],
  ['.txt', 'params'],
  ['.json', 'params'],
])

/**
 * Writes a model; an existing file is replaced at once or not at all.
 * @param path ends in `.safetensors`, `.txt` or `.json`, which decides the format.
 * @throws ArgumentError for another ending or a path that may not be written; NotFoundError for a directory that is not
 *   there; DataError or ShapeError for a model that the format cannot hold. No file is written then.
 */
export async function saveModel(path: string, state: ModelState): Promise<void> {
  const format = formats.get(extname(path).toLowerCase())
  if (format === undefined) {
    throw new ArgumentError({
      rule: `a model file ends in ${[...formats.keys()].join(', ')}`,
      received: path,
      remedy: 'use model.safetensors or params.txt',
    })
  }
  await writeFileAtomic(path, encodeModel(state, format))
}

/**
 * Reads a model; its content decides the format, not its name.
 * @throws NotFoundError when there is no such file; ArgumentError when it is a directory, may not be read or is longer
 *   than 2 GiB; FormatError when it is not a complete model file of a known version.
 */
export async function loadModel(path: string): Promise<ModelState> {
  return decodeModel(await readBytes(path, 'the model file'), path)
}

/**
 * The bytes of a file.
 * @param what how messages name the file's part in the matter, for example `the model file`.
 * @throws NotFoundError when there is no such file; ArgumentError when it is a directory, may not be read or is longer
 *   than 2 GiB.
 */
export async function readBytes(path: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    const code = codeOf(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new NotFoundError({ rule: `${what} is there`, received: path, remedy: 'check the path', cause })
    }
    if (code === 'EISDIR' || code === 'EACCES' || code === 'EPERM' || code === 'ERR_FS_FILE_TOO_LARGE') {
      throw new ArgumentError({
        rule: `${what} is a file that may be read, of less than 2 GiB`,
        received: `${path} (${code})`,
        remedy: 'pass the path of the file itself',
        cause,
      })
    }
    throw cause
  }
}
