// The built-in data set: 28 × 28 images of the digits 0 to 9 in many hands, drawn by a seeded generator, for whoever
// has no files yet. Made like MNIST: grey on black, bytes, the longer side about 20 pixels, centred by mass. An image
// is a function of (seed, part, number) alone and has the same bits on every engine; more images never change those
// before.
import { ArgumentError } from '../core/errors.js'
import { CountedRandom, purposes } from '../core/philox.js'
import type { Examples } from './dataset.js'
import { digitStyles } from './digit-shapes.js'
import type { Style } from './digit-shapes.js'
import { Draws, drawStyle, imageSize, newSheet } from './handwriting.js'
import type { Sheet } from './handwriting.js'

export interface DigitsOptions {
  /** Training images; default 10000. */
  train?: number
  /** Test images; default 2000. */
  test?: number
  /** Another seed, other images; default 1. */
  seed?: number
}

const pixels = imageSize * imageSize

/**
 * Draws the digits.
 * @returns two parts, `x` of shape [images, 784] with bytes and `y` with the digits; every digit is equally likely.
 * @throws ArgumentError unless the numbers of images are integers from 1 to 1,000,000 and the seed is one.
 */
export function generateDigits({ train = 10000, test = 2000, seed = 1 }: DigitsOptions = {}): {
  train: Examples
  test: Examples
} {
  return { train: drawPart(train, seed, 0, 'train'), test: drawPart(test, seed, 1, 'test') }
}

function drawPart(images: number, seed: number, part: number, name: string): Examples {
  if (!Number.isInteger(images) || images < 1 || images > 1e6) {
    throw new ArgumentError({
      rule: `the number of ${name} images is an integer from 1 to 1000000`,
      received: String(images),
      remedy: 'leave it out for the default',
    })
  }
  const data = new Uint8Array(images * pixels)
  const y = new Uint8Array(images)
  const sheet = newSheet()
  for (let image = 0; image < images; image++) {
    const draw = new Draws(new CountedRandom(seed, purposes.digits + part, image))
    const digit = Math.floor(draw.uniform() * 10)
    y[image] = digit
    drawStyle(sheet, chooseStyle(digitStyles[digit]!, draw), draw)
    develop(sheet, draw, data.subarray(image * pixels, (image + 1) * pixels))
  }
  return { x: { data, shape: [images, pixels] }, y }
}

function chooseStyle(styles: readonly Style[], draw: Draws): Style {
  let left = draw.uniform() * styles.reduce((total, { weight }) => total + weight, 0)
  return styles.find(({ weight }) => (left -= weight) < 0) ?? styles[0]!
}

/** Ink to bytes: soft edges, grain in the ink, black where there is none. */
function develop({ ink, softness }: Sheet, draw: Draws, image: Uint8Array): void {
  const strength = 255 * draw.between(0.85, 1)
  const grain = draw.between(0.05, 0.25) / 2 ** 32
  let state = draw.word()
  for (let pixel = 0; pixel < pixels; pixel++) {
    const depth = ink[pixel]! + softness
    if (depth <= 0) continue
    const t = Math.min(depth / (2 * softness), 1)
    // Marsaglia, "Xorshift RNGs" (2003)
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    image[pixel] = Math.round(strength * t * t * (3 - 2 * t) * (1 - grain * (state >>> 0)))
  }
}
