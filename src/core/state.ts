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
}

/** What the outputs mean. */
export interface OutputMeaning {
  task: 'classification' | 'regression'
  /** The classes in output order, as the user gave them; absent for regression. */
  classes?: (string | number)[]
  /** Sigmoid outputs: true for several yes/no columns, false for two classes by one output. */
  columns?: boolean
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
