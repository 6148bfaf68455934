// `params.txt`: a model as JSON text that a person can read, one matrix row a line, every bit of every weight kept.
// Fields, in this order: format, version, kind, architecture, preprocessing, outputs, settings, weights.
import { ArgumentError, FormatError } from '../core/errors.js'
import type { ModelState } from '../core/state.js'
import { sizeOf, type NamedTensor } from '../core/tensor.js'
import { concatenate } from './bytes.js'
import { decimalOfFloat32 } from './decimal.js'
import * as fields from './fields.js'
import { decodeText, describe, formatJson, parseJson } from './json.js'

/** The longest string of V8: a longer text could be written but not read. */
const maximumBytes = 0x1fffffe8

/**
 * A model as the bytes of `params.txt`.
 * @throws DataError naming tensor and index of a weight that is not finite; ShapeError for weights whose shape does
 *   not fit; ArgumentError for models of more than 512 MB of text.
 */
export function encodeParams(state: ModelState): Uint8Array<ArrayBuffer> {
  fields.requireWeights(state.weights)
  const encoder = new TextEncoder()
  const chunks: Uint8Array[] = []
  const write = (text: string) => void chunks.push(encoder.encode(text))
  write(`{\n  "format": "${fields.formatName}",\n  "version": ${String(fields.formatVersion)},\n`)
  for (const name of fields.fieldNames) write(`  "${name}": ${formatJson(state[name], name, 2)},\n`)
  write('  "weights": [')
  state.weights.forEach((tensor, i) => {
    write(i === 0 ? '\n' : ',\n')
    writeTensor(tensor, write)
  })
  write(state.weights.length === 0 ? ']\n}\n' : '\n  ]\n}\n')
  requireReadable(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  return concatenate(chunks)
}

function requireReadable(bytes: number): void {
  if (bytes <= maximumBytes) return
  throw new ArgumentError({
    rule: 'params.txt is for models of less than 512 MB of text',
    received: `${String(bytes)} bytes`,
    remedy: 'save as safetensors',
  })
}

function writeTensor({ name, shape, data }: NamedTensor, write: (text: string) => void): void {
  write(
    `    {\n      "name": ${JSON.stringify(name)},\n      "shape": [${shape.join(', ')}],\n      "values": `,
  )
  if (shape.length === 0) write(decimalOfFloat32(data[0]!, `${name}[0]`))
  else writeValues(name, shape, data, 0, data.length, 6, write)
  write('\n    }')
}

/** Values `from` up to `to` as nested arrays of the form `shape`; the innermost arrays take one line each. */
function writeValues(
  name: string,
  shape: readonly number[],
  data: Float32Array,
  from: number,
  to: number,
  indent: number,
  write: (text: string) => void,
): void {
  if (shape.length === 1) {
    const texts = new Array<string>(to - from)
    for (let i = from; i < to; i++) texts[i - from] = decimalOfFloat32(data[i]!, `${name}[${String(i)}]`)
    write(`[${texts.join(', ')}]`)
    return
  }
  const [count, ...inner] = shape as [number, ...number[]]
  const line = `\n${' '.repeat(indent)}`
  const size = (to - from) / count
  write('[')
  for (let i = 0; i < count; i++) {
    write(i === 0 ? `${line}  ` : `,${line}  `)
    writeValues(name, inner, data, from + i * size, from + (i + 1) * size, indent + 2, write)
  }
  write(`${line}]`)
}

/**
 * The model in the bytes of a `params.txt`.
 * @param file how messages name the file.
 * @throws FormatError for anything but a complete file of a known version, naming the field.
 */
export function decodeParams(bytes: Uint8Array, file: string): ModelState {
  const parsed = parseJson(decodeText(bytes, file, 'params.txt'), file, 'params.txt')
  const document: Record<string, unknown> = fields.requireObject(parsed, file, 'params.txt')
  if (document['format'] !== fields.formatName) {
    throw new FormatError({
      file,
      rule: `a model as text has "format": "${fields.formatName}"`,
      received: describe(document['format']),
      remedy: 'pass the params.txt or model.safetensors of a saved model',
    })
  }
  fields.requireVersion(document['version'], file)
  const { weights } = document
  if (!Array.isArray(weights)) {
    throw new FormatError({ file, rule: 'weights is an array', received: describe(weights) })
  }
  const state = fields.requireFields(document, file)
  const names = new Set<string>()
  return { ...state, weights: weights.map((weight, i) => readTensor(weight, i, names, bytes.length, file)) }
}

function readTensor(
  weight: unknown,
  index: number,
  names: Set<string>,
  limit: number,
  file: string,
): NamedTensor {
  const { name, shape: sizes, values } = fields.requireObject(weight, file, `weights[${String(index)}]`)
  if (typeof name !== 'string' || name === '' || names.has(name)) {
    throw new FormatError({
      file,
      rule: 'every weight has a name of its own',
      received: `${describe(name)} for weights[${String(index)}]`,
    })
  }
  names.add(name)
  const shape = fields.requireShape(sizes, file, name)
  // Every value takes a byte at least: a shape that claims more is refused before anything is allocated for it.
  const size = sizeOf(shape)
  if (!(size <= limit)) {
    throw new FormatError({
      file,
      rule: `${name} has as many values as its shape [${shape.join(', ')}] says`,
    })
  }
  const data = new Float32Array(size)
  readValues(values, shape, data, 0, name, file)
  return { name, shape, data }
}

function readValues(
  values: unknown,
  shape: readonly number[],
  into: Float32Array,
  at: number,
  name: string,
  file: string,
): number {
  const [count, ...inner] = shape
  if (count === undefined) {
    into[at] = requireFloat32(values, `${name}[${String(at)}]`, file)
    return at + 1
  }
  if (!Array.isArray(values) || values.length !== count) {
    throw new FormatError({
      file,
      rule: `${name} has values of the form of its shape, rows of [${shape.join(', ')}]`,
      received: `${describe(values)} at value ${String(at)}`,
      remedy: 'check that the file is complete, or save the model again',
    })
  }
  if (inner.length > 0)
    return values.reduce((next: number, row) => readValues(row, inner, into, next, name, file), at)
  for (let i = 0; i < count; i++) {
    const value: unknown = values[i]
    into[at + i] = requireFloat32(value, `${name}[${String(at + i)}]`, file)
  }
  return at + count
}

function requireFloat32(value: unknown, where: string, file: string): number {
  const rounded = typeof value === 'number' ? Math.fround(value) : NaN
  if (Number.isFinite(rounded)) return rounded
  throw new FormatError({
    file,
    rule: `${where} is a number that float32 can hold`,
    received: describe(value),
  })
}
