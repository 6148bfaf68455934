// PNG pictures as grey bytes, 0 black to 255 white. Decoding is the work of fast-png, which sees only a picture of a size
// that was checked before, and only the chunks that make the picture. Format: W3C, "Portable Network Graphics (PNG)".
import { FormatError } from '../core/errors.js'

export interface GreyPicture {
  /** Row by row. */
  pixels: Uint8Array
  width: number
  height: number
}

/** Before anything is unpacked. @throws what the caller wants to say about a size. */
export type CheckSize = (width: number, height: number) => void

/**
 * The luminance of a PNG of any colour type and depth, rounded to 8 bits: 0.299 R + 0.587 G + 0.114 B in 16-bit fixed
 * point (ITU-R BT.601, the same bytes as Pillow's `convert('L')`). Transparency counts as black, the background of
 * digits; colour keys (`tRNS` without a palette) are left alone.
 * @param file the name that errors tell.
 * @throws what `check` throws; FormatError for a damaged file, for pictures of more than 2^26 pixels, and for interlaced
 *   pictures of less than 8 bits, which fast-png cannot read.
 */
export async function decodePng(bytes: Uint8Array, file: string, check?: CheckSize): Promise<GreyPicture> {
  const { width, height, depth, interlaced } = readHeader(bytes, file)
  check?.(width, height)
  if (interlaced && depth < 8) {
    throw new FormatError({
      file,
      rule: 'a picture of less than 8 bits is not interlaced',
      received: `an interlaced one of ${String(depth)} bits`,
      remedy: 'save it again without interlacing',
    })
  }
  if (width * height > 2 ** 26) {
    throw new FormatError({
      file,
      rule: 'a picture has at most 2^26 pixels',
      received: `${String(width)} × ${String(height)}`,
      remedy: 'scale it down first',
    })
  }
  const picture = pictureChunks(bytes, width * height, file)
  const { decode, convertIndexedToRgb } = await import('fast-png')
  try {
    const png = decode(picture, { checkCrc: true })
    if (png.palette === undefined) {
      return { pixels: luminance(unpack(png.data, width, depth), png.channels), width, height }
    }
    const channels = png.palette[0]?.length ?? 0
    return { pixels: luminance(convertIndexedToRgb(png), channels), width, height }
  } catch (cause) {
    throw damaged(file, cause instanceof Error ? `a fault: ${cause.message}` : 'a fault', cause)
  }
}

/** Whether bytes start as a PNG file. */
export function isPng(bytes: Uint8Array): boolean {
  return [0x89, 0x50, 0x4e, 0x47].every((byte, i) => bytes[i] === byte)
}

/** The IHDR chunk, which is the first: width, height, depth, colour type, compression, filter, interlace. */
function readHeader(bytes: Uint8Array, file: string) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 33 || !isPng(bytes) || view.getUint32(12) !== 0x49484452) {
    throw new FormatError({
      file,
      rule: 'a PNG file begins with its header',
      received: `${String(bytes.length)} bytes`,
      remedy: 'save the picture again',
    })
  }
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    depth: bytes[24]!,
    interlaced: bytes[28] !== 0,
  }
}

const wantedChunks = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'])
const bytesPerPixel = 8 // RGBA of 16 bits

/**
 * The file without texts, profiles and animations, which could unpack to anything; and with no more packed data than a
 * picture of that size can need.
 */
function pictureChunks(bytes: Uint8Array, pixels: number, file: string): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const out = new Uint8Array(bytes.length)
  out.set(bytes.subarray(0, 8))
  let filled = 8
  let packed = 0
  for (let at = 8; at < bytes.length;) {
    const length = at + 12 <= bytes.length ? view.getUint32(at) : Infinity
    const next = at + 12 + length
    if (next > bytes.length) throw damaged(file, 'one that is cut')
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (kind === 'IDAT') packed += length
    if (wantedChunks.has(kind)) {
      out.set(bytes.subarray(at, next), filled)
      filled += next - at
    }
    if (kind === 'IEND') break
    at = next
  }
  if (packed > 65536 + 2 * bytesPerPixel * pixels) {
    throw damaged(file, `${String(packed)} packed bytes for ${String(pixels)} pixels`)
  }
  return out.subarray(0, filled)
}

function damaged(file: string, received: string, cause?: unknown): FormatError {
  return new FormatError({
    file,
    rule: 'a PNG file is whole and follows its format',
    received,
    remedy: 'save the picture again',
    cause,
  })
}

/** Samples of 1 to 16 bits as bytes; rows of less than 8 bits a sample begin at a byte. Only grey has less than 8. */
function unpack(data: ArrayLike<number>, width: number, depth: number): Uint8Array {
  if (depth === 16) return Uint8Array.from(data, (value) => Math.round(value / 257))
  if (depth === 8) return data instanceof Uint8Array ? data : Uint8Array.from(data)
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
  if (channels === 1) return data
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
