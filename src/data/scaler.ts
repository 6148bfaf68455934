// Standardization of columns: (x - mean) / standard deviation, as scikit-learn's StandardScaler. The values are
// fitted on training rows and then applied to any; sums are taken in float64 whatever type the data have.
import { ShapeError, StateError } from '../core/errors.js'
import type { Samples, Tensor } from '../core/tensor.js'
import { toTable } from './table.js'
import type { Table } from './table.js'

const epsilon = 2 ** -52

/**
 * Brings each column to mean 0 and standard deviation 1.
 * @example
 * const scaler = new StandardScaler()
 * const xTrain = scaler.fitTransform(train.x)
 * const xTest = scaler.transform(test.x)
 */
export class StandardScaler {
  private fitted: { mean: Float64Array; scale: Float64Array } | undefined

  /** Mean of each column. */
  get mean(): Float64Array {
    return Float64Array.from(this.values().mean)
  }

  /** Population standard deviation (divided by n) of each column; 1 for a column that does not vary. */
  get scale(): Float64Array {
    return Float64Array.from(this.values().scale)
  }

  /**
   * Takes mean and deviation from the rows of `x`, of any numeric type; forgets those of an earlier fit.
   * @throws ShapeError for rows of unequal length; DataError for no rows or values that are not finite.
   */
  fit(x: Samples): this {
    this.fitted = columnMoments(toTable(x, 'x'))
    return this
  }

  /**
   * (x - mean) / scale, as a new float32 tensor of the same shape.
   * @throws StateError before `fit`; ShapeError for another number of columns than in `fit`.
   */
  transform(x: Samples): Tensor<Float32Array> {
    const { mean, scale } = this.values()
    return this.map(x, (value, column) => (value - mean[column]!) / scale[column]!)
  }

  /** `fit`, then `transform` of the same rows. */
  fitTransform(x: Samples): Tensor<Float32Array> {
    return this.fit(x).transform(x)
  }

  /**
   * Undoes `transform`: x · scale + mean, as a new float32 tensor of the same shape.
   * @throws StateError before `fit`; ShapeError for another number of columns than in `fit`.
   */
  inverseTransform(x: Samples): Tensor<Float32Array> {
    const { mean, scale } = this.values()
    return this.map(x, (value, column) => value * scale[column]! + mean[column]!)
  }

  private map(x: Samples, of: (value: number, column: number) => number): Tensor<Float32Array> {
    const expected = this.values().mean.length
    const { data, rows, columns, shape } = toTable(x, 'x')
    if (columns !== expected) {
      throw new ShapeError({
        rule: 'x has as many columns as the rows that the scaler was fitted on',
        received: `${String(columns)} instead of ${String(expected)}`,
        remedy: 'pass the same columns in the same order',
      })
    }
    const result = new Float32Array(data.length)
    for (let row = 0, i = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, i++) result[i] = of(data[i]!, column)
    return { data: result, shape: [...shape] }
  }

  private values(): { mean: Float64Array; scale: Float64Array } {
    if (this.fitted !== undefined) return this.fitted
    throw new StateError({
      rule: 'a scaler is fitted before it is used',
      received: 'one without mean and scale',
      remedy: 'call fit or fitTransform with the training rows first',
    })
  }
}

// Two passes with the correction of Chan, Golub & LeVeque, "Algorithms for Computing the Sample Variance" (1983).
function columnMoments({ data, rows, columns }: Table): { mean: Float64Array; scale: Float64Array } {
  const mean = new Float64Array(columns)
  const squares = new Float64Array(columns)
  const rest = new Float64Array(columns)
  for (let i = 0; i < data.length; i += columns)
    for (let column = 0; column < columns; column++) mean[column]! += data[i + column]!
  for (let column = 0; column < columns; column++) mean[column]! /= rows
  for (let i = 0; i < data.length; i += columns) {
    for (let column = 0; column < columns; column++) {
      const deviation = data[i + column]! - mean[column]!
      squares[column]! += deviation * deviation
      rest[column]! += deviation
    }
  }
  const scale = squares.map((sum, column) => {
    const variance = (sum - (rest[column]! * rest[column]!) / rows) / rows
    // scikit-learn's bound: what rounding alone could make of a column of equal values.
    const rounding = rows * mean[column]! * epsilon
    const constant = variance <= rows * epsilon * variance + rounding * rounding
    return constant ? 1 : Math.sqrt(variance)
  })
  return { mean, scale }
}
