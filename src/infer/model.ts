// A model that predicts: what stands between the user's rows and labels and the network's numbers.
import { ArgumentError, ShapeError, StateError } from '../core/errors.js'
import { matrixOf, type Matrix } from '../core/matrix.js'
import type { ModelState, OutputMeaning } from '../core/state.js'
import { toRows, type ColumnInfo, type Samples } from '../core/tensor.js'
import { Labels } from '../models/labels.js'
import { TableInput } from '../models/table-input.js'
import { unscaleOutputs } from '../models/target-scaling.js'
import type { Label } from '../models/targets.js'
import { stepsOf } from '../persist/module/layers.js'
import { InferenceNetwork } from './network.js'

export class InferenceModel {
  private readonly labels: Labels | undefined
  private readonly table: TableInput | undefined
  private readonly meaning: OutputMeaning

  private constructor(
    { outputs, preprocessing, architecture }: ModelState,
    private readonly network: InferenceNetwork,
  ) {
    this.meaning = outputs
    this.labels = Labels.ofMeaning(outputs) ?? numbered(outputs, network.steps.outputs)
    const { table } = preprocessing
    this.table =
      table &&
      new TableInput(table, network.steps.inputs, (message) => {
        console.warn(`lanewise: ${message}`)
      })
    this.inputShape = [...(architecture.inputShape ?? [])]
    requireOutputs(this.labels, network.steps.outputs)
  }

  /** Shape of one sample as the first layer takes it, `[784]`. */
  readonly inputShape: readonly number[]

  /** A model from plain data. @throws as load. */
  static async fromState(state: ModelState): Promise<InferenceModel> {
    const { scale, shift } = state.preprocessing
    const steps = stepsOf(state)
    for (const values of [scale, shift]) {
      if (values.length === 1 || values.length === steps.inputs) continue
      throw new ShapeError({
        rule: `preprocessing has one number, or one for each of ${String(steps.inputs)} inputs`,
        received: String(values.length),
        remedy: 'save the model again with lanewise',
      })
    }
    return new InferenceModel(state, await InferenceNetwork.create(steps, { scale, shift }))
  }

  get task(): 'classification' | 'regression' {
    return this.meaning.task
  }

  /** The classes in the order of `predictProba`'s columns; undefined for regression. */
  get classes(): readonly Label[] | undefined {
    return this.labels?.classes
  }

  /** The columns of the tables that the model takes, in the order of training; undefined where it takes plain numbers. */
  get features(): readonly ColumnInfo[] | undefined {
    return this.table?.features
  }

  /** The number of outputs: the length of predictSync's `into`. */
  get outputs(): number {
    return this.network.steps.outputs
  }

  /**
   * Labels as they were given in training; 0/1 rows for several yes/no columns; numbers or rows of them for regression.
   * @param x raw samples, `[rows, columns]`: pixels 0 to 255, tables with words.
   * @throws ShapeError, DataError, ArgumentError for rows that do not fit.
   */
  predict(x: Samples): Promise<Label[] | number[][]> {
    return settled(() => {
      const outputs = this.run(x)
      if (this.labels !== undefined) return this.labels.decode(outputs)
      if (this.outputs === 1) return Array.from(outputs.data)
      return outputs.map((row) => Array.from(row))
    })
  }

  /** Probability of each class (or of each yes): rows × classes; of both classes also where one output serves two. */
  predictProba(x: Samples): Promise<Matrix> {
    return settled(() => {
      if (this.labels === undefined) {
        throw new StateError({
          rule: 'predictProba is for classifiers',
          received: 'a regression model',
          remedy: 'use predict',
        })
      }
      const outputs = this.run(x)
      if (this.labels.mode !== 'binary') return outputs
      const both = new Float32Array(outputs.length * 2)
      outputs.data.forEach((p, r) => {
        both[2 * r] = 1 - p
        both[2 * r + 1] = p
      })
      return matrixOf(both, 2)
    })
  }

  /**
   * The outputs for one row of raw values, written into `into`; synchronous, makes no garbage: probabilities, or predictions in
   * the target's own units.
   * @param row of a table: the columns in the order of training, words as numbers of the training categories, NaN for a
   *   missing value. @param into `outputs` long.
   */
  predictSync(row: Uint8Array | Float32Array, into: Float32Array): Float32Array {
    if (into.length < this.outputs) {
      throw new ArgumentError({
        rule: `into has room for ${String(this.outputs)} outputs`,
        received: String(into.length),
        remedy: `use new Float32Array(${String(this.outputs)})`,
      })
    }
    const values = this.table?.single(row) ?? row
    this.network.requireColumns(values.length)
    this.network.run(values, 0, into, 0)
    unscaleOutputs(into, this.meaning.target, this.outputs)
    return into
  }

  private run(x: Samples): Matrix {
    const { data, rows, columns } = this.table?.rows(x) ?? toRows(x, 'x')
    this.network.requireColumns(columns)
    const all = new Float32Array(rows * this.outputs)
    for (let row = 0; row < rows; row++) this.network.run(data, row * columns, all, row * this.outputs)
    unscaleOutputs(all, this.meaning.target)
    return matrixOf(all, this.outputs)
  }
}

/** Promised as in the library, so that code may change from one to the other. */
async function settled<T>(work: () => T): Promise<T> {
  return work()
}

/** Class numbers, for classifiers whose classes were never told. */
function numbered({ task, columns }: OutputMeaning, outputs: number): Labels | undefined {
  if (task === 'regression') return undefined
  const classes = Array.from({ length: Math.max(2, outputs) }, (_, i) => i)
  return Labels.ofMeaning({ task, classes, ...(columns === undefined ? {} : { columns }) })
}

function requireOutputs(labels: Labels | undefined, outputs: number): void {
  if (labels === undefined || labels.outputs === outputs) return
  throw new ShapeError({
    rule: `a model of ${String(labels.classes.length)} classes has ${String(labels.outputs)} outputs`,
    received: String(outputs),
    remedy: 'save the model again with lanewise',
  })
}
