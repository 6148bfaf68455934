// Which files of a data set of the catalogue are there, and where. Reads none of them; places.ts and table-sets.ts load.
// Node only.
import { join } from 'node:path'
import type { CatalogEntry, CatalogFile, CatalogSplit } from './catalog.js'
import { isKind } from './listing.js'
import { isComplete } from './picture-forms.js'
import { findForms } from './places.js'
import { dataDirectories, placesOf } from './search.js'
import { californiaFiles } from './table-sets.js'

export interface Located {
  /** The folder. */
  place: string
  /** Whether the set can be loaded from there. */
  complete: boolean
  /** Names of those files that are there. */
  present: string[]
}

/**
 * The place from which a set is loaded, else the first that has some of its files.
 * @param only look in this directory alone; default: everywhere that data are looked for.
 */
export async function locate(
  entry: CatalogEntry,
  split: CatalogSplit | undefined,
  { dataDir, only }: { dataDir?: string | undefined; only?: string | undefined } = {},
): Promise<Located | undefined> {
  let partial: Located | undefined
  for (const place of placesOf(entry, only === undefined ? dataDirectories(dataDir) : [only])) {
    const { complete, present } = await look(entry, split, place)
    if (complete) return { place, complete, present }
    if (present.length > 0) partial ??= { place, complete, present }
  }
  return partial
}

async function look(entry: CatalogEntry, split: CatalogSplit | undefined, place: string) {
  if (entry.task === 'regression') {
    for (const name of californiaFiles) {
      if (await isKind(join(place, name), 'file')) return { complete: true, present: [name] }
    }
    return { complete: false, present: [] }
  }
  const forms = await findForms(place, split === undefined ? { entry } : { entry, split }, 'no')
  const whole = forms.find(isComplete)
  return {
    complete: whole !== undefined,
    present: whole?.present ?? forms.flatMap((form) => form.present),
  }
}

/** The files of a set, or of one of its splits. */
export function filesOf({ files }: CatalogEntry, split: CatalogSplit | undefined): CatalogFile[] {
  return files.filter((file) => split === undefined || file.split === split.name)
}
