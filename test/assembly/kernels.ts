// What the kernel tests share: each variant of the core on a memory of its own, typed-array access, and float64 measures.
import { coreModule, createMemory, instantiateCore, resolveNumerics } from '../../src/core/wasm.js'
import type { KernelExports, Numerics } from '../../src/core/wasm.js'

export interface Bench {
  variant: Numerics
  core: KernelExports
  memory: WebAssembly.Memory
  /** Reserves `bytes` at a 64-byte boundary plus `offset`; what lies around it is filled with a canary. */
  alloc(bytes: number, offset?: number): number
  /** Forgets all reservations. */
  reset(): void
  f32(address: number, length: number): Float32Array
  f64(address: number, length: number): Float64Array
  i32(address: number, length: number): Int32Array
  u8(address: number, length: number): Uint8Array
  /** Reserves room for the values and writes them. */
  put(values: ArrayLike<number>, offset?: number): number
  /** Throws when a byte outside the reservations was written. */
  checkCanaries(): void
}

const canary = 0xa5
const guard = 64

/** Every variant that this engine runs, each with 64 MiB. */
export function variants(shared = true): Bench[] {
  const names: Numerics[] = resolveNumerics('fast') === 'fast' ? ['strict', 'fast'] : ['strict']
  return names.map((variant) => bench(variant, shared))
}

export function bench(variant: Numerics, shared = true, bytes = 64 << 20): Bench {
  const memory = createMemory(bytes, shared)
  const core = instantiateCore(coreModule(variant, shared), memory)
  let top = guard
  let guards: number[] = []
  const raw = new Uint8Array(memory.buffer)
  return {
    variant,
    core,
    memory,
    alloc(bytes, offset = 0) {
      const address = Math.ceil((top + guard) / 64) * 64 + offset
      raw.fill(canary, address - guard, address)
      guards.push(address - guard)
      top = address + bytes
      raw.fill(0, address, top)
      raw.fill(canary, top, top + guard)
      guards.push(top)
      top += guard
      return address
    },
    reset() {
      top = guard
      guards = []
    },
    f32: (address, length) => new Float32Array(memory.buffer, address, length),
    f64: (address, length) => new Float64Array(memory.buffer, address, length),
    i32: (address, length) => new Int32Array(memory.buffer, address, length),
    u8: (address, length) => new Uint8Array(memory.buffer, address, length),
    put(values, offset = 0) {
      const address = this.alloc(values.length * 4, offset)
      this.f32(address, values.length).set(values)
      return address
    },
    checkCanaries() {
      for (const at of guards) {
        for (let i = 0; i < guard; i++) {
          if (raw[at + i] !== canary) throw new Error(`a kernel wrote outside its buffer, at byte ${String(at + i)}`)
        }
      }
    },
  }
}

/** Distance of `actual` from the float64 `expected` in units of the last float32 place of `expected`. */
export function ulps(actual: number, expected: number): number {
  if (Object.is(actual, expected) || (Number.isNaN(actual) && Number.isNaN(expected))) return 0
  if (actual === Math.fround(expected)) return 0
  if (!Number.isFinite(actual) || !Number.isFinite(Math.fround(expected))) return Infinity
  const exponent = Math.max(-126, Math.floor(Math.log2(Math.abs(expected) || 2 ** -126)))
  return Math.abs(actual - expected) / 2 ** (exponent - 23)
}

/** A small seeded generator (mulberry32) for test inputs: uniform in [0, 1). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `length` values, roughly normal with the given deviation. */
export function gaussian(length: number, seed: number, deviation = 1): Float32Array {
  const next = random(seed)
  return Float32Array.from({ length }, () => deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()))
}

/**
 * A matrix in panels of 16 columns, as the core holds every activation and weight: element (r, c) stands at
 * `(c >> 4) * capacity * 16 + r * 16 + (c & 15)`; padded columns are zero.
 */
export function toPanels(values: ArrayLike<number>, rows: number, columns: number, capacity = rows): Float32Array {
  const out = new Float32Array(Math.ceil(columns / 16) * capacity * 16)
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[(c >> 4) * capacity * 16 + r * 16 + (c & 15)] = values[r * columns + c]!
  }
  return out
}

/** The inverse of `toPanels`. */
export function fromPanels(panels: ArrayLike<number>, rows: number, columns: number, capacity = rows): Float32Array {
  const out = new Float32Array(rows * columns)
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[r * columns + c] = panels[(c >> 4) * capacity * 16 + r * 16 + (c & 15)]!
  }
  return out
}
