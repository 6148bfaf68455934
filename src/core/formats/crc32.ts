// The checksum of zip and gzip, in every runtime: CRC-32 of ITU-T V.42, reflected polynomial EDB88320.
// Four bytes at a time over four tables ("slicing"; M. Kounavis, F. Berry, "Novel table lookup-based algorithms for
// high-performance CRC generation", 2008).

const tables: readonly Uint32Array[] = makeTables()

function makeTables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    return value
  })
  const all = [first]
  for (let i = 1; i < 4; i++) {
    const previous = all[i - 1]!
    all.push(previous.map((value) => (value >>> 8) ^ first[value & 255]!))
  }
  return all
}

/**
 * The checksum of `bytes`, or of what came before and `bytes`.
 * @param before the checksum of what came before; default 0, that of nothing.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const [t0, t1, t2, t3] = tables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array]
  let crc = ~before
  let at = 0
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = t3[crc & 255]! ^ t2[(crc >>> 8) & 255]! ^ t1[(crc >>> 16) & 255]! ^ t0[crc >>> 24]!
  }
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}
