// brain.js, its plain JavaScript network, trained its own way: one sample at a time (it has no mini-batches) by gradient
// descent with momentum on the squared error. It has an Adam, but that takes four times as long a sample and learns less in
// it. It has no softmax, and its layers share one activation: sigmoid where the outputs are classes, else ReLU.
import { createRequire } from 'node:module'
import { job, readData, report, score, versionOf } from './shared.mjs'
import { uniform } from '../random.mjs'

const { NeuralNetwork } = createRequire(import.meta.url)('brain.js')
const { layers, seconds, epochs, seed } = job
const outputs = layers.at(-1)
const { columns, train, test } = readData(job.data)
const scale = train.x instanceof Uint8Array ? 1 / 255 : 1
// Its defaults (rate 0.3, momentum 0.1) but for the regression, where that rate diverges.
const options = { learningRate: outputs === 1 ? 0.003 : 0.3, iterations: 1, errorThresh: 1e-9 }
const net = new NeuralNetwork({
  hiddenLayers: layers.slice(1, -1),
  activation: outputs === 1 ? 'relu' : 'sigmoid',
  ...options,
})

// Plain arrays: typed ones it takes for tables of names.
const inputOf = ({ x }, row) =>
  Array.from(x.subarray(row * columns, (row + 1) * columns), (value) => value * scale)
const targetOf = (row) =>
  outputs === 1 ? [train.y[row]] : Array.from({ length: outputs }, (_, i) => (i === train.y[row] ? 1 : 0))
const random = uniform(seed)
const chunk = (rows) =>
  Array.from({ length: rows }, () => {
    const row = Math.floor(random() * train.rows)
    return { input: inputOf(train, row), output: targetOf(row) }
  })

net.train(chunk(10), options)
let rows = 0
let time = 0
while (time < seconds * 1000 && rows < epochs * train.rows) {
  const data = chunk(20)
  const began = performance.now()
  net.train(data, options)
  time += performance.now() - began
  rows += data.length
}

// A thousand rows tell enough, and more would take longer than the training.
const tested = Math.min(1000, test.rows)
const predicted = new Float32Array(tested * outputs)
for (let row = 0; row < tested; row++) predicted.set(net.run(inputOf(test, row)), row * outputs)
report({
  samplesPerSecond: (rows * 1000) / time,
  rows,
  limited: rows < epochs * train.rows,
  ...score(predicted, test.y.subarray(0, tested)),
  version: versionOf('brain.js'),
  threads: 1,
})
