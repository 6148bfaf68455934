// What lies in a folder, and which of the names that a file may have is there. Node only.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Whether a file or directory is there; errors other than its absence are thrown. */
export async function isKind(path: string, kind: 'file' | 'directory'): Promise<boolean> {
  try {
    const found = await stat(path)
    return kind === 'file' ? found.isFile() : found.isDirectory()
  } catch (error) {
    if (isAbsence(error)) return false
    throw error
  }
}

/** The names in a folder, none where it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isAbsence(error)) return []
    throw error
  }
}

function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** A folder whose names were read once, however many are asked for. */
export class Listing {
  private constructor(
    readonly folder: string,
    private readonly names: ReadonlySet<string>,
  ) {}

  static async of(folder: string): Promise<Listing> {
    return new Listing(folder, new Set(await namesIn(folder)))
  }

  /**
   * The first of `names` that is a file, below the folder: itself, with `.gz`, or in a folder of the same name (as the
   * archives of Kaggle unpack).
   */
  async find(names: readonly string[]): Promise<string | undefined> {
    for (const name of names) {
      for (const candidate of [name, `${name}.gz`]) {
        if (!this.names.has(candidate)) continue
        for (const path of [candidate, join(candidate, candidate), join(candidate, name)]) {
          if (await isKind(join(this.folder, path), 'file')) return path
        }
      }
    }
    return undefined
  }

  has(name: string): boolean {
    return this.names.has(name)
  }
}
