// Where files of data sets are looked for. Node only.
import { join, resolve } from 'node:path'
import { env } from 'node:process'
import type { CatalogEntry } from './catalog.js'

/** The directories of data: `dataDir`, then $LANEWISE_DATA, ./datasets and ./data. */
export function dataDirectories(dataDir: string | undefined): string[] {
  return [dataDir, env['LANEWISE_DATA'], 'datasets', 'data']
    .filter((directory) => directory !== undefined && directory !== '')
    .map((directory) => fromUser(directory!))
}

/** In each directory first the folders of a set, then the directory itself. */
export function placesOf({ folders }: CatalogEntry, directories: readonly string[]): string[] {
  return directories.flatMap((directory) => [...folders.map((folder) => join(directory, folder)), directory])
}

/** An absolute path. npm runs scripts in the package's root and tells in INIT_CWD where the user stands. */
export function fromUser(path: string): string {
  return resolve(env['INIT_CWD'] ?? '.', path)
}
