// The bytes of the compiled core in a browser, in place of core/bytes.ts. Both variants come in one packed text: the parts that
// they share once, their functions side by side, so that compression finds what is alike. See pack.mjs.
import { EngineError } from '../core/errors.js'

/** Base64 of deflated bytes; put in by the build. */
declare const PACKED_CORE: string

let cores: { strict: Uint8Array<ArrayBuffer>; fast: Uint8Array<ArrayBuffer> } | undefined
let preparing: Promise<void> | undefined

/** Unpacks the core. Before anything else of it is used. */
export function prepareCore(): Promise<void> {
  if (cores !== undefined) return Promise.resolve()
  return (preparing ??= unpack().then((unpacked) => {
    cores ??= unpacked
  }))
}

/** Uses these binaries instead of those that come with the library, as `lanewise/kernels.wasm` served by the page. */
export function useCore(fast: Uint8Array<ArrayBuffer>, strict: Uint8Array<ArrayBuffer>): void {
  cores = { fast, strict }
}

/** A variant of the core, as it runs on shared memory. After `prepareCore`. */
export function coreBytes(variant: 'strict' | 'fast'): Uint8Array<ArrayBuffer> {
  if (cores !== undefined) return cores[variant]
  throw new EngineError({
    rule: 'the core is unpacked before it is used',
    received: 'a call before compile',
    remedy: 'await model.compile(…) first',
  })
}

async function unpack(): Promise<NonNullable<typeof cores>> {
  const packed = Uint8Array.from(atob(PACKED_CORE), (character) => character.charCodeAt(0))
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer())
  const view = new DataView(bytes.buffer)
  // Lengths of what stands before and after the functions, then of each variant's functions, in turn.
  const [before, after, count] = [0, 4, 8].map((at) => view.getUint32(at, true)) as [number, number, number]
  let at = 12 + 4 * 2 * count
  const take = (length: number) => bytes.subarray(at, (at += length))
  const [head, tail] = [take(before), take(after)]
  const functions: [Uint8Array[], Uint8Array[]] = [[], []]
  for (let i = 0; i < 2 * count; i++) functions[(i & 1) as 0 | 1].push(take(view.getUint32(12 + 4 * i, true)))
  const [strict, fast] = functions.map((bodies) => assemble(head, bodies, tail)) as [
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>,
  ]
  return { strict, fast }
}

/** A module of sections before the code, the code section with these functions, and sections after it. */
function assemble(head: Uint8Array, bodies: Uint8Array[], tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const count = leb(bodies.length)
  const size = bodies.reduce((sum, body) => sum + body.length, count.length)
  const parts = [head, [10], leb(size), count, ...bodies, tail]
  const module = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    module.set(part, at)
    at += part.length
  }
  return module
}

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = []
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128)
  return [...bytes, value]
}
