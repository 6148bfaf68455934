// Writes IDX files and folders of them for tests.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** An IDX file of the given type code and shape, followed by `values` as they are. */
export function idxBytes(code: number, shape: number[], values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length)
  bytes.set([0, 0, code, shape.length])
  const view = new DataView(bytes.buffer)
  shape.forEach((dimension, i) => {
    view.setUint32(4 + 4 * i, dimension)
  })
  bytes.set(values, 4 + 4 * shape.length)
  return bytes
}

/** A directory that is removed after the test, with the given files. */
export function temporaryFolder(files: Record<string, string | Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), 'lanewise-data-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

/** Bytes that look like a small image set: 0, 1, 2, … modulo 256. */
export function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 256)
}
