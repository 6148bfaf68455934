// A set of pictures in each form that people have it in, and how long it takes until all of it can be trained on.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { encodeNpz, loadDataset, NeuralNetwork } from '../../dist/index.js'

/** A picture's label and bytes a line. @param part `{ x, y }` with 784 columns. */
export function pictureLines({ x, y }) {
  const lines = Array.from(
    y,
    (label, row) => `${label},${x.data.subarray(row * 784, (row + 1) * 784).join()}\n`,
  )
  return lines.join('')
}

function idx(data, shape) {
  const head = Buffer.alloc(4 + 4 * shape.length)
  head.set([0, 0, 8, shape.length])
  shape.forEach((size, i) => head.writeUInt32BE(size, 4 + 4 * i))
  return Buffer.concat([head, data])
}

/** Writes the parts in each form. @returns `[form, folder]` pairs. */
export async function writeForms(folder, { train, test }) {
  const parts = [
    ['train', 'train', train],
    ['t10k', 'test', test],
  ]
  const write = {
    IDX(place, stem, _, { x, y }) {
      const rows = y.length
      writeFileSync(join(place, `${stem}-images-idx3-ubyte`), idx(x.data, [rows, 28, 28]))
      writeFileSync(join(place, `${stem}-labels-idx1-ubyte`), idx(Uint8Array.from(y), [rows]))
    },
    'IDX.gz'(place, stem, _, { x, y }) {
      const rows = y.length
      writeFileSync(join(place, `${stem}-images-idx3-ubyte.gz`), gzipSync(idx(x.data, [rows, 28, 28])))
      writeFileSync(join(place, `${stem}-labels-idx1-ubyte.gz`), gzipSync(idx(Uint8Array.from(y), [rows])))
    },
    CSV(place, _, name, part) {
      writeFileSync(join(place, `mnist_${name}.csv`), pictureLines(part))
    },
  }
  const places = Object.entries(write).map(([form, one]) => {
    const place = join(folder, form)
    mkdirSync(place)
    for (const [stem, name, part] of parts) one(place, stem, name, part)
    return [form, place]
  })
  const place = join(folder, 'NPZ')
  mkdirSync(place)
  const arrays = parts.flatMap(([, name, { x, y }]) => [
    [`x_${name}`, { data: x.data, shape: [y.length, 28, 28] }],
    [`y_${name}`, { data: Uint8Array.from(y), shape: [y.length] }],
  ])
  writeFileSync(join(place, 'mnist.npz'), await encodeNpz(arrays))
  return [...places, ['NPZ', place]]
}

/** Seconds until both parts of the set in a folder are tensors. */
export async function secondsToLoad(folder) {
  const began = performance.now()
  await loadDataset(folder)
  return (performance.now() - began) / 1000
}

/** Bytes of linear memory that a model holds while it trains on a part. */
export async function bytesInTraining({ x, y }) {
  const net = new NeuralNetwork({ hiddenLayers: [128], epochs: 1, threads: 1 })
  let most = 0
  const onSlice = () => void (most = Math.max(most, net.model.memoryBytes))
  await net.fit(x, Array.from(y), { callbacks: [{ onSlice }] })
  net.close()
  return most
}
