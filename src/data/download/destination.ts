// Where downloaded data sets land. Node only.
import { access, constants, rmdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { env } from 'node:process'
import { isKind } from '../listing.js'
import { fromUser } from '../search.js'

/**
 * The directory for new sets: `dataDir`, else $LANEWISE_DATA where it is set and may be written, else ./datasets.
 * @param onNote told when $LANEWISE_DATA cannot be used.
 */
export async function targetDirectory({
  dataDir,
  onNote,
}: {
  dataDir?: string | undefined
  onNote?: (text: string) => void
}): Promise<string> {
  if (dataDir !== undefined) return fromUser(dataDir)
  const usual = fromUser('datasets')
  const shared = env['LANEWISE_DATA'] ?? ''
  if (shared === '') return usual
  if (await mayWrite(fromUser(shared))) return fromUser(shared)
  onNote?.(`LANEWISE_DATA, ${shared}, may not be written; using ${usual}`)
  return usual
}

/** Whether a directory may be written, or made. */
async function mayWrite(directory: string): Promise<boolean> {
  for (let at = directory; ; at = dirname(at)) {
    try {
      await access(at, constants.W_OK)
      return await isKind(at, 'directory')
    } catch (error) {
      const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (!absent || dirname(at) === at) return false
    }
  }
}

/** Takes away the folders that were made in vain, from the innermost to `outermost`. */
export async function removeEmpty(innermost: string, outermost: string): Promise<void> {
  for (let at = innermost; ; at = dirname(at)) {
    try {
      await rmdir(at)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY') return
      throw error
    }
    if (at === outermost) return
  }
}
