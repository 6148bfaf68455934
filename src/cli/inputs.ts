// Reads the file that `lanewise predict` is given: PNG, CSV, NPY or IDX, told by its content, into rows for a model.
// Scales nothing: values stay as they are in the file, the model's own preprocessing does the rest.
import { FormatError, ShapeError } from '../core/errors.js'
import { sizeOf, toRows, type ColumnInfo, type Tensor } from '../core/tensor.js'
import { readBytes } from '../persist/file.js'

/** What the model takes: numbers a sample, and the shape of one, `[784]` or `[28, 28]`. */
export interface ExpectedInput {
  columns: number
  sampleShape: readonly number[]
  /** Columns of a table, in the order of training. */
  features?: readonly ColumnInfo[]
}

/**
 * The samples in a file, as bytes or float32 of shape `[rows, ...sampleShape]`.
 *
 * - PNG: one sample; colour becomes luminance (0 to 255). Its size must be the sample's.
 * - CSV: one sample a line, with or without a line of names; nothing but the model's columns. For a model of tables with a
 *   line of names: its columns in any order, others beside them, words and missing values.
 * - NPY and IDX (gzipped or not): samples along the first dimension, or one sample alone.
 * @throws NotFoundError, ArgumentError for a path that cannot be read; FormatError for a file of another kind or a
 *   damaged one; ShapeError, which tells both shapes, for samples that do not fit; DataError for values that are no
 *   finite numbers, with row and column.
 */
export async function readInput(path: string, expected: ExpectedInput): Promise<Tensor> {
  const bytes = await readBytes(path, 'the input file')
  const { features } = expected
  if (features !== undefined && isText(bytes)) {
    const { readTableInput } = await import('./input-table.js')
    return readTableInput(path, features)
  }
  const tensor = await parse(bytes, path, expected)
  if (features !== undefined) return fitShape(tensor, path, expected)
  const { data, rows } = toRows(fitShape(tensor, path, expected), path)
  return { data, shape: [rows, ...expected.sampleShape] }
}

async function parse(bytes: Uint8Array, path: string, expected: ExpectedInput): Promise<Tensor> {
  if (startsWith(bytes, 0x89, 0x50, 0x4e, 0x47)) {
    const { readPng } = await import('./input-png.js')
    return readPng(bytes, path, expected)
  }
  if (startsWith(bytes, 0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59)) {
    const { parseNpy } = await import('../core/formats/npy.js')
    return parseNpy(bytes, path)
  }
  if (startsWith(bytes, 0, 0) || startsWith(bytes, 0x1f, 0x8b)) {
    const { readIdx } = await import('../data/idx-file.js')
    return readIdx(path)
  }
  if (isText(bytes)) {
    const { parseCsv } = await import('./input-csv.js')
    return parseCsv(bytes, path, expected.columns)
  }
  throw new FormatError({
    file: path,
    rule: 'an input file is PNG, CSV, NPY or IDX',
    received: bytes.length === 0 ? 'an empty file' : 'another kind of file',
    remedy: 'convert it first; text must be UTF-8',
  })
}

function isText(bytes: Uint8Array): boolean {
  const isOther =
    startsWith(bytes, 0x89, 0x50, 0x4e, 0x47) ||
    startsWith(bytes, 0x93, 0x4e) ||
    startsWith(bytes, 0x1f, 0x8b)
  return bytes.length > 0 && !isOther && !bytes.subarray(0, 4096).includes(0)
}

function startsWith(bytes: Uint8Array, ...magic: number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte)
}

/** The tensor with its first dimension counting samples; a sample alone becomes one row. */
function fitShape({ data, shape }: Tensor, path: string, expected: ExpectedInput): Tensor {
  const { columns, sampleShape } = expected
  if (shape.length > 0 && fits(shape.slice(1), sampleShape)) return { data, shape: [shape[0]!, columns] }
  if (fits(shape, sampleShape)) return { data, shape: [1, columns] }
  throw new ShapeError({
    rule: `${path} holds samples of the shape that the model takes, [${sampleShape.join(', ')}]`,
    received: `an array of shape [${shape.join(', ')}]`,
    remedy: `reshape it to [rows, ${sampleShape.join(', ')}]`,
  })
}

/** Whether two shapes are the same sample: equal but for dimensions of 1, or of equal size where one of them is flat. */
function fits(shape: readonly number[], sampleShape: readonly number[]): boolean {
  const [a, b] = [shape, sampleShape].map((sizes) => sizes.filter((size) => size !== 1)) as [
    number[],
    number[],
  ]
  if (a.length > 1 && b.length > 1) return a.join() === b.join()
  return sizeOf(a) === sizeOf(b)
}
