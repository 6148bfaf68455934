// Runs contenders as processes of their own, in rounds (A B C … A B C …), so that a slow spell of the machine hits all alike.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** No run takes nearly as long. */
const timeout = 15 * 60 * 1000
/** Outputs that differ by more than this from Lanewise's are wrong, not rounded differently. */
const tolerance = 1e-4

/**
 * @param plan.rows, plan.contenders what to run; plan.rounds how often; plan.jobOf makes the job of a row and contender.
 * @param tell called with a line after each run.
 * @returns one entry a run: `{ round, row, contender, result }`, or with `error` in place of `result`.
 */
export async function measure({ rows, contenders, rounds, jobOf }, tell) {
  const measurements = []
  for (let round = 1; round <= rounds; round++) {
    for (const row of rows) {
      for (const contender of contenders.filter(({ takes }) => takes(row))) {
        const entry = { round, row: row.name, contender: contender.label }
        try {
          entry.result = await runContender(contender, jobOf(row, contender))
        } catch (error) {
          entry.error = error.message
        }
        measurements.push(entry)
        tell(`round ${String(round)}/${String(rounds)}  ${row.name}  ${contender.label}: ${brief(entry)}`)
      }
    }
  }
  return measurements
}

/** One run. @throws Error with the last line that a failed contender wrote, or that says in what its outputs are wrong. */
export async function runContender({ command: [program, ...args], threads, environment = {} }, job) {
  const one = String(threads)
  const env = {
    ...process.env,
    OPENBLAS_NUM_THREADS: one,
    OMP_NUM_THREADS: one,
    MKL_NUM_THREADS: one,
    ...environment,
  }
  let output
  try {
    output = await run(program, [...args, JSON.stringify(job)], { env, timeout, maxBuffer: 2 ** 24 })
  } catch (error) {
    const cause = error.killed ? 'took too long and was ended' : lastLine(error.stderr ?? '', /^\w*Error\b/)
    throw new Error(cause ?? error.message, { cause: error })
  }
  const result = JSON.parse(lastLine(output.stdout))
  if (result.difference > tolerance) {
    throw new Error(`its outputs differ by ${String(result.difference)} from Lanewise's`)
  }
  return result
}

function lastLine(text, like = /./) {
  return text
    .split('\n')
    .filter((line) => like.test(line))
    .at(-1)
}

function brief({ result, error }) {
  if (error !== undefined) return `failed: ${error}`
  if (result.gflops !== undefined) return `${result.gflops.toFixed(1)} GFLOP/s`
  if (result.microsecondsPerRow === undefined)
    return `${String(Math.round(result.samplesPerSecond))} samples/s`
  const times = Object.entries(result.microsecondsPerRow)
  return times.map(([batch, time]) => `batch ${batch} ${time.toFixed(2)} µs a row`).join(', ')
}
