// `lanewise demo`: the page that trains in the browser, served on this machine or written to a folder.
import type { Command } from 'commander'
import { outputOf, type OutputFlags } from './common.js'
import type { DemoFlags } from './demo-work.js'
import { addExamples } from './help.js'
import { numberValue } from './values.js'

/** Adds the command to the program. */
export function addDemo(program: Command, signal: AbortSignal): Command {
  const command = program
    .command('demo')
    .summary('serves a page that trains a network and reads what you draw')
    .description(
      'serves a page, for the browser on this machine, that trains a network and reads the digits that you draw; ends with Ctrl-C. With --out it writes the page to a folder that any web server can serve',
    )
  addExamples(command, [
    'lanewise demo',
    'lanewise demo --port 0 --no-open',
    'lanewise demo --out site --with-mnist',
  ])
  return command
    .option(
      '--port <number>',
      'the first port to try, of twenty; 0: any free one',
      numberValue('--port', { integer: true, min: 0, max: 65_535 }),
      8765,
    )
    .option(
      '--host <address>',
      'the address to listen at; others than loopback let other machines in',
      '127.0.0.1',
    )
    .option('--data-dir <dir>', 'where to look for MNIST first; then $LANEWISE_DATA, ./datasets, ./data')
    .option('--no-open', 'do not open the browser')
    .optionsGroup('A folder instead of a server:')
    .option('--out <dir>', 'write the page to this directory')
    .option('--with-mnist', 'write MNIST beside it (11 MB)')
    .option('--overwrite', 'replace the files of a page that is there')
    .action(async (options: DemoFlags & OutputFlags) => {
      const { runDemo } = await import('./demo-work.js')
      await runDemo(options, outputOf(options), signal)
    })
}
