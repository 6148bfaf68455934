// Scaling that outliers hardly move: (x - median) / (third quartile - first quartile), as scikit-learn's RobustScaler.
import { mapOf } from './column-map.js'
import { ColumnScaler } from './column-scaler.js'
import { robustMap, type LinearMap } from './fit-map.js'

/** Brings each column to median 0 and a distance of 1 between its quartiles. */
export class RobustScaler extends ColumnScaler<LinearMap> {
  protected readonly type = 'robust'

  /** Median of each column. */
  get center(): Float64Array {
    return Float64Array.from(this.maps, ({ center }) => center)
  }

  /** Distance between the quartiles of each column; 1 where they are equal. */
  get scale(): Float64Array {
    return Float64Array.from(this.maps, ({ scale }) => scale)
  }

  /** A fitted scaler from its state. @throws FormatError for anything else. */
  static fromJSON(state: unknown): RobustScaler {
    return new RobustScaler().restore(state, { type: 'linear', center: 0, scale: 1 })
  }

  protected fitColumn(values: Float64Array): LinearMap {
    return robustMap(values)
  }

  protected forward(map: LinearMap): (x: number) => number {
    return mapOf(map)
  }

  protected backward({ center, scale }: LinearMap): (y: number) => number {
    return (y) => y * scale + center
  }
}
