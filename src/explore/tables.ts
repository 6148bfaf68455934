// Results as CSV (RFC 4180): one line a trial.
import type { Comparison } from './compare.js'
import type { SearchResult } from './tune.js'

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

/** One line for each trial, in the order in which they began. */
export function searchCsv({ trials, metric }: SearchResult): string {
  const fields = [
    ...new Set(trials.flatMap(({ settings }) => Object.keys(settings))),
  ] as (keyof (typeof trials)[number]['settings'])[]
  const header = ['trial', ...fields, 'epochs', metric, 'parameters', 'trainSeconds', 'message']
  return csv(
    header,
    trials.map(({ number, settings, epochs, value, parameters, trainSeconds, message }) => [
      number,
      ...fields.map((field) => {
        const own = settings[field]
        return typeof own === 'object' ? JSON.stringify(own) : own
      }),
      epochs,
      value,
      parameters,
      trainSeconds,
      message,
    ]),
  )
}
