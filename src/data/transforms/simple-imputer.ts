// Values in place of missing ones (NaN), as scikit-learn's SimpleImputer.
import { ArgumentError, DataError, FormatError, ShapeError, StateError } from '../../core/errors.js'
import { isTensor, type ColumnInfo, type Samples, type Tensor } from '../../core/tensor.js'
import { toTable } from '../table.js'
import { requireChoice } from './category-encoder.js'
import { medianOf, momentsOf, mostFrequent, sorted } from './statistics.js'

export interface ImputerOptions {
  /** Default `mean`. */
  strategy?: 'mean' | 'median' | 'mostFrequent' | 'constant'
  /** Of `constant`; default 0. */
  fillValue?: number
  /** Adds a column of 0 and 1 for each column in which values were missing in `fit`; default false. */
  addIndicator?: boolean
}

/** The fitted state as plain data. */
export interface ImputerState {
  type: 'impute'
  /** What stands for missing values in each column. */
  statistics: number[]
  /** Columns with an indicator. */
  indicators: number[]
}

const strategies = ['mean', 'median', 'mostFrequent', 'constant']

export class SimpleImputer {
  private readonly options: Required<ImputerOptions>
  private fitted: Omit<ImputerState, 'type'> | undefined

  /** @throws ArgumentError for an unknown strategy, or a constant that is not finite. */
  constructor({ strategy = 'mean', fillValue = 0, addIndicator = false }: ImputerOptions = {}) {
    requireChoice(strategy, strategies, 'strategy')
    if (!Number.isFinite(fillValue)) {
      throw new ArgumentError({
        rule: 'fillValue is a finite number',
        received: String(fillValue),
        remedy: 'leave it out for 0',
      })
    }
    this.options = { strategy, fillValue, addIndicator }
  }

  /** A fitted imputer from its state. @throws FormatError for anything else. */
  static fromJSON(state: unknown): SimpleImputer {
    const { type, statistics, indicators } = (state ?? {}) as Partial<ImputerState>
    const numbers = (list: unknown) => Array.isArray(list) && list.every(Number.isFinite)
    if (type !== 'impute' || !numbers(statistics) || !numbers(indicators)) {
      throw new FormatError({
        rule: 'the state of an imputer has type impute, statistics and indicators',
        received: 'something else',
        remedy: 'pass what toJSON of one gave',
      })
    }
    const imputer = new SimpleImputer()
    imputer.fitted = structuredClone({ statistics: statistics!, indicators: indicators! })
    return imputer
  }

  /** What stands for missing values in each column. @throws StateError before `fit`. */
  get statistics(): Float64Array {
    return Float64Array.from(this.state.statistics)
  }

  /**
   * Finds what stands for missing values in each column, from those that are there.
   * @throws DataError for a column with no value (but for `constant`), infinite values, and the mean or median of words.
   */
  fit(x: Samples): this {
    const { strategy, fillValue, addIndicator } = this.options
    const { data, rows, columns } = toTable(x, 'x', { missing: true })
    const indicators: number[] = []
    const statistics = Array.from({ length: columns }, (_, column) => {
      const all = Float64Array.from({ length: rows }, (_, row) => data[row * columns + column]!)
      const values = all.filter((value) => !Number.isNaN(value))
      const info = isTensor(x) ? x.columns?.[column] : undefined
      const name = JSON.stringify(info?.name ?? `x${String(column)}`)
      if (addIndicator && values.length < rows) indicators.push(column)
      if (!values.every(Number.isFinite)) throw unfit(name, 'finite numbers, or none', 'an infinite one')
      if (strategy === 'constant') return fillValue
      if (values.length === 0) throw unfit(name, 'a value in at least one row', 'none')
      if (strategy === 'mostFrequent') return mostFrequent(sorted(values))
      if (info?.categories !== undefined) throw unfit(name, 'numbers, for mean and median', 'words')
      return strategy === 'median' ? medianOf(sorted(values)) : momentsOf(values).mean
    })
    this.fitted = { statistics, indicators }
    return this
  }

  /**
   * The rows with values in place of missing ones, then the indicators.
   * @throws StateError before `fit`; ShapeError for another number of columns than in `fit`.
   */
  transform(x: Samples): Tensor<Float32Array> {
    const { statistics, indicators } = this.state
    const { data, rows, columns } = toTable(x, 'x', { missing: true })
    if (columns !== statistics.length) {
      throw new ShapeError({
        rule: 'x has as many columns as the rows that the imputer was fitted on',
        received: `${String(columns)} instead of ${String(statistics.length)}`,
        remedy: 'pass the same columns in the same order',
      })
    }
    const width = columns + indicators.length
    const result = new Float32Array(rows * width)
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const value = data[row * columns + column]!
        result[row * width + column] = Number.isNaN(value) ? statistics[column]! : value
      }
      indicators.forEach((column, i) => {
        result[row * width + columns + i] = Number(Number.isNaN(data[row * columns + column]))
      })
    }
    const given = isTensor(x) ? x.columns : undefined
    if (given === undefined) return { data: result, shape: [rows, width] }
    const added = indicators.map((column): ColumnInfo => ({ name: `missing_${given[column]!.name}` }))
    return { data: result, shape: [rows, width], columns: [...given, ...added] }
  }

  /** `fit`, then `transform` of the same rows. */
  fitTransform(x: Samples): Tensor<Float32Array> {
    return this.fit(x).transform(x)
  }

  /** The fitted state as plain data. @throws StateError before `fit`. */
  toJSON(): ImputerState {
    return { type: 'impute', ...structuredClone(this.state) }
  }

  private get state(): Omit<ImputerState, 'type'> {
    if (this.fitted !== undefined) return this.fitted
    throw new StateError({
      rule: 'an imputer is fitted before it is used',
      received: 'one that is not',
      remedy: 'call fit or fitTransform with the training rows first',
    })
  }
}

function unfit(name: string, needs: string, received: string): DataError {
  return new DataError({
    rule: `column ${name} holds ${needs}`,
    received,
    remedy: "drop the column, or use strategy: 'constant' or 'mostFrequent'",
  })
}
