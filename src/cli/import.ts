// `lanewise import FILE`: a model of another program, or another format, as a model that lanewise evaluates and trains on.
import { Option, type Command } from 'commander'
import { outputOf, type OutputFlags } from './common.js'
import { addExamples } from './help.js'
import type { ImportFlags } from './import-work.js'

/** Adds the command to the program. */
export function addImport(program: Command, signal: AbortSignal): Command {
  const command = program
    .command('import')
    .description(
      'makes a model of a file of another program: ONNX, safetensors (PyTorch, Keras), NPZ (Keras, scikit-learn), JSON (scikit-learn)',
    )
    .argument('<file>', 'what lanewise or another program wrote')
    .addOption(
      new Option(
        '--layout <layout>',
        'of matrices, where names do not tell: keras for [in, out], torch for [out, in]',
      ).choices(['keras', 'torch']),
    )
    .option('--activation <name>', 'between the layers, where the file holds weights only (default: relu)')
    .addOption(
      new Option('--task <task>', 'what the outputs are for, where the file does not tell').choices([
        'classification',
        'regression',
      ]),
    )
    .option(
      '--out <file>',
      'model file to write, .safetensors or .txt (default: model.safetensors beside the file)',
    )
    .option('--overwrite', 'replace the file if it is there')
  addExamples(command, [
    'lanewise import torch.safetensors --activation relu --out model.safetensors',
    'lanewise import keras.npz --task regression',
    'lanewise import model.onnx --out model.safetensors',
  ])
  return command.action(async (file: string, options: ImportFlags & OutputFlags) => {
    const { runImport } = await import('./import-work.js')
    await runImport(file, options, outputOf(options), signal)
  })
}
