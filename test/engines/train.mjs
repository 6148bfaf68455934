// Trains a small network on built-in digits with whatever engine runs this file, and prints the SHA-256 of its weights.
// Arguments: numerics, threads, and `revectorize` where that is wanted. Needs `npm run build`.
import { createHash } from 'node:crypto'
import { adam, cosineDecay, dense, dropout, loadDataset, Sequential } from '../../dist/index.js'

const [numerics, threads, revectorize] = process.argv.slice(2)
const { train, test } = await loadDataset('digits')
const rows = 2001
const x = { data: train.x.data.subarray(0, rows * 784), shape: [rows, 784] }
const y = train.y.subarray(0, rows)
const model = new Sequential([
  dense(48, { activation: 'gelu', kernelInitializer: 'he-normal' }),
  dropout(0.2),
  dense(32, { activation: 'tanh' }),
  dense(10, { activation: 'softmax' }),
])
await model.compile({
  optimizer: adam({ learningRate: cosineDecay(2e-3, { warmupSteps: 10 }), clipNorm: 1 }),
  loss: { name: 'crossentropy', labelSmoothing: 0.05 },
  seed: 3,
  threads: Number(threads),
  numerics,
  revectorize: revectorize === 'revectorize',
})
await model.fit(x, y, { epochs: 2, batchSize: 32 })
await model.fit(x, y, { batchSize: 32, augment: 'digits;erase:fill=random;noise:size=0.02;mixup' })
await model.fit(x, y, { batchSize: 32, augment: 'digits' })
const hash = createHash('sha256')
for (const { data } of model.weights()) hash.update(new Uint8Array(data.buffer))
hash.update(
  new Uint8Array(
    (await model.predict({ data: test.x.data.subarray(0, 7840), shape: [10, 784] })).data.buffer,
  ),
)
console.log(hash.digest('hex'))
