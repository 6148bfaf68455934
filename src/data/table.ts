// Data as users hand them over, seen as rows in their own type and precision. (core's toRows makes what models take:
// u8 or f32.)
import { DataError, ShapeError } from '../core/errors.js'
import { isTensor, sizeOf } from '../core/tensor.js'
import type { NumericArray, Samples, Tensor } from '../core/tensor.js'

/** Numbers in row-major order, `rows` × `columns`, in the type they came in; float64 for nested arrays. */
export interface Table {
  data: NumericArray
  rows: number
  columns: number
  /** As it came; the first number counts rows. */
  shape: readonly number[]
}

/**
 * Samples as a table. Tensors are not copied.
 * @param what how messages name the argument.
 * @param options.missing whether values may be missing (NaN), or not finite: then the caller looks. Default false.
 * @throws ShapeError for rows of unequal length and shapes that do not fit; DataError for no rows or values that are
 *   not finite.
 */
export function toTable(samples: Samples, what: string, options: { missing?: boolean } = {}): Table {
  const { data, shape } = isTensor(samples) ? samples : nested(samples, what)
  const valid = shape.length > 0 && shape.every((dimension) => Number.isInteger(dimension) && dimension >= 0)
  if (!valid || sizeOf(shape) !== data.length) {
    throw new ShapeError({
      rule: `the shape of ${what} multiplies to the length of its data`,
      received: `shape [${shape.join(', ')}] for ${String(data.length)} values`,
      remedy: 'pass shape as [rows, columns]',
    })
  }
  const rows = shape[0]!
  const columns = sizeOf(shape.slice(1))
  if (data.length === 0) {
    throw new DataError({
      rule: `${what} has at least one row and one column`,
      received: `shape [${shape.join(', ')}]`,
      remedy: 'check how the data were selected',
    })
  }
  for (let i = 0; i < data.length && options.missing !== true; i++) {
    if (Number.isFinite(data[i])) continue
    throw new DataError({
      rule: `${what} holds finite numbers only`,
      received: `${String(data[i])} in row ${String(Math.floor(i / columns))}, column ${String(i % columns)}`,
      remedy: 'drop or impute missing values first',
    })
  }
  return { data, rows, columns, shape }
}

function nested(samples: Exclude<Samples, Tensor>, what: string): Tensor<Float64Array> {
  if (!Array.isArray(samples)) {
    throw new ShapeError({
      rule: `${what} is { data, shape } or an array of rows`,
      received: samples === null ? 'null' : typeof samples,
      remedy: 'pass { data: Float32Array, shape: [rows, columns] }',
    })
  }
  const rows = samples as ArrayLike<unknown>[]
  const columns = rows[0]?.length ?? 0
  const data = new Float64Array(rows.length * columns)
  rows.forEach((row, index) => {
    if (!(Array.isArray(row) || ArrayBuffer.isView(row)) || row.length !== columns) {
      throw new ShapeError({
        rule: `all rows of ${what} are arrays of the same length`,
        received: `${lengthOf(row)} in row ${String(index)}, ${lengthOf(rows[0])} in row 0`,
        remedy: 'pad or drop the odd rows',
      })
    }
    for (let column = 0; column < columns; column++) {
      const value = row[column]
      if (typeof value === 'number') data[index * columns + column] = value
      else throw notANumber(value, `row ${String(index)}, column ${String(column)}`, what)
    }
  })
  return { data, shape: [rows.length, columns] }
}

function lengthOf(row: unknown): string {
  return Array.isArray(row) || ArrayBuffer.isView(row)
    ? `${String((row as ArrayLike<unknown> & object).length)} values`
    : typeof row
}

function notANumber(value: unknown, where: string, what: string): DataError {
  return new DataError({
    rule: `${what} holds numbers only`,
    received: `${Array.isArray(value) ? 'an array' : `${typeof value} ${String(value)}`} in ${where}`,
    remedy: 'encode text as numbers; pass shaped samples as { data, shape }',
  })
}
