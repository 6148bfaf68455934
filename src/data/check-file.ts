// Whether a file is what the catalogue knows. Node only.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { catalog } from './catalog.js'
import { sha256Of } from './download/part-file.js'
import { isKind } from './listing.js'

export interface FileCheck {
  path: string
  /** `unchecked`: it is there, and the catalogue knows no checksum of it. */
  status: 'ok' | 'wrong' | 'missing' | 'unchecked'
  bytes?: number
  sha256?: string
  /** What is wrong, or what could be checked. */
  detail?: string
}

/**
 * Checks size and SHA-256 where they are known; else computes the sum and, of a gzipped file, lets gzip check its own.
 * @throws the system's errors of reading; the signal's reason.
 */
export async function checkFile(
  path: string,
  known: { bytes?: number | undefined; sha256?: string | undefined },
  signal?: AbortSignal,
): Promise<FileCheck> {
  if (!(await isKind(path, 'file'))) return { path, status: 'missing' }
  const { size: bytes } = await stat(path)
  if (known.bytes !== undefined && bytes !== known.bytes) {
    return {
      path,
      status: 'wrong',
      bytes,
      detail: `${String(bytes)} bytes instead of ${String(known.bytes)}`,
    }
  }
  const sha256 = await sha256Of(path, signal)
  const found = { path, bytes, sha256 }
  if (known.sha256 === undefined) {
    const trouble = path.endsWith('.gz') ? await gzipTrouble(path, signal) : undefined
    if (trouble !== undefined) return { ...found, status: 'wrong', detail: `a damaged gzip file: ${trouble}` }
    const whole = path.endsWith('.gz') ? '; its gzip checksum is right' : ''
    return { ...found, status: 'unchecked', detail: `no SHA-256 is known${whole}` }
  }
  if (sha256 === known.sha256) return { ...found, status: 'ok' }
  const owner = catalog.find(({ files }) => files.some((file) => file.sha256 === sha256))?.name
  const detail = owner === undefined ? 'another SHA-256' : `it is a file of ${owner}`
  return { ...found, status: 'wrong', detail: `${detail}, "${basename(path)}" should have ${known.sha256}` }
}

async function gzipTrouble(path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const nowhere = new Writable({
    write(_chunk, _encoding, done) {
      done()
    },
  })
  try {
    await pipeline(createReadStream(path), createGunzip(), nowhere, signal === undefined ? {} : { signal })
    return undefined
  } catch (error) {
    signal?.throwIfAborted()
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (error instanceof Error && code.startsWith('Z_')) return error.message
    throw error
  }
}
