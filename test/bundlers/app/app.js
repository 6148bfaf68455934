// The page of every example: trains on built-in digits in the worker, predicts, uses a part of the library that loads when it is
// needed, and runs the trained model with the entry that predicts and no more. Puts what it found in the title.
import { adam, encodeModel, encodeNpy, loadDataset, NeuralNetwork } from 'lanewise'
import { load } from 'lanewise/infer'

try {
  const { train, test } = await loadDataset('digits')
  const net = new NeuralNetwork({
    hiddenLayers: [32],
    optimizer: adam(),
    epochs: 3,
    seed: 1,
    numerics: 'strict',
  })
  await net.fit(train.x, train.y)
  const some = { data: test.x.data.subarray(0, 20 * 784), shape: [20, 784] }
  const labels = await net.predict(some)
  const light = await load(await encodeModel(net.state(), 'safetensors'))
  const npy = await encodeNpy({ data: Float32Array.from(labels), shape: [20] })
  document.title = `found ${JSON.stringify({
    accuracy: await net.score(test.x, test.y),
    same: (await light.predict(some)).join() === labels.join(),
    npy: npy.length,
  })}`
} catch (error) {
  document.title = `found ${JSON.stringify({ error: String(error) })}`
}
