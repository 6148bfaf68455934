// Packs both variants of the core into one text for the browser's build: what they share once, their functions in turn, all
// deflated, in base64. bytes.ts unpacks it.
import { deflateRawSync } from 'node:zlib'

/** @param strict and @param fast the binaries. @returns base64. */
export function packCore(strict, fast) {
  const modules = [strict, fast].map(split)
  const [a, b] = modules
  if (!a.head.equals(b.head) || !a.tail.equals(b.tail) || a.bodies.length !== b.bodies.length) {
    throw new Error('the variants of the core differ in more than their functions')
  }
  const bodies = a.bodies.flatMap((body, i) => [body, b.bodies[i]])
  const lengths = [a.head.length, a.tail.length, a.bodies.length, ...bodies.map(({ length }) => length)]
  const index = Buffer.alloc(4 * lengths.length)
  lengths.forEach((length, i) => index.writeUInt32LE(length, 4 * i))
  return deflateRawSync(Buffer.concat([index, a.head, a.tail, ...bodies]), { level: 9 }).toString('base64')
}

/** What stands before the code section, its functions, and what stands after it. */
function split(module) {
  let at = 8
  const leb = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++]
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
  }
  while (at < module.length) {
    const start = at
    const id = module[at++]
    const size = leb()
    const end = at + size
    if (id === 10) {
      const bodies = []
      const count = leb()
      for (let i = 0; i < count; i++) {
        const from = at
        at = leb() + at
        bodies.push(module.subarray(from, at))
      }
      return { head: module.subarray(0, start), bodies, tail: module.subarray(end) }
    }
    at = end
  }
  throw new Error('a module without code')
}
