// Inference with one thread: the latency of a single row through predictSync, and rows a second of predict for batches. Bytes are
// pictures as they are kept (mostly zero, listed); floats are the same pictures scaled, multiplied in full.
import { head, loadImages } from './lib/data.mjs'
import { variants } from './lib/machine.mjs'
import { createModel, nameOf } from './lib/model.mjs'
import { interleave, rateOf, secondsPerCall, summary, timeTasks } from './lib/stats.mjs'
import { number, spread } from './lib/table.mjs'

const networks = [
  [784, 128, 10],
  [784, 512, 512, 10],
  [8, 64, 64, 1],
]
const batches = [32, 256]

export async function* tables({ choose, progress }) {
  const { milliseconds, rounds } = choose({
    full: { milliseconds: 500, rounds: 15 },
    short: { milliseconds: 100, rounds: 7 },
    quick: { milliseconds: 10, rounds: 2 },
  })
  const { x } = head((await loadImages()).test, Math.max(...batches))
  const single = []
  const batched = []
  for (const units of networks) {
    progress(`inference ${nameOf(units)}`)
    for (const type of units[0] === 784 ? ['bytes', 'floats'] : ['floats']) {
      const data = inputs(x.data, units[0], type)
      for (const numerics of variants()) {
        const model = await createModel(units, { numerics, threads: 1 })
        const labels = { network: nameOf(units), inputs: type, numerics }
        single.push({ ...labels, microseconds: latency(model, units, data, milliseconds) })
        for (const record of await throughput(model, units, data, {
          rounds,
          milliseconds: milliseconds / 10,
        })) {
          batched.push({ ...labels, ...record })
        }
        model.close()
      }
    }
  }
  const rows = [
    ['network', 'network'],
    ['inputs', 'inputs'],
  ]
  yield {
    id: 'latency',
    title: 'One row through predictSync: microseconds, rows in turn',
    records: single,
    rows,
    across: 'numerics',
    cells: [
      ['', ({ microseconds }) => spread(microseconds)],
      ['p99', ({ microseconds }) => number(microseconds.p99)],
    ],
  }
  yield {
    id: 'batches',
    title: 'Batches through predict: rows a second, one thread',
    records: batched,
    rows,
    across: ({ batch, numerics }) => `${batch} rows, ${numerics}`,
    cells: [['', ({ rowsPerSecond }) => spread(rowsPerSecond)]],
  }
}

/** Rows of pictures, cut to so many columns. */
function inputs(pictures, columns, type) {
  if (type === 'bytes') return pictures
  const rows = pictures.length / 784
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    return (
      pictures[Math.floor(i / columns) * 784 + (columns === 784 ? i % columns : 300 + (i % columns))] / 255
    )
  })
}

function latency(model, units, data, milliseconds) {
  const columns = units[0]
  const rows = Array.from({ length: data.length / columns }, (_, i) =>
    data.subarray(i * columns, (i + 1) * columns),
  )
  const into = new Float32Array(units.at(-1))
  let next = 0
  const run = () => {
    model.predictSync(rows[next], into)
    next = (next + 1) % rows.length
  }
  secondsPerCall(run, milliseconds)
  const [{ median, p25, p75, p99, samples }] = timeTasks([{ name: 'row', run, single: true }], milliseconds)
  return { median: median * 1e6, p25: p25 * 1e6, p75: p75 * 1e6, p99: p99 * 1e6, samples }
}

async function throughput(model, units, data, { rounds, milliseconds }) {
  const columns = units[0]
  const candidates = batches.map((batch) => {
    const x = { data: data.subarray(0, batch * columns), shape: [batch, columns] }
    return () => predictFor(model, x, milliseconds)
  })
  for (const candidate of candidates) await candidate()
  const samples = await interleave(rounds, candidates)
  return batches.map((batch, i) => ({ batch, rowsPerSecond: rateOf(batch, summary(samples[i])) }))
}

/** Seconds of one call of predict, from as many as fill `milliseconds`. */
async function predictFor(model, x, milliseconds) {
  const began = performance.now()
  let calls = 0
  while (calls === 0 || performance.now() - began < milliseconds) {
    await model.predict(x)
    calls++
  }
  return (performance.now() - began) / 1000 / calls
}
