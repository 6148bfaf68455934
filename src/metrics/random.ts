// Seeded random integers for resampling: xoshiro128** (Blackman and Vigna, 2018), its state filled by a 32-bit mixing of the
// seed (the finalizer of MurmurHash3 over a Weyl sequence). Integer operations only: the same on every engine.
import { MetricError } from './error.js'

/** Returns integers from 0 to below - 1, evenly spread. */
export type Draw = (below: number) => number

/** @param seed an integer from 0 to 2^53 - 1. @throws MetricError for anything else. */
export function randomDraws(seed: number): Draw {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new MetricError({
      rule: 'a seed is an integer from 0 to 2^53 - 1',
      received: String(seed),
      remedy: 'leave it out for 1',
    })
  }
  const low = seed >>> 0
  const high = Math.floor(seed / 2 ** 32)
  const state = Uint32Array.from({ length: 4 }, (_, i) => mix(low + Math.imul(i + 1, 0x9e3779b9) + mix(high)))
  return (below) => {
    const result = Math.imul(rotate(Math.imul(state[1]!, 5), 7), 9) >>> 0
    const shifted = state[1]! << 9
    state[2]! ^= state[0]!
    state[3]! ^= state[1]!
    state[1]! ^= state[2]!
    state[0]! ^= state[3]!
    state[2]! ^= shifted
    state[3] = rotate(state[3]!, 11)
    return Math.floor((result * below) / 2 ** 32)
  }
}

function rotate(value: number, by: number): number {
  return ((value << by) | (value >>> (32 - by))) >>> 0
}

function mix(value: number): number {
  let x = value >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
