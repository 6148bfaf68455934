// One epoch on a file in chunks. Arguments: the file, and the targets. Prints memory and speed.
import { dense, Sequential } from '../../dist/index.js'

const [file, targets] = process.argv.slice(2)
const table = file.endsWith('.csv')
const model = new Sequential([
  dense(table ? 64 : 32, { activation: 'relu' }),
  table ? dense(1) : dense(10, { activation: 'softmax' }),
])
await model.compile({ optimizer: 'adam', loss: table ? 'mse' : 'crossentropy' })
const began = performance.now()
const history = await model.fit(file, targets, { batchSize: 256 })
const seconds = (performance.now() - began) / 1000
const { samplesPerSecond, seconds: training } = history.epochs[0]
console.log(
  JSON.stringify({
    linearBytes: model.memoryBytes,
    residentBytes: process.resourceUsage().maxRSS * 1024,
    rowsPerSecond: (samplesPerSecond * training) / seconds,
    samplesPerSecond,
  }),
)
