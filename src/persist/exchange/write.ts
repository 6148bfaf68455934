// A model as the bytes of a file of any format that other programs read.
import type { ModelState } from '../../core/state.js'
import { encodeModel } from '../model.js'
import type { Layout } from './document.js'
import { encodeNpzModel, encodeTorchSafeTensors } from './tensors.js'

export type ExportFormat = 'json' | 'safetensors' | 'npz' | 'onnx'

export interface ExportOptions {
  /** Of safetensors and NPZ: `keras` (default) is `[in, out]` by layer name; `torch` is `[out, in]` as in nn.Sequential. */
  layout?: Layout
}

/**
 * @param state for ONNX one whose outputs are probabilities, or a regression's.
 * @throws ArgumentError for a model that the format cannot hold, saying what; ShapeError for weights that do not fit;
 *   DataError for weights that JSON cannot hold.
 */
export async function exportModel(
  state: ModelState,
  format: ExportFormat,
  { layout = 'keras' }: ExportOptions = {},
): Promise<Uint8Array> {
  if (format === 'json') return encodeModel(state, 'params')
  if (format === 'onnx') {
    const { encodeOnnx } = await import('../onnx/write.js')
    return encodeOnnx(state)
  }
  if (format === 'npz') return encodeNpzModel(state, layout)
  return layout === 'torch' ? encodeTorchSafeTensors(state) : encodeModel(state, 'safetensors')
}
