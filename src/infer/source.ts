// Where models come from.
import { ArgumentError, NotFoundError } from '../core/errors.js'
import type { ModelState } from '../core/state.js'
import { decodeModel } from '../persist/model.js'
import { readLocal } from './local.js'

/** The bytes of a model file, a response with them, an address, or a name of this host: a path, or a key of IndexedDB. */
export type ModelSource = string | URL | Response | ArrayBuffer | ArrayBufferView

/** The model at an address or under a name. @throws NotFoundError, FormatError */
export async function readNamed(source: string | URL): Promise<ModelState> {
  const text = String(source)
  if (!/^(https?|blob|data):/.test(text)) return readLocal(source)
  const { bytes, name } = await bytesOf(await fetch(source))
  return decodeModel(bytes, name)
}

/** The bytes, and how messages name them. @throws NotFoundError for a response that is none; ArgumentError for anything else. */
export async function bytesOf(
  source: Exclude<ModelSource, string | URL>,
): Promise<{ bytes: Uint8Array; name: string }> {
  const name = 'the model'
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source), name }
  if (ArrayBuffer.isView(source)) {
    return { bytes: new Uint8Array(source.buffer, source.byteOffset, source.byteLength), name }
  }
  if (!(source instanceof Response)) {
    throw new ArgumentError({
      rule: 'a model comes as bytes, a Response, an address or a name',
      received: source === null ? 'null' : typeof source,
      remedy: "use load(fetch('/model.safetensors'))",
    })
  }
  const address = source.url === '' ? name : source.url
  if (source.ok) return { bytes: new Uint8Array(await source.arrayBuffer()), name: address }
  throw new NotFoundError({
    rule: 'the model file is there',
    received: `${String(source.status)} for ${address}`,
    remedy: 'check the address',
  })
}
