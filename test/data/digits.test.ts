// The built-in digits: the same bits everywhere, parts that do not depend on their sizes, images like MNIST's.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/core/errors.js'
import { digitStyles } from '../../src/data/digit-shapes.js'
import { generateDigits } from '../../src/data/digits.js'
import { drawLine, walkSpline } from '../../src/data/pen.js'

const { train, test } = generateDigits()

function hash(...arrays: Uint8Array[]): string {
  const sha = createHash('sha256')
  for (const array of arrays) sha.update(array)
  return sha.digest('hex')
}

describe('generateDigits', () => {
  it('draws the same bits on every engine', () => {
    const bits = hash(
      train.x.data as Uint8Array,
      train.y as Uint8Array,
      test.x.data as Uint8Array,
      test.y as Uint8Array,
    )
    expect(bits).toBe('901f9a5a626caa6d6e539d989b4451b9c97ebfe580db54713ff6113c81848d26')
  })

  it('gives 10,000 and 2,000 images of 784 bytes', () => {
    expect(train.x.shape).toEqual([10000, 784])
    expect(test.x.shape).toEqual([2000, 784])
    expect([train.y.length, test.y.length]).toEqual([10000, 2000])
    expect(train.x.data).toBeInstanceOf(Uint8Array)
  })

  it('draws each image by its number alone', () => {
    const few = generateDigits({ train: 30, test: 7 })
    expect(few.train.x.data).toEqual(train.x.data.slice(0, 30 * 784))
    expect(few.test.x.data).toEqual(test.x.data.slice(0, 7 * 784))
    expect(few.train.y).toEqual(train.y.slice(0, 30))
  })

  it('draws other images for the other part and for another seed', () => {
    const seen = new Set<string>()
    const other = generateDigits({ seed: 2 })
    for (const { x, y } of [train, test, other.train, other.test])
      for (let i = 0; i < y.length; i++)
        seen.add(hash((x.data as Uint8Array).subarray(i * 784, (i + 1) * 784)))
    expect(seen.size).toBe(24000)
  })

  it('has about as many images of each digit', () => {
    const counts = new Array<number>(10).fill(0)
    for (const digit of train.y) counts[digit]++
    // the standard deviation is 30
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120)
  })

  it('keeps the ink like MNIST: a black border, bright lines, mass near the middle', () => {
    let inked = 0
    for (let i = 0; i < test.y.length; i++) {
      let [mass, massX, massY, brightest] = [0, 0, 0, 0]
      for (let pixel = 0; pixel < 784; pixel++) {
        const value = test.x.data[i * 784 + pixel]
        if (value === 0) continue
        inked++
        mass += value
        massX += value * (pixel % 28)
        massY += value * Math.floor(pixel / 28)
        brightest = Math.max(brightest, value)
      }
      expect(brightest).toBeGreaterThan(120)
      expect(Math.abs(massX / mass - 13.5)).toBeLessThan(4)
      expect(Math.abs(massY / mass - 13.5)).toBeLessThan(4)
    }
    expect(inked / test.y.length).toBeGreaterThan(120)
    expect(inked / test.y.length).toBeLessThan(170)
  })

  it('is neither trivial nor hopeless: nearest mean image', () => {
    const means = Array.from({ length: 10 }, () => new Float64Array(784))
    const counts = new Float64Array(10)
    train.y.forEach((digit: number, i: number) => {
      counts[digit]++
      for (let pixel = 0; pixel < 784; pixel++) means[digit][pixel] += train.x.data[i * 784 + pixel]
    })
    means.forEach((mean, digit) => mean.forEach((sum, pixel) => (mean[pixel] = sum / counts[digit])))
    let right = 0
    test.y.forEach((digit: number, i: number) => {
      const distances = means.map((mean) =>
        mean.reduce((sum, value, pixel) => sum + (value - test.x.data[i * 784 + pixel]) ** 2, 0),
      )
      if (distances.indexOf(Math.min(...distances)) === digit) right++
    })
    expect(right / test.y.length).toBeGreaterThan(0.6)
    expect(right / test.y.length).toBeLessThan(0.85)
  })

  it('refuses sizes and seeds out of range', () => {
    for (const size of [0, -1, 1.5, NaN, 1e6 + 1]) {
      expect(() => generateDigits({ train: size })).toThrow(ArgumentError)
      expect(() => generateDigits({ test: size, train: 1 })).toThrow(/number of test images/)
    }
    expect(() => generateDigits({ train: 1, seed: -1 })).toThrow(/a seed is/)
  })
})

describe('digitStyles', () => {
  it('has several styles for each digit, all within the box and within the room for pen lines', () => {
    expect(digitStyles).toHaveLength(10)
    for (const style of digitStyles.flat()) {
      expect(style.weight).toBeGreaterThan(0)
      expect(style.strokes.length).toBeLessThanOrEqual(2)
      for (const stroke of style.strokes) {
        expect(stroke.length % 2).toBe(0)
        for (const coordinate of stroke) expect(Math.abs(coordinate - 0.5)).toBeLessThanOrEqual(0.5)
        let positions = 0
        walkSpline(stroke, () => positions++)
        expect(positions).toBeLessThanOrEqual(128)
      }
    }
    for (const styles of digitStyles) expect(styles.length).toBeGreaterThanOrEqual(3)
  })
})

describe('the pen', () => {
  it('runs through all points and straight between the points of a line', () => {
    const xs: number[] = []
    walkSpline([0, 0, 1, 2, 3, 6], (x, y) => {
      xs.push(x)
      expect(y).toBeCloseTo(2 * x, 12)
    })
    expect(xs[0]).toBe(0)
    expect(xs[7]).toBe(1)
    expect(xs.at(-1)).toBe(3)
  })

  it('comes to a repeated point from the point before and leaves for the next', () => {
    const positions: [number, number, number][] = []
    walkSpline([0, 0, 1, 0, 1, 0, 1, 1], (x, y, along) => positions.push([x, y, along]))
    expect(positions).toHaveLength(15)
    for (const [x, y] of positions) expect(Math.min(Math.abs(y), Math.abs(x - 1))).toBeLessThan(1e-15)
    expect(positions.at(-1)).toEqual([1, 1, 1])
  })

  it('leaves radius minus distance at each pixel near the line', () => {
    const size = 9
    const softness = 0.75
    const ink = new Float64Array(size * size).fill(-softness)
    const [x, y, radius] = [Float64Array.of(2, 5), Float64Array.of(3, 7), Float64Array.of(1, 1.5)]
    drawLine(ink, size, { x, y, radius, length: 2 }, softness)
    for (let pixel = 0; pixel < ink.length; pixel++) {
      const [px, py] = [pixel % size, Math.floor(pixel / size)]
      const along = Math.min(Math.max(((px - 2) * 3 + (py - 3) * 4) / 25, 0), 1)
      const depth = 1 + 0.5 * along - Math.hypot(px - 2 - 3 * along, py - 3 - 4 * along)
      expect(ink[pixel]).toBeCloseTo(Math.max(depth, -softness), 9)
    }
  })

  it('stays within the image', () => {
    const ink = new Float64Array(16).fill(-1)
    const line = {
      x: Float64Array.of(-9, 20),
      y: Float64Array.of(-2, 1),
      radius: Float64Array.of(3, 3),
      length: 2,
    }
    drawLine(ink, 4, line, 1)
    expect(Math.max(...ink)).toBeGreaterThan(0)
    expect(ink).toHaveLength(16)
  })
})
