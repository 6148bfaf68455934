// Augmentation by itself, as the library shows it: light to import, the work loads when used.
import type { Samples, Tensor } from '../core/tensor.js'
import type { AugmentRowsOptions } from './augment-rows.js'
import type { AugmentationSpec } from './augmentation.js'

export type { AugmentRowsOptions }

/**
 * The rows of one batch, changed as in step `step` of a training with this seed that has them in this order; strict numerics.
 * Mixtures are of these rows among each other; their targets are not told.
 * @param x bytes stay bytes; all else becomes float32.
 * @throws ArgumentError for a bad specification, ShapeError where rows are no pictures and have to be.
 */
export async function augmentRows(
  x: Samples,
  spec: AugmentationSpec,
  options: AugmentRowsOptions = {},
): Promise<Tensor<Uint8Array | Float32Array>> {
  const { augmentRows: augment, prepareCore } = await import('./augment-rows.js')
  await prepareCore()
  return augment(x, spec, options)
}
