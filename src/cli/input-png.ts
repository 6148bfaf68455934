// A PNG picture as one sample of bytes, 0 black to 255 white. Decoding is the work of fast-png.
import { FormatError, ShapeError } from '../core/errors.js'
import type { Tensor } from '../core/tensor.js'
import type { ExpectedInput } from './inputs.js'

/**
 * The luminance of a PNG of any colour type and depth, rounded to 8 bits: 0.299 R + 0.587 G + 0.114 B in 16-bit fixed
 * point (ITU-R BT.601, the same bytes as Pillow's `convert('L')`). Transparency counts as black, the background of
 * digits; colour keys (`tRNS` without a palette) are left alone.
 * @returns data of shape [1, height, width].
 * @throws ShapeError, before anything is unpacked, for a picture of another size than the sample's; FormatError for a
 *   damaged file and for interlaced pictures of less than 8 bits, which fast-png cannot read.
 */
export async function readPng(bytes: Uint8Array, path: string, expected: ExpectedInput): Promise<Tensor> {
  const { width, height, depth, interlaced } = readHeader(bytes, path)
  requireSize(width, height, path, expected)
  if (interlaced && depth < 8) {
    throw new FormatError({
      file: path,
      rule: 'a picture of less than 8 bits is not interlaced',
      received: `an interlaced one of ${String(depth)} bits`,
      remedy: 'save it again without interlacing',
    })
  }
  const { decode, convertIndexedToRgb } = await import('fast-png')
  try {
    const png = decode(bytes, { checkCrc: true })
    if (png.palette === undefined) {
      return { data: luminance(unpack(png.data, width, depth), png.channels), shape: [1, height, width] }
    }
    const channels = png.palette[0]?.length ?? 0
    return { data: luminance(convertIndexedToRgb(png), channels), shape: [1, height, width] }
  } catch (cause) {
    throw new FormatError({
      file: path,
      rule: 'a PNG file is whole and follows its format',
      received: cause instanceof Error ? `a fault: ${cause.message}` : 'a fault',
      remedy: 'save the picture again',
      cause,
    })
  }
}

/** The IHDR chunk, which is the first: width, height, depth, colour type, compression, filter, interlace. */
function readHeader(bytes: Uint8Array, file: string) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 33 || view.getUint32(12) !== 0x49484452) {
    throw new FormatError({
      file,
      rule: 'a PNG file begins with its header',
      received: `${String(bytes.length)} bytes`,
    })
  }
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    depth: bytes[24]!,
    interlaced: bytes[28] !== 0,
  }
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

/** Samples of 1 to 16 bits as bytes; rows of less than 8 bits a sample begin at a byte. Only grey has less than 8. */
function unpack(data: ArrayLike<number>, width: number, depth: number): Uint8Array {
  if (depth === 16) return Uint8Array.from(data, (value) => Math.round(value / 257))
  if (depth === 8) return Uint8Array.from(data)
  const bytesPerRow = Math.ceil((width * depth) / 8)
  const rows = data.length / bytesPerRow
  const white = (1 << depth) - 1
  return Uint8Array.from({ length: rows * width }, (_, i) => {
    const bit = (i % width) * depth
    const byte = data[Math.floor(i / width) * bytesPerRow + (bit >> 3)]!
    return (((byte >> (8 - depth - (bit & 7))) & white) * 255) / white
  })
}

/** Bytes of 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGBA) channels as one. */
function luminance(data: Uint8Array, channels: number): Uint8Array {
  return Uint8Array.from({ length: data.length / channels }, (_, pixel) => {
    const at = pixel * channels
    const grey = channels < 3 ? data[at]! : lumaOf(data[at]!, data[at + 1]!, data[at + 2]!)
    const alpha = channels % 2 === 0 ? data[at + channels - 1]! : 255
    return Math.round((grey * alpha) / 255)
  })
}

function lumaOf(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16
}
