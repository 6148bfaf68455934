import { describe, expect, it } from 'vitest'
import { ArgumentError, DataError, ShapeError } from '../../../src/core/errors.js'
import type { TableTransform } from '../../../src/core/state.js'
import type { Tensor } from '../../../src/core/tensor.js'
import { applyTable, outputsOf, rowApplier } from '../../../src/data/transforms/apply-table.js'

const transform: TableTransform = {
  named: true,
  columns: [
    { name: 'a', kind: 'number', impute: 3, indicator: true, map: { type: 'linear', center: 1, scale: 2 } },
    {
      name: 'sea',
      kind: 'category',
      categories: ['far', 'near'],
      encode: 'one-hot',
      unseen: 'ignore',
      impute: 1,
      indicator: true,
    },
    { name: 'b', kind: 'number', map: { type: 'piecewise', from: [0, 1, 3], to: [-1, 0, 8] } },
    {
      name: 'size',
      kind: 'category',
      categories: ['s', 'm', 'l'],
      encode: 'ordinal',
      map: { type: 'linear', center: 1, scale: 0.5 },
      unseen: 'ignore',
    },
    { name: 'c', kind: 'number', map: { type: 'log', center: 0, scale: 2 } },
  ],
}
const sea = { name: 'sea', categories: ['near', 'far', 'island'] }
const size = { name: 'size', categories: ['l', 's'] }
/** The columns in another order, other numbers for the same words, and one that is new. */
const table: Tensor = {
  data: Float32Array.from([0, 5, 0, 7, 2, 0.5, 1, NaN, Math.E - 1, 7, 1, 2, NaN, 1, 1 - Math.E, 7, NaN, 9]),
  shape: [3, 6],
  columns: [size, { name: 'a' }, { name: 'c' }, { name: 'new' }, sea, { name: 'b' }],
}

describe('applyTable', () => {
  it('finds columns by name, words by text, and makes the numbers of each', () => {
    const { data: out, rows, columns, ignored } = applyTable(transform, table)
    expect([rows, columns, ignored]).toEqual([3, 8, ['new']])
    expect(outputsOf(transform)).toBe(8)
    const expected = [
      [2, 0, 0, 0, 0, -0.5, 2, 0],
      [1, 1, 1, 0, 0, 4, -2, 0.5],
      [0, 0, 0, 1, 1, 8, -4, -0.5],
    ]
    expected.flat().forEach((value, i) => {
      expect(out[i], `value ${String(i)}`).toBeCloseTo(value, 6)
    })
  })

  it('takes nameless rows in the order of training, words as numbers of the training categories', () => {
    const row = Float32Array.from([NaN, 1, 3, 2, 0])
    const { data } = applyTable(transform, { data: row, shape: [1, 5] })
    expect(Array.from(data)).toEqual([1, 1, 0, 1, 0, 8, 2, 0])
    const into = new Float32Array(8)
    expect(rowApplier(transform)(row, into)).toBe(into)
    expect(into).toEqual(data)
    expect(() => applyTable(transform, [[1, 2]])).toThrow(ShapeError)
  })

  it('names what is missing, unseen or of another kind', () => {
    const columns = table.columns!.filter(({ name }) => name !== 'b')
    const without = { data: new Float32Array(5), shape: [1, 5], columns }
    expect(() => applyTable(transform, without)).toThrow(/none named "b"/)
    expect(() => applyTable(transform, without)).toThrow(ArgumentError)
    const strict = structuredClone(transform)
    for (const column of strict.columns) if (column.kind === 'category') column.unseen = 'error'
    const row = (values: number[]) => ({ ...table, data: Float32Array.from(values), shape: [1, 6] })
    expect(() => applyTable(strict, row([0, 5, 0, 7, 2, 1]))).toThrow(/far, near.*"island" in row 0/s)
    expect(() => applyTable(strict, row([NaN, 5, 0, 7, 1, 1]))).toThrow(/"size" holds no missing values/)
    expect(() => applyTable(strict, row([0, 5, NaN, 7, 1, 1]))).toThrow(/"c" holds no missing values/)
    expect(() => applyTable(strict, row([0, Infinity, 0, 7, 1, 1]))).toThrow(DataError)
    const words = { ...row([0, 0, 0, 7, 1, 1]), columns: [...table.columns!] }
    words.columns[1] = { name: 'a', categories: ['x'] }
    expect(() => applyTable(strict, words)).toThrow(/"a" holds numbers, as in training/)
  })

  it('takes words that another file has as numbers', () => {
    const zones: TableTransform = {
      named: true,
      columns: [
        { name: 'zone', kind: 'category', categories: ['12', '7'], encode: 'one-hot', unseen: 'error' },
      ],
    }
    const rows = { data: Float32Array.from([7, 12]), shape: [2, 1], columns: [{ name: 'zone' }] }
    expect(Array.from(applyTable(zones, rows).data)).toEqual([0, 1, 1, 0])
  })
})
