// What `import 'lanewise'` gives. Stays small: files, plots and the command line load only when they are used.
export * from './core/errors.js'
export { Graph, type Value } from './core/graph.js'
export type { Matrix } from './core/matrix.js'
export type { Parameter, Penalty } from './core/parameters.js'
export type {
  Architecture,
  CategoryColumn,
  ColumnMap,
  LayerConfig,
  ModelState,
  NumberColumn,
  OutputMeaning,
  Preprocessing,
  TableColumn,
  TableTransform,
  TargetScaling,
} from './core/state.js'
export type { ColumnInfo, NamedTensor, NumericArray, Samples, Tensor } from './core/tensor.js'
export type { Numerics } from './core/wasm.js'
export { augmentRows, type AugmentRowsOptions } from './data/augment.js'
export type { AugmentationOptions, AugmentationSpec } from './data/augmentation.js'
export {
  encodeNpy,
  encodeNpz,
  readIdx,
  readNpy,
  readNpz,
  type NpyOptions,
  type NpyType,
  type WriteNpzOptions,
} from './data/arrays.js'
export { loadDataset, type LoadOptions } from './data/load.js'
export type { Dataset, Examples } from './data/dataset.js'
export {
  groupKFold,
  groupSplit,
  kFold,
  stratifiedKFold,
  type FoldOptions,
  type RowSplit,
} from './data/folds.js'
export { takeRows, trainTestSplit, type Split, type SplitOptions } from './data/split.js'
export {
  splitByRatio,
  trainValidationTestSplit,
  type RatioOptions,
  type ThreeParts,
} from './data/split-ratio.js'
export {
  csvChunks,
  readCsv,
  readTable,
  surveyCsv,
  type ChunkOptions,
  type CsvChunk,
  type CsvOptions,
  type CsvSchema,
  type CsvTable,
  type Table,
} from './data/tables.js'
export * from './data/transforms/index.js'
export * from './explore/index.js'
export * from './metrics/index.js'
export { activationPeaks } from './models/calibration.js'
export {
  checkpoint,
  csvLogger,
  earlyStopping,
  progress,
  reduceOnPlateau,
  type Callback,
  type CallbackState,
  type FitContext,
  type SliceResult,
} from './models/callbacks.js'
export type { CheckpointOptions } from './models/checkpoints.js'
export { FitControl } from './models/fit-control.js'
export type { Hint, HintCode } from './models/hints.js'
export { History, type EpochResult } from './models/history.js'
export type { Diagnostics, LayerDiagnostics } from './models/inspection.js'
export { LinearRegression, type LinearRegressionOptions } from './models/linear-regression.js'
export { LogisticRegression, type LogisticRegressionOptions } from './models/logistic-regression.js'
export { NeuralNetwork, type NeuralNetworkOptions, type NewHead } from './models/neural-network.js'
export { describeProfile, type ProfileEntry } from './models/profile-table.js'
export {
  Sequential,
  type CompileOptions,
  type FitOptions,
  type MetricName,
  type OptimizerSpec,
  type Scores,
} from './models/sequential.js'
export type { Head, HeadOptions } from './models/warm-start.js'
export type { LayerSummary, ModelSummary } from './models/summary.js'
export type { Label, Targets } from './models/targets.js'
export { Activation, activation } from './nn/activation.js'
export type { ActivationSpec } from './nn/activations.js'
export { registerLayer } from './nn/architecture.js'
export { Dense, dense, type DenseOptions } from './nn/dense.js'
export { Dropout, dropout } from './nn/dropout.js'
export { Flatten, flatten } from './nn/flatten.js'
export * from './nn/initializers.js'
export { Layer, type LayerOptions, type WeightSpec } from './nn/layer.js'
export type { LossInput } from './nn/losses.js'
export * from './nn/optimizers.js'
export * from './nn/schedules.js'
