// What assembly/augment.ts computes, written again in float64 from its formulas, one pixel after another.
import type { Augmentation } from '../../src/core/augmentation.js'
import { philox4x32 } from '../../src/core/philox.js'

const weyl = 0x9e3779b1

/** A uniform number in [0, 1) of (index, keys). */
export function hashUniform(index: number, keyA: number, keyB: number): number {
  const counter = (Math.imul(index, weyl) + keyA) | 0
  let hash = counter ^ (counter >>> 16) ^ keyB
  hash = Math.imul(hash, 0x21f0aaad)
  hash = Math.imul(hash ^ (hash >>> 15), 0xd35a2d97)
  return ((hash ^ (hash >>> 16)) >>> 8) / 2 ** 24
}

/** A standard normal number: of eight in a row the first four are cosines, the last four sines of four pairs. */
export function hashNormal(index: number, keyA: number, keyB: number): number {
  const first = (index & ~7) + (index & 3)
  const radius = Math.sqrt(-2 * Math.log(1 - hashUniform(first, keyA, keyB)))
  const turns = 2 * Math.PI * hashUniform(first + 4, keyA, keyB)
  return radius * (index & 4 ? Math.sin(turns) : Math.cos(turns))
}

/** Factors of the displacement, row-major: y has `rank` numbers a row, x `padded`. */
export interface Factors {
  rank: number
  padded: number
  y: Float32Array
  x: Float32Array
}

export interface Picture {
  data: Float32Array | Uint8Array
  height: number
  width: number
  channels: number
}

/** The random words of row `row`: four blocks of four, as numbers in [0, 1). */
function wordsOf(row: number, keys: readonly [number, number]): { words: number[]; share: (i: number) => number } {
  const words = [0, 1, 2, 3].flatMap((block) => philox4x32([row, block, 0, 0], [keys[0] >>> 0, keys[1] >>> 0]))
  return { words, share: (i) => (words[i]! >>> 8) / 2 ** 24 }
}

/** The changed picture, not rounded and not cut. */
export function augmented(
  { data, height, width, channels }: Picture,
  changes: Augmentation,
  factors: Factors,
  row: number,
  keys: readonly [number, number],
): Float64Array {
  const { words, share } = wordsOf(row, keys)
  const unit = data instanceof Uint8Array ? 255 : 1
  const from = placesOf(changes, factors, { height, width }, words, share)
  const out = new Float64Array(data.length)
  const pixel = (x: number, y: number, c: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : data[(y * width + x) * channels + c]!
  const rectangle = rectangleOf(changes, height, width, words, share)
  const { noise, erase } = changes
  const padded = Math.ceil(width / 16) * 16
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const index = c * 2 ** 24 + y * padded + x
        let value = bilinear(pixel, ...from(x, y), c)
        if (rectangle?.(x, y)) {
          value =
            unit *
            (erase!.fill === 'random' ? hashUniform(index, words[14]!, words[15]! ^ 0x55555555) : erase!.fill)
        }
        if (noise?.kind === 'normal') value += unit * noise.size * hashNormal(index, words[14]!, words[15]!)
        if (noise?.kind === 'uniform') value += unit * noise.size * (2 * hashUniform(index, words[14]!, words[15]!) - 1)
        out[(y * width + x) * channels + c] = value
      }
    }
  }
  return out
}

function bilinear(
  pixel: (x: number, y: number, c: number) => number,
  u: number,
  v: number,
  c: number,
): number {
  const [x, y] = [Math.floor(u), Math.floor(v)]
  const [right, below] = [u - x, v - y]
  const upper = (1 - right) * pixel(x, y, c) + right * pixel(x + 1, y, c)
  const lower = (1 - right) * pixel(x, y + 1, c) + right * pixel(x + 1, y + 1, c)
  return (1 - below) * upper + below * lower
}

/** Where the pixel (x, y) comes from: flip, scale, shear, rotation, shift undone in reverse order, and the displacement. */
function placesOf(
  { shift, rotate, scale, shear, flip, elastic }: Augmentation,
  { rank, padded, y: factorY, x: factorX }: Factors,
  { height, width }: { height: number; width: number },
  words: readonly number[],
  share: (i: number) => number,
): (x: number, y: number) => [number, number] {
  const centred = (i: number) => 2 * share(i) - 1
  const angle = (2 * Math.PI * rotate * centred(0)) / 360
  const [across, down] = [1 + scale * centred(1), 1 + scale * centred(2)]
  const slant = shear * centred(3)
  const [moveX, moveY] = [shift * centred(4), shift * centred(5)]
  const mirrored = words[6]! >>> 1 < Math.round(flip * 2 ** 31)
  const [centreX, centreY] = [(width - 1) / 2, (height - 1) / 2]
  const normal = (i: number) => hashNormal(i, words[12]!, words[13]!)
  const field = (x: number, y: number, offset: number) => {
    let sum = 0
    if (elastic === undefined) return 0
    for (let k = 0; k < rank; k++) {
      for (let l = 0; l < rank; l++)
        sum += factorY[y * rank + k]! * normal(offset + k * rank + l) * factorX[l * padded + x]!
    }
    return sum
  }
  return (x, y) => {
    const [a, b] = [x - centreX - moveX, y - centreY - moveY]
    const turned = [Math.cos(angle) * a + Math.sin(angle) * b, -Math.sin(angle) * a + Math.cos(angle) * b] as const
    const upright = turned[0] - slant * turned[1]
    const u = (mirrored ? -1 : 1) * (upright / across) + centreX + field(x, y, 0)
    const v = turned[1] / down + centreY + field(x, y, rank * rank)
    return [u, v]
  }
}

function rectangleOf(
  { erase }: Augmentation,
  height: number,
  width: number,
  words: readonly number[],
  share: (i: number) => number,
): ((x: number, y: number) => boolean) | undefined {
  if (erase === undefined || words[7]! >>> 1 >= Math.round(erase.probability * 2 ** 31)) return undefined
  const { least, most, ratio } = erase
  const area = height * width * (least + (most - least) * share(8))
  const shape = ratio + (1 / ratio - ratio) * share(9)
  const tall = Math.max(1, Math.min(height, Math.floor(Math.sqrt(area * shape) + 0.5)))
  const wide = Math.max(1, Math.min(width, Math.floor(Math.sqrt(area / shape) + 0.5)))
  const top = Math.floor((height - tall + 1) * share(10))
  const left = Math.floor((width - wide + 1) * share(11))
  return (x, y) => x >= left && x < left + wide && y >= top && y < top + tall
}
