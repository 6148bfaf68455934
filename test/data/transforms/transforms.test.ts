// The transforms against scikit-learn's values (test/golden/transforms.py), and what they refuse.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as errors from '../../../src/core/errors.js'
import {
  LogScaler,
  MinMaxScaler,
  OneHotEncoder,
  OrdinalEncoder,
  QuantileTransformer,
  RobustScaler,
  SimpleImputer,
  StandardScaler,
  type Cell,
} from '../../../src/data/transforms/index.js'

interface Golden {
  x: number[][]
  other: number[][]
  scalers: Record<string, { fitted: number[][]; other: number[][]; inverse: number[][] }>
  holes: (number | null)[][]
  imputers: Record<string, { statistics: number[]; filled: number[][] }>
  words: {
    cells: Cell[][]
    categories: Cell[][]
    oneHot: number[][]
    oneHotUnknown: number[][]
    names: string[]
    ordinal: number[][]
    ordinalUnknown: number[][]
  }
}
const path = new URL('../../golden/transforms.json', import.meta.url)
const golden = JSON.parse(readFileSync(path, 'utf8')) as Golden

const scalers = {
  StandardScaler: { make: () => new StandardScaler(), from: StandardScaler.fromJSON },
  MinMaxScaler: { make: () => new MinMaxScaler(), from: MinMaxScaler.fromJSON },
  RobustScaler: { make: () => new RobustScaler(), from: RobustScaler.fromJSON },
  LogScaler: { make: () => new LogScaler(), from: LogScaler.fromJSON },
  QuantileTransformer: {
    make: () => new QuantileTransformer({ outputDistribution: 'normal' }),
    from: QuantileTransformer.fromJSON,
  },
  'QuantileTransformer of 17, uniform': {
    make: () => new QuantileTransformer({ nQuantiles: 17 }),
    from: QuantileTransformer.fromJSON,
  },
}

/** Near to what float32 can tell. */
function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!)
    expect(error, `value ${String(i)}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(expected[i]!)))
  }
}

describe.each(Object.entries(scalers))('%s', (name, { make, from }) => {
  const { fitted, other, inverse } = golden.scalers[name]!

  it('equals scikit-learn, on training rows and others', () => {
    const scaler = make().fit(golden.x)
    expectClose(scaler.transform(golden.x).data, fitted.flat(), 2e-7)
    expectClose(scaler.transform(golden.other).data, other.flat(), 2e-7)
  })

  it('goes back as scikit-learn does', () => {
    const scaler = make().fit(golden.x)
    // In the tails a rank near 1 is all that is left of a normal value.
    const tolerance = name === 'QuantileTransformer' ? 1e-5 : 2e-6
    expectClose(scaler.inverseTransform(other).data, inverse.flat(), tolerance)
  })

  it('comes back from its JSON text with the same bits, and from nothing else', () => {
    const scaler = make().fit(golden.x)
    const again = from(JSON.parse(JSON.stringify(scaler)))
    expect(again.transform(golden.other)).toEqual(scaler.transform(golden.other))
    for (const bad of [null, {}, { type: 'other', columns: [] }, { ...scaler.toJSON(), columns: [{}] }])
      expect(() => from(bad)).toThrow(errors.FormatError)
  })

  it('keeps the names of columns, and refuses words, other widths and use before fit', () => {
    const columns = [{ name: 'a' }, { name: 'b' }]
    const x = { data: Float32Array.from([1, 2, 3, 5]), shape: [2, 2], columns }
    const scaler = make()
    expect(() => scaler.transform(x)).toThrow(errors.StateError)
    expect(scaler.fitTransform(x).columns).toEqual(columns)
    expect(() => scaler.transform([[1]])).toThrow(errors.ShapeError)
    const words = { ...x, columns: [{ name: 'a', categories: ['u', 'v', 'w', 'z'] }, { name: 'b' }] }
    expect(() => scaler.fit(words)).toThrow(/"a" of words/)
  })
})

describe('SimpleImputer', () => {
  const holes = golden.holes.map((row) => row.map((value) => value ?? NaN))
  const strategies = {
    mean: 'mean',
    median: 'median',
    mostFrequent: 'most_frequent',
    constant: 'constant',
  } as const
  it.each(Object.entries(strategies))('equals scikit-learn by %s', (strategy, name) => {
    const options = { strategy: strategy as keyof typeof strategies, addIndicator: true, fillValue: -1.5 }
    const imputer = new SimpleImputer(options)
    const { statistics, filled } = golden.imputers[name]!
    const result = imputer.fitTransform(holes)
    expectClose(imputer.statistics, statistics, 1e-14)
    expect(result.shape).toEqual([filled.length, filled[0]!.length])
    expectClose(result.data, filled.flat(), 1e-7)
    const again = SimpleImputer.fromJSON(JSON.parse(JSON.stringify(imputer)))
    expect(again.transform(holes)).toEqual(result)
  })

  it('names indicators, and refuses what it cannot fill', () => {
    const x = {
      data: Float32Array.from([1, NaN, 0, 5]),
      shape: [2, 2],
      columns: [{ name: 'a', categories: ['u', 'v'] }, { name: 'b' }],
    }
    const imputer = new SimpleImputer({ strategy: 'mostFrequent', addIndicator: true })
    expect(imputer.fitTransform(x)).toEqual({
      data: Float32Array.from([1, 5, 1, 0, 5, 0]),
      shape: [2, 3],
      columns: [...x.columns, { name: 'missing_b' }],
    })
    expect(() => new SimpleImputer().fit(x)).toThrow(/"a" holds numbers/)
    expect(() => new SimpleImputer().fit([[NaN], [NaN]])).toThrow(errors.DataError)
    expect(() => new SimpleImputer().fit([[Infinity], [0]])).toThrow(errors.DataError)
    expect(() => imputer.transform([[1]])).toThrow(errors.ShapeError)
    expect(() => new SimpleImputer().transform(x)).toThrow(errors.StateError)
    expect(() => new SimpleImputer({ strategy: 'mode' as 'mean' })).toThrow(errors.ArgumentError)
    expect(() => SimpleImputer.fromJSON({ type: 'impute' })).toThrow(errors.FormatError)
  })
})

describe('OneHotEncoder', () => {
  const { cells, categories, oneHot, oneHotUnknown, names } = golden.words
  it('equals scikit-learn, and goes back', () => {
    const encoder = new OneHotEncoder({ handleUnknown: 'ignore' })
    const encoded = encoder.fitTransform(cells)
    expect(encoder.categories).toEqual(categories)
    expect(Array.from(encoded.data)).toEqual(oneHot.flat())
    expect(encoded.columns!.map(({ name }) => name)).toEqual(names)
    const unknown = encoder.transform([
      ['moon', 3],
      ['near', 99],
    ])
    expect(Array.from(unknown.data)).toEqual(oneHotUnknown.flat())
    expect(encoder.inverseTransform(encoded)).toEqual(cells)
    expect(encoder.inverseTransform(unknown)).toEqual([
      [null, 3],
      ['near', null],
    ])
    const again = OneHotEncoder.fromJSON(JSON.parse(JSON.stringify(encoder)))
    expect(again.transform([['moon', 3]])).toEqual(encoder.transform([['moon', 3]]))
  })

  it('reads the words of a table, whatever their numbers', () => {
    const encoder = new OneHotEncoder()
    const table = (categories: string[], codes: number[]) => {
      return {
        data: Float32Array.from(codes),
        shape: [codes.length, 1],
        columns: [{ name: 'sea', categories }],
      }
    }
    encoder.fit(table(['near', 'far'], [0, 1, 0]))
    expect(encoder.featureNames).toEqual(['sea_far', 'sea_near'])
    expect(Array.from(encoder.transform(table(['far', 'near'], [0, 1])).data)).toEqual([1, 0, 0, 1])
    expect(() => encoder.transform(table(['island'], [0]))).toThrow(/"sea".*"island" in row 0/s)
    expect(() => encoder.transform(table(['far'], [NaN]))).toThrow(/missing value/)
    expect(() => encoder.transform([['far', 'near']])).toThrow(errors.ShapeError)
    expect(() => new OneHotEncoder().transform([['far']])).toThrow(errors.StateError)
  })
})

describe('OrdinalEncoder', () => {
  const { cells, categories, ordinal, ordinalUnknown } = golden.words
  it('equals scikit-learn, and goes back', () => {
    const encoder = new OrdinalEncoder({ handleUnknown: 'useEncodedValue', unknownValue: -1 })
    const encoded = encoder.fitTransform(cells)
    expect(encoder.categories).toEqual(categories)
    expect(Array.from(encoded.data)).toEqual(ordinal.flat())
    const unknown = [
      ['moon', 3],
      ['near', 99],
    ]
    expect(Array.from(encoder.transform(unknown).data)).toEqual(ordinalUnknown.flat())
    expect(encoder.inverseTransform(encoded)).toEqual(cells)
    const again = OrdinalEncoder.fromJSON(JSON.parse(JSON.stringify(encoder)))
    expect(again.transform(unknown)).toEqual(encoder.transform(unknown))
    expect(() => OrdinalEncoder.fromJSON({ ...encoder.toJSON(), type: 'one-hot' })).toThrow(
      errors.FormatError,
    )
    expect(() => new OrdinalEncoder().fit(cells).transform(unknown)).toThrow(/"x0".*"moon" in row 0/s)
    expect(() => new OrdinalEncoder({ unknownValue: -1 })).toThrow(errors.ArgumentError)
  })
})
