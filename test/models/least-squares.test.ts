// LinearRegression solved directly, against scikit-learn (test/golden/least-squares.py).
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../../src/core/errors.js'
import { loadDataset } from '../../src/data/load.js'
import { LinearRegression } from '../../src/models/linear-regression.js'
import { leastSquares } from '../../src/models/least-squares.js'
import { adam } from '../../src/nn/optimizers.js'
import { dirname } from 'node:path'
import { itWithData } from '../data/real.js'

interface Fit {
  coefficients: number[][]
  intercept: number[]
}
interface Golden {
  dense: { x: number[][]; y: number[][]; weights: number[]; l2: number } & Record<
    'ordinary' | 'weighted' | 'ridge',
    Fit
  >
  collinear: { x: number[][]; y: number[]; coefficients: number[]; intercept: number }
  california: { rmse: number; coefficients: number[]; intercept: number }
}
const path = new URL('../golden/least-squares.json', import.meta.url)
const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => {
    const error = Math.abs(actual[i] - value)
    expect(error, `value ${String(i)}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)))
  })
}

const plain = { value: (entry: number) => entry, weights: undefined, l2: 0, signal: undefined }

describe('leastSquares', () => {
  it('equals scikit-learn in float64, with weights of rows and l2 too', async () => {
    const { x, y, weights, l2, ordinary, weighted, ridge } = golden.dense
    const problem = { ...plain, x: x.flat(), columns: 4, y: y.flat(), targets: 2 }
    const cases = [
      [problem, ordinary],
      [{ ...problem, weights }, weighted],
      [{ ...problem, l2 }, ridge],
    ] as const
    for (const [given, { coefficients, intercept }] of cases) {
      const solution = await leastSquares(given)
      const byTarget = [0, 1].map((t) => coefficients[t].map((_, c) => solution.weights[c * 2 + t]))
      expectClose(byTarget.flat(), coefficients.flat(), 1e-9)
      expectClose(solution.intercepts, intercept, 1e-9)
    }
  })

  it('gives combinations of columns the least norm, as scikit-learn, and constant ones none', async () => {
    const { x, y, coefficients, intercept } = golden.collinear
    const { weights, intercepts } = await leastSquares({ ...plain, x: x.flat(), columns: 6, y, targets: 1 })
    expectClose(weights, coefficients, 1e-10)
    expectClose(intercepts, [intercept], 1e-10)
    expect(weights[5]).toBe(0)
  })

  it('solves fewer rows than columns', async () => {
    const solution = await leastSquares({
      ...plain,
      x: [1, 2, 3, 3, 1, 2],
      columns: 3,
      y: [2, -1],
      targets: 1,
    })
    const predict = (row: number[]) =>
      row.reduce((sum, v, i) => sum + v * solution.weights[i], solution.intercepts[0])
    expectClose([predict([1, 2, 3]), predict([3, 1, 2])], [2, -1], 1e-12)
  })
})

describe('LinearRegression', () => {
  it('solves by default, and descends when that is asked for', async () => {
    const { x, y, ordinary, l2, ridge } = golden.dense
    const solved = new LinearRegression()
    const history = await solved.fit(x, y, { validationSplit: 0.25 })
    expect(history.epochs).toHaveLength(1)
    expect(history.validationLoss).toHaveLength(1)
    expect(solved.state().settings['solver']).toBe('qr')
    await solved.fit(x, y)
    expectClose(solved.coefficients.data, ordinary.coefficients.flat(), 1e-6)
    expectClose(solved.intercept, ordinary.intercept, 1e-5)
    const penalized = new LinearRegression({ l2 })
    await penalized.fit(x, y)
    expectClose(penalized.coefficients.data, ridge.coefficients.flat(), 1e-6)
    const scaled = new LinearRegression({ preprocessing: { scaling: 'standard' }, targetScaling: 'standard' })
    await scaled.fit(x, y)
    expectClose(
      (await scaled.predict(x)).flat() as number[],
      (await solved.predict(x)).flat() as number[],
      1e-4,
    )
    const descended = new LinearRegression({ epochs: 1, optimizer: adam({ learningRate: 0.05 }) })
    await descended.fit(x, y, { batchSize: 80 })
    expect(descended.state().settings['solver']).toBe('gradient')
    await expect(new LinearRegression({ solver: 'qr', l1: 0.1 }).fit(x, y)).rejects.toThrow(ArgumentError)
    await expect(new LinearRegression({ solver: 'qr', loss: 'mae' }).fit(x, y)).rejects.toThrow(/mae/)
    expect(() => new LinearRegression({ solver: 'normal' as 'qr' })).toThrow(ArgumentError)
  })

  it('goes on by descending in partialFit, and solves again after loading', async () => {
    const { x, y, ordinary } = golden.dense
    const model = new LinearRegression({ preprocessing: { scaling: 'standard' }, targetScaling: 'standard' })
    await model.fit(x, y)
    const before = await model.score(x, y)
    await model.partialFit(x, y, { epochs: 3 })
    expect(Math.abs((await model.score(x, y)) - before)).toBeLessThan(1e-3)
    const raw = new LinearRegression()
    await raw.fit(x, y)
    const again = await LinearRegression.fromState(raw.state())
    await again.fit(x, y)
    expectClose((again as LinearRegression).coefficients.data, ordinary.coefficients.flat(), 1e-6)
  })

  itWithData('california-housing', 'fits California Housing as scikit-learn does', async (folder) => {
    const { train, test } = await loadDataset('california-housing', { dataDir: dirname(folder) })
    const width = train.x.shape[1]
    const data = Float32Array.from([...train.x.data, ...test.x.data])
    const x = { data, shape: [data.length / width, width], columns: train.x.columns! }
    const y = Float32Array.from([...train.y, ...test.y])
    const model = new LinearRegression()
    await model.fit(x, y)
    expect((await model.evaluate(x, y)).rmse).toBeCloseTo(golden.california.rmse, 5)
    const raw = new LinearRegression({ preprocessing: { scaling: 'none' } })
    await raw.fit(x, y)
    expectClose(raw.coefficients.data, golden.california.coefficients, 1e-5)
    expectClose(raw.intercept, [golden.california.intercept], 1e-5)
  })
})
