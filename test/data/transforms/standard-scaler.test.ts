// StandardScaler against scikit-learn's values (test/golden/scaler.py), and what it refuses.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DataError, ShapeError, StateError } from '../../../src/core/errors.js'
import { StandardScaler } from '../../../src/data/transforms/standard-scaler.js'

interface Golden {
  name: string
  x: number[][]
  mean: number[]
  scale: number[]
  transformed: number[][]
}
const golden = JSON.parse(
  readFileSync(new URL('../../golden/scaler.json', import.meta.url), 'utf8'),
) as Golden[]

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  for (let i = 0; i < actual.length; i++) {
    expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(expected[i])),
    )
  }
}

describe.each(golden)('StandardScaler on $name', ({ x, mean, scale, transformed }) => {
  it('equals scikit-learn', () => {
    const scaler = new StandardScaler()
    const result = scaler.fitTransform(x)
    expectClose(scaler.mean, mean, 1e-14)
    scaler.scale.forEach((value, i) => {
      expect(Math.abs(value / scale[i] - 1)).toBeLessThan(1e-12)
    })
    expect(result.shape).toEqual([x.length, x[0].length])
    expectClose(result.data, transformed.flat(), 2 ** -22)
  })

  it('comes back by inverseTransform', () => {
    const scaler = new StandardScaler().fit(x)
    const back = scaler.inverseTransform(scaler.transform(x))
    expect(back.data).toBeInstanceOf(Float32Array)
    expectClose(back.data, x.flat(), 2 ** -22)
  })
})

describe('StandardScaler', () => {
  it('takes bytes and shaped samples, and keeps the shape', () => {
    const x = { data: Uint8Array.of(0, 10, 20, 255, 4, 30, 22, 255), shape: [2, 2, 2] }
    const scaler = new StandardScaler()
    const { data, shape } = scaler.fitTransform(x)
    expect([...scaler.mean]).toEqual([2, 20, 21, 255])
    expect([...scaler.scale]).toEqual([2, 10, 1, 1])
    expect([...data]).toEqual([-1, -1, -1, 0, 1, 1, 1, 0])
    expect(shape).toEqual([2, 2, 2])
    expect([...x.data]).toEqual([0, 10, 20, 255, 4, 30, 22, 255])
  })

  it('sums in float64: a mean of many float32 values', () => {
    const data = new Float32Array(1e6).fill(Math.fround(0.1))
    const scaler = new StandardScaler().fit({ data, shape: [1e6, 1] })
    expect(Math.abs(scaler.mean[0] - Math.fround(0.1))).toBeLessThan(1e-12)
    expect(scaler.scale[0]).toBe(1)
  })

  it('applies the training rows to others and gives copies of its values', () => {
    const scaler = new StandardScaler().fit([[0], [2]])
    scaler.mean[0] = 100
    expect([...scaler.transform([[5], [1]]).data]).toEqual([4, 0])
    scaler.fit([Float64Array.of(10), Float64Array.of(30)])
    expect([...scaler.transform([[40]]).data]).toEqual([2])
  })

  it('refuses what it cannot scale', () => {
    const scaler = new StandardScaler()
    expect(() => scaler.transform([[1]])).toThrow(StateError)
    expect(() => scaler.mean).toThrow(/a scaler is fitted before it is used/)
    expect(() => scaler.fit([])).toThrow(DataError)
    expect(() => scaler.fit([[]])).toThrow(DataError)
    expect(() => scaler.fit([[1, 2], [3]])).toThrow(/1 values in row 1, 2 values in row 0/)
    expect(() =>
      scaler.fit([
        [1, 2],
        [3, NaN],
      ]),
    ).toThrow(/NaN in row 1, column 1/)
    expect(() => scaler.fit([[1, 'a']])).toThrow(/string a in row 0, column 1/)
    expect(() => scaler.fit([[[1]]])).toThrow(/an array in row 0, column 0/)
    expect(() => scaler.fit([1, 2] as never)).toThrow(/number in row 0/)
    expect(() => scaler.fit('rows' as never)).toThrow(/received string/)
    expect(() => scaler.fit({ data: Float32Array.of(1, 2, 3), shape: [2, 2] })).toThrow(ShapeError)
    scaler.fit([[1, 2]])
    expect(() => scaler.transform([[1]])).toThrow(/1 instead of 2/)
    expect(() => scaler.inverseTransform([[1, 2, 3]])).toThrow(ShapeError)
  })
})
