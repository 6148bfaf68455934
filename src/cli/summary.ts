// `lanewise summary MODEL`: what a saved model is made of.
import type { Command } from 'commander'
import { outputOf, type OutputFlags } from './common.js'
import { addExamples } from './help.js'

/** Adds the command to the program. */
export function addSummary(program: Command, signal: AbortSignal): Command {
  const command = program
    .command('summary')
    .description('prints the layers, shapes, weights, memory and arithmetic of a saved model')
    .argument('<model>', 'model.safetensors or params.txt of a run')
  addExamples(command, ['lanewise summary runs/mnist-mlp/model.safetensors'])
  return command.action(async (model: string, options: OutputFlags) => {
    const { openModel } = await import('./saved-model.js')
    const { net } = await openModel(model)
    signal.throwIfAborted()
    const { task, classes } = net
    const summary = net.summary()
    const number = classes === undefined ? '' : ` of ${String(classes.length)} classes`
    outputOf(options).result(
      { model, task, ...(classes === undefined ? {} : { classes }), ...summary },
      `${task}${number}\n${String(summary)}`,
    )
  })
}
