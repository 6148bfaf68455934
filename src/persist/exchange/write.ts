// A model as the bytes of a file of any format that other programs read.
import type { ModelState } from '../../core/state.js'
import { encodeModel } from '../model.js'
import type { Layout } from './document.js'
import { encodeNpzModel, encodeTorchSafeTensors } from './tensors.js'

export type ExportFormat = 'json' | 'safetensors' | 'npz'

export interface ExportOptions {
  /** Of safetensors and NPZ: `keras` (default) is `[in, out]` by layer name; `torch` is `[out, in]` as in nn.Sequential. */
  layout?: Layout
}

/**
 * @throws ArgumentError for a model that the format cannot hold, saying what; ShapeError for weights that do not fit;
 *   DataError for weights that JSON cannot hold.
 */
export function exportModel(
  state: ModelState,
  format: ExportFormat,
  { layout = 'keras' }: ExportOptions = {},
): Uint8Array<ArrayBuffer> {
  if (format === 'json') return encodeModel(state, 'params')
  if (format === 'npz') return encodeNpzModel(state, layout)
  return layout === 'torch' ? encodeTorchSafeTensors(state) : encodeModel(state, 'safetensors')
}
