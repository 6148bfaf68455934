// What `lanewise datasets list`, `fetch` and `verify` do and print.
import { basename } from 'node:path'
import { LanewiseError } from '../core/errors.js'
import { catalog, type CatalogEntry } from '../data/catalog.js'
import type { FileCheck } from '../data/check-file.js'
import {
  fetchDataset,
  knownSet,
  type FetchedFile,
  type FetchProgress,
} from '../data/download/fetch-dataset.js'
import { partPath } from '../data/download/download.js'
import { requireSplit } from '../data/load-by-name.js'
import { locate } from '../data/locate.js'
import { verifiable, verifyDataset, type Verified } from '../data/verify.js'
import { createDownloadProgress, formatBytes } from './download-progress.js'
import type { Output } from './output.js'
import { forUser } from './paths.js'

export interface ListFlags {
  dataDir?: string
}

export interface VerifyFlags extends ListFlags {
  split?: string
}

export interface FetchFlags extends VerifyFlags {
  mirror?: string[]
  timeout: number
  overwrite?: boolean
}

/** Files of the catalogue were checked, and some are not as they should be. Exit code 1. */
class VerifyError extends LanewiseError {
  constructor(parts: { rule: string; received: string; remedy: string }) {
    super('ERR_VERIFY', parts)
  }
}

export async function list({ dataDir }: ListFlags, output: Output): Promise<void> {
  const sets = await Promise.all(catalog.map((entry) => describeSet(entry, dataDir)))
  output.result({ datasets: sets }, sets.map(({ text }) => text).join('\n\n'))
}

/** What a set is and where; `text` is for people and no property that JSON shows. */
async function describeSet(entry: CatalogEntry, dataDir: string | undefined) {
  const { name, title, task, rows, classes, sampleShape, licence, citation, archive, files, splits } = entry
  const builtIn = files.length === 0
  const found = []
  for (const split of builtIn ? [] : (splits ?? [undefined])) {
    const located = await locate(entry, split, { dataDir })
    if (located !== undefined)
      found.push({ ...(split === undefined ? {} : { split: split.name }), ...located })
  }
  const download = archive?.bytes ?? files.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
  const complete = found.filter((located) => located.complete)
  const value = {
    name,
    title,
    task,
    rows,
    ...(classes.length === 0 ? {} : { classes: classes.length }),
    sampleShape,
    ...(splits === undefined ? {} : { splits: splits.map((split) => split.name) }),
    downloadBytes: download,
    licence,
    citation,
    builtIn,
    present: builtIn || complete.length > 0,
    found,
  }
  const counts = [
    task,
    `${thousands(rows.train)} + ${thousands(rows.test)} rows`,
    sampleShape.length === 1 ? `${String(sampleShape[0])} columns` : sampleShape.join(' × '),
    ...(classes.length === 0 ? [] : [`${String(classes.length)} classes`]),
  ]
  const lines = [
    `${name}: ${title}`,
    counts.join(', ') +
      (splits === undefined ? '' : `; splits ${splits.map((split) => split.name).join(', ')}`),
    `licence: ${licence}`,
    builtIn ? 'built in' : whereText(entry, found, download),
  ]
  Object.defineProperty(value, 'text', { value: lines.join('\n  '), enumerable: false })
  return value as typeof value & { readonly text: string }
}

function whereText(
  { name, splits }: CatalogEntry,
  found: readonly { split?: string; place: string; complete: boolean; present: string[] }[],
  bytes: number,
): string {
  const places = found.map(({ split, place, complete, present }) => {
    const which = split === undefined ? '' : `${split} `
    const part = complete
      ? ''
      : `in part (${present.length === 1 ? '1 file' : `${String(present.length)} files`}) `
    return `${which}${part}in ${forUser(place)}`
  })
  const all = found.length >= (splits?.length ?? 1) && found.every(({ complete }) => complete)
  const fetching = `to download (${formatBytes(bytes)}): lanewise datasets fetch ${name}`
  return [...places, ...(all ? [] : [fetching])].join('\n  ')
}

export async function fetch(
  name: string,
  { dataDir, split, mirror, timeout, overwrite }: FetchFlags,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const begun = performance.now()
  const progress = createDownloadProgress(process.stderr, output.quiet)
  const note = (text: string) => {
    progress.erase()
    output.note(text)
  }
  let latest: FetchProgress | undefined
  try {
    const { place, files, ...set } = await fetchDataset(name, {
      dataDir,
      split,
      mirrors: mirror,
      overwrite,
      patience: timeout * 1000,
      signal,
      onNote: note,
      onTrouble(host, trouble, again) {
        // Where no further try follows, the next host or the error at the end tells enough.
        if (again) note(`${host}: ${trouble}; trying it again`)
      },
      onProgress(now) {
        latest = now
        progress.show(now)
      },
      onFile(file) {
        latest = undefined
        note(fileLine(file))
      },
    })
    const seconds = (performance.now() - begun) / 1000
    output.result(
      { ...set, directory: place ?? null, seconds, files },
      place === undefined ? `${name} is built in: nothing to download` : `${name} is in ${forUser(place)}`,
    )
  } catch (error) {
    if (signal.aborted && latest?.host !== undefined && latest.received > 0) {
      note(
        `${formatBytes(latest.received)} are kept in ${forUser(partPath(latest.path))}; the same command goes on from there`,
      )
    }
    throw error
  } finally {
    progress.erase()
  }
}

function fileLine({ path, status, bytes, from }: FetchedFile): string {
  const source = status === 'downloaded' && from !== undefined ? ` from ${new URL(from).host}` : ''
  const what = status === 'present' ? 'there already' : `${status}${source}`
  return `${forUser(path)}: ${formatBytes(bytes)}, ${what}`
}

export async function verify(
  name: string | undefined,
  { dataDir, split }: VerifyFlags,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const entry = name === undefined ? undefined : knownSet(name)
  requireSplit(entry, split)
  const sets: Verified[] = []
  for (const set of entry === undefined ? verifiable() : [entry]) {
    const results = await verifyDataset(set, { dataDir, split, signal })
    sets.push(...results.filter(({ place }) => name !== undefined || place !== undefined))
  }
  const badIn = (set: Verified) => set.files.some((check) => isBad(check, name !== undefined))
  const bad = sets.filter(badIn)
  output.result(
    { ok: bad.length === 0, datasets: sets },
    sets.length === 0 ? nothingThere(entry) : sets.map(describeVerified).join('\n'),
  )
  if (bad.length === 0) return
  const count = (status: FileCheck['status']) => {
    return bad.flatMap(({ files }) => files).filter((check) => check.status === status).length
  }
  const names = [...new Set(bad.map((set) => set.name))]
  throw new VerifyError({
    rule: `the files of ${names.join(', ')} are those of the catalogue`,
    received: `${String(count('wrong'))} wrong and ${String(count('missing'))} missing`,
    remedy: `"lanewise datasets fetch ${names[0]!}${count('wrong') > 0 ? ' --overwrite' : ''}" gets them`,
  })
}

/** Parts of a set are of use too: that one is missing is wrong only of a set that was asked for. */
function isBad({ status }: FileCheck, askedFor: boolean): boolean {
  return status === 'wrong' || (status === 'missing' && askedFor)
}

function nothingThere(entry: CatalogEntry | undefined): string {
  if (entry === undefined) return 'no data set of the catalogue is there'
  return entry.files.length === 0
    ? `${entry.name} is built in: no files to check`
    : `${entry.name} is not there`
}

function describeVerified({ name, split, place, files }: Verified): string {
  const title = `${name}${split === undefined ? '' : ` ${split}`}`
  if (files.length === 0) return `${title}: built in, no files to check`
  return [`${title}: ${place === undefined ? 'not there' : forUser(place)}`, ...files.map(checkLine)].join(
    '\n  ',
  )
}

function checkLine({ path, status, bytes, sha256, detail }: FileCheck): string {
  const told = [detail, status === 'unchecked' ? `it has ${sha256!}` : undefined].filter(
    (text) => text !== undefined,
  )
  const size = bytes === undefined ? '' : `  ${formatBytes(bytes)}`
  return `${status.padEnd(9)} ${basename(path)}${size}${told.length === 0 ? '' : `  ${told.join('; ')}`}`
}

function thousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}
