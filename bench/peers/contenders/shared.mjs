// What the JavaScript contenders share: the job, the data, batches in shuffled order, and the result line.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createRequire } from 'node:module'
import { uniform } from '../random.mjs'

/** The job, as the driver passes it: `jobOf` in run.mjs. */
export const job = JSON.parse(process.argv[2])

/** One line of JSON on standard output. */
export function report(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

/** The version of an installed package. */
export function versionOf(name) {
  const paths = createRequire(import.meta.url).resolve.paths(name)
  for (const path of paths) {
    try {
      return JSON.parse(readFileSync(join(path, name, 'package.json'), 'utf8')).version
    } catch (error) {
      if (error.code !== 'ENOENT') throw error
    }
  }
  throw new Error(`${name} is not installed`)
}

/** The parts of the data as they are on disk: bytes for images, floats for the table; `x` row-major. */
export function readData(folder) {
  const { type, columns } = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8'))
  const part = (name) => {
    const x = read(join(folder, `${name}-x.${type}`), type)
    return { x, y: read(join(folder, `${name}-y.${type}`), type), rows: x.length / columns }
  }
  return { columns, train: part('train'), test: part('test') }
}

/** The first `rows` rows as floats, pixels scaled to 0 to 1. */
export function floats({ x }, columns, rows) {
  const values = Float32Array.from(x.subarray(0, rows * columns))
  if (x instanceof Uint8Array) for (let i = 0; i < values.length; i++) values[i] /= 255
  return values
}

export function read(path, type) {
  const bytes = readFileSync(path)
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  return type === 'u8' ? new Uint8Array(buffer) : new Float32Array(buffer)
}

/**
 * Trains for at most `job.seconds` seconds or `job.epochs` epochs with `step(x, y)`, which takes a batch, row-major: scaled
 * inputs `[batch, columns]` and one-hot (regression: plain) targets. The last, shorter batch of an epoch is left out.
 * The first ten steps warm up: they count neither as time nor as rows.
 */
export async function trainForSeconds({ columns, train }, step) {
  const { batch, layers, epochs, seconds, seed } = job
  const outputs = layers.at(-1)
  const inputs = floats(train, columns, train.rows)
  const x = new Float32Array(batch * columns)
  const y = new Float32Array(batch * outputs)
  const order = Uint32Array.from({ length: train.rows }, (_, i) => i)
  const random = uniform(seed)
  let steps = 0
  let began = performance.now()
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random)
    for (let first = 0; first + batch <= train.rows; first += batch) {
      if (steps === warmUp) began = performance.now()
      y.fill(0)
      for (let r = 0; r < batch; r++) {
        const row = order[first + r]
        x.set(inputs.subarray(row * columns, (row + 1) * columns), r * columns)
        if (outputs === 1) y[r] = train.y[row]
        else y[r * outputs + train.y[row]] = 1
      }
      await step(x, y)
      steps++
      if (steps > warmUp && performance.now() - began > seconds * 1000) return result()
    }
  }
  return result()

  function result() {
    const rows = (steps - warmUp) * batch
    const samplesPerSecond = (rows * 1000) / (performance.now() - began)
    return { samplesPerSecond, rows: steps * batch, limited: steps * batch < epochs * (train.rows - batch) }
  }
}
const warmUp = 10

function shuffle(order, random) {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const kept = order[i]
    order[i] = order[j]
    order[j] = kept
  }
}

/** Share of right classes, or the root of the mean squared error, of outputs `[rows, outputs]`. */
export function score(predicted, y) {
  const outputs = predicted.length / y.length
  if (outputs === 1) {
    return { rmse: Math.sqrt(predicted.reduce((sum, p, r) => sum + (p - y[r]) ** 2, 0) / y.length) }
  }
  let right = 0
  for (let r = 0; r < y.length; r++) {
    const row = predicted.subarray(r * outputs, (r + 1) * outputs)
    if (row.indexOf(Math.max(...row)) === y[r]) right++
  }
  return { accuracy: right / y.length }
}

/**
 * Measures `run(first, rows)`, which predicts test rows `first` to `first + rows` and returns the outputs `[rows, outputs]`
 * (or a promise of them). Blocks of calls are timed; the median block counts.
 * @returns microseconds a row for each batch size, and the largest difference from the outputs that Lanewise gave.
 */
export async function measureInference(run) {
  const { batches, model, seconds } = job
  const reference = read(join(model, 'outputs.f32'), 'f32')
  const rows = Math.max(...batches)
  const outputs = Float32Array.from(await run(0, rows))
  const difference = outputs.reduce((most, p, i) => Math.max(most, Math.abs(p - reference[i])), 0)
  const microsecondsPerRow = {}
  for (const batch of batches) microsecondsPerRow[batch] = await timeBlocks(run, batch, seconds)
  return { microsecondsPerRow, difference }
}

async function timeBlocks(run, batch, seconds) {
  const calls = Math.max(1, Math.floor(64 / batch))
  const distinct = 1000
  const times = []
  let call = 0
  const until = performance.now() + seconds * 1000
  // The first quarter of the time warms up.
  const from = until - seconds * 750
  while (performance.now() < until) {
    const began = performance.now()
    for (let i = 0; i < calls; i++) {
      const outputs = run((call++ * batch) % (distinct - (distinct % batch)), batch)
      if (outputs instanceof Promise) await outputs
    }
    const ended = performance.now()
    if (began >= from) times.push(((ended - began) * 1000) / (calls * batch))
  }
  return times.sort((a, b) => a - b)[times.length >> 1]
}
