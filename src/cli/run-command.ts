// The command line that repeats a run, and the machine that it ran on, as a report tells them.
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import { argv, version as nodeVersion } from 'node:process'

/** Options that say where results go and what is printed; repeating a run leaves them out. With those that take a value. */
const ofOutput = new Map([
  ['--out', true],
  ['--overwrite', false],
  ['--json', false],
  ['--quiet', false],
  ['--checkpoint-every', true],
  ['--watch', false],
  ['--resume', false],
  ['--jobs', true],
])

/** The arguments of this command as a line for a shell. @param dataset added when the arguments name none. */
export function repeatingCommand(dataset?: string, args: readonly string[] = argv.slice(2)): string {
  const kept: string[] = []
  for (let i = 0; i < args.length; i++) {
    const [name = ''] = args[i]!.split('=', 1)
    const takesValue = ofOutput.get(name)
    if (takesValue === undefined) kept.push(args[i]!)
    else if (takesValue && name === args[i]) i++
  }
  const named =
    dataset === undefined || kept.some((arg) => arg === '--dataset' || arg.startsWith('--dataset='))
  return ['npx', 'lanewise', ...kept, ...(named ? [] : ['--dataset', dataset])].map(quoted).join(' ')
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** What the result and its time depend on outside the run. */
export function environment(): [what: string, value: string][] {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  return [
    ['Lanewise', version],
    ['Node', nodeVersion.slice(1)],
    ['System', `${platform()} ${release()}, ${arch()}`],
    ['Processor', `${model}, ${String(availableParallelism())} logical cores`],
    ['Memory', `${(totalmem() / 2 ** 30).toFixed(1)} GB`],
  ]
}
