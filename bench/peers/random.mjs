// Seeded random numbers for orders and made-up data; where their quality hardly matters.

/** Uniform numbers from 0 to below 1. Source: Marsaglia, "Xorshift RNGs" (2003). */
export function uniform(seed) {
  let state = Math.imul(seed, 2_654_435_761) >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
