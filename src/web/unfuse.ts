// The strict variant of the core from the fast one: each fused multiply-add becomes a multiplication and an addition, which is all
// that tells the sources apart (madd in assembly/lanes.ts). The addend waits in a local of its own meanwhile; engines keep it in
// a register. So a page loads one core and has both.

/** relaxed_madd of four floats; three bytes that stand for nothing else in the core, as the build makes sure. */
const fused = [0xfd, 0x85, 0x02]
const [localGet, localSet, v128] = [0x20, 0x21, 0x7b]
const multiply = [0xfd, 0xe6, 0x01]
const add = [0xfd, 0xe4, 0x01]
const section = { types: 1, functions: 3, code: 10 }

/** @param module with sections of types, functions and code, without imported functions. */
export function unfused(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const parameterCounts: number[] = []
  const types: number[] = []
  const out: Uint8Array[] = [module.subarray(0, 8)]
  const reader = new Reader(module, 8)
  while (reader.at < module.length) {
    const start = reader.at
    const id = module[reader.at++]!
    const size = reader.number()
    const end = reader.at + size
    if (id === section.types) {
      for (let left = reader.number(); left > 0; left--) {
        reader.at++
        const parameters = reader.number()
        parameterCounts.push(parameters)
        reader.at += parameters
        const results = reader.number()
        reader.at += results
      }
    }
    if (id === section.functions) {
      for (let left = reader.number(); left > 0; left--) types.push(reader.number())
    }
    if (id === section.code) {
      const count = reader.number()
      const bodies: Uint8Array[] = [leb(count)]
      for (let i = 0; i < count; i++) {
        const bytes = reader.number()
        const body = unfusedBody(module.subarray(reader.at, reader.at + bytes), parameterCounts[types[i]!]!)
        bodies.push(leb(body.length), body)
        reader.at += bytes
      }
      const code = joined(bodies)
      out.push(Uint8Array.of(id), leb(code.length), code)
    } else {
      out.push(module.subarray(start, end))
    }
    reader.at = end
  }
  return joined(out)
}

/** A function: groups of locals, then code. */
function unfusedBody(body: Uint8Array, parameters: number): Uint8Array {
  const reader = new Reader(body, 0)
  const groups = reader.number()
  const firstGroup = reader.at
  let local = parameters
  for (let i = 0; i < groups; i++) {
    local += reader.number()
    reader.at++
  }
  const addend = leb(local)
  const replacement = Uint8Array.of(localSet, ...addend, ...multiply, localGet, ...addend, ...add)
  const parts = [leb(groups + 1), body.subarray(firstGroup, reader.at), Uint8Array.of(1, v128)]
  let from = reader.at
  for (let at = body.indexOf(fused[0]!, from); at >= 0; at = body.indexOf(fused[0]!, at + 1)) {
    if (body[at + 1] !== fused[1] || body[at + 2] !== fused[2]) continue
    parts.push(body.subarray(from, at), replacement)
    from = at + fused.length
    at = from - 1
  }
  parts.push(body.subarray(from))
  return joined(parts)
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

class Reader {
  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}

  /** Unsigned LEB128. */
  number(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++]!
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
  }
}

/** Unsigned LEB128. */
function leb(value: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = []
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128)
  return Uint8Array.of(...bytes, value)
}
