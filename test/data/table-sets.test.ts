// California Housing and CSV files as data sets.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ArgumentError, FormatError, NotFoundError } from '../../src/core/errors.js'
import { readImageCsv } from '../../src/data/image-csv.js'
import { loadDataset } from '../../src/data/load.js'
import { temporaryFolder } from './idx-bytes.js'
import { itWithData } from './real.js'

let user = ''
beforeEach(() => {
  user = temporaryFolder({})
  vi.stubEnv('INIT_CWD', user)
  vi.stubEnv('LANEWISE_DATA', '')
  return () => vi.unstubAllEnvs()
})

function put(path: string, text: string): string {
  const whole = join(user, path)
  mkdirSync(join(whole, '..'), { recursive: true })
  writeFileSync(whole, text)
  return whole
}

const rawRows = Array.from({ length: 10 }, (_, i) => [
  ...[-122.25 + i, 37.5, 41 - i, 880 + 8 * i, 128 + i, 320, 64 + 2 * i, 8.5],
  100000 + 12345 * i,
])
const statLib = rawRows.map((row) => `${row.map((value) => value.toFixed(6)).join()}\n`).join('')
const names =
  'longitude,latitude,housing_median_age,total_rooms,total_bedrooms,population,households,median_income,median_house_value'
const kaggle = [
  `${names},ocean_proximity`,
  ...rawRows.map((row, i) => `${(i === 3 ? row.with(4, NaN) : row).join()},${i % 2 ? 'INLAND' : 'NEAR BAY'}`),
  '',
].join('\n')

/** All rows of both parts, the target last, in the order of the target. */
async function rowsOf(load: ReturnType<typeof loadDataset>): Promise<number[][]> {
  const { train, test } = await load
  return [train, test]
    .flatMap(({ x, y }) =>
      Array.from(y, (target, i) => [...x.data.subarray(i * x.shape[1], (i + 1) * x.shape[1]), target]),
    )
    .toSorted((a, b) => a.at(-1)! - b.at(-1)!)
}

const { fround } = Math
const expected = rawRows.map(([lon, lat, age, rooms, beds, population, households, income, value]) =>
  [
    ...[income, age, rooms / households, beds / households, population, population / households, lat, lon],
    value / 100000,
  ].map(fround),
)

describe("loadDataset('california-housing')", () => {
  it("gives scikit-learn's features, a target in 100,000 $, and a split of 80:20", async () => {
    const path = put('data/california-housing/cal_housing.data', statLib)
    const set = await loadDataset('california-housing')
    expect(set).toMatchObject({
      name: 'california-housing',
      task: 'regression',
      sampleShape: [8],
      targetName: 'MedHouseVal',
      targetUnit: '100,000 $',
      source: `8 training and 2 test rows, a split of 80:20, from ${path}`,
    })
    expect(set).not.toHaveProperty('classes')
    expect(set.train.x.shape).toEqual([8, 8])
    expect(set.train.x.columns!.map(({ name }) => name).join()).toBe(
      'MedInc,HouseAge,AveRooms,AveBedrms,Population,AveOccup,Latitude,Longitude',
    )
    expect(set.test.x.columns).toEqual(set.train.x.columns)
    expect(await rowsOf(loadDataset('california-housing'))).toEqual(expected)
    expect((await loadDataset('california-housing')).test).toEqual(set.test)
  })

  it('reads housing.csv with its missing rooms and its words, after cal_housing.data', async () => {
    put('data/housing.csv', kaggle)
    const { train } = await loadDataset('california-housing')
    expect(train.x.columns!.at(-1)).toEqual({
      name: 'ocean_proximity',
      categories: ['INLAND', 'NEAR BAY'],
    })
    expect(await rowsOf(loadDataset('california-housing'))).toEqual(
      expected.map((row, i) => [...row.slice(0, 8), i % 2 ? 0 : 1, row[8]].with(3, i === 3 ? NaN : row[3])),
    )
    put('data/cal_housing.data', statLib)
    expect((await loadDataset('california-housing')).sampleShape).toEqual([8])
  })

  it('takes the features that are asked for', async () => {
    put('data/housing.csv', kaggle)
    const { train } = await loadDataset('california-housing', { features: ['ocean_proximity', 'MedInc', 6] })
    expect(train.x.columns!.map(({ name }) => name)).toEqual(['ocean_proximity', 'MedInc', 'Latitude'])
    expect([...train.x.data.subarray(1, 3)]).toEqual([8.5, 37.5])
  })

  it('says where it looked', async () => {
    await expect(loadDataset('california-housing')).rejects.toThrow(NotFoundError)
    await expect(loadDataset('california-housing')).rejects.toThrow(join(user, 'datasets'))
  })

  it('refuses other columns and other targets', async () => {
    put('data/housing.csv', 'a,b\n1,2\n')
    await expect(loadDataset('california-housing')).rejects.toThrow(FormatError)
    await expect(loadDataset('california-housing', { target: 'MedInc' })).rejects.toThrow(ArgumentError)
    await expect(loadDataset('california-housing', { task: 'classification' })).rejects.toThrow(ArgumentError)
    await expect(loadDataset('california-housing', { features: ['Rooms'] })).rejects.toThrow(/MedInc|columns/)
  })

  itWithData('california-housing', 'has the means that the literature tells', async (folder) => {
    const { train, test } = await loadDataset('california-housing', { dataDir: join(folder, '..') })
    expect([train.x.shape, test.x.shape]).toEqual([
      [16512, 8],
      [4128, 8],
    ])
    const sums = new Float64Array(8)
    for (const { x } of [train, test]) x.data.forEach((value, i) => (sums[i % 8] += value))
    const means = [3.8707, 28.6395, 5.429, 1.0967, 1425.4767, 3.0707, 35.6319, -119.5697]
    means.forEach((mean, column) => expect(sums[column] / 20640).toBeCloseTo(mean, 3))
    const total = [train, test].flatMap(({ y }) => [...y]).reduce((sum, value) => sum + value, 0)
    expect(total / 20640).toBeCloseTo(2.0686, 4)
  })
})

describe('the path of a CSV file', () => {
  it('is a data set under the name of the file, with or without a folder before it', async () => {
    const path = put('flowers.csv', `size,kind\n${'1.5,rose\n2.5,aster\n'.repeat(5)}`)
    const set = await loadDataset('flowers.csv')
    expect(set).toMatchObject({
      name: 'flowers',
      task: 'classification',
      classes: ['aster', 'rose'],
      targetName: 'kind',
    })
    expect([set.train.y.length, set.test.y.length]).toEqual([8, 2])
    expect(await rowsOf(loadDataset(path))).toEqual([
      ...Array<number[]>(5).fill([2.5, 0]),
      ...Array<number[]>(5).fill([1.5, 1]),
    ])
  })

  it('takes target, features and task', async () => {
    put('t.csv', 'a,b,c\n1,2,3\n4,5,6\n7,8,9\n')
    const options = { target: 'b', features: ['c'], task: 'classification' } as const
    const set = await loadDataset('./t.csv', options)
    expect(set.classes).toEqual(['2', '5', '8'])
    expect(await rowsOf(loadDataset('./t.csv', options))).toEqual([
      [3, 0],
      [6, 1],
      [9, 2],
    ])
  })

  it('comes as pictures where it holds a label and 784 pixels a line', async () => {
    const pixels = Array.from({ length: 784 }, (_, i) => `p${String(i)}`).join()
    const line = (label: number) =>
      `${String(label)},${Array.from({ length: 784 }, (_, i) => i % 28).join()}\n`
    put('train.csv', `label,${pixels}\n${[3, 1, 1, 2, 3].map(line).join('')}`)
    const set = await loadDataset('train.csv')
    expect(set).toMatchObject({ name: 'train', task: 'classification', sampleShape: [28, 28] })
    expect(set).not.toHaveProperty('classes')
    expect([...set.train.y, ...set.test.y].sort()).toEqual([1, 1, 2, 3, 3])
    expect([...set.train.x.data.subarray(0, 30)]).toEqual([...Array(28).keys(), 0, 1])
    // EMNIST's pictures are transposed, and its files have no line of names.
    put('emnist-letters-train.csv', [3, 1, 1, 2, 3].map(line).join(''))
    const { train } = await loadDataset('emnist-letters-train.csv')
    expect([...train.x.data.subarray(0, 29)]).toEqual([...Array<number>(28).fill(0), 1])
  })

  itWithData('mnist', 'gives the bytes of IDX', async (folder) => {
    const { test } = await loadDataset('mnist', { dataDir: join(folder, '..') })
    const lines = Array.from(
      test.y,
      (label, row) => `${String(label)},${test.x.data.subarray(row * 784, (row + 1) * 784).join()}\n`,
    )
    const path = put('mnist_test.csv', lines.join(''))
    const { x, y } = await readImageCsv(path, { pixels: 784, classes: 10 })
    expect(x.data).toBeInstanceOf(Uint8Array)
    expect(Buffer.compare(Uint8Array.from(x.data), Uint8Array.from(test.x.data))).toBe(0)
    expect(y).toEqual(test.y)
  })

  it('must be there', async () => {
    await expect(loadDataset('none.csv')).rejects.toThrow(NotFoundError)
  })

  it('is a table: sets of pictures have no columns to choose', async () => {
    await expect(loadDataset('digits', { target: 'label' })).rejects.toThrow(ArgumentError)
    await expect(loadDataset('mnist', { features: [1] })).rejects.toThrow(ArgumentError)
  })
})
