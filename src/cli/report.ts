// `lanewise report DIR`: builds the report of a run anew, from its directory alone.
import type { Command } from 'commander'
import { outputOf, type OutputFlags } from './common.js'
import { forUser, fromUser } from './paths.js'

/** Adds the command to the program. */
export function addReport(program: Command, signal: AbortSignal): Command {
  return program
    .command('report')
    .description('builds the report of a run anew')
    .argument('<dir>', 'directory that lanewise train has written')
    .action(async (dir: string, options: OutputFlags) => {
      const { rebuildReport } = await import('./report-files.js')
      const directory = fromUser(dir)
      signal.throwIfAborted()
      const { kind, files } = await rebuildReport(directory)
      outputOf(options).result(
        { kind, out: directory, files },
        `${String(files.length)} files in ${forUser(directory)}: ${files.join(', ')}`,
      )
    })
}
