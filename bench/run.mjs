// The benchmark's command line: which sections, how long, and where the results go. See bench/README.md.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describeMachine, formatMachine } from './lib/machine.mjs'
import { formatTable } from './lib/table.mjs'

const sections = ['kernels', 'training', 'accuracy', 'inference', 'startup', 'memory', 'scaling']

const usage = `npm run bench -- [SECTION…] [--quick] [--json [FILE]]

Sections: ${sections.join(', ')}.
Without one: the kernels, and the short versions of the rest. --quick: little more than a check that all of it works.
--json FILE: the results as JSON too; --json alone: as JSON on standard output, and nothing else there.
MNIST and California Housing are looked for in $LANEWISE_DATA, ./datasets and ./data; without them the built-in digits and
seeded numbers serve.`

function parse(argv) {
  const options = { sections: [], quick: false, json: undefined, file: undefined, help: false }
  for (let i = 0; i < argv.length; i++) {
    const [flag, value] = argv[i].split('=', 2)
    if (flag === '--quick') options.quick = true
    else if (flag === '--help') options.help = true
    else if (flag === '--json') {
      options.json = true
      const next = argv[i + 1]
      const isFile = next !== undefined && !next.startsWith('-') && !sections.includes(next)
      options.file = value ?? (isFile ? argv[++i] : undefined)
    } else if (sections.includes(flag)) options.sections.push(flag)
    else throw new RangeError(`no section or option "${argv[i]}"`)
  }
  return options
}

/** `{ choose, progress }`: choose picks the settings of the effort; progress tells what is being measured. */
function effortOf(level) {
  return {
    choose: (settings) => settings[level],
    progress: (text) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
    },
  }
}

async function main() {
  const options = parse(process.argv.slice(2))
  if (options.help) {
    console.log(usage)
    return
  }
  const print =
    options.json && options.file === undefined ? () => undefined : (text) => console.log(`${text}\n`)
  const machine = describeMachine()
  print(formatMachine(machine))
  const results = {}
  for (const section of options.sections.length > 0 ? options.sections : sections) {
    const asked = options.sections.length > 0 || section === 'kernels'
    const effort = effortOf(options.quick ? 'quick' : asked ? 'full' : 'short')
    const { tables } = await import(`./${section}.mjs`)
    for await (const table of tables(effort)) {
      effort.progress('')
      print(formatTable(table))
      const { id, title, note, records } = table
      results[section] ??= []
      results[section].push({ id, title, note, records })
    }
  }
  if (!options.json) return
  const text = `${JSON.stringify({ version: 1, machine, quick: options.quick, results }, null, 1)}\n`
  if (options.file === undefined) process.stdout.write(text)
  else writeFileSync(resolve(process.env.INIT_CWD ?? '.', options.file), text)
}

main().catch((error) => {
  const misused = error instanceof RangeError
  console.error(misused ? `${error.message}\n\n${usage}` : error)
  process.exitCode = misused ? 2 : 1
})
