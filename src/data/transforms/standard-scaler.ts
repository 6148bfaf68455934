// Standardization of columns: (x - mean) / standard deviation, as scikit-learn's StandardScaler.
import { mapOf } from './column-map.js'
import { ColumnScaler } from './column-scaler.js'
import { standardMap, type LinearMap } from './fit-map.js'

/**
 * Brings each column to mean 0 and standard deviation 1.
 * @example
 * const scaler = new StandardScaler()
 * const xTrain = scaler.fitTransform(train.x)
 * const xTest = scaler.transform(test.x)
 */
export class StandardScaler extends ColumnScaler<LinearMap> {
  protected readonly type = 'standard'

  /** Mean of each column. */
  get mean(): Float64Array {
    return Float64Array.from(this.maps, ({ center }) => center)
  }

  /** Population standard deviation (divided by n) of each column; 1 for a column that does not vary. */
  get scale(): Float64Array {
    return Float64Array.from(this.maps, ({ scale }) => scale)
  }

  /** A fitted scaler from its state. @throws FormatError for anything else. */
  static fromJSON(state: unknown): StandardScaler {
    return new StandardScaler().restore(state, { type: 'linear', center: 0, scale: 1 })
  }

  protected fitColumn(values: Float64Array): LinearMap {
    return standardMap(values)
  }

  protected forward(map: LinearMap): (x: number) => number {
    return mapOf(map)
  }

  protected backward({ center, scale }: LinearMap): (y: number) => number {
    return (y) => y * scale + center
  }
}
