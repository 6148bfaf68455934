// What the scalers share: a map for each column, fitted on training rows and then applied to any.
import { DataError, FormatError, ShapeError, StateError } from '../../core/errors.js'
import type { JsonObject } from '../../core/state.js'
import { isTensor, type Samples, type Tensor } from '../../core/tensor.js'
import { toTable } from '../table.js'

/** The fitted state of a scaler as plain data: `JSON.stringify(scaler)` writes it, `fromJSON` reads it. */
export interface ScalerState<M> {
  type: string
  /** The map of each column. */
  columns: M[]
}

export abstract class ColumnScaler<M extends object> {
  /** Names the state. */
  protected abstract readonly type: string
  private fitted: readonly M[] | undefined

  /**
   * Takes what it needs to know from the rows of `x`, of any numeric type; forgets an earlier fit.
   * @throws ShapeError for rows of unequal length; DataError for no rows, values that are not finite, or columns of words.
   */
  fit(x: Samples): this {
    this.fitted = columnsOf(x).map((values) => this.fitColumn(values))
    return this
  }

  /**
   * The scaled rows, as a new float32 tensor of the same shape.
   * @throws StateError before `fit`; ShapeError for another number of columns than in `fit`.
   */
  transform(x: Samples): Tensor<Float32Array> {
    return this.each(x, (map) => this.forward(map))
  }

  /** `fit`, then `transform` of the same rows. */
  fitTransform(x: Samples): Tensor<Float32Array> {
    return this.fit(x).transform(x)
  }

  /**
   * Undoes `transform`, as a new float32 tensor of the same shape.
   * @throws StateError before `fit`; ShapeError for another number of columns than in `fit`.
   */
  inverseTransform(x: Samples): Tensor<Float32Array> {
    return this.each(x, (map) => this.backward(map))
  }

  /** The fitted state as plain data. @throws StateError before `fit`. */
  toJSON(): ScalerState<M> {
    return { type: this.type, columns: structuredClone(this.maps) as M[] }
  }

  protected abstract fitColumn(values: Float64Array): M
  protected abstract forward(map: M): (x: number) => number
  protected abstract backward(map: M): (y: number) => number

  /** The fitted map of each column. */
  protected get maps(): readonly M[] {
    if (this.fitted !== undefined) return this.fitted
    throw new StateError({
      rule: 'a scaler is fitted before it is used',
      received: 'one that is not',
      remedy: 'call fit or fitTransform with the training rows first',
    })
  }

  /** Takes over a state. @throws FormatError unless it is one of this kind of scaler, with the fields of `like`. */
  protected restore(state: unknown, like: JsonObject): this {
    const { type, columns } = (state ?? {}) as Partial<ScalerState<M>>
    const valid = (column: unknown) =>
      typeof column === 'object' &&
      column !== null &&
      Object.entries(like).every(([key, value]) => isLike((column as JsonObject)[key], value))
    if (type === this.type && Array.isArray(columns) && columns.length > 0 && columns.every(valid)) {
      this.fitted = structuredClone(columns)
      return this
    }
    throw new FormatError({
      rule: `the state of this scaler has type ${this.type} and ${Object.keys(like).join(', ')} of each column`,
      received: typeof type === 'string' ? `type ${type}` : 'something else',
      remedy: 'pass what toJSON of such a scaler gave',
    })
  }

  private each(x: Samples, of: (map: M) => (value: number) => number): Tensor<Float32Array> {
    const functions = this.maps.map(of)
    const { data, rows, columns, shape } = toTable(x, 'x')
    if (columns !== functions.length) {
      throw new ShapeError({
        rule: 'x has as many columns as the rows that the scaler was fitted on',
        received: `${String(columns)} instead of ${String(functions.length)}`,
        remedy: 'pass the same columns in the same order',
      })
    }
    const result = new Float32Array(data.length)
    for (let row = 0, i = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, i++) result[i] = functions[column]!(data[i]!)
    const names = isTensor(x) && x.columns !== undefined ? { columns: x.columns } : {}
    return { data: result, shape: [...shape], ...names }
  }
}

/** A number for a number, an array of them for an array, the same text for a text. */
function isLike(value: unknown, like: unknown): boolean {
  if (typeof like === 'number') return typeof value === 'number' && Number.isFinite(value)
  if (Array.isArray(like)) return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite)
  return value === like
}

/** The columns of `x`, each as float64. */
function columnsOf(x: Samples): Float64Array[] {
  const words = isTensor(x) ? x.columns?.find(({ categories }) => categories !== undefined) : undefined
  if (words !== undefined) {
    throw new DataError({
      rule: 'a scaler takes columns of numbers',
      received: `column ${JSON.stringify(words.name)} of words`,
      remedy: 'encode it with OneHotEncoder or OrdinalEncoder, or let the model do both',
    })
  }
  const { data, rows, columns } = toTable(x, 'x')
  return Array.from({ length: columns }, (_, column) => {
    return Float64Array.from({ length: rows }, (_, row) => data[row * columns + column]!)
  })
}
