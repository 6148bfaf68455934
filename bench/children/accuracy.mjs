// Trains from a cold start until the test set is classified well enough. Argument: the recipe, as JSON
//   { target, hidden, batchSize, learningRate, schedule, epochs, everySteps }
// After the first slice of steps that ends `everySteps` or more after the last look, the whole test set is evaluated. Prints a line
// for each look, and one when the data are there.
import { adam, loadDataset, oneCycle } from '../../dist/index.js'
import { createModel } from '../lib/model.mjs'

const recipe = JSON.parse(process.argv[2])
const { target, hidden, batchSize, learningRate, schedule, epochs, everySteps } = recipe
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const { train, test } = await loadDataset(recipe.data)
const rows = train.x.shape[0]
print({ event: 'loaded', rows })
const rate = schedule === 'one-cycle' ? oneCycle(learningRate) : learningRate
const model = await createModel([784, ...hidden, 10], {
  optimizer: adam({ learningRate: rate }),
  seed: recipe.seed,
})
let lookedAt = 0
await model.fit(train.x, train.y, {
  batchSize,
  epochs,
  callbacks: [
    {
      async onSlice({ epoch, step }, context) {
        const done = (epoch - 1) * context.stepsPerEpoch + step
        const isLast = done === epochs * context.stepsPerEpoch
        if (done - lookedAt < everySteps && !isLast) return
        lookedAt = done
        const { accuracy } = await model.evaluate(test.x, test.y)
        print({ event: 'evaluated', step: done, epochs: done / context.stepsPerEpoch, accuracy })
        if (accuracy >= target) context.stop()
      },
    },
  ],
})
