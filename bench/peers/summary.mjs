// Medians over the rounds, and medians of the ratios that Lanewise had to the best peer within each round.

/**
 * The columns of the tables: a training row is one, an inference row has one for each batch size.
 * `speedOf` gives samples (or rows) per second of a result.
 */
export function columnsOf(row) {
  if (row.size !== undefined) return [{ key: row.name, title: row.title, speedOf: (result) => result.gflops }]
  if (row.batches === undefined)
    return [{ key: row.name, title: row.title, speedOf: (result) => result.samplesPerSecond }]
  return row.batches.map((batch) => ({
    key: `${row.name}-${String(batch)}`,
    title: batch === 1 ? 'batch 1, µs a row' : `batch ${String(batch)}, rows/s`,
    inMicroseconds: batch === 1,
    speedOf: (result) => 1e6 / result.microsecondsPerRow[batch],
  }))
}

/**
 * @returns for each column `cells`, one a contender that ran (median speed, median score, how it was limited), and
 *   `ratios`: Lanewise's speed to the best peer's, at one thread and at any number; the median over rounds.
 */
export function summarize(rows, contenders, measurements) {
  return rows.flatMap((row) => {
    const entries = measurements.filter((entry) => entry.row === row.name)
    return columnsOf(row).map(({ speedOf, ...column }) => {
      const cells = contenders
        .map((contender) => ({
          contender,
          runs: entries.filter((entry) => entry.contender === contender.label),
        }))
        .filter(({ runs }) => runs.length > 0)
        .map(({ contender, runs }) => cellOf(contender, runs, speedOf))
      const usual = contenders.filter(
        ({ settings }) => settings.numerics !== 'strict' && !settings.revectorize,
      )
      const newest = contenders.filter(({ own, settings }) => !own || settings.revectorize)
      const ratio = (counted) => ratioOf(counted, entries, speedOf)
      return {
        row: row.name,
        ...column,
        cells,
        ratios: {
          oneThread: ratio(usual.filter(({ threads }) => threads === 1)),
          anyThreads: ratio(usual),
          revectorized: ratio(newest),
        },
      }
    })
  })
}

function cellOf({ label, own, threads }, runs, speedOf) {
  const good = runs.filter(({ result }) => result !== undefined)
  const results = good.map(({ result }) => result)
  const failed = runs.filter(({ error }) => error !== undefined)
  const cell = { contender: label, own, threads, runs: runs.length, failed: failed.length }
  if (failed.length > 0) cell.error = failed[0].error
  if (results.length === 0) return cell
  const scored = ['accuracy', 'rmse'].filter((name) => results[0][name] !== undefined)
  return {
    ...cell,
    speed: median(results.map(speedOf)),
    ...Object.fromEntries(scored.map((name) => [name, median(results.map((result) => result[name]))])),
    limited: results.some(({ limited }) => limited === true),
    ...(results[0].rows === undefined ? {} : { rows: median(results.map((result) => result.rows)) }),
    version: results[0].version,
  }
}

/** Lanewise's best against the peers' best in each round, and the median of that. */
function ratioOf(contenders, entries, speedOf) {
  const best = (round, isOwn) => {
    const labels = contenders.filter(({ own }) => own === isOwn).map(({ label }) => label)
    const speeds = entries
      .filter(
        (entry) => entry.round === round && entry.result !== undefined && labels.includes(entry.contender),
      )
      .map(({ result, contender }) => ({ contender, speed: speedOf(result) }))
    return speeds.sort((a, b) => b.speed - a.speed)[0]
  }
  const rounds = [...new Set(entries.map(({ round }) => round))]
  const pairs = rounds
    .map((round) => ({ own: best(round, true), peer: best(round, false) }))
    .filter(({ own, peer }) => own !== undefined && peer !== undefined)
  if (pairs.length === 0) return undefined
  const perRound = pairs.map(({ own, peer }) => own.speed / peer.speed)
  return { ratio: median(perRound), perRound, peers: [...new Set(pairs.map(({ peer }) => peer.contender))] }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
