// The core that a page serves itself, if it does.

/** The binaries of both variants. */
export interface OwnCore {
  fast: Uint8Array<ArrayBuffer>
  strict: Uint8Array<ArrayBuffer>
}

let own: OwnCore | undefined

/** Uses these binaries instead of those that come with the library, as `lanewise/kernels.wasm` served by the page. */
export function useCore(fast: Uint8Array<ArrayBuffer>, strict: Uint8Array<ArrayBuffer>): void {
  own = { fast, strict }
}

export function ownCore(): OwnCore | undefined {
  return own
}
