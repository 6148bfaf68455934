import { describe, expect, it } from 'vitest'
import { Arena } from '../../src/core/arena.js'
import { placeAugmentation, smoothedCovariance, type Augmentation } from '../../src/core/augmentation.js'
import { coreModule, instantiateCore, type Numerics } from '../../src/core/wasm.js'
import { augmentationFrom } from '../../src/data/augmentation.js'
import { augmented, hashNormal, hashUniform, type Factors, type Picture } from './augment-reference.js'
import { gaussian, random, variants } from './kernels.js'
import type { Bench } from './kernels.js'
import { bits } from './reference.js'

const changesOf = (text: string): Augmentation => augmentationFrom(text)!.changes
const keys = [0x1234567, 0x89abcde0 | 0] as const

/** A core with one augmentation placed, and pictures changed by it one at a time. */
class Studio {
  private readonly arena = new Arena(1 << 22, false)
  private readonly core
  private readonly placed
  private readonly scratch: number
  readonly factors: Factors

  constructor(
    numerics: Numerics,
    readonly changes: Augmentation,
    readonly shape: readonly [number, number, number],
    readonly isBytes: boolean,
  ) {
    this.core = instantiateCore(coreModule(numerics, false), this.arena.memory)
    this.placed = placeAugmentation(this.arena, changes, shape, isBytes)
    this.scratch = this.arena.allocate(this.placed.scratchBytes)
    const [, , , padded, , , rank, y, x] = this.arena.u32(this.placed.spec, 9)
    this.factors = {
      rank,
      padded,
      y: this.arena.f32(y, shape[0] * rank).slice(),
      x: this.arena.f32(x, rank * padded).slice(),
    }
  }

  /** @param offset of the picture and of the result from a 64-byte boundary, in values. */
  run(data: Float32Array | Uint8Array, row = 0, stepKeys: readonly [number, number] = keys, offset = 0) {
    const bytes = data.byteLength + 128
    const [from, to] = [this.arena.allocate(bytes), this.arena.allocate(bytes)]
    const shift = offset * data.BYTES_PER_ELEMENT
    const view = (at: number) => (this.isBytes ? this.arena.u8(at, data.length) : this.arena.f32(at, data.length))
    view(from + shift).set(data)
    const guard = this.arena.u8(to, bytes).fill(0xa5)
    this.core.augmentPicture(to + shift, this.placed.spec, from + shift, Number(this.isBytes), row, ...stepKeys, this.scratch)
    const out = view(to + shift).slice()
    expect(guard.subarray(0, shift).every((byte) => byte === 0xa5)).toBe(true)
    expect(guard.subarray(shift + data.byteLength).every((byte) => byte === 0xa5)).toBe(true)
    this.arena.release(from, bytes)
    this.arena.release(to, bytes)
    return out
  }
}

function pictureOf([height, width, channels]: readonly [number, number, number], isBytes: boolean, seed = 1): Picture {
  const next = random(seed)
  const values = Array.from({ length: height * width * channels }, () => Math.max(0, 400 * next() - 150))
  const data = isBytes ? Uint8Array.from(values, (v) => Math.min(255, v)) : Float32Array.from(values, (v) => v / 255)
  return { data, height, width, channels }
}

const all = 'elastic;rotate;shear;scale;shift;flip;erase;noise'
const texts = [
  'shift:pixels=3',
  'rotate:degrees=180',
  'scale:by=0.5',
  'shear:by=0.7',
  'elastic',
  'elastic:alpha=60,sigma=7',
  'elastic:alpha=3,sigma=0.6',
  'elastic:alpha=2000',
  'flip',
  'erase',
  'erase:probability=1,least=0.9,most=1,fill=0.5',
  'erase:fill=random',
  'noise',
  'noise:kind=uniform,size=0.3',
  'digits',
  all,
]
const shapes: [number, number, number][] = [
  [28, 28, 1],
  [9, 17, 1],
  [33, 5, 3],
  [1, 1, 1],
  [2, 19, 2],
]

describe.each(variants())('augmentation, $variant', (bench: Bench) => {
  const { core, variant } = bench

  describe.each(shapes)('pictures of %d × %d × %d', (...shape) => {
    it.each(texts)('%s is what the formulas say, for floats and bytes', (text) => {
      for (const isBytes of [false, true]) {
        const studio = new Studio(variant, changesOf(text), shape, isBytes)
        const picture = pictureOf(shape, isBytes)
        for (const row of [0, 1, 77]) {
          const out = studio.run(picture.data, row, keys, row % 3)
          const expected = augmented(picture, studio.changes, studio.factors, row, keys)
          // A place errs by some 1e-5 of the picture's size, noise by 1e-6 of its own; a pixel's value by that times the contrast.
          const far = text.includes('2000') ? 40 : 1
          const tolerance = isBytes ? 0.5 + 0.02 * far : 5e-5 * far
          out.forEach((value, i) => {
            const clean = isBytes ? Math.min(255, Math.max(0, expected[i]!)) : expected[i]!
            if (Math.abs(value - clean) > tolerance)
              expect.fail(`${String(value)} for ${String(clean)} at ${String(i)} of row ${String(row)}`)
          })
        }
      }
    })
  })

  it('is a function of the keys and the row, whatever was done before', () => {
    const picture = pictureOf([28, 28, 1], true)
    const one = new Studio(variant, changesOf(all), [28, 28, 1], true)
    const first = one.run(picture.data, 5)
    const others = [one.run(picture.data, 6), one.run(picture.data, 5, [keys[0], keys[1] + 1])]
    expect(one.run(picture.data, 5)).toEqual(first)
    expect(new Studio(variant, changesOf(all), [28, 28, 1], true).run(picture.data, 5)).toEqual(first)
    for (const other of others) expect(other).not.toEqual(first)
  })

  it('stays within the picture however far its pixels move', () => {
    const text = 'elastic:alpha=1e6,sigma=0.5;shift:pixels=1e6;shear:by=1e3;scale:by=0.9999999;noise:size=1e6'
    for (const isBytes of [false, true]) {
      const studio = new Studio(variant, changesOf(text), [9, 17, 1], isBytes)
      const { data } = pictureOf([9, 17, 1], isBytes)
      for (let row = 0; row < 50; row++) expect([...studio.run(data, row)].every(Number.isFinite)).toBe(true)
    }
  })

  it('leaves a picture alone, bit for bit, where nothing moves, and mirrors exactly', () => {
    for (const isBytes of [false, true]) {
      const { data } = pictureOf([7, 13, 2], isBytes)
      const still = new Studio(variant, changesOf('rotate:degrees=0;noise:size=0;flip:probability=0'), [7, 13, 2], isBytes)
      expect(still.run(data)).toEqual(data)
      const mirror = new Studio(variant, changesOf('flip:probability=1'), [7, 13, 2], isBytes)
      const expected = data.map((_, i) => {
        const [y, x, c] = [Math.floor(i / 26), Math.floor(i / 2) % 13, i % 2]
        return data[y * 26 + (12 - x) * 2 + c]!
      })
      expect(mirror.run(data)).toEqual(expected)
    }
  })

  it('one option does not change what another draws', () => {
    const shape = [28, 28, 1] as const
    const { data } = pictureOf(shape, false)
    const noise = new Studio(variant, changesOf('noise'), shape, false).run(data)
    const both = new Studio(variant, changesOf('noise;flip:probability=1'), shape, false).run(data)
    const flipped = new Studio(variant, changesOf('flip:probability=1'), shape, false).run(data)
    both.forEach((value, i) => {
      expect(value - flipped[i]!).toBeCloseTo(noise[i]! - data[i]!, 5)
    })
  })

  it('flips and erases as often as asked for', () => {
    const shape = [4, 4, 1] as const
    const data = Float32Array.from({ length: 16 }, (_, i) => 1 + i)
    for (const [text, changed] of [
      ['flip:probability=0.3', (out: ArrayLike<number>) => out[0] === 4],
      ['erase:probability=0.3', (out: ArrayLike<number>) => Array.from(out).includes(0)],
    ] as const) {
      const studio = new Studio(variant, changesOf(text), shape, false)
      let count = 0
      for (let row = 0; row < 2000; row++) count += Number(changed(studio.run(data, row)))
      // 2000 draws: a deviation of 0.0102.
      expect(Math.abs(count / 2000 - 0.3)).toBeLessThan(0.04)
    }
  })

  it('hashNormals are what the formula says, and standard normal', () => {
    bench.reset()
    const n = 40_000
    const out = bench.alloc(n * 4)
    core.hashNormals(out, n, ...keys)
    bench.checkCanaries()
    const values = bench.f32(out, n)
    let worst = 0
    values.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - hashNormal(i, ...keys)))))
    expect(worst).toBeLessThan(4e-6)
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / n
    expect([moment(1), moment(2), moment(3), moment(4)].map((m, i) => Math.abs(m - [0, 1, 0, 3][i]!) < 0.07)).toEqual(
      Array(4).fill(true),
    )
    expect(hashUniform(3, ...keys)).toBeGreaterThanOrEqual(0)
  })

  it.each([4, 12, 20])('spreadNormals multiplies by the factor, rank %d', (rank) => {
    bench.reset()
    const [normals, factor, out] = [gaussian(rank * rank, 1), gaussian(rank * 48, 2), bench.alloc(rank * 48 * 4)]
    core.spreadNormals(out, bench.put(normals), bench.put(factor), rank, 48)
    bench.checkCanaries()
    bench.f32(out, rank * 48).forEach((value, i) => {
      let sum = 0
      for (let l = 0; l < rank; l++) sum += normals[Math.floor(i / 48) * rank + l]! * factor[l * 48 + (i % 48)]!
      expect(Math.abs(value - sum)).toBeLessThan(1e-5)
    })
  })

  it('sourcePlaces and samplePlane read nothing but the picture and its border', () => {
    bench.reset()
    // All of the plane but its border is NaN-free; around it lie canaries, which would show as huge numbers.
    const [width, height, padded, stride] = [5, 3, 16, 32]
    const source = bench.alloc(stride * (height + 3) + 16)
    bench.f32(source + stride + 4, 1)[0] = 8
    const columns = bench.put(Array.from({ length: height * padded }, (_, i) => (i % padded < 3 ? 0.5 : 6)))
    const rows = bench.put(Array.from({ length: height * padded }, (_, i) => (i % padded < 3 ? 0.5 : 4)))
    const plane = bench.alloc(height * padded * 4)
    core.samplePlane(plane, source, stride, columns, rows, width, height, padded)
    bench.checkCanaries()
    expect([...bench.f32(plane, width)]).toEqual([2, 2, 2, 0, 0])
  })
})

describe('elastic displacement', () => {
  it.each([0.5, 1, 2.5, 4, 8])('has the covariance of smoothed uniform numbers, sigma %d', (sigma) => {
    const [height, width] = [28, 20]
    const studio = new Studio('strict', changesOf(`elastic:alpha=34,sigma=${String(sigma)}`), [height, width, 1], false)
    const { rank, padded, x, y } = studio.factors
    const covariance = smoothedCovariance(sigma, 28)
    const variance = 34 ** 2 / 3
    for (let a = 0; a < 28; a++) {
      for (let b = 0; b < 28; b++) {
        let [down, across] = [0, 0]
        for (let k = 0; k < rank; k++) {
          down += y[a * rank + k]! * y[b * rank + k]!
          if (a < width && b < width) across += x[k * padded + a]! * x[k * padded + b]!
        }
        expect(Math.abs(down / variance - covariance[Math.abs(a - b)]!)).toBeLessThan(2e-4 * covariance[0]!)
        if (a < width && b < width)
          expect(Math.abs(across - covariance[Math.abs(a - b)]!)).toBeLessThan(2e-4 * covariance[0]!)
      }
    }
  })

  it('that covariance is the one of a convolution with a Gaussian', () => {
    const sigma = 2
    const kernel = Array.from({ length: 41 }, (_, i) => Math.exp(-((i - 20) ** 2) / (2 * sigma ** 2)))
    const sum = kernel.reduce((a, b) => a + b)
    const covariance = smoothedCovariance(sigma, 12)
    covariance.forEach((value, distance) => {
      let expected = 0
      for (let i = distance; i < 41; i++) expected += (kernel[i]! * kernel[i - distance]!) / sum ** 2
      expect(Math.abs(value - expected)).toBeLessThan(1e-9)
    })
  })

  it('moves pixels by as much as Simard’s fields do', () => {
    // A slope tells how far a pixel has moved across: its value is its column.
    const shape = [28, 28, 1] as const
    const studio = new Studio('strict', changesOf('elastic:alpha=20,sigma=4'), shape, false)
    const slope = Float32Array.from({ length: 784 }, (_, i) => i % 28)
    let squares = 0
    for (let row = 0; row < 2000; row++) squares += (studio.run(slope, row)[14 * 28 + 14]! - 14) ** 2
    const expected = (20 ** 2 / 3) * smoothedCovariance(4, 1)[0]! ** 2
    expect(Math.abs(squares / 2000 / expected - 1)).toBeLessThan(0.12)
  })
})

it('strict and fast give the same pictures but for roundings', () => {
  const { data } = pictureOf([28, 28, 1], false)
  const run = (numerics: Numerics) => new Studio(numerics, changesOf(all), [28, 28, 1], false).run(data) as Float32Array
  const [strict, fast] = [run('strict'), run('fast')]
  strict.forEach((value, i) => {
    expect(Math.abs(value - fast[i]!)).toBeLessThan(1e-4)
  })
  expect(bits(strict)).toBe(bits(run('strict')))
})
