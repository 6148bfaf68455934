// The bytes of the compiled core in a browser, in place of core/bytes.ts: the fast variant deflated, from which the strict one is
// made. See pack.mjs.
import { EngineError } from '../core/errors.js'
import { ownCore } from './own-core.js'
import { unfused } from './unfuse.js'

/** Base64 of deflated bytes; put in by the build. */
declare const PACKED_CORE: string

let fast: Uint8Array<ArrayBuffer> | undefined
let strict: Uint8Array<ArrayBuffer> | undefined
let preparing: Promise<void> | undefined

/** Unpacks the core. Before anything else of it is used. */
export function prepareCore(): Promise<void> {
  if (ownCore() !== undefined) return Promise.resolve()
  return (preparing ??= unpack().then((unpacked) => {
    fast = unpacked
  }))
}

/** A variant of the core, as it runs on shared memory. After `prepareCore`. */
export function coreBytes(variant: 'strict' | 'fast'): Uint8Array<ArrayBuffer> {
  const own = ownCore()
  if (own !== undefined) return own[variant]
  if (fast !== undefined) return variant === 'fast' ? fast : (strict ??= unfused(fast))
  throw new EngineError({
    rule: 'the core is unpacked before it is used',
    received: 'a call before compile',
    remedy: 'await model.compile(…) first',
  })
}

async function unpack(): Promise<Uint8Array<ArrayBuffer>> {
  const packed = Uint8Array.from(atob(PACKED_CORE), (character) => character.charCodeAt(0))
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}
