// Time to accuracy: from the start of a cold process (Node, import, reading and unpacking the files included) to the first
// evaluation of the test set that reaches the target; the evaluations count too. The test set serves as the finishing line of a
// race here, not as an estimate of quality. Without MNIST the built-in digits serve, with targets that mean nothing elsewhere.
import { runChild } from './lib/child.mjs'
import { loadImages } from './lib/data.mjs'
import { summary } from './lib/stats.mjs'
import { number, percent, spread } from './lib/table.mjs'

const recipes = [
  // What the from-scratch projects reach after 15 epochs.
  {
    target: 0.9508,
    hidden: [128],
    batchSize: 192,
    learningRate: 0.01,
    schedule: 'constant',
    epochs: 5,
    everySteps: 70,
  },
  {
    target: 0.98,
    hidden: [256],
    batchSize: 128,
    learningRate: 0.01,
    schedule: 'one-cycle',
    epochs: 3,
    everySteps: 150,
  },
]

export async function* tables({ choose, progress }) {
  const runs = choose({ full: 9, short: 3, quick: 1 })
  const { name } = await loadImages()
  const records = []
  for (const recipe of recipes) {
    const looks = []
    for (let run = 0; run < runs; run++) {
      progress(`time to ${percent(recipe.target)} of ${name}, run ${run + 1}`)
      // Another seed each time: one lucky start is no result.
      const { lines, ok } = await runChild('accuracy', [
        JSON.stringify({ ...recipe, data: name, seed: run + 1 }),
      ])
      if (!ok) throw new Error('a child process failed')
      looks.push({ loaded: lines[0], last: lines.at(-1) })
    }
    const reached = looks.filter(({ last }) => last.accuracy >= recipe.target)
    const of = (pick) => (reached.length > 0 ? summary(reached.map(pick)) : undefined)
    records.push({
      ...recipe,
      data: name,
      runs,
      reached: reached.length,
      seconds: of(({ last }) => last.arrived / 1000),
      secondsUntilLoaded: summary(looks.map(({ loaded }) => loaded.arrived / 1000)),
      epochsTrained: of(({ last }) => last.epochs),
      accuracy: summary(looks.map(({ last }) => last.accuracy)),
    })
  }
  yield {
    id: 'accuracy',
    title: `Time to accuracy on the test set of ${name}, from the start of a cold process: seconds`,
    note: `loading the data is in it, and so is each evaluation of the whole test set; ${runs} seeds`,
    records,
    rows: [
      ['target', ({ target }) => `${(100 * target).toFixed(2)} %`],
      ['recipe', recipeText],
    ],
    cells: [
      ['seconds', ({ seconds }) => (seconds === undefined ? 'not reached' : spread(seconds))],
      ['data loaded after', ({ secondsUntilLoaded }) => number(secondsUntilLoaded.median)],
      ['epochs', ({ epochsTrained }) => number(epochsTrained?.median)],
      ['accuracy', ({ accuracy }) => `${(100 * accuracy.median).toFixed(2)} %`],
      ['reached', ({ reached, runs: all }) => `${reached} of ${all}`],
    ],
  }
}

function recipeText({ hidden, batchSize, learningRate, schedule, epochs, everySteps }) {
  const rate =
    schedule === 'constant'
      ? `adam ${learningRate}`
      : `adam, ${schedule} to ${learningRate} in ${epochs} epochs`
  return `784-${hidden.join('-')}-10, batch ${batchSize}, ${rate}, a look every ${everySteps} steps`
}
