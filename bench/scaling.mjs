// How the cost of training grows: with batch size, width, rows and threads. One property changes at a time, from 784-128-10 with
// Adam, batch 32, one thread, `fast`. Rows include what a fit costs besides its steps: copying the data, compiling the plan.
import { availableParallelism } from 'node:os'
import { head, loadImages } from './lib/data.mjs'
import { createModel, nameOf } from './lib/model.mjs'
import { interleave, pause, summary } from './lib/stats.mjs'
import { number, spread } from './lib/table.mjs'

const standard = { units: [784, 128, 10], batchSize: 32, threads: 1 }

export async function* tables({ choose, progress }) {
  const { rounds, rows } = choose({
    full: { rounds: 7, rows: 30_000 },
    short: { rounds: 3, rows: 10_000 },
    quick: { rounds: 2, rows: 2_000 },
  })
  const { name, train } = await loadImages()
  const data = head(train, rows)
  const note = `${name}, ${data.x.shape[0].toLocaleString('en-US')} rows an epoch`
  const batches = [1, 8, 32, 128, 512].map((batchSize) => ({
    ...standard,
    batchSize,
    data,
    value: batchSize,
  }))
  progress('scaling with batch size')
  yield table('batch', 'Batch size', note, await measure(batches, rounds))

  const widths = [16, 64, 256, 1024].map((width) => ({
    ...standard,
    units: [784, width, 10],
    data,
    value: width,
  }))
  progress('scaling with width')
  yield table('width', 'Units of the hidden layer', note, await measure(widths, rounds))

  const deep = [1, 2, 4, 8].map((depth) => {
    return { ...standard, units: [784, ...Array.from({ length: depth }, () => 128), 10], data, value: depth }
  })
  progress('scaling with depth')
  yield table('depth', 'Hidden layers of 128', note, await measure(deep, rounds))

  const threads = Array.from({ length: Math.min(8, availableParallelism()) }, (_, i) => i + 1)
  const parallel = threads.flatMap((count) => {
    return [
      { ...standard, data, threads: count, value: count },
      { units: [784, 512, 512, 10], batchSize: 128, data, threads: count, value: count },
    ]
  })
  progress('scaling with threads')
  yield table('threads', 'Threads', note, await measure(parallel, rounds))

  const lengths = [100, 1000, 10_000, 60_000].filter((count) => count <= Math.max(1000, 2 * rows))
  const sizes = lengths.map((count) => ({ ...standard, data: head(train, count), value: count }))
  progress('scaling with rows')
  const records = await measure(sizes, rounds)
  yield {
    ...table('rows', 'Rows', 'a fit of one epoch; besides: all that is not in its training loop', records),
    cells: [
      ['fit, ms', ({ milliseconds }) => spread(milliseconds)],
      ['besides, ms', ({ besides }) => number(besides.median)],
      ['rows/s in the loop', ({ rowsPerSecond }) => spread(rowsPerSecond)],
    ],
  }
}

function table(id, label, note, records) {
  return {
    id,
    title: `Scaling: ${label.toLowerCase()}`,
    note,
    records,
    rows: [
      [label, 'value'],
      ['network', 'network'],
    ],
    cells: [
      ['rows/s', ({ rowsPerSecond }) => spread(rowsPerSecond)],
      ['µs/step', ({ microsecondsPerStep }) => spread(microsecondsPerStep)],
    ],
  }
}

/** Fits of one epoch in turn; the first of each is not counted. */
async function measure(candidates, rounds) {
  const models = []
  for (const { units, threads } of candidates) models.push(await createModel(units, { threads }))
  const fits = candidates.map(({ data, batchSize, threads }, i) => async () => {
    for (let tries = 0; tries < 20; tries++) {
      await pause(10)
      const began = performance.now()
      const history = await models[i].fit(data.x, data.y, { batchSize })
      const milliseconds = performance.now() - began
      const { trainSeconds, samplesPerSecond } = history
      // A short fit may be over before the other threads have come.
      if (history.epochs[0].threads === threads) return { milliseconds, trainSeconds, samplesPerSecond }
    }
    throw new Error(`${threads} threads did not come`)
  })
  for (const fit of fits) await fit()
  const samples = await interleave(rounds, fits)
  for (const model of models) model.close()
  return candidates.map(({ units, batchSize, threads, data, value }, i) => {
    const steps = Math.ceil(data.x.shape[0] / batchSize)
    return {
      value,
      network: nameOf(units),
      batchSize,
      threads,
      rows: data.x.shape[0],
      rowsPerSecond: summary(samples[i].map((sample) => sample.samplesPerSecond)),
      microsecondsPerStep: summary(samples[i].map((sample) => (sample.trainSeconds / steps) * 1e6)),
      milliseconds: summary(samples[i].map((sample) => sample.milliseconds)),
      besides: summary(samples[i].map((sample) => sample.milliseconds - 1000 * sample.trainSeconds)),
    }
  })
}
