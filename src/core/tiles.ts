// Chooses the register tile of the products by timing: which one is fastest depends on the engine's register allocator, and
// all give the same bits. Done once a process and variant, when there is enough work to pay for it.
import type { Arena } from './arena.js'
import { panelRowBytes } from './operations.js'
import type { KernelExports } from './wasm.js'

/** The tiles of `rowsPanel` in assembly/gemm.ts, by number; the first is good everywhere. */
export const tileNames = ['2x16', '6x8', '6x16'] as const
export const defaultTile = 0

const rows = 24
const depth = 256
/** Milliseconds that each tile is warmed for: engines optimize a function some time after it has become hot. */
const warmMilliseconds = 4
const rounds = 7

const chosen = new Map<string, number>()

/**
 * The fastest tile. @param key what the result is remembered under: the variant of the core.
 * @param arena where a problem of some 60 KiB has room for the moment.
 */
export function chooseTile(core: KernelExports, arena: Arena, key: string): number {
  const known = chosen.get(key)
  if (known !== undefined) return known
  const sizes = [rows, (depth / 16) * rows, depth, 1].map((count) => count * panelRowBytes)
  const [c, a, b, bias] = sizes.map((bytes) => arena.allocate(bytes)) as [number, number, number, number]
  const run = (tile: number, milliseconds: number): number => {
    const began = performance.now()
    let count = 0
    let spent = 0
    do {
      core.rowsPanel(c, a, rows * panelRowBytes, b, rows, depth, bias, 0, tile)
      count++
      spent = performance.now() - began
    } while (spent < milliseconds)
    return spent / count
  }
  const tiles = tileNames.map((_, tile) => tile)
  for (const tile of tiles) run(tile, warmMilliseconds)
  const best = tiles.map(() => Infinity)
  for (let round = 0; round < rounds; round++) {
    for (const tile of tiles) best[tile] = Math.min(best[tile]!, run(tile, 0.15))
  }
  ;[c, a, b, bias].forEach((address, i) => {
    arena.release(address, sizes[i]!)
  })
  const fastest = best.indexOf(Math.min(...best))
  chosen.set(key, fastest)
  return fastest
}

/** The tile that was chosen for a variant, if one was. */
export function chosenTile(key: string): number {
  return chosen.get(key) ?? defaultTile
}
