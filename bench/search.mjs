// How soon successive halving (ASHA) finds a setting as good as the best that random search finds. Both draw settings with the same
// seed; random search trains each to the end, ASHA gets half of the epochs that this takes, for as many settings as they suffice for.
// Time is counted in epochs of training, which no machine changes.
//   node bench/search.mjs [--dataset california-housing] [--seeds 5] [--trials 27] [--epochs 27] [--min-epochs 1] [--factor 3]
import { parseArgs } from 'node:util'
import { tune } from '../dist/index.js'
import { localRunner } from '../dist/explore/runner.js'

const { values } = parseArgs({
  options: {
    dataset: { type: 'string', default: 'california-housing' },
    seeds: { type: 'string', default: '5' },
    trials: { type: 'string', default: '27' },
    epochs: { type: 'string', default: '27' },
    'min-epochs': { type: 'string', default: '1' },
    factor: { type: 'string', default: '3' },
  },
})
const trials = Number(values.trials)
const epochs = Number(values.epochs)
const minEpochs = Number(values['min-epochs'])
const factor = Number(values.factor)

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

/** Epochs that halving spends on a new setting, in the mean. */
const perSetting = () => {
  let spent = 0
  let share = 1
  for (let before = 0, until = minEpochs; before < epochs; until = Math.min(until * factor, epochs)) {
    spent += share * (until - before)
    before = until
    share /= factor
  }
  return spent
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

const budget = trials * epochs
const more = Math.floor(budget / 2 / perSetting())
console.log(
  `${values.dataset}: random search, ${trials} settings of ${epochs} epochs; ASHA, ${more} settings from ${minEpochs} epochs on, 1 in ${factor} goes on`,
)
const shares = []
for (let seed = 1; seed <= Number(values.seeds); seed++) {
  // One trial at a time, so that the order in which results come is that of the search.
  const runner = localRunner({ threads: 1 })
  const random = await tune(search(seed), { runner })
  const { metric } = random
  const sign = ['accuracy', 'f1', 'r2'].includes(metric) ? -1 : 1
  const target = sign * random.best.value
  const reached = new Map()
  let spent = 0
  let met
  const halving = await tune(
    { ...search(seed), trials: more, halving: { minEpochs, factor } },
    {
      runner,
      onTrial({ number, epochs: until, result }) {
        spent += until - (reached.get(number) ?? 0)
        reached.set(number, until)
        const value = result.figures?.[metric]
        if (met === undefined && value !== undefined && sign * value <= target) met = spent
      },
    },
  )
  shares.push(met === undefined ? Infinity : met / budget)
  const told =
    met === undefined ? 'not reached' : `reached after ${met} (${((100 * met) / budget).toFixed(0)} %)`
  console.log(
    `seed ${seed}  random: best ${metric} ${random.best.value.toFixed(4)}, ${budget} epochs; ASHA: ${told}, best ${halving.best.value.toFixed(4)} after ${spent}`,
  )
}
const middle = median(shares)
console.log(
  `median ${middle === Infinity ? 'not reached' : `${(100 * middle).toFixed(0)} %`}; reached within half of the epochs with ${shares.filter((share) => share <= 0.5).length} of ${shares.length} seeds`,
)
