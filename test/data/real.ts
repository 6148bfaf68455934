// Real data sets for tests: in the directory that LANEWISE_DATA names. Without it such tests are skipped and say so;
// in continuous integration, where it is set, data that are not there are a failure.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { it } from 'vitest'

/** The directory of real data sets; empty when not set. */
export const realData = env['LANEWISE_DATA'] ?? ''

/** A test that needs `folder` of the real data; it gets the folder's path. */
export function itWithData(folder: string, name: string, test: (path: string) => Promise<void>): void {
  const path = join(realData, folder)
  const present = realData !== '' && existsSync(path)
  if (present || (realData !== '' && env['CI'] === 'true')) {
    it(name, () => {
      if (!present)
        throw new Error(`LANEWISE_DATA has no folder ${folder}, which continuous integration needs`)
      return test(path)
    })
    return
  }
  const reason = realData === '' ? 'LANEWISE_DATA is not set' : `LANEWISE_DATA has no folder ${folder}`
  console.warn(`skipped: ${name} (${reason})`)
  it.skip(`${name} (${reason})`, () => undefined)
}
