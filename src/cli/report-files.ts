// The report of a run among its files: written by `train`, and again by `report` from what it left.
import { mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FormatError, NotFoundError } from '../core/errors.js'
import { codeOf, writeFileAtomic } from '../persist/atomic.js'
import { decodeText, isPlainObject, parseJson } from '../persist/json.js'
import { buildReport, type ReportRecord } from '../report/build.js'
import { ReportError } from '../report/error.js'
import type { Answers, RunInputs } from './run-record.js'

/** The data that a report is built from. */
const recordName = 'report.json'
/** Far beyond any record; a file of this size is something else. */
const largestRecord = 256 * 2 ** 20

/** Writes the report of a run with all that it is built from: report.json, and predictions.csv with the answers over the test rows. */
export async function writeRunReport(directory: string, run: RunInputs): Promise<void> {
  const { recordRun } = await import('./run-record.js')
  const { record, answers } = await recordRun(run)
  const files = await buildReport(record)
  files.set(recordName, `${JSON.stringify(record)}\n`)
  files.set('predictions.csv', predictionLines(answers))
  await writeAll(directory, files)
}

/** Writes the report of a comparison or search, with the record that it is built from. @returns the paths. */
export async function writeExploreReport(directory: string, record: ReportRecord): Promise<string[]> {
  const files = await buildReport(record)
  files.set(recordName, `${JSON.stringify(record)}\n`)
  return writeAll(directory, files)
}

/**
 * Builds the report of a directory anew.
 * @returns the kind of what it tells, and the paths of what was written.
 * @throws NotFoundError where there is no record; FormatError where it is none, or of a later release.
 */
export async function rebuildReport(directory: string): Promise<{ kind: string; files: string[] }> {
  const file = join(directory, recordName)
  const record = await readRecord(file)
  try {
    return { kind: record.kind, files: await writeAll(directory, await buildReport(record)) }
  } catch (cause) {
    if (!(cause instanceof ReportError)) throw cause
    const { rule, received, remedy } = cause
    throw new FormatError({ file, rule, received, remedy, cause })
  }
}

async function readRecord(file: string): Promise<ReportRecord> {
  const parsed = parseJson(decodeText(await readBounded(file), file, 'a record'), file, 'a record')
  if (isPlainObject(parsed)) return parsed as unknown as ReportRecord
  throw new FormatError({ file, rule: 'a record is a JSON object', received: 'something else' })
}

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file)
    if (size <= largestRecord) return await readFile(file)
    throw new FormatError({
      file,
      rule: `a record has at most ${String(largestRecord / 2 ** 20)} MB`,
      received: `${String(size)} bytes`,
      remedy: 'name the directory of a run',
    })
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT' && codeOf(cause) !== 'ENOTDIR') throw cause
    throw new NotFoundError({
      rule: `the directory of a run holds ${recordName}`,
      received: `${dirname(file)}, which has none`,
      remedy: 'name a directory that lanewise train has written',
      cause,
    })
  }
}

async function writeAll(
  directory: string,
  files: ReadonlyMap<string, string | Uint8Array>,
): Promise<string[]> {
  const paths = [...files.keys()].sort()
  for (const path of paths) {
    const file = join(directory, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFileAtomic(file, files.get(path)!)
  }
  return paths
}

/** The answers over the test rows as CSV: row, true value, predicted value, and for classification the probability of the answer. */
function predictionLines({ actual, predicted, confidence }: Answers): string {
  const header = ['row', 'true', 'predicted', ...(confidence === undefined ? [] : ['confidence'])].join(',')
  const lines = actual.map((label, row) => {
    const cells = [String(row), cell(label), cell(predicted[row]!)]
    if (confidence !== undefined) cells.push(confidence[row]!.toPrecision(6))
    return cells.join(',')
  })
  return `${[header, ...lines].join('\n')}\n`
}

/** A field of CSV by RFC 4180. */
function cell(value: string | number): string {
  const text = String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
