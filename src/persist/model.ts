// A model as bytes and back, for any host: picks the format. Reading and writing files is in file.ts.
import { FormatError } from '../core/errors.js'
import type { ModelState } from '../core/state.js'
import { fieldNames, formatName, formatVersion, requireFields, requireVersion } from './fields.js'
import { formatJson, parseJson } from './json.js'
import { decodeParams, encodeParams } from './params.js'
import { decodeSafeTensors, encodeSafeTensors, type SafeTensors } from './safetensors.js'

/** `params`: JSON text with every bit of every weight. `safetensors`: binary, with the rest as metadata. */
export type ModelFormat = 'params' | 'safetensors'

/**
 * A model as the bytes of a file.
 * @throws ShapeError for weights whose shape or name cannot be; DataError for what the format cannot hold: NaN and
 *   infinities in `params`, anything but plain data in settings.
 */
export function encodeModel(state: ModelState, format: ModelFormat): Uint8Array<ArrayBuffer> {
  if (format === 'params') return encodeParams(state)
  return encodeSafeTensors({ tensors: state.weights, metadata: modelMetadata(state) })
}

/** Everything about a model but its weights, as the metadata of a safetensors file. */
export function modelMetadata(state: ModelState): Map<string, string> {
  const metadata = new Map([
    ['format', formatName],
    ['version', String(formatVersion)],
    ['kind', state.kind],
  ])
  for (const name of fieldNames) {
    if (name !== 'kind') metadata.set(name, formatJson(state[name], name))
  }
  return metadata
}

/** How tensors are named that a checkpoint holds beside the model's weights; no layer's name has a colon. */
export const checkpointPrefix = 'checkpoint:'

/**
 * The model in the bytes of a file, whichever of the two formats it is.
 * @param fileName how messages name the file; it does not decide the format.
 * @throws FormatError for bytes that are not a complete model file of a known version.
 */
export function decodeModel(bytes: Uint8Array, fileName: string): ModelState {
  if (beginsAsJson(bytes)) return decodeParams(bytes, fileName)
  if (bytes[8] === 0x7b) return decodeModelTensors(bytes, fileName)
  throw new FormatError({
    file: fileName,
    rule: 'a model file is params.txt (JSON) or safetensors',
    received: bytes.length === 0 ? 'an empty file' : `${String(bytes.length)} bytes of something else`,
    remedy: 'pass the params.txt or model.safetensors of a saved model',
  })
}

/** Whether a `{` comes first, after white space and a byte order mark, and no zero byte follows soon, as in a length. */
function beginsAsJson(bytes: Uint8Array): boolean {
  const blank = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf])
  const first = bytes.find((byte) => !blank.has(byte))
  return first === 0x7b && !bytes.subarray(0, 8).includes(0)
}

function decodeModelTensors(bytes: Uint8Array, file: string): ModelState {
  return modelOf(decodeSafeTensors(bytes, file), file)
}

/** The model in a container's tensors and metadata; what a checkpoint holds beside it is left out. */
export function modelOf({ tensors, metadata }: SafeTensors, file: string): ModelState {
  if (metadata.get('format') !== formatName) {
    throw new FormatError({
      file,
      rule: 'a safetensors file of lanewise carries the model in its metadata',
      received: 'a safetensors file of another program',
      remedy: 'save the model with lanewise',
    })
  }
  requireVersion(metadata.get('version'), file)
  const parsed = fieldNames
    .filter((name) => metadata.has(name))
    .map((name): [string, unknown] => {
      const text = metadata.get(name)!
      return [name, name === 'kind' ? text : parseJson(text, file, `the metadata's ${name}`)]
    })
  const weights = tensors.filter(({ name }) => !name.startsWith(checkpointPrefix))
  return { ...requireFields(Object.fromEntries(parsed), file), weights }
}
