// The bytes of the compiled core. The browser's build, where every byte counts, has a file of its own in place of this one.
import * as binaries from './binaries.js'

/** Waits for what `coreBytes` needs; here nothing. */
export function prepareCore(): Promise<void> {
  return Promise.resolve()
}

/** A variant of the core, as it runs on shared memory. After `prepareCore`. */
export function coreBytes(variant: 'strict' | 'fast'): Uint8Array<ArrayBuffer> {
  return decodeBase64(binaries[variant])
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
