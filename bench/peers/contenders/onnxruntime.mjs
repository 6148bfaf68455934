// ONNX Runtime, native or in WebAssembly (`job.package`), on one thread; it does not train here.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { floats, job, measureInference, readData, report, versionOf } from './shared.mjs'

const ort = await import(job.package)
// Of the WebAssembly build; the native one takes its threads from the session's options.
if (job.package === 'onnxruntime-web') ort.env.wasm.numThreads = 1
const session = await ort.InferenceSession.create(
  new Uint8Array(readFileSync(join(job.model, 'model.onnx'))),
  {
    executionProviders: [job.package === 'onnxruntime-web' ? 'wasm' : 'cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  },
)

const { columns, test } = readData(job.data)
const x = floats(test, columns, 1280)
const result = await measureInference(async (first, rows) => {
  const input = new ort.Tensor('float32', x.subarray(first * columns, (first + rows) * columns), [
    rows,
    columns,
  ])
  const { y } = await session.run({ x: input })
  return y.data
})
report({ ...result, version: versionOf(job.package), threads: 1 })
