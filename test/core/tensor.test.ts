import { describe, expect, it } from 'vitest'
import { matrixOf } from '../../src/core/matrix.js'
import { isTensor, sizeOf, toRows, type Samples } from '../../src/core/tensor.js'

describe('toRows', () => {
  const floats = Float32Array.of(1, 2, 3, 4, 5, 6)
  it.each<[string, Samples, number[]]>([
    ['a tensor', { data: floats, shape: [2, 3] }, [3]],
    ['a tensor of doubles', { data: Float64Array.from(floats), shape: [2, 3] }, [3]],
    ['a tensor of integers', { data: Int16Array.from(floats), shape: [2, 3] }, [3]],
    [
      'lists',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [3],
    ],
    ['typed rows', [floats.subarray(0, 3), floats.subarray(3)], [3]],
    ['mixed rows', [[1, 2, 3], floats.subarray(3)] as Samples, [3]],
    ['shaped samples', { data: floats, shape: [2, 3, 1] }, [3, 1]],
    [
      'nested samples',
      [
        [[1], [2], [3]],
        [[4], [5], [6]],
      ],
      [3, 1],
    ],
    [
      'nested typed rows',
      [
        [Float32Array.of(1), [2], [3]],
        [[4], [5], [6]],
      ] as Samples,
      [3, 1],
    ],
  ])('reads %s', (_, samples, sampleShape) => {
    expect(toRows(samples, 'x')).toEqual({ data: floats, rows: 2, sampleShape, columns: 3 })
  })

  it('keeps bytes as bytes, and takes one dimension as one column', () => {
    const bytes = Uint8Array.of(1, 2, 3, 255)
    for (const samples of [
      { data: bytes, shape: [2, 2] },
      { data: Uint8ClampedArray.from(bytes), shape: [2, 2] },
      [bytes.subarray(0, 2), bytes.subarray(2)],
    ]) {
      expect(toRows(samples, 'x').data).toEqual(bytes)
    }
    expect(toRows({ data: bytes, shape: [4] }, 'x')).toMatchObject({ rows: 4, columns: 1, sampleShape: [1] })
  })

  it('rounds to float32, and lets large sums pass', () => {
    expect(toRows([[0.1]], 'x').data).toEqual(Float32Array.of(0.1))
    const large = new Float32Array(100).fill(3e38)
    expect(toRows({ data: large, shape: [10, 10] }, 'x').data).toEqual(large)
  })
})

it('a tensor is an object with typed data and a shape', () => {
  expect(isTensor({ data: new Uint8Array(1), shape: [1] })).toBe(true)
  expect([null, 1, [], { data: [1], shape: [1] }, { data: new Uint8Array(1) }].map(isTensor)).not.toContain(
    true,
  )
  expect([sizeOf([2, 3, 4]), sizeOf([])]).toEqual([24, 1])
})

it('a matrix is rows and a tensor over the same numbers', () => {
  const matrix = matrixOf(Float32Array.of(1, 2, 3, 4, 5, 6), 3)
  expect([matrix.length, matrix[1][2], matrix.shape]).toEqual([2, 6, [2, 3]])
  matrix[0][1] = 9
  expect(matrix.data[1]).toBe(9)
  expect(isTensor(matrix)).toBe(true)
  expect(Object.keys(matrix)).toEqual(['0', '1'])
})
