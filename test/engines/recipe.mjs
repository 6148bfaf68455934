// The training whose bits are compared: a small network on built-in digits. Runs on any engine; nothing of Node is used here.

/**
 * @param lanewise the library. @param settings `numerics`, `threads`, `revectorize`.
 * @returns the SHA-256 of its weights and of some predictions, in hexadecimal.
 */
export async function trainRecipe(lanewise, { numerics, threads, revectorize = false }) {
  const { adam, cosineDecay, dense, dropout, loadDataset, Sequential } = lanewise
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
    threads,
    numerics,
    revectorize,
  })
  await model.fit(x, y, { epochs: 2, batchSize: 32 })
  await model.fit(x, y, { batchSize: 32, augment: 'digits;erase:fill=random;noise:size=0.02;mixup' })
  await model.fit(x, y, { batchSize: 32, augment: 'digits' })
  const predictions = await model.predict({ data: test.x.data.subarray(0, 7840), shape: [10, 784] })
  const parts = [...model.weights(), predictions].map(({ data }) => new Uint8Array(data.buffer))
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
