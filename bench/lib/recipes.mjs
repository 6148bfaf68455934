// What is kept of a recipe's run, and the table of all recipes. Node only; the work is in bench/recipes.mjs.

/**
 * What counts of a comparison with one architecture.
 * @param result of `compare`. @param machine of `describeMachine`. @param jobs models that were trained at a time, as asked for.
 */
export function entryOf({ data, rows, budget, seeds, metric, ranking }, machine, jobs) {
  const [{ name, settings, parameters, values, trials }] = ranking
  return {
    data,
    rows,
    network: name,
    parameters,
    epochs: settings.epochs ?? budget.epochs,
    metric,
    seeds,
    values,
    // One seed may have been trained before an interruption, another after it: each tells its own time.
    trainSeconds: trials.map(({ timing }) => timing.trainSeconds),
    jobs: jobs === undefined ? 'one a core' : Number(jobs),
    machine: { cpu: machine.cpu, processors: machine.processors, node: machine.node, date: machine.date },
  }
}

/** Mean and spread (n - 1) of numbers. */
export function spreadOf(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 }
}

/** The table of all recipes as Markdown. @param entries by name of the recipe. */
export function markdown(entries) {
  const lines = Object.entries(entries).map(([name, entry]) => {
    const { network, parameters, rows, epochs, metric, values, seeds, trainSeconds, jobs, machine } = entry
    const shown = (value) => (metric === 'accuracy' ? `${(100 * value).toFixed(2)} %` : value.toFixed(4))
    const { mean, deviation } = spreadOf(values)
    const minutes = spreadOf(trainSeconds).mean / 60
    return [
      `[${name}](recipes/${name}.yaml)`,
      `${network} (${parameters.toLocaleString('en-US')} weights)`,
      `${rows.train.toLocaleString('en-US')} / ${rows.test.toLocaleString('en-US')}`,
      epochs,
      `${metric} **${shown(mean)}** ± ${shown(deviation)}`,
      values.map((value, i) => `${seeds[i]}: ${shown(value)}`).join(', '),
      `${minutes.toFixed(1)} (${jobs === 1 ? 'alone' : jobs === 'one a core' ? 'one a core' : `${jobs} at a time`}, Node ${machine.node})`,
    ]
  })
  const head = [
    'recipe',
    'network',
    'rows, training / test',
    'epochs',
    'reached, over seeds',
    'each seed',
    'minutes of training a model',
  ]
  const row = (cells) => `| ${cells.join(' | ')} |`
  return [
    '# What the recipes reach',
    '',
    'On the rows of the test part: mean and standard deviation over seeds. Written by `node bench/recipes.mjs`, out of `recipes.json`;',
    '`npx lanewise compare bench/experiments/recipes/NAME.yaml` trains one recipe. Each file tells how its settings were chosen.',
    'A seed gives the same figures on any engine that fuses multiply-adds, with any number of threads; minutes are those of the machine.',
    '',
    row(head),
    row(head.map(() => '---')),
    ...lines.map(row),
    '',
  ].join('\n')
}
