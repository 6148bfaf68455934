// The reports of comparisons and searches: one HTML page, the same in short as Markdown, and the plots as PNG files.
import type { Comparison } from '../explore/compare.js'
import type { SearchResult } from '../explore/tune.js'
import type { ReportFiles } from './build.js'
import { comparisonPlots, type NamedPlot } from './comparison-plots.js'
import { ReportError } from './error.js'
import { drawn, html, pairs, table, type Markup } from './html.js'
import { page, section } from './page.js'
import { toPng } from './png.js'
import { searchPlots } from './search-plots.js'
import { count, duration, escapeMarkdown, figure, several } from './text.js'

/** @throws ReportError for a record that is none of a comparison. */
export async function buildComparison(comparison: Comparison): Promise<ReportFiles> {
  requireParts(comparison, ['name', 'data', 'rows', 'seeds', 'ranking'])
  const { name, data, rows, seeds, budget, metric, ranking } = comparison
  const plots = await comparisonPlots(comparison)
  const header = [
    'rank',
    'architecture',
    metric,
    '95 % interval',
    'difference from the best',
    'parameters',
    'training time',
  ]
  const cells = ranking.map((one) => [
    String(one.rank),
    one.name,
    one.mean === undefined ? 'diverged' : figure(one.mean),
    one.low === undefined || one.high === undefined ? '' : `${figure(one.low)} to ${figure(one.high)}`,
    one.adjustedPValue === undefined
      ? ''
      : `${one.differs === true ? 'real' : 'may be chance'} (p ${figure(one.adjustedPValue)})`,
    count(one.parameters),
    duration(one.trainSeconds),
  ])
  const limit = [
    ...(budget.epochs === undefined ? [] : [several(budget.epochs, 'epoch')]),
    ...(budget.seconds === undefined ? [] : [duration(budget.seconds)]),
  ].join(', ')
  const lead = `${several(ranking.length, 'architecture')} on ${data.dataset}: ${count(rows.train)} training rows, ${count(rows.test)} test rows, ${limit} each, seeds ${seeds.join(', ')}.`
  const note =
    'Means over seeds with 95 % intervals (Student). Differences from the best are tested in pairs over seeds (t-test, Holm’s correction for the number of tests); real means p < 0.05.'
  return files(
    name,
    lead,
    plots,
    [
      section('Ranking', table(header, cells, [0, 2, 5, 6]), html`<p class="quiet">${note}</p>`),
      section('Plots', gallery(plots)),
      section('Settings', pairs(ranking.map((one) => [one.name, JSON.stringify(one.settings)] as const))),
    ],
    [markdownTable(header, cells), escapeMarkdown(note)],
  )
}

/** @throws ReportError for a record that is none of a search. */
export async function buildSearch(search: SearchResult): Promise<ReportFiles> {
  requireParts(search, ['name', 'data', 'rows', 'trials', 'importance', 'rungs'])
  const { name, data, rows, trials, metric, best, rungs, sampler, epochs } = search
  const plots = await searchPlots(search)
  const test = best?.refit.figures?.[metric]
  const summary: [string, string][] =
    best === null
      ? [['Result', 'every trial diverged']]
      : [
          ['Best trial', String(best.number)],
          [`Its ${metric}`, figure(best.value)],
          ...(test === undefined
            ? []
            : ([[`${metric} on the test part, trained on all training rows`, figure(test)]] as [
                string,
                string,
              ][])),
          ...Object.entries(best.settings).map(([key, value]): [string, string] => [key, tell(value)]),
        ]
  const fields = [...new Set(trials.flatMap(({ settings }) => Object.keys(settings)))]
  const header = ['trial', ...fields, 'epochs', metric, 'parameters']
  const cells = trials.map(({ number, settings, epochs: own, value, parameters }) => [
    String(number),
    ...fields.map((field) => tell(settings[field as keyof typeof settings])),
    String(own),
    value === null ? 'diverged' : figure(value),
    count(parameters),
  ])
  const halving = rungs.length > 1 ? `, successive halving after ${rungs.slice(0, -1).join(', ')} epochs` : ''
  const lead = `${several(trials.length, 'trial')} by ${sampler}${halving}, ${count(epochs)} epochs in all, on ${data.dataset}: ${count(rows.train)} training rows, ${count(rows.test)} test rows.`
  const numbers = [0, header.length - 3, header.length - 2, header.length - 1]
  return files(
    name,
    lead,
    plots,
    [
      section('Best', pairs(summary)),
      section('Plots', gallery(plots)),
      section('Trials', table(header, cells, numbers)),
    ],
    [
      summary.map(([key, value]) => `- ${escapeMarkdown(key)}: ${escapeMarkdown(value)}`).join('\n'),
      markdownTable(header, cells),
    ],
  )
}

function tell(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return figure(value)
  return Array.isArray(value) ? value.join('-') : typeof value === 'string' ? value : JSON.stringify(value)
}

function gallery(plots: readonly NamedPlot[]): Markup {
  return html`<div class="plots">
    ${plots.map(
      ({ svg, caption }) =>
        html`<figure>
          ${drawn(svg)}
          <figcaption>${caption}</figcaption>
        </figure>`,
    )}
  </div>`
}

async function files(
  title: string,
  lead: string,
  plots: readonly NamedPlot[],
  sections: readonly Markup[],
  markdown: readonly string[],
): Promise<ReportFiles> {
  const made: ReportFiles = new Map()
  for (const { name, svg } of plots) made.set(`performance/${name}.png`, await toPng(svg))
  const header = html`<h1>${title}</h1>
    <p class="quiet">${lead}</p>`
  const footer = html`<p>The numbers behind this page are in results.json and results.csv beside it.</p>`
  made.set('report.html', page(title, header, sections, footer))
  const pictures = plots.map(({ name, caption }) => `![${escapeMarkdown(caption)}](performance/${name}.png)`)
  made.set(
    'report.md',
    `${[`# ${escapeMarkdown(title)}`, escapeMarkdown(lead), ...markdown, ...pictures].join('\n\n')}\n`,
  )
  return made
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

function requireParts(record: object, parts: readonly string[]): void {
  const missing = parts.find((part) => !(part in record))
  if (missing === undefined) return
  throw new ReportError({
    rule: `a record of its kind has ${parts.join(', ')}`,
    received: `none for ${missing}`,
    remedy: 'use report.json as it was written',
  })
}
