// Checks the files of a data set on disk against the catalogue. Node only.
import { join } from 'node:path'
import { catalog, type CatalogEntry, type CatalogSplit } from './catalog.js'
import { checkFile, type FileCheck } from './check-file.js'
import { filesOf, locate, type Located } from './locate.js'
import { isKind } from './listing.js'

export interface Verified {
  name: string
  split?: string
  /** The folder; undefined where nothing of the set is there. */
  place?: string
  files: FileCheck[]
}

export interface VerifyOptions {
  /** Where to look first. */
  dataDir?: string | undefined
  /** Default: every split of which some file is there. */
  split?: string | undefined
  signal?: AbortSignal | undefined
}

/**
 * Checks a set where it would be loaded from, else where some of its files are; of a set with splits, one after another.
 * @returns one result for each split that is there, or for the set; a built-in one has no files.
 */
export async function verifyDataset(entry: CatalogEntry, options: VerifyOptions = {}): Promise<Verified[]> {
  const { dataDir, split: wanted, signal } = options
  const splits = entry.splits?.filter(({ name }) => wanted === undefined || name === wanted)
  const results: Verified[] = []
  for (const split of splits ?? [undefined]) {
    const located = entry.files.length === 0 ? undefined : await locate(entry, split, { dataDir })
    if (located === undefined && split !== undefined && wanted === undefined) continue
    const files = await verifyPlace(entry, split, located, signal)
    results.push({
      name: entry.name,
      ...(split === undefined ? {} : { split: split.name }),
      ...(located === undefined ? {} : { place: located.place }),
      files,
    })
  }
  return results
}

/** Checks the files of a set in a place; those of the catalogue that are missing count where the set is not complete. */
export async function verifyPlace(
  entry: CatalogEntry,
  split: CatalogSplit | undefined,
  located: Located | undefined,
  signal?: AbortSignal,
): Promise<FileCheck[]> {
  const known = filesOf(entry, split)
  if (located === undefined) return known.map(({ name }) => ({ path: name, status: 'missing' as const }))
  const { place, present, complete } = located
  const checks: FileCheck[] = []
  for (const name of present) {
    checks.push(await checkFile(join(place, name), known.find((file) => file.name === name) ?? {}, signal))
  }
  const archive = entry.archive
  if (archive !== undefined && (await isKind(join(place, archive.name), 'file'))) {
    checks.push(await checkFile(join(place, archive.name), archive, signal))
  }
  if (complete) return checks
  const stems = present.map(stem)
  const missing = known.filter(({ name }) => !name.endsWith('.txt') && !stems.includes(stem(name)))
  return [...checks, ...missing.map(({ name }) => ({ path: join(place, name), status: 'missing' as const }))]
}

/** A name without `.gz`, with the dash that others write as a dot. */
function stem(name: string): string {
  return name.replace(/\.gz$/, '').replace('.idx', '-idx')
}

/** The sets that can be checked: all but those that are generated. */
export function verifiable(): CatalogEntry[] {
  return catalog.filter(({ files }) => files.length > 0)
}
