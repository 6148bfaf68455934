// Columns from 0 to 1: (x - least) / (largest - least), as scikit-learn's MinMaxScaler.
import { mapOf } from './column-map.js'
import { ColumnScaler } from './column-scaler.js'
import { minMaxMap, type LinearMap } from './fit-map.js'

/** Brings the least training value of each column to 0 and the largest to 1; other rows may go beyond. */
export class MinMaxScaler extends ColumnScaler<LinearMap> {
  protected readonly type = 'min-max'

  /** Least value of each column. */
  get dataMin(): Float64Array {
    return Float64Array.from(this.maps, ({ center }) => center)
  }

  /** Largest value less the least of each column; 1 for a column that does not vary. */
  get dataRange(): Float64Array {
    return Float64Array.from(this.maps, ({ scale }) => scale)
  }

  /** A fitted scaler from its state. @throws FormatError for anything else. */
  static fromJSON(state: unknown): MinMaxScaler {
    return new MinMaxScaler().restore(state, { type: 'linear', center: 0, scale: 1 })
  }

  protected fitColumn(values: Float64Array): LinearMap {
    return minMaxMap(values)
  }

  protected forward(map: LinearMap): (x: number) => number {
    return mapOf(map)
  }

  protected backward({ center, scale }: LinearMap): (y: number) => number {
    return (y) => y * scale + center
  }
}
