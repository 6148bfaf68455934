// What all commands share: the flags of their output.
import type { Command } from 'commander'
import { Output } from './output.js'

export interface OutputFlags {
  json?: boolean
  quiet?: boolean
}

/** Adds `--json`, `--quiet` and `--version` to a command; `--help` is there. */
export function addCommonOptions(command: Command, version: string): void {
  command
    .optionsGroup('Output:')
    .option('--json', 'one JSON object on standard output, nothing else there')
    .option('--quiet', 'no progress and no notes')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
}

export function outputOf({ json = false, quiet = false }: OutputFlags): Output {
  return new Output({ json, quiet })
}
