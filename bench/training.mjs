// Training speed as users see it: rows trained a second by `fit`, epoch after epoch, without loading, compiling and validation. The
// networks, batches and optimizers are those that peers are measured with. The variants and thread counts take turns.
import { adam, sgd } from '../dist/index.js'
import { head, loadHousing, loadImages } from './lib/data.mjs'
import { threadCounts, variants } from './lib/machine.mjs'
import { createModel, nameOf } from './lib/model.mjs'
import { interleave, pause, summary } from './lib/stats.mjs'
import { spread } from './lib/table.mjs'

const networks = [
  { units: [784, 128, 10], batchSize: 32, optimizer: adam },
  { units: [784, 128, 64, 10], batchSize: 64, optimizer: adam },
  { units: [784, 512, 512, 10], batchSize: 128, optimizer: adam },
  { units: [784, 10], batchSize: 128, optimizer: () => sgd({ learningRate: 0.1 }) },
  { units: [8, 64, 64, 1], batchSize: 32, optimizer: adam },
]

export async function* tables({ choose, progress }) {
  const effort = choose({
    full: { rounds: 7, epochs: 1, rows: 60_000 },
    short: { rounds: 3, epochs: 1, rows: 20_000 },
    quick: { rounds: 2, epochs: 3, rows: 2_000 },
  })
  const images = await loadImages()
  const housing = loadHousing()
  const records = []
  for (const network of networks) {
    const { units, batchSize } = network
    const isImages = units[0] === 784
    const { x, y } = head(isImages ? images.train : housing, effort.rows)
    const labels = {
      network: nameOf(units),
      batchSize,
      optimizer: network.optimizer().name,
      data: isImages ? images.name : housing.name,
      rows: x.shape[0],
    }
    progress(`training ${labels.network}`)
    records.push(...(await measure(network, labels, x, y, effort)))
  }
  yield {
    id: 'training',
    title: 'Training: rows a second, epochs in turn',
    note: [...new Set(records.map(({ data, rows }) => `${data}, ${rows.toLocaleString('en-US')} rows`))].join(
      '; ',
    ),
    records,
    rows: [
      ['network', 'network'],
      ['batch', 'batchSize'],
      ['optimizer', 'optimizer'],
    ],
    across: ({ numerics, threads }) => `${numerics}, ${threads} thread${threads > 1 ? 's' : ''}`,
    cells: [['', ({ rowsPerSecond }) => spread(rowsPerSecond)]],
  }
}

async function measure(network, labels, x, y, { rounds, epochs }) {
  const kinds = variants().flatMap((numerics) => threadCounts().map((threads) => ({ numerics, threads })))
  const models = []
  for (const kind of kinds) {
    models.push(await createModel(network.units, { ...kind, optimizer: network.optimizer() }))
  }
  const trainers = models.map((model, i) => async () => {
    for (let tries = 0; tries < 20; tries++) {
      // A worker that served another model is free again when the event loop has heard so.
      await pause(10)
      const history = await model.fit(x, y, { epochs, batchSize: network.batchSize })
      if (history.epochs.at(-1).threads === kinds[i].threads) return history.samplesPerSecond
    }
    throw new Error(`${kinds[i].threads} threads did not come`)
  })
  // The first turn warms up the kernels and starts the workers, and is not counted.
  for (const train of trainers) await train()
  const samples = await interleave(rounds, trainers)
  for (const model of models) model.close()
  return kinds.map((kind, i) => ({ ...labels, ...kind, rowsPerSecond: summary(samples[i]) }))
}
