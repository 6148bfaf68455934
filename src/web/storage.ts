// Models in a browser, in place of persist/file.ts: in IndexedDB, as a download, from a file that the user chose or an address.
import { ArgumentError, NotFoundError } from '../core/errors.js'
import type { ModelState } from '../core/state.js'
import { decodeModel, encodeModel } from '../persist/model.js'

const database = 'lanewise'
const store = 'models'

/**
 * Keeps a model in IndexedDB under a name, or, with `download:name.safetensors` (or `.txt`), gives it to the user as a file.
 * @throws ArgumentError for an empty name.
 */
export async function saveModel(name: string, state: ModelState): Promise<void> {
  if (name === '' || name === 'download:') {
    throw new ArgumentError({
      rule: 'a model is saved under a name',
      received: 'an empty one',
      remedy: "use model.save('digits')",
    })
  }
  const format = /\.(txt|json)$/i.test(name) ? 'params' : 'safetensors'
  const bytes = encodeModel(state, format)
  if (name.startsWith('download:')) return download(name.slice('download:'.length), bytes)
  await transaction('readwrite', (models) => models.put(bytes, name))
}

/**
 * Reads a model that was saved under a name; or from an address that begins with `http:`, `https:`, `blob:`, `/` or `.`.
 * @throws NotFoundError, FormatError
 */
export async function loadModel(name: string): Promise<ModelState> {
  if (/^(https?:|blob:|\/|\.)/.test(name)) {
    const response = await fetch(name)
    if (response.ok) return decodeModel(new Uint8Array(await response.arrayBuffer()), name)
    throw new NotFoundError({
      rule: 'the model file is there',
      received: `${String(response.status)} for ${name}`,
      remedy: 'check the address',
    })
  }
  const bytes = await transaction(
    'readonly',
    (models) => models.get(name) as IDBRequest<Uint8Array | undefined>,
  )
  if (bytes !== undefined) return decodeModel(bytes, name)
  throw new NotFoundError({
    rule: 'a model was saved under the name',
    received: name,
    remedy: 'see the names with savedModels()',
  })
}

/** The names of the models in IndexedDB. */
export async function savedModels(): Promise<string[]> {
  return (await transaction('readonly', (models) => models.getAllKeys())).map((key) =>
    typeof key === 'string' ? key : '',
  )
}

/** Removes a model from IndexedDB. */
export async function removeModel(name: string): Promise<void> {
  await transaction('readwrite', (models) => models.delete(name))
}

function download(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }))
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  link.click()
  setTimeout(() => {
    URL.revokeObjectURL(url)
  }, 10_000)
}

async function transaction<T>(
  mode: IDBTransactionMode,
  use: (models: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opening = indexedDB.open(database, 1)
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(store)
  }
  const opened = await done(opening)
  try {
    const whole = opened.transaction(store, mode)
    const result = await done(use(whole.objectStore(store)))
    if (mode === 'readwrite') {
      await new Promise<void>((resolve, reject) => {
        whole.oncomplete = () => {
          resolve()
        }
        whole.onabort = () => {
          reject(whole.error ?? new Error('the transaction was aborted'))
        }
      })
    }
    return result
  } finally {
    opened.close()
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result)
    }
    request.onerror = () => {
      reject(request.error ?? new Error('IndexedDB refused'))
    }
  })
}
