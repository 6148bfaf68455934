// Tables in models: what is fitted on training rows is applied again to whatever comes later.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ArgumentError, DataError, ShapeError } from '../../src/core/errors.js'
import { permutation, purposes } from '../../src/core/philox.js'
import type { Tensor } from '../../src/core/tensor.js'
import { applyTable } from '../../src/data/transforms/apply-table.js'
import { fitTable } from '../../src/data/transforms/fit-table.js'
import type { PreprocessingOptions } from '../../src/data/transforms/preprocessing-options.js'
import { LogisticRegression } from '../../src/models/logistic-regression.js'
import { NeuralNetwork } from '../../src/models/neural-network.js'
import { Sequential } from '../../src/models/sequential.js'

const folder = mkdtempSync(join(tmpdir(), 'lanewise-preprocessing-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

type Row = [size: number, kind: string, age: number]
const kinds = ['far', 'near', 'island']

/** A table of rows of words and numbers, in any order of columns and categories. */
function tableOf(
  rows: readonly Row[],
  names = ['size', 'kind', 'age'],
  categories = kinds,
): Tensor<Float32Array> {
  const cells: Record<string, (row: Row) => number> = {
    size: ([size]) => size,
    kind: ([, kind]) => (kind === '' ? NaN : categories.indexOf(kind)),
    age: ([, , age]) => age,
    extra: () => 7,
  }
  return {
    data: Float32Array.from(rows.flatMap((row) => names.map((name) => cells[name](row)))),
    shape: [rows.length, names.length],
    columns: names.map((name) => (name === 'kind' ? { name, categories } : { name })),
  }
}

const rows = Array.from({ length: 90 }, (_, i): Row => [
  1000 + 37 * ((i * 31) % 50),
  kinds[i % 3],
  (i * 7) % 40,
])
rows[4] = [NaN, 'near', 3]
rows[9] = [1500, '', 12]
const y = rows.map(
  ([size, kind, age]) => 2e5 + 100 * (size || 2000) + (kind === 'near' ? 9e4 : 0) - 500 * age,
)

describe('fitTable', () => {
  it('finds the numbers of each way of scaling, with missing ones replaced', () => {
    const x = { data: Float32Array.from([1, 2, NaN, 9]), shape: [4, 1], columns: [{ name: 'a' }] }
    const fit = (options: PreprocessingOptions) => fitTable(x, options).columns[0]
    const column = { name: 'a', kind: 'number', impute: 2 }
    const linear = (center: number, scale: number) => ({ ...column, map: { type: 'linear', center, scale } })
    expect(fit({ scaling: 'none' })).toEqual(linear(0, 1))
    expect(fit({ scaling: 'minmax' })).toEqual(linear(1, 8))
    expect(fit({})).toEqual(linear(3.5, Math.sqrt((6.25 + 2.25 + 2.25 + 30.25) / 4)))
    expect(fit({ scaling: 'robust' })).toEqual(linear(2, 2))
    expect(fit({ scaling: 'none', impute: 'mean', indicator: true })).toMatchObject({
      impute: 4,
      indicator: true,
    })
    expect(fit({ scaling: 'none', impute: { constant: -1 } })).toMatchObject({ impute: -1 })
    expect(fit({ scaling: 'log' })).toMatchObject({ map: { type: 'log' } })
    expect(() => fit({ impute: 'none' })).toThrow(/"a" holds no missing values/)
    const none = { data: Float32Array.from([NaN]), shape: [1, 1] }
    expect(() => fitTable(none)).toThrow(/"x0" has a value/)
    expect(() => fitTable({ ...none, data: Float32Array.from([-Infinity]) })).toThrow(DataError)
  })

  it('makes any distribution standard normal by quantiles', () => {
    const order = permutation(5000, 3, purposes.user)
    const values = Float32Array.from(order, (place) => ((place + 0.5) / 5000) ** 8 * 1e6)
    const x = { data: values, shape: [5000, 1] }
    const table = fitTable(x, { scaling: 'quantile' })
    const { data } = applyTable(table, x)
    const moment = (power: number) => data.reduce((sum, value) => sum + value ** power, 0) / 5000
    expect(moment(1)).toBeCloseTo(0, 2)
    expect(moment(2)).toBeCloseTo(1, 1)
    expect(moment(3)).toBeCloseTo(0, 1)
    expect(moment(4)).toBeGreaterThan(2.6)
    expect(moment(4)).toBeLessThan(3.2)
    // Beyond the training values: as the ends.
    const ends = applyTable(table, { data: Float32Array.from([-9, 2e6]), shape: [2, 1] }).data
    expect(ends[0]).toBe(Math.min(...data))
    expect(ends[1]).toBe(Math.max(...data))
  })

  it('numbers categories in sorted order, whatever the table calls them', () => {
    const ordinal = fitTable(tableOf(rows), { encoding: 'ordinal', scaling: 'none' })
    const other = fitTable(tableOf(rows, undefined, ['near', 'island', 'far']), {
      encoding: 'ordinal',
      scaling: 'none',
    })
    expect(ordinal).toEqual(other)
    expect(ordinal.columns[1]).toMatchObject({ categories: ['far', 'island', 'near'], impute: 1 })
  })
})

describe('a network on a table', () => {
  const make = (options = {}) =>
    new NeuralNetwork({
      task: 'regression',
      targetScaling: 'standard',
      hiddenLayers: [16],
      epochs: 60,
      batchSize: 16,
      seed: 3,
      threads: 1,
      ...options,
    })

  it('learns from raw words and numbers, and tells its figures in the units of the target', async () => {
    const net = make()
    const history = await net.fit(tableOf(rows), y)
    expect(net.features).toEqual([
      { name: 'size' },
      { name: 'kind', categories: ['far', 'island', 'near'] },
      { name: 'age' },
    ])
    const predicted = (await net.predict(tableOf(rows))) as number[]
    const squares = predicted.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0) / y.length
    const { loss, rmse, r2, mse } = await net.evaluate(tableOf(rows), y)
    expect(mse! / squares).toBeCloseTo(1, 5)
    expect(rmse).toBeGreaterThan(100)
    expect(rmse).toBeLessThan(2e4)
    expect(r2).toBeGreaterThan(0.9)
    expect(await net.score(tableOf(rows), y)).toBeCloseTo(r2!, 10)
    // The loss is that of the scaled targets: of the size of 1 - R².
    expect(loss / (1 - r2!)).toBeCloseTo(1, 3)
    expect(history.loss.at(-1)).toBeLessThan(0.2)
    const into = new Float32Array(1)
    const [size, , age] = rows[0]
    expect(net.predictSync(Float32Array.from([size, 0, age]), into)[0]).toBe(predicted[0])
    expect(() => net.predictSync(new Float32Array(2), into)).toThrow(ShapeError)
  })

  it('finds columns by name, tells those that it leaves out, and names what is missing', async () => {
    const net = make({ epochs: 1 })
    await net.fit(tableOf(rows), y)
    const expected = await net.predict(tableOf(rows))
    const warnings: string[] = []
    net.model.onWarning = (message) => warnings.push(message)
    const shuffled = tableOf(rows, ['extra', 'age', 'kind', 'size'], ['island', 'near', 'far'])
    expect(await net.predict(shuffled)).toEqual(expected)
    expect(await net.predict(shuffled)).toEqual(expected)
    expect(warnings).toEqual([expect.stringContaining('left out: extra')])
    await expect(net.predict(tableOf(rows, ['size', 'age']))).rejects.toThrow(/none named "kind"/)
    const strange = tableOf([[1200, 'moon', 3]], undefined, ['moon'])
    await expect(net.predict(strange)).rejects.toThrow(/"moon" in row 0/)
    const lenient = make({ epochs: 1, preprocessing: { unseen: 'ignore' } })
    await lenient.fit(tableOf(rows), y)
    expect(Number.isFinite((await lenient.predict(strange))[0])).toBe(true)
  })

  it('fits scaling on the training rows alone when others are set aside', async () => {
    const net = make({ epochs: 1 })
    const far = rows.map((row, i): Row => (i % 2 ? row : [row[0] * 1e3, row[1], row[2]]))
    const { history, state } = {
      history: await net.fit(tableOf(far), y, { validationSplit: 0.3 }),
      state: net.state(),
    }
    expect(history.validationLoss).toHaveLength(1)
    const order = permutation(90, 3, purposes.split)
    const training = order.slice(27).sort()
    const expected = fitTable(tableOf(Array.from(training, (row) => far[row])))
    expect(state.preprocessing.table).toEqual(expected)
    const mean = training.reduce((sum, row) => sum + y[row], 0) / training.length
    expect(state.outputs.target!.center[0]).toBeCloseTo(mean, 0)
  })

  it.each(['model.txt', 'model.safetensors'])(
    'comes back from %s with the same predictions',
    async (name) => {
      const net = make({ epochs: 2, preprocessing: { scaling: 'quantile', indicator: true } })
      await net.fit(tableOf(rows), y)
      const path = join(folder, name)
      await net.save(path)
      const again = await NeuralNetwork.load(path)
      expect(await again.predict(tableOf(rows))).toEqual(await net.predict(tableOf(rows)))
      expect(again.state().settings).toEqual(net.state().settings)
      expect(again.state().settings['preprocessing']).toEqual({
        scaling: 'quantile',
        encoding: 'one-hot',
        impute: 'median',
        indicator: true,
        unseen: 'error',
      })
      const more = { epochs: 1, shuffle: false }
      await net.partialFit(tableOf(rows), y, more)
      expect(net.state().preprocessing).toEqual(again.state().preprocessing)
      const sequential = await Sequential.load(path)
      expect((await sequential.predict(tableOf(rows))).data).toEqual(
        Float32Array.from((await again.predict(tableOf(rows))) as number[]),
      )
    },
  )

  it('classifies tables, and scales plain rows only when asked', async () => {
    const labels = rows.map(([, kind]) => (kind === 'near' ? 'yes' : 'no'))
    const model = new LogisticRegression({ epochs: 100, batchSize: 10, seed: 1 })
    await model.fit(tableOf(rows), labels)
    expect(await model.score(tableOf(rows), labels)).toBeGreaterThan(0.95)
    const plain = rows.filter(([size]) => !Number.isNaN(size)).map(([size, , age]) => [size, age])
    const raw = make({ epochs: 1 })
    await raw.fit(
      plain,
      plain.map(([size]) => size),
    )
    expect(raw.features).toBeUndefined()
    const asked = make({ epochs: 1, preprocessing: { scaling: 'minmax' } })
    await asked.fit(
      plain,
      plain.map(([size]) => size),
    )
    expect(asked.state().preprocessing.table).toMatchObject({
      named: false,
      columns: [{ name: 'x0' }, { name: 'x1' }],
    })
    await asked.predict([[1, 2]])
    await expect(asked.predict([[1]])).rejects.toThrow(ShapeError)
  })

  it('takes pictures of any shape through it', async () => {
    const data = Uint8Array.from({ length: 20 * 12 }, (_, i) => (i * 53) % 256)
    const pictures = { data, shape: [20, 3, 4] }
    const labels = Array.from({ length: 20 }, (_, i) => i % 2)
    const net = new NeuralNetwork({ hiddenLayers: [4], epochs: 1, preprocessing: { scaling: 'minmax' } })
    await net.fit(pictures, labels)
    expect(net.state().architecture.inputShape).toEqual([3, 4])
    const flat = { data, shape: [20, 12] }
    expect(await net.predict(flat)).toEqual(await net.predict(pictures))
    expect(await net.predict({ data, shape: [20, 3, 2, 2] })).toEqual(await net.predict(pictures))
    const usual = new NeuralNetwork({ hiddenLayers: [4], epochs: 1 })
    await usual.fit({ data, shape: [20, 2, 3, 2] }, labels)
    expect(await usual.predict(flat)).toEqual(await usual.predict(pictures))
  })

  it('refuses options that cannot be', () => {
    const bad: object[] = [
      { preprocessing: { scaling: 'standart' } },
      { preprocessing: { impute: { constant: NaN } } },
      { preprocessing: { unseen: 'maybe' } },
      { targetScaling: 'minmax' },
    ]
    for (const options of bad) expect(() => make(options)).toThrow(ArgumentError)
    expect(() => new NeuralNetwork({ targetScaling: 'standard' })).toThrow(ArgumentError)
  })
})
