// TensorFlow.js, on its WASM or its plain JavaScript backend (`job.backend`), through its layers.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  floats,
  job,
  measureInference,
  read,
  readData,
  report,
  score,
  trainForSeconds,
  versionOf,
} from './shared.mjs'

// Its hint about the native package is not for this comparison.
console.warn = () => undefined
const tf = await import('@tensorflow/tfjs')
if (job.backend === 'wasm') {
  const entry = import.meta.resolve('@tensorflow/tfjs-backend-wasm')
  const { setWasmPaths } = await import(entry)
  setWasmPaths(`${dirname(fileURLToPath(entry))}/`)
}
await tf.setBackend(job.backend)
await tf.ready()

const { layers, optimizer, learningRate } = job
const data = readData(job.data)
const { columns, test } = data
const outputs = layers.at(-1)
const model = tf.sequential()
layers.slice(1).forEach((units, i) => {
  const isLast = i === layers.length - 2
  model.add(
    tf.layers.dense({
      units,
      ...(i === 0 ? { inputShape: [columns] } : {}),
      activation: isLast ? (outputs === 1 ? 'linear' : 'softmax') : 'relu',
      kernelInitializer: isLast ? 'glorotUniform' : 'heNormal',
    }),
  )
})
const version = { version: versionOf('@tensorflow/tfjs'), threads: 1 }

if (job.task === 'train') {
  model.compile({
    optimizer: optimizer === 'sgd' ? tf.train.sgd(learningRate) : tf.train.adam(learningRate),
    loss: outputs === 1 ? 'meanSquaredError' : 'categoricalCrossentropy',
  })
  const result = await trainForSeconds(data, async (x, y) => {
    const inputs = tf.tensor2d(x, [job.batch, columns])
    const targets = tf.tensor2d(y, [job.batch, outputs])
    await model.trainOnBatch(inputs, targets)
    inputs.dispose()
    targets.dispose()
  })
  const predicted = predict(floats(test, columns, test.rows), test.rows)
  report({ ...result, ...score(predicted, test.y), ...version })
} else {
  model.setWeights(
    model
      .getWeights()
      .map(({ shape }, i) => tf.tensor(read(join(job.model, `${String(i)}.f32`), 'f32'), shape)),
  )
  const x = floats(test, columns, 1280)
  const result = await measureInference((first, rows) =>
    predict(x.subarray(first * columns, (first + rows) * columns), rows),
  )
  report({ ...result, ...version })
}

function predict(x, rows) {
  return tf.tidy(() => model.predict(tf.tensor2d(x, [rows, columns]), { batchSize: rows }).dataSync())
}
