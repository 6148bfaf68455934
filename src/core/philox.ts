// Counted random numbers: every value is a function of (seed, purpose, step, index), so that runs resume bit for bit and
// neither threads nor the order of drawing change anything. The generator is Philox 4×32-10; `assembly/random.ts` holds
// the same one, bit for bit, for filling weights and shuffling rows inside the core.
// Not for cryptography.
// Source: Salmon, Moraes, Dror & Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011).
import { ArgumentError } from './errors.js'
import { normalQuantile } from './exact.js'

/** Four unsigned 32-bit words. */
export type Words = [number, number, number, number]

/**
 * What random numbers are used for, so that no two uses share any. The values stand 2²⁴ apart: a use with several
 * streams adds the number of the layer, tensor or column.
 */
export const purposes = {
  weights: 0x01000000,
  shuffle: 0x02000000,
  dropout: 0x03000000,
  augmentation: 0x04000000,
  split: 0x05000000,
  digits: 0x06000000,
  search: 0x07000000,
  user: 0x08000000,
} as const

/** One block of Philox 4×32-10: four words from a 128-bit counter and a 64-bit key. */
export function philox4x32(counter: Readonly<Words>, key: readonly [number, number]): Words {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0)
    const low0 = Math.imul(0xd2511f53, c0)
    const high1 = multiplyHigh(0xcd9e8d57, c2)
    const low1 = Math.imul(0xcd9e8d57, c2)
    c0 = high1 ^ c1 ^ k0
    c1 = low1
    c2 = high0 ^ c3 ^ k1
    c3 = low0
    k0 = (k0 + 0x9e3779b9) | 0
    k1 = (k1 + 0xbb67ae85) | 0
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0]
}

/** The upper 32 bits, as a signed number, of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16) // below 2³²
  const carry = aLow * bHigh + (middle & 0xffff)
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) | 0
}

/**
 * The stream of (seed, purpose, step). Word i is word i mod 4 of the block with counter (⌊i / 4⌋, 0, step, purpose) and
 * key (seed mod 2³², ⌊seed / 2³²⌋). All methods read the same words: a use that needs two independent kinds of numbers
 * takes two purposes, or different indices. Indices are integers from 0 to 2³⁴ − 1.
 * @param seed integer from 0 to 2⁵³ − 1.
 * @param purpose one of `purposes`, plus a number below 2²⁴.
 * @param step training step, epoch or whatever counts time; default 0, below 2³².
 */
export class CountedRandom {
  private readonly key: readonly [number, number]
  private readonly purpose: number
  private readonly step: number
  private block = -1
  private words: Words = [0, 0, 0, 0]

  constructor(seed: number, purpose: number, step = 0) {
    this.key = seedWords(seed)
    this.purpose = purpose
    this.step = step
  }

  /** Integer from 0 to 2³² − 1. */
  u32(index: number): number {
    const block = Math.floor(index / 4)
    if (block !== this.block) {
      this.words = philox4x32([block, 0, this.step, this.purpose], this.key)
      this.block = block
    }
    return this.words[index & 3]!
  }

  /** A multiple of 2⁻³² in [0, 1). */
  uniform(index: number): number {
    return this.u32(index) / 2 ** 32
  }

  /** Standard normal, by inversion; magnitude at most 6.34. */
  normal(index: number): number {
    return normalQuantile((this.u32(index) + 0.5) / 2 ** 32)
  }

  /**
   * Integer from 0 to bound − 1, each exactly as likely as the others.
   * @param bound from 1 to 2³².
   * Source: Lemire, "Fast Random Integer Generation in an Interval" (2019); a refused word is replaced by the word of
   *   the same index in the block whose second counter word counts the refusals.
   */
  integer(index: number, bound: number): number {
    let word = this.u32(index)
    for (let refusals = 1; ; refusals++) {
      const low = Math.imul(word, bound) >>> 0
      if (low >= bound || low >= 2 ** 32 % bound) break
      word = philox4x32([Math.floor(index / 4), refusals, this.step, this.purpose], this.key)[index & 3]!
    }
    return bound === 2 ** 32 ? word : multiplyHigh(word, bound) >>> 0
  }
}

/**
 * A random order of 0 … n − 1, every order equally likely (up to the size of the seed).
 * Source: Fisher & Yates, in the form that builds the order in place (Knuth, TAOCP 3.4.2, algorithm P, run upwards).
 */
export function permutation(n: number, seed: number, purpose: number, step = 0): Uint32Array {
  const random = new CountedRandom(seed, purpose, step)
  const order = new Uint32Array(n)
  for (let i = 1; i < n; i++) {
    const j = random.integer(i, i + 1)
    order[i] = order[j]!
    order[j] = i
  }
  return order
}

/**
 * The two 32-bit words of a seed, low first: the key of the generator, here and in the core.
 * @throws ArgumentError unless it is an integer from 0 to 2⁵³ − 1.
 */
export function seedWords(seed: number): readonly [low: number, high: number] {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ArgumentError({
      rule: 'a seed is an integer from 0 to 2^53 - 1',
      received: String(seed),
      remedy: 'pass a number such as 1',
    })
  }
  return [seed % 2 ** 32, Math.floor(seed / 2 ** 32)]
}
