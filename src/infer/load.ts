// From a model file to a model that predicts.
import type { ModelState } from '../core/state.js'
import { decodeModel } from '../persist/model.js'
import { InferenceModel } from './model.js'
import { bytesOf, readNamed, type ModelSource } from './source.js'

/**
 * Loads a model that Lanewise saved, `.safetensors` or `params.txt` (the content decides).
 * @param source the bytes of the file; a Response (or a promise of it or of bytes) or an address; in Node a path; in browsers the
 *   name under which `model.save(name)` keeps a model, or an address that begins with `http:`, `https:`, `blob:`, `/` or `.`.
 * @throws FormatError for what is no whole model file of a known version, NotFoundError where there is none, ArgumentError for
 *   layers other than dense, activation, dropout and flatten, ShapeError for weights that do not fit.
 * @example const model = await load(fetch('/digits.safetensors'))
 */
export async function load(source: ModelSource | PromiseLike<ModelSource>): Promise<InferenceModel> {
  const given = await source
  if (typeof given === 'string' || given instanceof URL) return modelFromState(await readNamed(given))
  const { bytes, name } = await bytesOf(given)
  return modelFromState(decodeModel(bytes, name))
}

/** A model from plain data, as `model.state()` gives it. @throws as load, for layers and weights. */
export function modelFromState(state: ModelState): Promise<InferenceModel> {
  return InferenceModel.fromState(state)
}
