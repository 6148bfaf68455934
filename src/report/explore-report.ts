// The reports of comparisons and searches: one HTML page, the same in short as Markdown, and the plots as PNG files.
import type { Comparison } from '../explore/compare.js'
import { isHigherBetter } from '../explore/ranking.js'
import type { SearchResult, SearchTrial } from '../explore/tune.js'
import type { ReportFiles } from './build.js'
import { comparisonPlots, type NamedPlot } from './comparison-plots.js'
import { ReportError } from './error.js'
import { drawn, html, pairs, table, words, type Markup } from './html.js'
import { page, section } from './page.js'
import { toPng } from './png.js'
import { searchPlots } from './search-plots.js'
import { count, duration, escapeMarkdown, figure, several } from './text.js'

/** Trials up to which the whole table is shown unfolded. */
const mostUnfolded = 10

/** @throws ReportError for a record that is none of a comparison. */
export async function buildComparison(comparison: Comparison & Origin): Promise<ReportFiles> {
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
      section('Ranking', table(header, cells, [0, 2, 5, 6], true), html`<p class="quiet">${note}</p>`),
      section('Plots', gallery(plots)),
      section('Settings', pairs(ranking.map((one) => [one.name, tellFields(one.settings)] as const))),
      ...originOf(comparison),
    ],
    [markdownTable(header, cells), escapeMarkdown(note)],
  )
}

/** @throws ReportError for a record that is none of a search. */
export async function buildSearch(search: SearchResult & Origin): Promise<ReportFiles> {
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
  const row = ({ number, settings, epochs: own, value, parameters }: SearchTrial) => [
    String(number),
    ...fields.map((field) => tell(settings[field as keyof typeof settings])),
    String(own),
    value === null ? 'diverged' : figure(value),
    count(parameters),
  ]
  const cells = trials.map(row)
  const sorted = [...trials].sort(bestFirst(metric)).map(row)
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
      section(
        trials.length > mostUnfolded ? 'Best trials' : 'Trials',
        table(header, sorted.slice(0, mostUnfolded), numbers, true),
        trials.length > mostUnfolded ? folded(trials.length, table(header, cells, numbers, true)) : undefined,
      ),
      ...originOf(search),
    ],
    [
      summary.map(([key, value]) => `- ${escapeMarkdown(key)}: ${escapeMarkdown(value)}`).join('\n'),
      markdownTable(header, cells),
    ],
  )
}

/** Those that were trained longest, of these the best first. */
function bestFirst(metric: SearchResult['metric']): (a: SearchTrial, b: SearchTrial) => number {
  const sign = isHigherBetter(metric) ? -1 : 1
  const loss = ({ value }: SearchTrial) => (value === null ? Infinity : sign * value)
  return (a, b) =>
    b.epochs - a.epochs || (loss(a) < loss(b) ? -1 : loss(a) > loss(b) ? 1 : a.number - b.number)
}

function folded(trials: number, content: Markup): Markup {
  return html`<details>
    <summary>All ${count(trials)} trials, in the order in which they began</summary>
    ${content}
  </details>`
}

function tell(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'number') return String(Number(value.toPrecision(4)))
  if (Array.isArray(value)) return value.map(tell).join(value.every(Number.isInteger) ? '-' : ', ')
  if (typeof value !== 'object' || value === null) return String(value)
  return tellFields(value)
}

/** `{ batchSize: 128, hidden: [64, 32] }` as `batch size 128, hidden 64-32`. */
function tellFields(fields: object): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) => `${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${tell(value)}`,
    )
    .join(', ')
}

/** What a record tells of how it came about, where the command line wrote it. */
export interface Origin {
  /** The command that repeats it. */
  command?: string
  environment?: readonly (readonly [what: string, value: string])[]
}

function originOf({ command, environment }: Origin): Markup[] {
  return [
    ...(command === undefined ? [] : [section('Run it again', html`<pre>${words(command)}</pre>`)]),
    ...(environment === undefined ? [] : [section('Machine', pairs(environment))]),
  ]
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
