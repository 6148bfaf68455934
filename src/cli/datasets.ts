// The options of `lanewise datasets list | fetch | verify | preview`; the work is in datasets-work.ts, which loads when it is used.
import type { Command } from 'commander'
import { addCommonOptions, outputOf, type OutputFlags } from './common.js'
import { addPreview } from './datasets-preview.js'
import type { FetchFlags, ListFlags, VerifyFlags } from './datasets-work.js'
import { addExamples } from './help.js'
import { numberValue } from './values.js'

const dataDir = ['--data-dir <dir>', 'where to look first; then $LANEWISE_DATA, ./datasets, ./data'] as const

/** Adds the group of commands to the program. One function a command; each gets the flags that all commands share. */
export function addDatasets(program: Command, signal: AbortSignal, version: string): void {
  const group = program
    .command('datasets')
    .description('lists data sets, downloads them, checks their files and draws their pictures')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
  for (const add of [addList, addFetch, addVerify, addPreview]) addCommonOptions(add(group, signal), version)
}

function addList(group: Command): Command {
  const command = group
    .command('list')
    .description('describes the data sets that are known by name, and tells where each is')
  return command.option(...dataDir).action(async (options: ListFlags & OutputFlags) => {
    const { list } = await import('./datasets-work.js')
    await list(options, outputOf(options))
  })
}

function addFetch(group: Command, signal: AbortSignal): Command {
  const command = group
    .command('fetch')
    .summary('downloads a data set and checks it')
    .description(
      'downloads a data set into a folder of its name, and checks it; what is there already is kept, what was broken off goes on',
    )
    .argument('<name>', 'a data set, as "lanewise datasets list" names it')
  addExamples(command, [
    'lanewise datasets fetch mnist',
    'lanewise datasets fetch emnist --split balanced --data-dir ~/data',
    'lanewise datasets fetch mnist --mirror http://files.local/mnist/',
  ])
  return command
    .option(
      '--data-dir <dir>',
      'the directory for the folder (default: $LANEWISE_DATA if it may be written, else ./datasets)',
    )
    .option('--split <name>', 'of emnist: keep the files of this split only (default: of all)')
    .option('--mirror <url>', 'download from this folder instead; may be given several times', collect)
    .option(
      '--timeout <seconds>',
      'give a mirror up that sends nothing for so long',
      numberValue('--timeout', { above: 0, max: 86_400 }),
      30,
    )
    .option('--overwrite', 'download anew what is there with wrong bytes')
    .action(async (name: string, options: FetchFlags & OutputFlags) => {
      const { fetch } = await import('./datasets-work.js')
      await fetch(name, options, outputOf(options), signal)
    })
}

function addVerify(group: Command, signal: AbortSignal): Command {
  const command = group
    .command('verify')
    .summary('checks the files of data sets')
    .description(
      'checks the files of a data set against their known checksums; exits with 1 where one is wrong or missing',
    )
    .argument('[name]', 'a data set (default: all that are there)')
  return command
    .option(...dataDir)
    .option('--split <name>', 'of emnist: check this split (default: all that are there)')
    .action(async (name: string | undefined, options: VerifyFlags & OutputFlags) => {
      const { verify } = await import('./datasets-work.js')
      await verify(name, options, outputOf(options), signal)
    })
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value]
}
