// The options of `lanewise train`; the work is in training.ts, which loads when it is used.
import { Option, type Command } from 'commander'
import { addDataOptions } from './data.js'
import { outputOf, type OutputFlags } from './common.js'
import { addExamples } from './help.js'
import { addPreprocessingOptions } from './preprocessing.js'
import type { TrainOptions } from './training.js'
import { checkpointEveryValue, classWeightValue, hiddenValue, numberValue, rangeValue } from './values.js'

const count = (option: string) => numberValue(option, { integer: true, min: 1 })
const amount = (option: string) => numberValue(option, { min: 0 })
const positive = (option: string) => numberValue(option, { above: 0 })
const share = (option: string) => numberValue(option, { min: 0, below: 1 })

/** Adds the command to the program. */
export function addTrain(program: Command, signal: AbortSignal): Command {
  const command = program
    .command('train')
    .description('trains a model and writes it, its history and its metrics')
  command.optionsGroup('Data:')
  addDataOptions(command, { required: false })
    .option('--train-rows <a:b>', 'train on these rows of the training part', rangeValue('--train-rows'))
    .option('--limit <n>', 'train on the first n of them', count('--limit'))
    .option('--validation <share>', 'set this share of them aside for validation', share('--validation'), 0)
  command
    .optionsGroup('Model:')
    .option('--model <name|file>', 'mlp, logistic, linear, or a JSON architecture file', 'mlp')
    .option('--hidden <units>', 'hidden layers, as 128,64 (default: 128)', hiddenValue)
    .option(
      '--activation <name>',
      'of the hidden layers: linear, relu, leaky-relu, elu, sigmoid, tanh, gelu, gelu-tanh, silu, softplus, softmax (default: relu)',
    )
    .option(
      '--init <name>',
      'initial weights of the hidden layers: zeros, uniform, normal, or glorot, he or lecun with -uniform or -normal (default: he-normal)',
    )
    .option('--dropout <rate>', 'share dropped after each hidden layer', share('--dropout'))
    .option('--l1 <factor>', 'penalty on the magnitude of weights', amount('--l1'))
    .option('--l2 <factor>', 'penalty on the squares of weights', amount('--l2'))
  addPreprocessingOptions(command)
  command
    .optionsGroup('Training:')
    .option(
      '--optimizer <name>',
      "sgd, momentum, nesterov, rmsprop, adagrad, adam, adamw, nadam (default: the data set's, else adam)",
    )
    .option(
      '--lr <rate>',
      "learning rate (default: the data set's, else the optimizer's own, 0.001 for adam)",
      positive('--lr'),
    )
    .option('--momentum <m>', 'for sgd, momentum, nesterov and rmsprop', share('--momentum'))
    .option(
      '--schedule <name>',
      "of the learning rate: constant, step, exponential, inverse-time, polynomial, cosine, one-cycle, with options as cosine:warmup-epochs=1 (default: the data set's, else constant)",
    )
    .option('--weight-decay <factor>', 'pulls weights towards zero', amount('--weight-decay'))
    .option(
      '--clip-norm <norm>',
      'largest norm of all gradients together; more is scaled down',
      positive('--clip-norm'),
    )
    .option(
      '--clip-value <value>',
      'largest gradient of one weight; more is cut off',
      positive('--clip-value'),
    )
    .option('--loss <name>', 'crossentropy; for regression mse, mae or huber (default: crossentropy or mse)')
    .option(
      '--label-smoothing <share>',
      'of each target, spread evenly over the classes',
      share('--label-smoothing'),
    )
    .option(
      '--class-weight <weights>',
      'how much each class counts: balanced, class=weight,… or JSON text',
      classWeightValue,
    )
    .option(
      '--augment <changes>',
      'random changes of training pictures: digits, letters, clothes, or name:key=value,…;… such as elastic:alpha=34,sigma=4;rotate:degrees=10',
    )
    .option(
      '--epochs <n>',
      "passes over the training rows (default: the data set's, else 10)",
      count('--epochs'),
    )
    .option('--batch-size <n>', "rows a step (default: the data set's, else 64)", count('--batch-size'))
    .option('--patience <n>', 'stop after n epochs without a better validation loss', count('--patience'))
  command
    .optionsGroup('Running:')
    .option(
      '--seed <n>',
      'of initial weights, order and dropout',
      numberValue('--seed', { integer: true, min: 0 }),
      1,
    )
    .option(
      '--threads <n>',
      'how many to use (default: as many as pay)',
      numberValue('--threads', { integer: true, min: 1, max: 64 }),
    )
    .addOption(
      new Option('--numerics <mode>', 'fast, or strict for the same bits everywhere')
        .choices(['fast', 'strict'])
        .default('fast'),
    )
    .option(
      '--revectorize',
      'let the engine use 256-bit vectors (Node 24 or later on x64, experimental there)',
    )
    .option('--profile', 'show where the time of a step goes')
    .option(
      '--watch',
      'serve the growing report on this machine, at an address that standard error tells; it ends with the run, on a terminal (without --json and --quiet) with Ctrl-C after it',
    )
    .option('--out <dir>', 'directory of the results (default: runs/<dataset>-<model>)')
    .option('--no-report', 'leave out predictions, plots and report')
    .option('--overwrite', 'replace the results in --out')
    .option(
      '--checkpoint-every <interval>',
      'write and keep checkpoints in <out>/checkpoints: 500 or 500steps, 2epochs, 5min; never for none (default: 5min and on Ctrl-C, removed when the run is finished)',
      checkpointEveryValue,
    )
    .option(
      '--resume',
      'go on with the run in --out, or the newest broken off in runs, bit for bit and with its options; --epochs may be more',
    )
  addExamples(command, [
    'lanewise train --dataset mnist --hidden 512,256 --dropout 0.2 --epochs 20',
    'lanewise train --dataset houses.csv --target price --hidden 64,64',
    'lanewise train --dataset fashion-mnist --model logistic --out runs/clothes',
    'lanewise train --resume --out runs/clothes',
  ])
  return command.action(async (options: TrainOptions & OutputFlags, used: Command) => {
    const { train } = await import('./training.js')
    await train(options, outputOf(options), signal, used)
  })
}
