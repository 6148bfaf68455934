// A PNG picture as one sample for a model.
import { ShapeError } from '../core/errors.js'
import type { Tensor } from '../core/tensor.js'
import { decodePng } from '../data/png.js'
import type { ExpectedInput } from './inputs.js'

/**
 * The luminance of a PNG, see decodePng.
 * @returns data of shape [1, height, width].
 * @throws ShapeError, before anything is unpacked, for a picture of another size than the sample's; FormatError as
 *   decodePng.
 */
export async function readPng(bytes: Uint8Array, path: string, expected: ExpectedInput): Promise<Tensor> {
  const { pixels, width, height } = await decodePng(bytes, path, (across, down) => {
    requireSize(across, down, path, expected)
  })
  return { data: pixels, shape: [1, height, width] }
}

function requireSize(
  width: number,
  height: number,
  path: string,
  { columns, sampleShape }: ExpectedInput,
): void {
  const sizes = sampleShape.filter((size) => size !== 1)
  if (sizes.length === 2 ? sizes[0] === height && sizes[1] === width : width * height === columns) return
  const side = Math.sqrt(columns)
  const [rows, across] = sizes.length === 2 ? sizes : [side, side]
  const size = Number.isInteger(rows) ? `${String(across)} × ${String(rows)} pixels` : 'that size'
  throw new ShapeError({
    rule: `${path} has one pixel for each of the model's ${String(columns)} inputs`,
    received: `${String(width)} × ${String(height)} pixels`,
    remedy: `scale the picture to ${size} first`,
  })
}
