// Cuts a compiled core to the functions that a module calls: exports that are not named disappear, and of their bodies a single
// trap is left. Knows of WebAssembly only its sections; needs a core that imports no functions, and none of whose exports
// calls another.
// Format: WebAssembly Core Specification 2.0, section 5.5.

const exportSection = 7
const codeSection = 10
const functionKind = 0
/** Size 3, no locals, `unreachable`, `end`. */
const trap = [3, 0, 0, 0x0b]

/** The core with those exported functions only that `used` names. */
export function cutCore(core: Uint8Array, used: ReadonlySet<string>): Uint8Array<ArrayBuffer> {
  const unused = new Set<number>()
  const reader = new Reader(core, 8)
  const out = [...core.subarray(0, 8)]
  while (!reader.isAtEnd) {
    const id = reader.byte()
    const body = reader.bytes(reader.unsigned())
    const kept =
      id === exportSection
        ? cutExports(body, used, unused)
        : id === codeSection
          ? cutBodies(body, unused)
          : [...body]
    out.push(id, ...unsigned(kept.length), ...kept)
  }
  return Uint8Array.from(out)
}

/** The section of exports; the numbers of functions that are no more in it go into `unused`. */
function cutExports(body: Uint8Array, used: ReadonlySet<string>, unused: Set<number>): number[] {
  const reader = new Reader(body, 0)
  const kept: number[][] = []
  for (let left = reader.unsigned(); left > 0; left--) {
    const name = reader.bytes(reader.unsigned())
    const kind = reader.byte()
    const index = reader.unsigned()
    if (kind === functionKind && !used.has(new TextDecoder().decode(name))) unused.add(index)
    else kept.push([...unsigned(name.length), ...name, kind, ...unsigned(index)])
  }
  return [...unsigned(kept.length), ...kept.flat()]
}

function cutBodies(body: Uint8Array, unused: ReadonlySet<number>): number[] {
  const reader = new Reader(body, 0)
  const count = reader.unsigned()
  const bodies = Array.from({ length: count }, (_, index) => {
    const code = reader.bytes(reader.unsigned())
    return unused.has(index) ? trap : [...unsigned(code.length), ...code]
  })
  return [...unsigned(count), ...bodies.flat()]
}

class Reader {
  constructor(
    private readonly source: Uint8Array,
    private at: number,
  ) {}

  get isAtEnd(): boolean {
    return this.at >= this.source.length
  }

  byte(): number {
    return this.source[this.at++]!
  }

  bytes(length: number): Uint8Array {
    this.at += length
    return this.source.subarray(this.at - length, this.at)
  }

  /** LEB128. */
  unsigned(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      value |= (byte & 127) << shift
      if (byte < 128) return value
    }
  }
}

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)]
}
