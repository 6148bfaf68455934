// Results as CSV (RFC 4180): one line a trial.
import type { Comparison } from './compare.js'

/** A field of CSV. */
export function cell(value: string | number | boolean | null | undefined): string {
  const text = String(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export function csv(
  header: readonly string[],
  rows: readonly (readonly Parameters<typeof cell>[0][])[],
): string {
  return `${[header, ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`
}

/** One line for each trial, the best architecture first. */
export function comparisonCsv({ ranking, seeds }: Comparison): string {
  const figures = [
    ...new Set(ranking.flatMap(({ trials }) => trials.flatMap((trial) => Object.keys(trial.figures ?? {})))),
  ]
  const header = [
    'rank',
    'architecture',
    'seed',
    'status',
    'parameters',
    'epochs',
    ...figures,
    'trainSeconds',
    'samplesPerSecond',
  ]
  return csv(
    header,
    ranking.flatMap(({ rank, name, trials }) =>
      trials.map(({ status, parameters, epochs, figures: own, timing }, i) => [
        rank,
        name,
        seeds[i],
        status,
        parameters,
        epochs,
        ...figures.map((figure) => own?.[figure]),
        timing.trainSeconds,
        timing.samplesPerSecond,
      ]),
    ),
  )
}
