// Fits a model's own preprocessing on training rows: what becomes of each column of a table. Applying it is in apply-table.ts.
import { ArgumentError, DataError } from '../../core/errors.js'
import type { CategoryColumn, NumberColumn, TableColumn, TableTransform } from '../../core/state.js'
import { isTensor, type ColumnInfo, type Samples } from '../../core/tensor.js'
import { toTable } from '../table.js'
import { fitMap } from './fit-map.js'
import {
  requirePreprocessing,
  settledPreprocessing,
  type PreprocessingOptions,
} from './preprocessing-options.js'
import { medianOf, momentsOf, mostFrequent, sorted } from './statistics.js'

/**
 * The transform of a table, fitted on its rows. Columns without a name are called x0, x1, … and matched by place.
 * @param picked the rows to fit on; default all.
 * @throws DataError for a column without any value, and infinite values; ShapeError and ArgumentError for what is no table.
 */
export function fitTable(
  x: Samples,
  options: PreprocessingOptions = {},
  picked?: Uint32Array,
): TableTransform {
  requirePreprocessing(options)
  const settled = settledPreprocessing(options)
  const { data, rows, columns: width } = toTable(x, 'x', { missing: true })
  const infos = isTensor(x) ? x.columns : undefined
  if (infos !== undefined) requireColumns(infos, width)
  const chosen = picked ?? Uint32Array.from({ length: rows }, (_, row) => row)
  const columns = Array.from({ length: width }, (_, column): TableColumn => {
    const info = infos?.[column] ?? { name: `x${String(column)}` }
    const all = Float64Array.from(chosen, (row) => data[row * width + column]!)
    return fitColumn(info, all, settled)
  })
  return { named: infos !== undefined, columns }
}

type Settled = Required<PreprocessingOptions>

function fitColumn(info: ColumnInfo, all: Float64Array, options: Settled): TableColumn {
  const { name } = info
  const { impute, indicator } = options
  const values = all.filter((value) => !Number.isNaN(value))
  const infinite = all.findIndex((value) => value === Infinity || value === -Infinity)
  if (infinite >= 0) {
    throw new DataError({
      rule: `column ${JSON.stringify(name)} holds finite numbers, or none`,
      received: `${String(all[infinite])} in row ${String(infinite)}`,
      remedy: 'drop or repair such rows',
    })
  }
  if (values.length === 0) {
    throw new DataError({
      rule: `column ${JSON.stringify(name)} has a value in at least one training row`,
      received: 'missing values only',
      remedy: 'leave the column out',
    })
  }
  if (values.length < all.length && impute === 'none') {
    throw new DataError({
      rule: `column ${JSON.stringify(name)} holds no missing values with impute: 'none'`,
      received: `${String(all.length - values.length)} of ${String(all.length)}`,
      remedy: "drop such rows, or use impute: 'median' (--impute median)",
    })
  }
  const indicated = indicator && values.length < all.length ? { indicator: true } : {}
  const fitted =
    info.categories === undefined ? fitNumbers(name, values, all, options) : fitWords(info, values, options)
  return { ...fitted, ...indicated }
}

/** The map is fitted on all rows, with what stands for missing values in its place. */
function fitNumbers(
  name: string,
  values: Float64Array,
  all: Float64Array,
  { scaling, impute }: Settled,
): NumberColumn {
  if (impute === 'none') return { name, kind: 'number', map: fitMap(scaling, values) }
  const filling =
    impute === 'median'
      ? medianOf(sorted(values))
      : impute === 'mean'
        ? momentsOf(values).mean
        : impute.constant
  const filled = all.map((value) => (Number.isNaN(value) ? filling : value))
  return { name, kind: 'number', impute: filling, map: fitMap(scaling, filled) }
}

/** Categories are those that occur, sorted, so that their order in the file changes nothing. */
function fitWords(info: ColumnInfo, values: Float64Array, options: Settled): CategoryColumn {
  const { scaling, encoding, impute, unseen } = options
  const { name, categories: words } = info
  const bad = values.find((value) => words![value] === undefined)
  if (bad !== undefined) {
    throw new DataError({
      rule: `the values of column ${JSON.stringify(name)} are numbers of its ${String(words!.length)} categories`,
      received: String(bad),
      remedy: 'give categories for all values, or none',
    })
  }
  const categories = [...new Set(Array.from(values, (value) => words![value]!))].sort((a, b) =>
    a < b ? -1 : 1,
  )
  const places = new Map(categories.map((word, i) => [word, i]))
  const numbers = values.map((value) => places.get(words![value]!)!)
  const common = {
    name,
    kind: 'category' as const,
    categories,
    unseen,
    ...(impute === 'none' ? {} : { impute: mostFrequent(sorted(numbers)) }),
  }
  if (encoding === 'one-hot') return { ...common, encode: 'one-hot' }
  const linear = scaling === 'quantile' || scaling === 'log' ? 'standard' : scaling
  return { ...common, encode: 'ordinal', map: fitMap(linear, numbers) }
}

function requireColumns(infos: readonly ColumnInfo[], width: number): void {
  const names = infos.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (infos.length === width && twice === undefined) return
  throw new ArgumentError({
    rule: 'a table tells each of its columns, each by another name',
    received:
      twice === undefined
        ? `${String(infos.length)} for ${String(width)} columns`
        : `${JSON.stringify(twice)} twice`,
    remedy: 'give one entry of columns for each column',
  })
}
