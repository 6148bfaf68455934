// A data set of the catalogue, downloaded into the folder in which it is looked for. Node only.
import { mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ArgumentError, DataError, FormatError } from '../../core/errors.js'
import { unpackArchive } from '../archive.js'
import {
  catalog,
  type CatalogArchive,
  type CatalogEntry,
  type CatalogFile,
  type CatalogSplit,
} from '../catalog.js'
import { checkFile, type FileCheck } from '../check-file.js'
import { requireSplit } from '../load-by-name.js'
import { filesOf, locate, type Located } from '../locate.js'
import { fromUser } from '../search.js'
import { verifyPlace } from '../verify.js'
import { removeEmpty, targetDirectory } from './destination.js'
import { download, type DownloadOptions, type DownloadProgress } from './download.js'

export interface FetchOptions extends Pick<DownloadOptions, 'patience' | 'pauses' | 'signal' | 'onTrouble'> {
  /** The data directory; default $LANEWISE_DATA where it is set and may be written, else ./datasets. */
  dataDir?: string | undefined
  /** Of a set with splits: keep only the files of this one. */
  split?: string | undefined
  /** Addresses of folders that hold the files, instead of those of the catalogue. */
  mirrors?: readonly string[] | undefined
  /** Download again what is there with other bytes than the catalogue knows. Default: refuse. */
  overwrite?: boolean | undefined
  /** Told when $LANEWISE_DATA cannot be used. */
  onNote?: (text: string) => void
  onProgress?: (progress: FetchProgress) => void
  /** Told when a file is there. */
  onFile?: (file: FetchedFile) => void
}

export interface FetchProgress extends Omit<DownloadProgress, 'host'> {
  /** Where the file will be; its part is beside it. */
  path: string
  /** The host that sends; undefined while an archive is unpacked. */
  host: string | undefined
}

export interface FetchedFile {
  name: string
  path: string
  /** `present`: it was there already. */
  status: 'downloaded' | 'unpacked' | 'present'
  bytes: number
  sha256: string
  /** The address that it came from. */
  from?: string
}

export interface Fetched {
  name: string
  split?: string
  /** The folder; undefined for a set that is built in. */
  place: string | undefined
  files: FetchedFile[]
}

/**
 * Downloads those files of a set that are not there yet, and checks all of them.
 * @throws ArgumentError for an unknown set or split, or a bad mirror; DataError for files that are there and wrong;
 *   NetworkError where no mirror gives a file; FormatError for a bad archive; the system's errors; the signal's reason.
 */
export async function fetchDataset(name: string, options: FetchOptions = {}): Promise<Fetched> {
  const entry = knownSet(name)
  requireSplit(entry, options.split)
  const split = entry.splits?.find((candidate) => candidate.name === options.split)
  const chosen = { name, ...(split === undefined ? {} : { split: split.name }) }
  const mirrors = (options.mirrors ?? entry.mirrors).map(mirrorFolder)
  if (entry.files.length === 0) return { ...chosen, place: undefined, files: [] }

  const only = options.dataDir === undefined ? undefined : fromUser(options.dataDir)
  const there = options.overwrite === true ? undefined : await completeSet(entry, split?.name, only)
  if (there !== undefined) {
    const checks = await verifyPlace(entry, split, there, options.signal)
    return { ...chosen, place: there.place, files: checks.map((check) => report(present(check), options)) }
  }
  const place = join(await targetDirectory(options), entry.folders[0]!)
  const made = await mkdir(place, { recursive: true })
  try {
    return { ...chosen, place, files: await fetchInto(place, entry, split, mirrors, options) }
  } catch (error) {
    if (made !== undefined) await removeEmpty(place, made)
    throw error
  }
}

async function fetchInto(
  place: string,
  entry: CatalogEntry,
  split: CatalogSplit | undefined,
  mirrors: string[],
  options: FetchOptions,
): Promise<FetchedFile[]> {
  const run = { place, mirrors, options }
  const files: FetchedFile[] = []
  const missing: CatalogFile[] = []
  for (const file of filesOf(entry, split)) {
    const found = await foundFile(file, place, options)
    if (found === undefined) missing.push(file)
    else files.push(report(found, options))
  }
  if (entry.archive !== undefined) {
    return missing.length === 0 ? files : [...files, ...(await fromArchive(entry.archive, missing, run))]
  }
  for (const file of missing) {
    files.push(report({ ...(await downloadTo(file, run)), status: 'downloaded' }, options))
  }
  return files
}

interface Run {
  place: string
  /** The one that gave the last file is tried first for the next. */
  mirrors: string[]
  options: FetchOptions
}

/** A set of the catalogue. @throws ArgumentError */
export function knownSet(name: string): CatalogEntry {
  const entry = catalog.find((candidate) => candidate.name === name)
  if (entry !== undefined) return entry
  throw new ArgumentError({
    rule: `the data sets of the catalogue are ${catalog.map((known) => known.name).join(', ')}`,
    received: JSON.stringify(name),
    remedy: 'check the spelling; "lanewise datasets list" describes them',
  })
}

/** The address of a folder, ending in a slash. @throws ArgumentError */
function mirrorFolder(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '') {
    if (!url.pathname.endsWith('/')) url.pathname += '/'
    return url.href
  }
  throw new ArgumentError({
    rule: 'a mirror is the http or https address of a folder, without a user name and without a question mark',
    received: JSON.stringify(text),
    remedy: 'write https://host/folder/',
  })
}

/** Where the set could be loaded from as it is, all of its splits, or the one that is asked for. */
async function completeSet(
  entry: CatalogEntry,
  split: string | undefined,
  only: string | undefined,
): Promise<Located | undefined> {
  const splits = entry.splits?.filter(({ name }) => split === undefined || name === split) ?? [undefined]
  let all: Located | undefined
  for (const part of splits) {
    const found = await locate(entry, part, { only })
    if (found === undefined || !found.complete || (all !== undefined && all.place !== found.place))
      return undefined
    all = { ...found, present: [...(all?.present ?? []), ...found.present] }
  }
  return all
}

/** A file that is there already, gzipped or unpacked; undefined where it is to be fetched. */
async function foundFile(
  file: CatalogFile,
  place: string,
  { overwrite = false, signal }: FetchOptions,
): Promise<FetchedFile | undefined> {
  const check = await checkFile(join(place, file.name), file, signal)
  if (check.status === 'ok' || check.status === 'unchecked') return present(check)
  if (check.status === 'wrong') return overwrite ? undefined : present(check)
  const unpacked = await checkFile(join(place, file.name.replace(/\.gz$/, '')), {}, signal)
  return unpacked.status === 'missing' || overwrite ? undefined : present(unpacked)
}

/** @throws DataError for a file that is wrong. */
function present({ path, status, bytes = 0, sha256 = '', detail = '' }: FileCheck): FetchedFile {
  if (status === 'ok' || status === 'unchecked')
    return { name: basename(path), path, status: 'present', bytes, sha256 }
  throw new DataError({
    rule: `${path} is the file that the catalogue knows`,
    received: detail,
    remedy: 'move it away, or replace it with --overwrite',
  })
}

function report(file: FetchedFile, { onFile }: FetchOptions): FetchedFile {
  onFile?.(file)
  return file
}

async function downloadTo(file: CatalogFile | CatalogArchive, run: Run) {
  const { mirrors, place, options } = run
  const { name, bytes, sha256 } = file
  const { patience, pauses, signal, onTrouble, onProgress } = options
  const path = join(place, name)
  const addresses = mirrors.map((mirror) => new URL(name, mirror).href)
  const got = await download(addresses, path, {
    bytes,
    sha256,
    ...(patience === undefined ? {} : { patience }),
    ...(pauses === undefined ? {} : { pauses }),
    ...(signal === undefined ? {} : { signal }),
    ...(onTrouble === undefined ? {} : { onTrouble }),
    onProgress: (progress) => onProgress?.({ path, ...progress }),
  })
  const used = mirrors[addresses.indexOf(got.from)]!
  run.mirrors = [used, ...mirrors.filter((mirror) => mirror !== used)]
  return { name, path, ...got }
}

/** The archive stays only where the user had put it there. */
async function fromArchive(
  archive: CatalogArchive,
  wanted: readonly CatalogFile[],
  run: Run,
): Promise<FetchedFile[]> {
  const { place, options } = run
  const { signal, onProgress, overwrite = false } = options
  const path = join(place, archive.name)
  const check = await checkFile(path, archive, signal)
  const own = check.status === 'ok' || (check.status === 'wrong' && !overwrite)
  if (own) report(present(check), options)
  const from = own ? undefined : (await downloadTo(archive, run)).from
  const names = new Map(wanted.map(({ name }) => [archive.folder + name, name]))
  const unpacked = await unpackArchive(path, place, {
    select: (name) => names.get(name),
    onProgress: (received, total) => onProgress?.({ path, host: undefined, received, total }),
    ...(signal === undefined ? {} : { signal }),
  })
  const absent = wanted.filter(({ name }) => !unpacked.includes(join(place, name)))
  if (absent.length > 0) {
    throw new FormatError({
      file: path,
      rule: 'the archive holds the files of the set',
      received: `one without ${absent.map(({ name }) => name).join(', ')}`,
      remedy: 'download it again',
    })
  }
  const files: FetchedFile[] = []
  for (const file of unpacked) {
    const known = wanted.find(({ name }) => name === basename(file))!
    const found = present(await checkFile(file, known, signal))
    files.push(report({ ...found, status: 'unpacked', ...(from === undefined ? {} : { from }) }, options))
  }
  if (!own) await rm(path)
  return files
}
