// Tables on their way into a model: each sample goes through the transform that was fitted on the training rows.
import { ArgumentError, ShapeError } from '../core/errors.js'
import type { TableTransform } from '../core/state.js'
import { isTensor, sizeOf, type ColumnInfo, type Rows, type Samples } from '../core/tensor.js'
import { applyTable, outputsOf, rowApplier } from '../data/transforms/apply-table.js'

export class TableInput {
  private readonly apply: (row: ArrayLike<number>, into: Float32Array) => Float32Array
  private readonly row: Float32Array
  private told = new Set<string>()

  /**
   * @param transform fitted. @param inputs numbers that the first layer takes. @param warn told once of each column that is
   *   left out.
   */
  constructor(
    readonly transform: TableTransform,
    inputs: number | undefined,
    private readonly warn: (message: string) => void,
  ) {
    const outputs = outputsOf(transform)
    if (inputs !== undefined && inputs !== outputs) {
      throw new ArgumentError({
        rule: `preprocessing makes the ${String(inputs)} numbers that the first layer takes`,
        received: String(outputs),
        remedy: 'save the model again with lanewise',
      })
    }
    this.apply = rowApplier(transform)
    this.row = new Float32Array(outputs)
  }

  /** The columns of the tables that the model takes, in the order of training. */
  get features(): ColumnInfo[] {
    return this.transform.columns.map((column) => {
      const { name } = column
      return column.kind === 'number' ? { name } : { name, categories: [...column.categories] }
    })
  }

  /** Samples as the first layer takes them; shaped samples keep their shape where each number stays one. */
  rows(x: Samples): Rows {
    const { data, rows, columns, ignored } = applyTable(this.transform, x)
    const fresh = ignored.filter((name) => !this.told.has(name))
    for (const name of fresh) this.told.add(name)
    if (fresh.length > 0) {
      this.warn(`columns that the model was not trained on are left out: ${fresh.join(', ')}`)
    }
    const own = isTensor(x) ? x.shape.slice(1) : []
    const sampleShape = own.length > 1 && sizeOf(own) === columns ? own : [columns]
    return { data, rows, sampleShape, columns }
  }

  /** One row of raw values, as the first layer takes it; overwritten by the next call. Makes no garbage. */
  single(row: ArrayLike<number>): Float32Array {
    const { length } = this.transform.columns
    if (row.length === length) return this.apply(row, this.row)
    throw new ShapeError({
      rule: `predictSync takes the ${String(length)} columns that the model was trained on`,
      received: String(row.length),
      remedy: 'pass one sample, its columns in the order of training',
    })
  }
}
