// The recipes of bench/experiments/recipes are experiments of one architecture each, and the figures told of them are theirs.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { epochsOf, planExperiment } from '../../src/explore/experiment.js'
import { modelOf } from '../../src/explore/trial-model.js'
import { catalog } from '../../src/data/catalog.js'

const folder = new URL('../../bench/experiments/', import.meta.url)
const names = readdirSync(new URL('recipes/', folder)).map((file) => file.replace('.yaml', ''))
const told = JSON.parse(readFileSync(new URL('recipes.json', folder), 'utf8')) as Record<
  string,
  { data: unknown; network: string; epochs: number; seeds: number[]; values: number[]; metric: string }
>
const table = readFileSync(new URL('RECIPES.md', folder), 'utf8')

describe.each(names)('the recipe %s', (name) => {
  it('is one architecture that can be made, with several seeds', async () => {
    const plan = await planExperiment(new URL(`recipes/${name}.yaml`, folder).pathname)
    const [{ settings }, ...others] = plan.architectures as [(typeof plan.architectures)[0]]
    expect(others).toEqual([])
    expect(plan.seeds.length).toBeGreaterThanOrEqual(3)
    const {
      task,
      sampleShape,
      recommended,
      name: dataset,
    } = catalog.find((entry) => entry.name === plan.data.dataset)!
    const isTable = task === 'regression'
    const context = { dataset, task, sampleShape, isTable, usual: recommended }
    const net = modelOf(settings, context)
    expect(net.options.hiddenLayers).toEqual(settings.hidden)
  })

  it('reaches what is told: the same data, network, epochs and seeds, in the table too', async () => {
    const entry = told[name]
    if (entry === undefined) return expect(table).not.toContain(`recipes/${name}.yaml`)
    const plan = await planExperiment(new URL(`recipes/${name}.yaml`, folder).pathname)
    const [{ settings, name: network }] = plan.architectures as [(typeof plan.architectures)[0]]
    const { data, budget, seeds } = plan
    expect(entry).toMatchObject({ data, network, epochs: settings.epochs ?? epochsOf(budget) })
    expect(seeds).toEqual(expect.arrayContaining(entry.seeds))
    expect(entry.values).toHaveLength(entry.seeds.length)
    const shown = entry.values.map((value) =>
      entry.metric === 'accuracy' ? (100 * value).toFixed(2) : value.toFixed(4),
    )
    for (const value of shown) expect(table).toContain(value)
  })
})
