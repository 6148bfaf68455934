// `lanewise evaluate MODEL`: the test metrics of a saved model.
import type { Command } from 'commander'
import { outputOf, type OutputFlags } from './common.js'
import { addExamples } from './help.js'
import { given } from '../core/given.js'
import { addDataOptions, loadData, type DataOptions } from './data.js'

/** Adds the command to the program. */
export function addEvaluate(program: Command, signal: AbortSignal): Command {
  const command = program
    .command('evaluate')
    .description('prints the test metrics of a saved model')
    .argument('<model>', 'model.safetensors or params.txt of a run')
    .optionsGroup('Data:')
  addExamples(command, ['lanewise evaluate runs/mnist-mlp/model.safetensors --dataset mnist'])
  return addDataOptions(command, { required: true }).action(
    async (model: string, options: DataOptions & OutputFlags) => {
      const [{ openModel }, { describeAll, describeFigures, figuresOf, requireFit }] = await Promise.all([
        import('./saved-model.js'),
        import('./scores.js'),
      ])
      const output = outputOf(options)
      const saved = await openModel(model)
      const data = await loadData(options, output, { training: false })
      requireFit(saved, data)
      signal.throwIfAborted()
      const test = await figuresOf(saved.net, data.test)
      signal.throwIfAborted()
      const { name: dataset, split, task } = data
      const rows = data.test.y.length
      output.result(
        { dataset, ...given({ split }), task, rows, test },
        `${describeFigures('test', test)}
${describeAll(test)}
${String(rows)} rows of ${dataset}`,
      )
    },
  )
}
