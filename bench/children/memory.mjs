// Memory of one model, or of many one after another, in a fresh process. Arguments: `steps UNITS STEPS`, or `models COUNT`; the
// second wants --expose-gc. Prints linear memory and resident set in bytes as it goes.
import { setTimeout as sleep } from 'node:timers/promises'
import { pictures } from '../lib/data.mjs'
import { createModel } from '../lib/model.mjs'

const rows = 3200
const batchSize = 32

const print = (when, linear) =>
  console.log(JSON.stringify({ when, linear, resident: process.memoryUsage.rss() }))

async function trainOne(units, steps) {
  const x = { data: pictures(rows), shape: [rows, 784] }
  const y = Int32Array.from({ length: rows }, (_, i) => i % 10)
  print('before', 0)
  const model = await createModel(units, { threads: 1 })
  print('built', model.memoryBytes)
  const stepsPerEpoch = rows / batchSize
  await model.fit(x, y, { epochs: 1, batchSize })
  print('first epoch', model.memoryBytes)
  if (steps > stepsPerEpoch)
    await model.fit(x, y, { epochs: Math.ceil(steps / stepsPerEpoch) - 1, batchSize })
  print('trained', model.memoryBytes)
}

/** Models that are built, trained for a step and dropped, without close. */
async function makeMany(count) {
  const x = { data: pictures(batchSize), shape: [batchSize, 784] }
  const y = Int32Array.from({ length: batchSize }, (_, i) => i % 10)
  print('before', 0)
  for (let i = 0; i < count; i++) {
    const model = await createModel([784, 128, 10], { threads: 1 })
    await model.fit(x, y, { batchSize })
    if (i === 0) print('one', model.memoryBytes)
  }
  print('many', 0)
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await sleep(50)
  }
  print('collected', 0)
}

const [kind, first, second] = process.argv.slice(2)
if (kind === 'steps') await trainOne(first.split('-').map(Number), Number(second))
else await makeMany(Number(first))
