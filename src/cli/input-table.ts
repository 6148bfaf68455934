// A CSV file for a model that was trained on a table: columns by name, or by place where the file has no line of names.
import { ShapeError } from '../core/errors.js'
import type { ColumnInfo, Tensor } from '../core/tensor.js'
import { readTable } from '../data/csv.js'

/**
 * The rows of a CSV file, with what each column is.
 * @param features the columns of the training table. @throws ShapeError for another number of columns without names; errors
 *   of readTable.
 */
export async function readTableInput(path: string, features: readonly ColumnInfo[]): Promise<Tensor> {
  const table = await readTable(path)
  const known = new Set(features.map(({ name }) => name))
  const isNamed = table.columns.some(({ name }, i) => name !== `column_${String(i)}` || known.has(name))
  if (isNamed) return table
  if (table.columns.length === features.length) {
    const columns = table.columns.map((column, i) => ({ ...column, name: features[i]!.name }))
    return { ...table, columns }
  }
  throw new ShapeError({
    rule: `${path} has a line of names, or the model's ${String(features.length)} columns in their order`,
    received: `${String(table.columns.length)} columns without names`,
    remedy: `begin the file with the names of its columns; the model takes ${features.map(({ name }) => name).join(', ')}`,
  })
}
