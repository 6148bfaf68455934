// The bytes of the compiled core. The browser's build, where every byte counts, has a file of its own in place of this one.
import { Buffer } from 'node:buffer'
import * as binaries from './binaries.js'

/** Waits for what `coreBytes` needs; here nothing. */
export function prepareCore(): Promise<void> {
  return Promise.resolve()
}

const decoded = new Map<string, Uint8Array<ArrayBuffer>>()

/** A variant of the core, as it runs on shared memory; not to be written to. After `prepareCore`. */
export function coreBytes(variant: 'strict' | 'fast'): Uint8Array<ArrayBuffer> {
  const known = decoded.get(variant)
  if (known !== undefined) return known
  // Copied out of the pool of buffers, which is not the core's alone.
  const bytes = new Uint8Array(Buffer.from(binaries[variant], 'base64'))
  decoded.set(variant, bytes)
  return bytes
}
