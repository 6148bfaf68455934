// The options of `lanewise datasets preview`; the work is in preview-work.ts, which loads when it is used.
import type { Command } from 'commander'
import { outputOf, type OutputFlags } from './common.js'
import type { PreviewOptions } from './preview-work.js'
import { addExamples } from './help.js'
import { numberValue } from './values.js'

const count = (option: string, max: number) => numberValue(option, { integer: true, min: 1, max })

/** Adds the command to the group `datasets`. */
export function addPreview(group: Command, signal: AbortSignal): Command {
  const command = group
    .command('preview')
    .summary('draws pictures of each class')
    .description('draws pictures of each class of a data set, and what --augment makes of them')
    .argument('<name|path>', 'a data set by name, or the path of a folder')
    .option('--data-dir <dir>', 'where to look first; then $LANEWISE_DATA, ./datasets, ./data')
    .option('--split <name>', 'of emnist: balanced (default), byclass, bymerge, digits, letters, mnist')
    .option(
      '--augment <changes>',
      'random changes, as of "lanewise train"; the first of each line is the original',
    )
    .option('--rows <n>', 'lines for each class', count('--rows', 100), 1)
    .option('--columns <n>', 'pictures in a line', count('--columns', 100), 12)
    .option(
      '--zoom <n>',
      'pixels of the sheet for each of a picture, across and down',
      count('--zoom', 16),
      2,
    )
    .option('--seed <n>', 'of what is random', numberValue('--seed', { integer: true, min: 0 }), 1)
    .requiredOption('--out <file>', 'the PNG file to write')
  addExamples(command, ['lanewise datasets preview mnist --augment digits --out sheet.png'])
  return command.action(async (name: string, options: PreviewOptions & OutputFlags) => {
    const { preview } = await import('./preview-work.js')
    await preview(name, options, outputOf(options), signal)
  })
}
