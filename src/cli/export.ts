// `lanewise export MODEL --format F`: a saved model in a format that other programs read.
import { Option, type Command } from 'commander'
import { outputOf, type OutputFlags } from './common.js'
import { addDataOptions } from './data.js'
import type { ExportFlags } from './export-work.js'
import { addExamples } from './help.js'
import { rangeValue } from './values.js'

/** Adds the command to the program. */
export function addExport(program: Command, signal: AbortSignal): Command {
  const command = program
    .command('export')
    .description('writes a saved model in a format that other programs read')
    .argument('<model>', 'model.safetensors or params.txt of a run')
    .addOption(
      new Option('--format <format>', 'json, safetensors, npz, onnx, module')
        .choices(['json', 'safetensors', 'npz', 'onnx', 'module'])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--layout <layout>',
        'of safetensors and npz: keras for [in, out] by layer name, torch for [out, in] as nn.Sequential names them',
      ).choices(['keras', 'torch']),
    )
    .addOption(
      new Option('--dtype <type>', 'of module, how it keeps weights: f32 (default), f16, int8').choices([
        'f32',
        'f16',
        'int8',
      ]),
    )
    .addOption(
      new Option(
        '--activations <type>',
        'of an int8 module: int16 computes in integers, calibrated on training rows (default with --dataset); f32 widens the weights',
      ).choices(['int16', 'f32']),
    )
    .addOption(
      new Option(
        '--wasm <place>',
        'of module: inline (default), or separate for a .wasm file beside it, where a policy wants that',
      ).choices(['inline', 'separate']),
    )
    .option('--out <file>', 'file to write (default: beside the model, under its name)')
    .option('--overwrite', 'replace the file if it is there')
  addExamples(command, [
    'lanewise export runs/mnist-mlp/model.safetensors --format npz',
    'lanewise export runs/mnist-mlp/model.safetensors --format safetensors --layout torch --out torch.safetensors',
    'lanewise export runs/mnist-mlp/model.safetensors --format module --dtype int8 --dataset mnist',
  ])
  command.optionsGroup('Data, by which module calibrates int8 and tells what smaller weights cost:')
  addDataOptions(command, { required: false })
  command.option(
    '--train-rows <a:b>',
    'calibrate on these rows of the training part',
    rangeValue('--train-rows'),
  )
  return command.action(async (model: string, options: ExportFlags & OutputFlags) => {
    const { runExport } = await import('./export-work.js')
    await runExport(model, options, outputOf(options), signal)
  })
}
