// The operations of a plan as the host writes them: numbers and record sizes as in `assembly/plan.ts`, the order of arguments
// as in `assembly/operations.ts`. And the layout of the step record of `assembly/step.ts`.

/** Operation numbers. */
export const Operation = {
  end: 0,
  barrier: 1,
  gather: 2,
  gatherLabels: 3,
  scaleRows: 4,
  dense: 5,
  activate: 6,
  activateBackward: 7,
  dropout: 8,
  dropoutBackward: 9,
  add: 10,
  softmax: 11,
  softmaxBackward: 12,
  loss: 13,
  sumLoss: 14,
  transpose: 15,
  gradient: 16,
  update: 17,
  norm: 18,
  clipNorm: 19,
  optimize: 20,
  listBatch: 21,
  sparseDense: 22,
  sparseGradient: 23,
  sparseUpdate: 24,
  augment: 25,
  pairRows: 26,
  mixRows: 27,
  mixTargets: 28,
  listRows: 29,
} as const

export type OperationName = keyof typeof Operation

/** A 32-bit argument: an integer or address, or a float32 that says so. */
export type Argument = number | { float: number }

/** Element-wise activations, as `assembly/activations.ts` numbers them. */
export const ActivationKind = {
  linear: 0,
  relu: 1,
  leakyRelu: 2,
  elu: 3,
  sigmoid: 4,
  tanh: 5,
  gelu: 6,
  geluTanh: 7,
  silu: 8,
  softplus: 9,
} as const

/** Losses, as `assembly/losses.ts` numbers them. */
export const LossKind = {
  crossEntropyClasses: 0,
  crossEntropyTargets: 1,
  binaryCrossEntropy: 2,
  meanSquaredError: 3,
  meanAbsoluteError: 4,
  huber: 5,
} as const

/** Bytes of a step record, and where its words lie. */
export const stepBytes = 128
export const stepWords = {
  rows: 0,
  first: 1,
  inverseRows: 2,
  keyA: 4,
  keyB: 5,
  gradientScale: 6,
  gradientNorm: 7,
  scalars: 16,
  augmentKeyA: 24,
  augmentKeyB: 25,
} as const
/** In float64 words of the record. */
export const stepDoubles = { loss: 4, weight: 5, score: 6 } as const

/** In place of an order of rows: a buffer that holds the rows of the batch, no others. */
export const batchOrder = 1

/** Bytes of a row in the table of mixed pairs (assembly/mixup.ts). */
export const pairBytes = 16

/** The register tile of products with at most `narrowColumns` outputs (assembly/gemm.ts). */
export const narrowTile = 3
export const narrowColumns = 4

/** Bytes of one entry of a list of non-zero inputs (assembly/sparse.ts). */
export const entryBytes = 4

/** Bytes of scratch that a thread needs for `update`. */
export const scratchBytes = 32768
/** Floats in a chunk of the gradient norm. */
export const normChunk = 4096

/** Columns of a panel, and bytes from one row of it to the next. */
export const panelColumns = 16
export const panelRowBytes = 64

/** Panels that hold `columns`. */
export function panelsOf(columns: number): number {
  return Math.ceil(columns / panelColumns)
}
