// Side by side: the same training and inference on Lanewise and its peers, interleaved in one run.
//   npm ci --prefix bench/peers && npm run bench:peers -- [--rows a,b] [--only lanewise,numpy] [--rounds 3] [--quick] [--json FILE]
// A full run writes RESULTS.md beside this file; one of some rows or some contenders, or a quick one, does not.
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { families, installed } from './contenders.mjs'
import { measure, runContender } from './measure.mjs'
import { inferenceRow, productRow, rowNames, trainingRows } from './rows.mjs'
import { summarize } from './summary.mjs'
import { tables } from './table.mjs'

const options = readOptions()
const { quick, rounds } = options
const slowSeconds = quick ? 1 : 5
const inferenceSeconds = quick ? 0.3 : 2

if (!existsSync(new URL('../../dist/index.js', import.meta.url)))
  fail('Lanewise is not built: npm run build', 1)
const { writeData } = await import('./data.mjs')

const { contenders, missing } = installed(options.only, availableParallelism())
for (const line of missing) console.error(line)
const rows = [...trainingRows, inferenceRow, productRow].filter(({ name }) => options.rows.includes(name))

const [load] = loadavg()
const folder = await mkdtemp(join(tmpdir(), 'lanewise-peers-'))
try {
  await main()
} finally {
  await rm(folder, { recursive: true })
}

async function main() {
  const data = await writeData(folder, quick ? 10_000 : Infinity)
  const model = join(folder, 'model')
  // What a contender is told: its task (`train`; `infer`; `prepare`, of Lanewise alone), the row, its own settings, where the
  // data and the trained weights lie, and for how many epochs (the row's) or seconds it runs.
  const taskOf = (row) => (row === productRow ? 'multiply' : row === inferenceRow ? 'infer' : 'train')
  const jobOf = (row, { threads, settings, slow }) => ({
    task: taskOf(row),
    ...row,
    ...settings,
    data: row.data && data[row.data].folder,
    model,
    threads,
    seconds: row === inferenceRow || row === productRow ? inferenceSeconds : slow ? slowSeconds : undefined,
    seed: 1,
  })
  if (rows.includes(inferenceRow)) {
    await mkdir(model)
    const { optimizer, learningRate, batch, epochs } = trainingRows[0]
    const [trainer] = installed(['lanewise'], 1).contenders
    await runContender(trainer, {
      ...jobOf(inferenceRow, trainer),
      task: 'prepare',
      optimizer,
      learningRate,
      batch,
      epochs,
    })
  }
  const measurements = await measure({ rows, contenders, rounds, jobOf }, (line) => {
    console.error(line)
  })
  const summary = summarize(rows, contenders, measurements)
  const [{ model: processor }] = cpus()
  const versionOf = ({ contender, version }) => `${contender.split(',')[0]} ${String(version)}`
  const details = {
    summary,
    data: [...new Set(rows.flatMap((row) => (row.data ? [data[row.data].source] : [])))],
    machine: [
      `${processor.trim()}, ${String(availableParallelism())} cores, ${process.platform} ${release()} ${process.arch}`,
      `Node ${process.version}, V8 ${process.versions.v8}`,
      `load average before the run: ${load.toFixed(1)}`,
    ],
    versions: [
      ...new Set(summary.flatMap(({ cells }) => cells.filter(({ version }) => version).map(versionOf))),
    ],
    slowSeconds,
    epochs: rows
      .filter(({ epochs }) => epochs)
      .map(({ title, epochs }) => `${String(epochs)} (${title.split(',')[0]})`),
    rounds,
    missing,
  }
  const text = tables(details)
  console.log(text)
  const date = new Date().toISOString().slice(0, 10)
  // Where the JSON goes changes nothing of what is measured.
  const given = process.argv
    .slice(2)
    .filter((arg, i, all) => !arg.startsWith('--json') && all[i - 1] !== '--json')
  const command = ['npm run bench:peers', ...(given.length > 0 ? ['--', ...given] : [])].join(' ')
  if (options.json !== undefined) {
    const whole = { date, command, ...details, measurements }
    await writeFile(resolve(process.env.INIT_CWD ?? '.', options.json), `${JSON.stringify(whole, null, 2)}\n`)
  }
  if (options.isFull) {
    const head = `# Lanewise and its peers\n\nMade on ${date} by \`npm ci --prefix bench/peers\` and \`${command}\`; not edited by hand.`
    await writeFile(new URL('RESULTS.md', import.meta.url), `${head}\n\n${text}\n`)
  }
  if (measurements.some(({ error }) => error !== undefined)) process.exitCode = 1
}

function readOptions() {
  let values
  try {
    values = parseArgs({
      options: {
        rows: { type: 'string' },
        only: { type: 'string' },
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
      },
    }).values
  } catch (error) {
    fail(error.message, 2)
  }
  const chosen = listOf(values.rows, rowNames, '--rows')
  const only = listOf(values.only, families, '--only')
  const times = Number(values.rounds ?? (values.quick ? 1 : 3))
  if (!Number.isInteger(times) || times < 1) fail(`--rounds is a positive integer, not ${values.rounds}`, 2)
  const isFull = !values.quick && chosen === undefined && only === undefined
  return { quick: values.quick, json: values.json, rows: chosen ?? rowNames, only, rounds: times, isFull }
}

function listOf(text, known, option) {
  const names = text?.split(',')
  const unknown = names?.find((name) => !known.includes(name))
  if (unknown !== undefined) fail(`${option} takes ${known.join(', ')}, not ${unknown}`, 2)
  return names
}

function fail(message, code) {
  console.error(message)
  process.exit(code)
}
