// What the recipes of bench/experiments/recipes reach, seed by seed: trains those that are named (default: all), each as `lanewise
// compare` does, and writes bench/experiments/RECIPES.md with what is known of all of them. Interrupted, it goes on where it was.
//   node bench/recipes.mjs [mnist …] [--jobs 1] [--out runs/recipes] [--table]
// --jobs 1 trains one model at a time, on all cores: the seconds are then those of one model on this machine. --table trains
// nothing and writes the table anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compare } from '../dist/index.js'
import { describeMachine } from './lib/machine.mjs'
import { entryOf, markdown } from './lib/recipes.mjs'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string' },
    out: { type: 'string', default: 'runs/recipes' },
    table: { type: 'boolean', default: false },
  },
})
const experiments = fileURLToPath(new URL('./experiments/', import.meta.url))
const names = readdirSync(join(experiments, 'recipes')).map((file) => file.replace(/\.yaml$/, ''))
const unknown = positionals.find((name) => !names.includes(name))
if (unknown !== undefined) {
  console.error(`a recipe is one of ${names.join(', ')}; received ${unknown}`)
  process.exit(2)
}
const store = join(experiments, 'recipes.json')
const kept = JSON.parse(readFileSync(store, 'utf8'))

for (const name of options.table ? [] : positionals.length > 0 ? positionals : names) {
  const result = await compare(join(experiments, 'recipes', `${name}.yaml`), {
    out: join(options.out, name),
    ...(options.jobs === undefined ? {} : { jobs: Number(options.jobs) }),
    onTrial({ seed, result: { figures, message, timing }, metric }) {
      const outcome = figures === undefined ? message : `${metric} ${figures[metric].toFixed(4)}`
      console.error(`${name}, seed ${seed}: ${outcome} after ${timing.trainSeconds.toFixed(0)} s of training`)
    },
  })
  kept[name] = entryOf(result, describeMachine(), options.jobs)
  writeFileSync(store, `${JSON.stringify(kept, undefined, 2)}\n`)
}
const table = markdown(kept)
writeFileSync(join(experiments, 'RECIPES.md'), table)
process.stdout.write(table)
