// What a search for settings brings: searches a file's space with several seeds, then trains what each search found, and the default
// settings of the data set, on all training rows with other seeds, and compares them over the test rows, which no search has seen.
//   node bench/tuned.mjs [--file bench/experiments/california-search.yaml] [--searches 3] [--seeds 5]
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { compare, tune } from '../dist/index.js'
import { catalog } from '../dist/data/catalog.js'

const { values } = parseArgs({
  options: {
    file: { type: 'string', default: 'bench/experiments/california-search.yaml' },
    searches: { type: 'string', default: '3' },
    seeds: { type: 'string', default: '5' },
  },
})
const search = parse(await readFile(values.file, 'utf8'))
const { data, budget, training } = search
const usual = catalog.find(({ name }) => name === data.dataset)?.recommended ?? {}

const found = []
for (let seed = 1; seed <= Number(values.searches); seed++) {
  const began = performance.now()
  const { best, trials, epochs, metric } = await tune({ ...search, seed })
  const seconds = (performance.now() - began) / 1000
  console.log(
    `search ${seed}: ${trials.length} trials, ${epochs} epochs, ${seconds.toFixed(0)} s; ${metric} ${best.value.toFixed(4)} over the rows set aside`,
  )
  console.log(`  ${JSON.stringify(best.settings)}`)
  found.push({ name: `found by search ${seed}`, ...best.settings, ...training })
}

// Seeds that no search has trained with.
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => 101 + i)
const { ranking, metric } = await compare({
  version: 1,
  data,
  budget,
  seeds,
  architectures: [{ name: 'default', epochs: usual.epochs ?? 10 }, ...found],
})
console.log(`over the test rows, means over ${seeds.length} seeds with 95 % intervals:`)
for (const { name, mean, low, high, values: each } of ranking) {
  const numbers = each.map((value) => value.toFixed(4)).join(' ')
  console.log(
    `  ${name.padEnd(18)} ${metric} ${mean.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})  ${numbers}`,
  )
}
