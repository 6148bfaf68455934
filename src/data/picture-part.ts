// Pictures and labels as they stand in files, checked and brought to the one form that all readers give.
import { DataError, FormatError, ShapeError } from '../core/errors.js'
import { sizeOf, type NumericArray, type Tensor } from '../core/tensor.js'
import type { Examples } from './dataset.js'
import { transposeSquares } from './upright.js'

/** A part of a set, as read from files. */
export interface PicturePart extends Examples {
  /** Shape of one picture without dimensions of 1, as `[28, 28]`. */
  sampleShape: number[]
}

/** What a set's files are to be. */
export interface PictureRules {
  /** Labels are from `firstLabel` to `firstLabel + classes - 1`. */
  classes: number
  firstLabel: number
  /** Whether pictures have rows and columns exchanged. */
  transposed: boolean
}

/** An array with the name of where it came from. */
export interface Named {
  name: string
  tensor: Tensor
}

/**
 * A part from its pictures and labels. Whole numbers from 0 to 255 become bytes, all others float32.
 * @throws ShapeError and DataError for pictures and labels that do not fit each other or the set.
 */
export function makePart(images: Named, labels: Named, rules: PictureRules): PicturePart {
  const [rows = 0, ...picture] = images.tensor.shape
  if (images.tensor.shape.length < 2) {
    throw new FormatError({
      file: images.name,
      rule: 'pictures are an array of two or more dimensions, the first counting pictures',
      received: describe(images),
      remedy: 'check that image and label files have not changed places',
    })
  }
  const numbers = flatLabels(labels)
  const columns = sizeOf(picture)
  if (numbers.length !== rows || rows * columns === 0) {
    throw new DataError({
      rule: `${labels.name} has one label for each image of ${images.name}, at least one`,
      received: `${String(numbers.length)} labels for images of shape [${images.tensor.shape.join(', ')}]`,
      remedy: 'put the files of one set together',
    })
  }
  const wide = picture.filter((size) => size !== 1)
  const sampleShape = wide.length === 0 ? [1] : wide
  const data = toPixels(images.tensor.data)
  if (rules.transposed) upright(data, sampleShape, images.name)
  return {
    x: { data, shape: [rows, columns] },
    y: toClasses(numbers, rules, labels.name),
    sampleShape,
  }
}

/** Labels as classes from 0, bytes where these suffice. @throws DataError for what is no label of the set, with its row. */
export function toClasses(
  labels: ArrayLike<number>,
  { classes, firstLabel }: PictureRules,
  name: string,
): Uint8Array | Int32Array {
  const out = new Int32Array(labels.length)
  let highest = 0
  for (let row = 0; row < labels.length; row++) {
    const value = labels[row]! - firstLabel
    if (!(value >= 0 && value < classes && Number.isInteger(value))) {
      throw new DataError({
        rule: `${name}: a label is an integer from ${String(firstLabel)} to ${String(firstLabel + classes - 1)}`,
        received: `${String(labels[row])} in row ${String(row)}`,
        remedy: 'check that the file is that of this set',
      })
    }
    out[row] = value
    if (value > highest) highest = value
  }
  return highest < 256 ? Uint8Array.from(out) : out
}

/** Rows and columns of pictures exchanged, in place. @throws ShapeError unless they are squares. */
function upright(data: Uint8Array | Float32Array, sampleShape: readonly number[], name: string): void {
  const [height, width, ...others] = sampleShape
  const side = height === undefined || width === undefined ? Math.sqrt(sizeOf(sampleShape)) : height
  if (others.length === 0 && side === (width ?? side) && Number.isInteger(side)) {
    transposeSquares(data, side)
    return
  }
  throw new ShapeError({
    rule: `the pictures of ${name} are squares, which are stored transposed`,
    received: `pictures of shape [${sampleShape.join(', ')}]`,
    remedy: 'check that the file is that of this set',
  })
}

function flatLabels({ name, tensor }: Named): NumericArray {
  const { data, shape } = tensor
  if (shape.length > 0 && shape.slice(1).every((size) => size === 1)) return data
  throw new FormatError({
    file: name,
    rule: 'labels are an array of one dimension, a number for each picture',
    received: describe({ name, tensor }),
    remedy:
      shape.length === 2
        ? 'turn one-hot rows into numbers (numpy.argmax) first'
        : 'check that image and label files have not changed places',
  })
}

function toPixels(data: NumericArray): Uint8Array | Float32Array {
  if (data instanceof Uint8Array || data instanceof Float32Array) return data
  if (data instanceof Uint8ClampedArray) return new Uint8Array(data)
  const bytes = data.every((value) => value >= 0 && value <= 255 && Number.isInteger(value))
  return bytes && !(data instanceof Float64Array) ? Uint8Array.from(data) : Float32Array.from(data)
}

function describe({ tensor: { data, shape } }: Named): string {
  return `${data.constructor.name} of shape [${shape.join(', ')}]`
}
