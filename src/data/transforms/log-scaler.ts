// Scaling of columns that span magnitudes: y = sign(x) · ln(1 + |x|), then (y - mean) / standard deviation. For numbers of
// one sign that is scikit-learn's FunctionTransformer(log1p) with StandardScaler after it.
import { mapOf, signedExp } from './column-map.js'
import { ColumnScaler } from './column-scaler.js'
import { logMap, type LogMap } from './fit-map.js'

/** Brings the logarithm of each column to mean 0 and standard deviation 1; takes zero and negative numbers too. */
export class LogScaler extends ColumnScaler<LogMap> {
  protected readonly type = 'log'

  /** Mean of the logarithm of each column. */
  get mean(): Float64Array {
    return Float64Array.from(this.maps, ({ center }) => center)
  }

  /** Population standard deviation of the logarithm of each column; 1 for a column that does not vary. */
  get scale(): Float64Array {
    return Float64Array.from(this.maps, ({ scale }) => scale)
  }

  /** A fitted scaler from its state. @throws FormatError for anything else. */
  static fromJSON(state: unknown): LogScaler {
    return new LogScaler().restore(state, { type: 'log', center: 0, scale: 1 })
  }

  protected fitColumn(values: Float64Array): LogMap {
    return logMap(values)
  }

  protected forward(map: LogMap): (x: number) => number {
    return mapOf(map)
  }

  protected backward({ center, scale }: LogMap): (y: number) => number {
    return (y) => signedExp(y * scale + center)
  }
}
