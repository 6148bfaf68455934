// `lanewise predict MODEL INPUT`: labels and probabilities, or the values of a regression, for the rows of a file.
import type { Command } from 'commander'
import type { Label } from '../models/targets.js'
import type { NeuralNetwork } from '../models/neural-network.js'
import type { Samples } from '../core/tensor.js'
import { outputOf, type OutputFlags } from './common.js'
import { addExamples } from './help.js'

/** A row's result: a label with the probability of each class (all labels that hold, for yes/no columns), or the values. */
type Prediction =
  { label: Label | Label[]; probabilities: Record<Label, number> } | { value: number } | { values: number[] }

/** Adds the command to the program. */
export function addPredict(program: Command, signal: AbortSignal): Command {
  const command = program
    .command('predict')
    .description(
      'prints what a saved model says of a PNG, CSV, NPY or IDX file: labels with probabilities, or numbers',
    )
    .argument('<model>', 'model.safetensors or params.txt of a run')
    .argument('<input>', 'a picture, or rows of inputs without labels')
  addExamples(command, ['lanewise predict runs/mnist-mlp/model.safetensors digit.png'])
  return command.action(async (model: string, input: string, options: OutputFlags) => {
    const [{ openModel }, { readInput }, { fromUser }, { sizeOf }] = await Promise.all([
      import('./saved-model.js'),
      import('./inputs.js'),
      import('./paths.js'),
      import('../core/tensor.js'),
    ])
    const { net, sampleShape } = await openModel(model)
    const { features } = net
    net.model.onWarning = (message) => {
      outputOf(options).warn(message)
    }
    const x = await readInput(
      fromUser(input),
      features === undefined
        ? { columns: sizeOf(sampleShape), sampleShape }
        : { columns: features.length, sampleShape: [features.length], features },
    )
    signal.throwIfAborted()
    const predictions = await predictionsOf(net, x)
    signal.throwIfAborted()
    outputOf(options).result({ predictions }, predictions.map(describe).join('\n'))
  })
}

async function predictionsOf(net: NeuralNetwork, x: Samples): Promise<Prediction[]> {
  const predicted = await net.predict(x)
  const { classes } = net
  if (classes === undefined) {
    return predicted.map((row) => (Array.isArray(row) ? { values: row } : { value: row as number }))
  }
  const probabilities = await net.predictProba(x)
  return predicted.map((label, row) => {
    const entries = classes.map((name, c): [Label, number] => [name, probabilities[row]![c]!])
    const labels = Array.isArray(label) ? classes.filter((_, c) => label[c] === 1) : label
    return { label: labels, probabilities: Object.fromEntries(entries) }
  })
}

/** One line: the label and the three likeliest classes, or the values. */
function describe(prediction: Prediction): string {
  if ('value' in prediction) return String(prediction.value)
  if ('values' in prediction) return prediction.values.join('  ')
  const { label, probabilities } = prediction
  const likeliest = Object.entries(probabilities)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([name, probability]) => `${name} ${probability.toFixed(4)}`)
  return `${Array.isArray(label) ? label.join(', ') || 'none' : String(label)}  (${likeliest.join(', ')})`
}
