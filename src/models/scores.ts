// Regression figures over one or more target columns, averaged over columns as scikit-learn does.
import type { Loss } from '../nn/losses.js'
import { meanAbsoluteError, meanSquaredError, r2Score } from '../metrics/index.js'

export interface RegressionScores {
  mse: number
  rmse: number
  mae: number
  r2: number
}

/** @param actual and @param predicted row-major, `columns` a row. */
export function regressionMetrics(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  columns: number,
): RegressionScores {
  const rows = actual.length / columns
  const column = (values: ArrayLike<number>, c: number) =>
    Float64Array.from({ length: rows }, (_, r) => values[r * columns + c]!)
  const mean = (figure: (a: Float64Array, b: Float64Array) => number) => {
    let sum = 0
    for (let c = 0; c < columns; c++) sum += figure(column(actual, c), column(predicted, c))
    return sum / columns
  }
  const mse = mean(meanSquaredError)
  return { mse, rmse: Math.sqrt(mse), mae: mean(meanAbsoluteError), r2: mean((a, b) => r2Score(a, b)) }
}

/** Whether a loss counts right answers. */
export function isScored({ name }: Loss): boolean {
  return name.endsWith('crossentropy')
}
