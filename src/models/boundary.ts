// What stands between the user's numbers and the network's: raw samples become rows for the first layer, targets what the loss
// reads, and outputs go back into the target's own units. Knows nothing of layers and training.
import type { OutputMeaning, Preprocessing } from '../core/state.js'
import { toRows, type ColumnInfo, type Rows, type Samples } from '../core/tensor.js'
import type { Loss } from '../nn/losses.js'
import { preprocessingFor, usualPreprocessing } from './preprocessing.js'
import { TableInput } from './table-input.js'
import { scaleTargets, unscaleOutputs } from './target-scaling.js'
import { encodeTargets, type EncodedTargets, type Targets } from './targets.js'

export class Boundary {
  /** What the outputs mean, where an estimator has said so. */
  meaning: OutputMeaning | undefined
  private settled: Preprocessing | undefined
  private table: TableInput | undefined

  /** @param warn told once of each column of a table that is left out. */
  constructor(private readonly warn: (message: string) => void) {}

  /** The columns of the tables that are taken; undefined for plain numbers. */
  get features(): readonly ColumnInfo[] | undefined {
    return this.table?.features
  }

  /** @param inputs of the first layer, where they are known. @throws ArgumentError for a table transform of another number. */
  set(preprocessing: Preprocessing, inputs: number | undefined): void {
    const { table } = preprocessing
    this.table = table === undefined ? undefined : new TableInput(table, inputs, this.warn)
    this.settled = preprocessing
  }

  /** Settles the preprocessing by the first rows. @returns whether it was not settled before. */
  settle(rows: Rows): boolean {
    if (this.settled !== undefined) return false
    this.settled = preprocessingFor(rows)
    return true
  }

  get isSettled(): boolean {
    return this.settled !== undefined
  }

  /** What is done to raw values; settled by the first fit, or by what is passed in before. */
  preprocessing(isBytes: boolean): Preprocessing {
    return this.settled ?? usualPreprocessing(isBytes)
  }

  /** Samples as the first layer takes them, but for `scale` and `shift`. */
  rows(x: Samples): Rows {
    return this.table?.rows(x) ?? toRows(x, 'x')
  }

  /** One such row; of a table overwritten by the next call. */
  row(row: Uint8Array | Float32Array): Uint8Array | Float32Array {
    return this.table?.single(row) ?? row
  }

  /** Targets as the loss reads them. */
  targets(y: Targets, loss: Loss, columns: number): EncodedTargets {
    return scaleTargets(encodeTargets(y, loss, columns), this.meaning?.target)
  }

  /** The first `length` outputs in the target's own units, in place. */
  outputs<T extends Float32Array>(outputs: T, length = outputs.length): T {
    unscaleOutputs(outputs, this.meaning?.target, length)
    return outputs
  }
}
