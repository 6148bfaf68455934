// From a record (the content of report.json) to the files of its report. A record tells its kind; each kind has its builder.
import { ReportError } from './error.js'
import { requireRun } from './run-check.js'
import { plain } from './text.js'
import type { RunRecord } from './run.js'

/** The files of a report by their paths, relative to its directory. */
export type ReportFiles = Map<string, string | Uint8Array>

/** A record of any kind. */
export interface ReportRecord {
  version: number
  kind: string
}

/** Draws and writes out what a record tells. Each loads when it is used. */
const builders: Readonly<Record<string, (record: never) => Promise<ReportFiles>>> = {
  run: buildRun,
  comparison: async (record) => (await import('./explore-report.js')).buildComparison(record),
  search: async (record) => (await import('./explore-report.js')).buildSearch(record),
}

/**
 * All files of the report: `report.html`, `report.md` and the PNG files under `performance/`. The same record gives the same bytes.
 * @throws ReportError for a record of a version or kind that is not known.
 */
export async function buildReport(record: ReportRecord): Promise<ReportFiles> {
  const builder = Object.hasOwn(builders, record.kind) ? builders[record.kind] : undefined
  if (builder !== undefined && record.version === 1) return builder(record as never)
  throw new ReportError({
    rule: `a record has version 1 and one of the kinds ${Object.keys(builders).join(', ')}`,
    received: `version ${plain(String(record.version))}, kind ${plain(String(record.kind))}`,
    remedy: 'use the release of Lanewise that wrote it, or a later one',
  })
}

async function buildRun(record: RunRecord): Promise<ReportFiles> {
  const [{ plotsOf, pictureFiles }, { runHtml }, { runMarkdown }, { prepare }] = await Promise.all([
    import('./run-plots.js'),
    import('./run-html.js'),
    import('./run-markdown.js'),
    import('./png.js'),
  ])
  requireRun(record)
  // WebAssembly compiles on other threads while plots are drawn on this one.
  const ready = prepare()
  const plots = await plotsOf(record)
  await ready
  const pictures = await pictureFiles(record, plots)
  return new Map<string, string | Uint8Array>([
    ...pictures,
    ['report.html', runHtml(record, plots)],
    ['report.md', runMarkdown(record, [...pictures.keys()])],
  ])
}
