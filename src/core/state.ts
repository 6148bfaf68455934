// A trained model as plain data: what persistence writes, what models are rebuilt from. Holds no behaviour.
import type { NamedTensor } from './tensor.js'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** The one JSON form of an architecture: `--model FILE`, `params.txt`, safetensors metadata. */
export interface Architecture {
  /** Format version; later releases keep reading earlier ones. */
  version: 1
  /** Shape of one sample, `[784]`; absent in a file that leaves it to the data. */
  inputShape?: number[]
  /** Layers in order: `{ "type": "dense", "units": 128, "activation": "relu", … }`. */
  layers: LayerConfig[]
}

export type LayerConfig = { type: string; name?: string } & JsonObject

/** What is done to raw samples before the first layer: `x · scale + shift`; one number for all columns, or one each. */
export interface Preprocessing {
  scale: number[]
  shift: number[]
  /** Of tables: what becomes of each column, before `scale` and `shift`. */
  table?: TableTransform
}

/** A transform of a table's columns, fitted on training rows: the outputs of each column follow those of the one before. */
export interface TableTransform {
  /** Whether the columns of other tables are matched by name; else by place. */
  named: boolean
  /** In the order of the training table. */
  columns: TableColumn[]
}

export type TableColumn = NumberColumn | CategoryColumn

/** One output, `map` of the value; with `indicator` a second one after it, 1 where the value was missing, else 0. */
export interface NumberColumn {
  name: string
  kind: 'number'
  /** Stands for a missing value, before `map`; without it a missing value is an error. */
  impute?: number
  indicator?: boolean
  map: ColumnMap
}

/** What becomes of a number x, in float64, rounded to float32 at the end. */
export type ColumnMap =
  /** (x − center) / scale */
  | { type: 'linear'; center: number; scale: number }
  /** (sign(x) · ln(1 + |x|) − center) / scale */
  | { type: 'log'; center: number; scale: number }
  /** Linear between the points (from[i], to[i]), constant before the first and after the last; `from` ascends strictly. */
  | { type: 'piecewise'; from: number[]; to: number[] }

/**
 * A column of words. `one-hot`: an output for each category, 1 for that of the row, else 0. `ordinal`: one output, `map` of the
 * category's number. Then the indicator, as for numbers.
 */
export interface CategoryColumn {
  name: string
  kind: 'category'
  categories: string[]
  encode: 'one-hot' | 'ordinal'
  /** Of `ordinal`; absent for the number itself. */
  map?: ColumnMap
  /** A word that is no category: an error, or no category at all (one-hot: zeros; ordinal: number −1). */
  unseen: 'error' | 'ignore'
  /** Number of the category that stands for a missing word; without it a missing word is one that is no category. */
  impute?: number
  indicator?: boolean
}

/** Scaling of regression targets, a number for each: the model's outputs are (target − center) / scale. */
export interface TargetScaling {
  center: number[]
  scale: number[]
}

/** What the outputs mean. */
export interface OutputMeaning {
  task: 'classification' | 'regression'
  /** The classes in output order, as the user gave them; absent for regression. */
  classes?: (string | number)[]
  /** Sigmoid outputs: true for several yes/no columns, false for two classes by one output. */
  columns?: boolean
  /** Of a regression that is trained on scaled targets. */
  target?: TargetScaling
}

export type ModelKind = 'sequential' | 'neural-network' | 'logistic-regression' | 'linear-regression'

export interface ModelState {
  version: 1
  kind: ModelKind
  architecture: Architecture
  /** Weight then bias, layer by layer. */
  weights: NamedTensor[]
  preprocessing: Preprocessing
  outputs: OutputMeaning
  /** Compile and fit settings (optimizer, loss, metrics, seed, …) so that training can go on. */
  settings: JsonObject
}
