// The data, written once as raw files that every contender reads, whatever its language: MNIST where Lanewise finds it, else
// Lanewise's own digits; California Housing where it lies, else a seeded set of the same shape.
// A folder holds train-x, train-y, test-x, test-y (`.u8` or `.f32`, row-major) and meta.json.
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loadDataset, StandardScaler, trainTestSplit } from '../../dist/index.js'
import { uniform } from './random.mjs'

/**
 * Writes both sets into `folder`.
 * @param limit at most so many training rows.
 * @returns for each kind the folder of its files and one line that says what they are.
 */
export async function writeData(folder, limit = Infinity) {
  return {
    images: await write(join(folder, 'images'), await images(), limit),
    table: await write(join(folder, 'table'), await housing(), limit),
  }
}

async function images() {
  let set
  try {
    set = await loadDataset('mnist')
  } catch (error) {
    if (error.name !== 'NotFoundError') throw error
    set = await loadDataset('digits')
  }
  const name = set.name === 'mnist' ? 'MNIST' : "Lanewise's built-in digits (MNIST was not found)"
  return { name, train: set.train, test: set.test }
}

/** Eight columns, standardized with the training rows' moments; the target in 100,000 $. A fifth is for the test. */
async function housing() {
  const places = [process.env.LANEWISE_DATA, 'datasets', 'data'].filter(Boolean).flatMap((directory) => {
    const from = resolve(process.env.INIT_CWD ?? '.', directory)
    return [join(from, 'california-housing'), from]
  })
  const path = places.map((place) => join(place, 'cal_housing.data')).find((file) => existsSync(file))
  const { x, y } = path === undefined ? syntheticHousing() : parseHousing(await readFile(path, 'utf8'))
  const { train, test } = trainTestSplit({ data: x, shape: [y.length, 8] }, y, { testSize: 0.2, seed: 1 })
  const scaler = new StandardScaler()
  return {
    name:
      path === undefined
        ? 'a seeded table of its shape (California Housing was not found)'
        : 'California Housing',
    train: { x: scaler.fitTransform(train.x), y: Float32Array.from(train.y) },
    test: { x: scaler.transform(test.x), y: Float32Array.from(test.y) },
  }
}

function parseHousing(text) {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number))
  return {
    x: Float64Array.from(rows.flatMap((row) => row.slice(0, 8))),
    y: Float64Array.from(rows, (row) => row[8] / 100_000),
  }
}

function syntheticHousing() {
  const rows = 20_640
  const random = uniform(1)
  const x = Float64Array.from({ length: rows * 8 }, () => random() * 2 - 1)
  const y = Float64Array.from({ length: rows }, (_, row) => {
    const [a, b, c, d, e] = x.subarray(row * 8, row * 8 + 5)
    return 2 + Math.sin(3 * a) + b * c + Math.abs(d) - 0.5 * e * e + 0.2 * (random() - 0.5)
  })
  return { x, y }
}

async function write(folder, { name, train, test }, limit) {
  await mkdir(folder, { recursive: true })
  const columns = train.x.shape[1]
  const trainRows = Math.min(train.y.length, limit)
  const testRows = test.y.length
  const type = train.x.data instanceof Uint8Array ? 'u8' : 'f32'
  const parts = [
    [`train-x.${type}`, train.x.data.subarray(0, trainRows * columns)],
    [`train-y.${type}`, train.y.subarray(0, trainRows)],
    [`test-x.${type}`, test.x.data],
    [`test-y.${type}`, test.y],
  ]
  for (const [file, data] of parts) await writeFile(join(folder, file), data)
  await writeFile(join(folder, 'meta.json'), JSON.stringify({ type, columns, trainRows, testRows }))
  return { folder, source: `${name}: ${String(trainRows)} training and ${String(testRows)} test rows` }
}
