// Drawings in MNIST's form: where the ink lies, how large it is, how wide its strokes are.
import { describe, expect, it } from 'vitest'
import { pictureOf, side, type Point } from '../../src/web/demo/picture.js'

/** Rows and columns with ink, the centre of mass, and the bytes as a square. */
function measure(picture: Uint8Array) {
  const inked = [...picture].flatMap((value, at) =>
    value > 0 ? [[at % side, Math.floor(at / side), value]] : [],
  )
  const mass = inked.reduce((sum, [, , value]) => sum + value!, 0)
  const mean = (axis: 0 | 1) => inked.reduce((sum, pixel) => sum + (pixel[axis]! + 0.5) * pixel[2]!, 0) / mass
  const size = (axis: 0 | 1) => {
    const places = inked.map((pixel) => pixel[axis]!)
    return Math.max(...places) - Math.min(...places) + 1
  }
  return { width: size(0), height: size(1), x: mean(0), y: mean(1), mass: mass / 255 }
}

const line = (from: Point, to: Point) => [from, to]

describe('pictureOf', () => {
  it('is empty without strokes', () => {
    expect(pictureOf([])).toEqual(new Uint8Array(784))
  })

  it.each([
    ['in the middle', 0, 0, 1],
    ['small, in a corner', 0.02, 0.03, 0.3],
    ['past the edges', -0.3, 0.4, 1.2],
  ])('brings a 7 drawn %s to the same place and size', (_, left, top, size) => {
    const at = (x: number, y: number) => ({ x: left + x * size, y: top + y * size })
    const seven = [line(at(0.2, 0.1), at(0.8, 0.1)), line(at(0.8, 0.1), at(0.4, 0.9))]
    const { width, height, x, y } = measure(pictureOf(seven))
    // A box of 20 by the longer side; soft edges and places between pixels may touch one pixel more on each side.
    expect(height).toBeGreaterThanOrEqual(20)
    expect(height).toBeLessThanOrEqual(22)
    expect(width / height).toBeCloseTo((0.6 / 0.8) * (17.5 / 20) + 2.5 / 20, 0.9)
    expect(x).toBeCloseTo(14, 1)
    expect(y).toBeCloseTo(14, 1)
  })

  it('gives strokes the same width, however large they were drawn', () => {
    const upright = (length: number) => pictureOf([line({ x: 0.5, y: 0.1 }, { x: 0.5, y: 0.1 + length })])
    expect(upright(0.3)).toEqual(upright(0.6))
    const { width, mass } = measure(upright(0.6))
    expect(width).toBeLessThanOrEqual(5)
    // Length 17.5 and round ends, 2.5 wide.
    expect(mass).toBeGreaterThan(40)
    expect(mass).toBeLessThan(56)
  })

  it('does not blow up a dot, nor a point that the pen went over twice', () => {
    const dot = measure(pictureOf([[{ x: 0.9, y: 0.9 }]]))
    expect(Math.max(dot.width, dot.height)).toBeLessThanOrEqual(5)
    expect([dot.x, dot.y]).toEqual([expect.closeTo(14, 1), expect.closeTo(14, 1)])
    expect(pictureOf([line({ x: 0.9, y: 0.9 }, { x: 0.9, y: 0.9 })])).toEqual(
      pictureOf([[{ x: 0.9, y: 0.9 }]]),
    )
  })
})
