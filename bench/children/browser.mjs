// Trains 784-128-10 in this process and prints rows a second, the median of the epochs after the first.
// Arguments: threads, epochs.
import { loadImages } from '../lib/data.mjs'
import { createModel } from '../lib/model.mjs'
import { summary } from '../lib/stats.mjs'

const [threads, epochs] = process.argv.slice(2).map(Number)
const { train } = await loadImages()
const model = await createModel([784, 128, 10], { threads })
const history = await model.fit(train.x, train.y, { epochs, batchSize: 32 })
const rates = history.epochs.slice(1).map(({ samplesPerSecond }) => samplesPerSecond)
console.log(
  JSON.stringify({
    node: process.versions.node,
    v8: process.versions.v8,
    rowsPerSecond: summary(rates).median,
  }),
)
