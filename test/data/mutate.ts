// Damages files for tests, as disks, networks and attackers do.

/** A copy that is cut, has bits turned, bytes zeroed, or a number in it made very large. */
export function mutate(bytes: Uint8Array, next: () => number): Uint8Array {
  const copy = new Uint8Array(bytes) // not slice, which for a Buffer is a view
  const at = next() % copy.length
  switch (next() % 4) {
    case 0:
      return copy.subarray(0, at)
    case 1:
      for (let n = 1 + (next() % 4); n > 0; n--) copy[next() % copy.length] ^= 1 << (next() % 8)
      return copy
    case 2:
      return copy.fill(0, at, at + (next() % 16))
    default: {
      // Most numbers are in the directory, near the end.
      const near = copy.length - 1 - (next() % Math.min(300, copy.length))
      return copy.fill(255, near, near + 4)
    }
  }
}
