// Lanewise itself. Reads images as the bytes they are; scaling is part of what is timed.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { adam, dense, Sequential, sgd } from '../../../dist/index.js'
import { onnxModel } from '../onnx.mjs'
import { job, measureInference, read, readData, report } from './shared.mjs'

const { layers, batch, optimizer, learningRate, epochs, threads, numerics, revectorize = false, seed } = job
const { columns, train, test } = readData(job.data)
const samples = ({ x, rows }) => ({ data: x, shape: [rows, columns] })
const classes = layers.at(-1)

const model = new Sequential([
  ...layers.slice(1, -1).map((units) => dense(units, { activation: 'relu', kernelInitializer: 'he-normal' })),
  dense(classes, { activation: classes === 1 ? 'linear' : 'softmax' }),
])
await model.compile({
  optimizer: optimizer === 'sgd' ? sgd({ learningRate }) : adam({ learningRate }),
  loss: classes === 1 ? 'mse' : 'crossentropy',
  metrics: [classes === 1 ? 'rmse' : 'accuracy'],
  seed,
  threads,
  numerics,
  revectorize,
  inputShape: [columns],
})

const tasks = { train: trainModel, prepare: prepareInference, infer }
await tasks[job.task]()

async function trainModel() {
  const history = await model.fit(samples(train), train.y, { epochs, batchSize: batch })
  const { accuracy, rmse } = await model.evaluate(samples(test), test.y)
  report({
    samplesPerSecond: Math.max(...history.epochs.map((epoch) => epoch.samplesPerSecond)),
    rows: epochs * train.rows,
    ...(classes === 1 ? { rmse } : { accuracy }),
    version: `${job.version}, numerics ${model.numerics}`,
    threads: history.epochs.at(-1).threads,
  })
}

/** Trains the model that the inference rows share, and writes its weights, as raw files and ONNX, and its outputs. */
async function prepareInference() {
  await model.fit(samples(train), train.y, { epochs, batchSize: batch })
  const weights = model.weights()
  weights.forEach(({ data }, i) => {
    writeFileSync(join(job.model, `${String(i)}.f32`), data)
  })
  writeFileSync(join(job.model, 'model.onnx'), onnxModel(weights))
  const rows = Math.max(...job.batches)
  const outputs = await model.predict({ data: test.x.subarray(0, rows * columns), shape: [rows, columns] })
  writeFileSync(join(job.model, 'outputs.f32'), outputs.data)
  report({})
}

async function infer() {
  model.setWeights(
    model
      .weights()
      .map(({ shape }, i) => ({ shape, data: read(join(job.model, `${String(i)}.f32`), 'f32') })),
  )
  // A model that was not fitted takes bytes as they come: scaled by 1/255.
  const into = new Float32Array(classes)
  const rowsOf = (first, rows) => test.x.subarray(first * columns, (first + rows) * columns)
  const result = await measureInference((first, rows) =>
    rows === 1
      ? model.predictSync(rowsOf(first, 1), into)
      : model.predict({ data: rowsOf(first, rows), shape: [rows, columns] }).then(({ data }) => data),
  )
  report({ ...result, version: `${job.version}, numerics ${model.numerics}`, threads: 1 })
}
