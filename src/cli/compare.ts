// `lanewise compare FILE` and `lanewise tune FILE`: the options; the work is in explore.ts, which loads when it is used.
import type { Command } from 'commander'
import { outputOf, type OutputFlags } from './common.js'
import type { ExploreFlags } from './explore.js'
import { numberValue } from './values.js'

/** Adds the options that `compare` and `tune` share. */
function addExploreOptions(command: Command): Command {
  return command
    .option('--out <dir>', 'directory of the results (default: runs/<name of the file>)')
    .option('--resume', 'go on where an interrupted run in that directory stopped')
    .option('--overwrite', 'replace the results in --out')
    .option(
      '--jobs <n>',
      'trials side by side (default: one a core)',
      numberValue('--jobs', { integer: true, min: 1, max: 256 }),
    )
}

/** Adds the command to the program. */
export function addCompare(program: Command, signal: AbortSignal): Command {
  const command = program
    .command('compare')
    .description('trains the architectures of an experiment file on the same data and seeds, and ranks them')
    .argument('<file>', 'the experiment, JSON or YAML')
  return addExploreOptions(command).action(async (file: string, options: ExploreFlags & OutputFlags) => {
    const { runComparison } = await import('./explore.js')
    await runComparison(file, options, outputOf(options), signal)
  })
}

/** Adds the command to the program. */
export function addTune(program: Command, signal: AbortSignal): Command {
  const command = program
    .command('tune')
    .description('searches a space of settings, and trains a model with the best')
    .argument('<file>', 'the search, JSON or YAML')
  return addExploreOptions(command).action(async (file: string, options: ExploreFlags & OutputFlags) => {
    const { runSearch } = await import('./explore.js')
    await runSearch(file, options, outputOf(options), signal)
  })
}
