// What `import 'lanewise/infer'` gives: models that predict, and nothing of training. Light: the whole of it is smaller than a
// picture. Results have the bits that the library's strict numerics give.
export * from '../core/errors.js'
export type { Matrix } from '../core/matrix.js'
export type { ModelState } from '../core/state.js'
export type { ColumnInfo, Samples, Tensor } from '../core/tensor.js'
export type { Label } from '../models/targets.js'
export { load, modelFromState } from './load.js'
export { InferenceModel } from './model.js'
export type { ModelSource } from './source.js'
