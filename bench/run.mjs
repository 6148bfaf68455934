// The benchmarks: which sections, how long, and where the results go; as `npm run bench` and behind `lanewise bench`. See
// bench/README.md.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { revectorize } from '../dist/core/wasm.js'
import { describeMachine, formatMachine } from './lib/machine.mjs'
import { formatTable } from './lib/table.mjs'

const sections = [
  'kernels',
  'training',
  'accuracy',
  'inference',
  'startup',
  'memory',
  'scaling',
  'data',
  'large',
]

const usage = `npm run bench -- [SECTION…] [--quick] [--revectorize] [--json [FILE]]

Sections: ${sections.join(', ')}.
Without one: the kernels, and the short versions of the rest. --quick: little more than a check that all of it works.
--revectorize: with 256-bit vectors (Node 24 on x64 and newer).
--json FILE: the results as JSON too; --json alone: as JSON on standard output, and nothing else there.
MNIST and California Housing are looked for in $LANEWISE_DATA, ./datasets and ./data; without them the built-in digits and
seeded numbers serve.`

function parse(argv) {
  const options = {
    sections: [],
    quick: false,
    revectorize: false,
    json: undefined,
    file: undefined,
    help: false,
  }
  for (let i = 0; i < argv.length; i++) {
    const [flag, value] = argv[i].split('=', 2)
    if (flag === '--quick') options.quick = true
    else if (flag === '--revectorize') options.revectorize = true
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

/**
 * Measures sections and prints their tables as they come.
 * @param options `sections` (names; none: all, the kernels in full and the others short), `quick`, `print` (a function of text).
 * @returns `{ version, machine, quick, results }`, plain data.
 */
export async function runSections({ sections: asked, quick, print }) {
  const machine = describeMachine()
  print(formatMachine(machine))
  const results = {}
  for (const section of asked.length > 0 ? asked : sections) {
    const full = asked.length > 0 || section === 'kernels'
    const effort = effortOf(quick ? 'quick' : full ? 'full' : 'short')
    const { tables } = await import(`./${section}.mjs`)
    for await (const table of tables(effort)) {
      effort.progress('')
      print(formatTable(table))
      const { id, title, note, records } = table
      results[section] ??= []
      results[section].push({ id, title, note, records })
    }
  }
  return { version: 1, machine, quick, results }
}

async function main() {
  const options = parse(process.argv.slice(2))
  if (options.help) {
    console.log(usage)
    return
  }
  if (options.revectorize) revectorize()
  const silent = options.json && options.file === undefined
  const print = silent ? () => undefined : (text) => console.log(`${text}\n`)
  const results = await runSections({ ...options, print })
  if (!options.json) return
  const text = `${JSON.stringify(results, null, 1)}\n`
  if (options.file === undefined) process.stdout.write(text)
  else writeFileSync(resolve(process.env.INIT_CWD ?? '.', options.file), text)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    const misused = error instanceof RangeError
    console.error(misused ? `${error.message}\n\n${usage}` : error)
    process.exitCode = misused ? 2 : 1
  })
}
