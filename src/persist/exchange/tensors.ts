// Models in containers of named tensors, safetensors and NPZ, in either layout, with the whole model beside the weights.
import { FormatError } from '../../core/errors.js'
import { readNpz, writeNpz } from '../../core/formats/npz.js'
import type { ModelState } from '../../core/state.js'
import type { NamedTensor, Tensor } from '../../core/tensor.js'
import { decodeText } from '../json.js'
import { encodeSafeTensors } from '../safetensors.js'
import { documentOf, readDocument, type Layout } from './document.js'
import { fromTorch, torchWeights } from './torch.js'

/** Under which name files carry the model: a text of safetensors' metadata, an array of bytes in NPZ. */
export const documentKey = 'lanewise'

/** `--layout torch` as safetensors: the metadata's `format: pt` is what Hugging Face's readers look for. */
export function encodeTorchSafeTensors(state: ModelState): Uint8Array<ArrayBuffer> {
  const { tensors, module } = torchWeights(state)
  const metadata = new Map([
    ['format', 'pt'],
    ['torch', module],
    [documentKey, documentOf(state, 'torch')],
  ])
  return encodeSafeTensors({ tensors, metadata })
}

/** The model as NPZ: its weights, float32, and the rest as UTF-8 JSON in the array of bytes `lanewise`. */
export function encodeNpzModel(state: ModelState, layout: Layout): Uint8Array<ArrayBuffer> {
  const tensors = layout === 'torch' ? torchWeights(state).tensors : state.weights
  const text = new TextEncoder().encode(documentOf(state, layout))
  return writeNpz([
    ...tensors.map(({ name, shape, data }) => [name, { shape, data }] as const),
    [documentKey, { data: text, shape: [text.length] }],
  ])
}

/** The arrays of an NPZ file as float32 tensors, and the model's document, if lanewise wrote one. */
export function readNpzTensors(
  bytes: Uint8Array,
  file: string,
  only?: readonly string[],
): { tensors: NamedTensor[]; document: string | undefined } {
  const arrays = readNpz(bytes, file, only === undefined ? {} : { only })
  const document = arrays.get(documentKey)
  arrays.delete(documentKey)
  const tensors = Array.from(arrays, ([name, { data, shape }]): NamedTensor => {
    return { name, shape, data: Float32Array.from(data) }
  })
  return { tensors, document: document === undefined ? undefined : textOf(document, file) }
}

function textOf({ data }: Tensor, file: string): string {
  if (data instanceof Uint8Array) return decodeText(data, file, 'the model')
  throw new FormatError({ file, rule: `the array ${documentKey} holds bytes`, received: 'numbers' })
}

/** The model of a file that lanewise wrote. @throws FormatError */
export function stateFrom(document: string, tensors: readonly NamedTensor[], file: string): ModelState {
  const { fields, layout } = readDocument(document, file)
  return layout === 'torch' ? fromTorch(fields, tensors, file) : { ...fields, weights: [...tensors] }
}
