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
  const out: number[][] = [Array.from(module.subarray(0, 8))]
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
      const bodies: number[][] = []
      for (let i = 0; i < count; i++) {
        const bytes = reader.number()
        bodies.push(unfusedBody(module.subarray(reader.at, reader.at + bytes), parameterCounts[types[i]!]!))
        reader.at += bytes
      }
      const code = [leb(count), ...bodies.flatMap((body) => [leb(body.length), body])].flat()
      out.push([id, ...leb(code.length)], code)
    } else {
      out.push(Array.from(module.subarray(start, end)))
    }
    reader.at = end
  }
  return Uint8Array.from(out.flat())
}

/** A function: groups of locals, then code. */
function unfusedBody(body: Uint8Array, parameters: number): number[] {
  const reader = new Reader(body, 0)
  const groups = reader.number()
  const firstGroup = reader.at
  let local = parameters
  for (let i = 0; i < groups; i++) {
    local += reader.number()
    reader.at++
  }
  const code: number[] = []
  const addend = leb(local)
  const replacement = [localSet, ...addend, ...multiply, localGet, ...addend, ...add]
  const locals = Array.from(body.subarray(firstGroup, reader.at))
  for (let at = reader.at; at < body.length;) {
    if (fused.every((byte, i) => body[at + i] === byte)) {
      code.push(...replacement)
      at += fused.length
    } else {
      code.push(body[at++]!)
    }
  }
  return [...leb(groups + 1), ...locals, 1, v128, ...code]
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
function leb(value: number): number[] {
  const bytes: number[] = []
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128)
  return [...bytes, value]
}
