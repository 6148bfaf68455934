// Data for the benchmarks: MNIST and California Housing where they are to be found, the built-in digits and seeded numbers where
// they are not; and seeded inputs for kernels, which never depend on files.
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { loadDataset, NotFoundError, StandardScaler } from '../../dist/index.js'

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `length` numbers, roughly normal with deviation 1: the sum of three uniform ones. */
export function normals(length, seed = 1) {
  const next = random(seed)
  return Float32Array.from({ length }, () => 2 * (next() + next() + next() - 1.5))
}

/** Bytes like MNIST's: 28 × 28, 19 % of them not zero, most of those near the middle. */
export function pictures(rows, seed = 1) {
  const next = random(seed)
  const lit = Float64Array.from({ length: 784 }, (_, i) => {
    const [y, x] = [Math.floor(i / 28) - 13.5, (i % 28) - 13.5]
    return 0.95 * Math.exp(-(x * x + y * y) / 50)
  })
  return Uint8Array.from({ length: rows * 784 }, (_, i) =>
    next() < lit[i % 784] ? 1 + Math.floor(255 * next()) : 0,
  )
}

/** Share of values that are not zero. */
export function density(values) {
  return values.reduce((count, value) => count + Number(value !== 0), 0) / values.length
}

let images
/** MNIST, or the built-in digits. @returns a data set with bytes. */
export function loadImages() {
  images ??= loadDataset('mnist').catch((error) => {
    if (error instanceof NotFoundError) return loadDataset('digits')
    throw error
  })
  return images
}

/** The first `rows` of examples. */
export function head({ x, y }, rows) {
  const columns = x.shape[1]
  const count = Math.min(rows, x.shape[0])
  return {
    x: { data: x.data.subarray(0, count * columns), shape: [count, columns] },
    y: y.subarray(0, count),
  }
}

/** California Housing, standardized, target in 100,000 $; or seeded numbers of the same form. @returns `{ name, x, y }` */
export function loadHousing() {
  const from = process.env.INIT_CWD ?? '.'
  const directories = [process.env.LANEWISE_DATA, 'datasets', 'data']
    .filter(Boolean)
    .map((path) => resolve(from, path))
  const places = directories.flatMap((directory) => [join(directory, 'california-housing'), directory])
  const file = places.map((place) => join(place, 'cal_housing.data')).find((path) => existsSync(path))
  const [name, table] =
    file === undefined ? ['seeded numbers', seededTable(20640)] : ['california-housing', readTable(file)]
  const rows = table.length / 9
  const features = new Float32Array(rows * 8)
  const y = new Float32Array(rows)
  for (let row = 0; row < rows; row++) {
    features.set(table.subarray(row * 9, row * 9 + 8), row * 8)
    y[row] = table[row * 9 + 8] / 100_000
  }
  return { name, x: new StandardScaler().fitTransform({ data: features, shape: [rows, 8] }), y }
}

function readTable(file) {
  const lines = readFileSync(file, 'utf8').trim().split(/\s*\n/)
  return Float32Array.from(lines.flatMap((line) => line.split(',').map(Number)))
}

/** Eight features and a target of the same size as house values, a smooth function of them. */
function seededTable(rows) {
  const values = normals(rows * 9, 5)
  for (let at = 0; at < values.length; at += 9) {
    const [a, b, c] = values.subarray(at, at + 3)
    values[at + 8] = 200_000 + 50_000 * (a * b + c) + 10_000 * values[at + 8]
  }
  return values
}
