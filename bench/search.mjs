// How soon successive halving (ASHA) finds what random search finds: both try the same settings, drawn with the same seed; time is
// counted in epochs of training, which no machine changes.
//   node bench/search.mjs [--dataset california-housing] [--seeds 3]
import { parseArgs } from 'node:util'
import { tune } from '../dist/index.js'

const { values } = parseArgs({
  options: {
    dataset: { type: 'string', default: 'california-housing' },
    trials: { type: 'string', default: '27' },
    epochs: { type: 'string', default: '27' },
    seeds: { type: 'string', default: '3' },
  },
})
const trials = Number(values.trials)
const epochs = Number(values.epochs)

const search = (seed) => ({
  version: 1,
  data: { dataset: values.dataset },
  budget: { epochs },
  trials,
  seed,
  sampler: 'random',
  space: {
    lr: { logUniform: [0.0003, 0.03] },
    batchSize: { choice: [64, 128, 256] },
    hidden: { layers: [1, 2], units: { choice: [16, 32, 64] } },
    activation: { choice: ['relu', 'tanh', 'gelu'] },
  },
})

console.log(`${values.dataset}: ${trials} settings, ${epochs} epochs to the end`)
for (let seed = 1; seed <= Number(values.seeds); seed++) {
  const random = await tune(search(seed))
  const halving = await tune({ ...search(seed), halving: { minEpochs: 1, factor: 3 } })
  const tell = (name, { best, epochs: spent, metric }) => {
    return `${name}: best ${metric} ${best.value.toFixed(4)} (test ${best.refit.figures[metric].toFixed(4)}), ${spent} epochs`
  }
  console.log(
    `seed ${seed}  ${tell('random', random)}; ${tell('ASHA', halving)}; epochs ${((100 * halving.epochs) / random.epochs).toFixed(0)} %`,
  )
}
