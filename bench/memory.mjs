// Memory: of models of several sizes, built and trained, after many steps, and after many models that nobody closed. Each in a
// process of its own.
import { runChild } from './lib/child.mjs'
import { nameOf } from './lib/model.mjs'
import { number } from './lib/table.mjs'

const networks = [
  [784, 10],
  [784, 128, 10],
  [784, 512, 512, 10],
  [784, 2048, 2048, 10],
]

export async function* tables({ choose, progress }) {
  const { steps, stepsOfLarge, models } = choose({
    full: { steps: 10_000, stepsOfLarge: 10_000, models: 1000 },
    short: { steps: 10_000, stepsOfLarge: 200, models: 300 },
    quick: { steps: 200, stepsOfLarge: 200, models: 20 },
  })
  const records = []
  for (const units of networks) {
    progress(`memory of ${nameOf(units)}`)
    const parameters = units.slice(1).reduce((sum, outputs, i) => sum + (units[i] + 1) * outputs, 0)
    const count = parameters > 1e6 ? stepsOfLarge : steps
    const at = byTime(await runChild('memory', ['steps', nameOf(units), count]))
    records.push({
      network: nameOf(units),
      parameters,
      steps: count,
      linearBuilt: at.built.linear,
      linearTrained: at.trained.linear,
      residentBefore: at.before.resident,
      residentBuilt: at.built.resident,
      residentFirstEpoch: at['first epoch'].resident,
      residentTrained: at.trained.resident,
    })
  }
  const mebibytes = (field) => (record) => number(record[field] / 2 ** 20)
  yield {
    id: 'memory',
    title: 'Memory of one model with Adam, batch 32, 3,200 rows of 784 bytes: MiB',
    note: 'linear: of the model, its data and its optimizer; resident: of the whole process',
    records,
    rows: [
      ['network', 'network'],
      ['parameters', ({ parameters }) => parameters.toLocaleString('en-US')],
    ],
    cells: [
      ['linear, built', mebibytes('linearBuilt')],
      ['linear, trained', mebibytes('linearTrained')],
      ['resident, before', mebibytes('residentBefore')],
      ['built', mebibytes('residentBuilt')],
      ['after 100 steps', mebibytes('residentFirstEpoch')],
      ['after all', mebibytes('residentTrained')],
      ['steps', ({ steps: count }) => count.toLocaleString('en-US')],
    ],
  }
  progress(`memory of ${models} models`)
  const at = byTime(await runChild('memory', ['models', models], ['--expose-gc']))
  yield {
    id: 'many-models',
    title: `${models.toLocaleString('en-US')} models of 784-128-10, each trained for a step and dropped: resident MiB`,
    records: [
      {
        models,
        before: at.before.resident,
        one: at.one.resident,
        many: at.many.resident,
        collected: at.collected.resident,
      },
    ],
    rows: [],
    cells: [
      ['before', mebibytes('before')],
      ['one', mebibytes('one')],
      ['all', mebibytes('many')],
      ['after collection', mebibytes('collected')],
    ],
  }
}

function byTime({ lines, ok }) {
  if (!ok) throw new Error('a child process failed')
  return Object.fromEntries(lines.map((line) => [line.when, line]))
}
