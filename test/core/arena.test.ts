import { describe, expect, it } from 'vitest'
import { Arena } from '../../src/core/arena.js'
import { EngineError } from '../../src/core/errors.js'
import { pageBytes } from '../../src/core/wasm.js'
import { random } from '../assembly/kernels.js'

describe('arena', () => {
  it('hands out zeroed ranges at 64-byte boundaries that never overlap, and takes them back', () => {
    const arena = new Arena(1000, false)
    const next = random(1)
    const held: { address: number; bytes: number; mark: number }[] = []
    for (let i = 0; i < 3000; i++) {
      if (held.length > 0 && next() < 0.48) {
        const [{ address, bytes, mark }] = held.splice(Math.floor(next() * held.length), 1)
        expect(arena.u8(address, bytes).every((byte) => byte === mark)).toBe(true)
        arena.release(address, bytes)
      } else {
        const bytes = Math.floor(next() * 3000)
        const address = arena.allocate(bytes)
        expect(address % 64).toBe(0)
        expect(address).toBeGreaterThan(0)
        expect(arena.u8(address, bytes).every((byte) => byte === 0)).toBe(true)
        const mark = 1 + (i % 255)
        arena.u8(address, bytes).fill(mark)
        held.push({ address, bytes, mark })
      }
    }
    for (const { address, bytes, mark } of held) {
      expect(arena.u8(address, bytes).every((byte) => byte === mark)).toBe(true)
      arena.release(address, bytes)
    }
    // All of it is one range again: the whole fits without growth.
    const { byteLength } = arena
    arena.allocate(byteLength - 64)
    expect(arena.byteLength).toBe(byteLength)
  })

  it('grows by the pages it needs, from where free memory at the end begins', () => {
    const arena = new Arena(0, false)
    expect(arena.byteLength).toBe(pageBytes)
    const address = arena.allocate(pageBytes)
    expect(address).toBe(64)
    expect(arena.byteLength).toBe(2 * pageBytes)
    arena.allocate(pageBytes - 64 - 64)
    expect(arena.byteLength).toBe(2 * pageBytes)
  })

  it('moves to shared memory with everything in its place', () => {
    const arena = new Arena(1000, false)
    const address = arena.allocate(400)
    arena.f32(address, 100).forEach((_, i, view) => (view[i] = i))
    expect([arena.shared, arena.memory.buffer instanceof SharedArrayBuffer]).toEqual([false, false])
    arena.share()
    expect([arena.shared, arena.memory.buffer instanceof SharedArrayBuffer]).toEqual([true, true])
    expect(Array.from(arena.f32(address, 100))).toEqual(Array.from({ length: 100 }, (_, i) => i))
    const { memory } = arena
    arena.share()
    expect(arena.memory).toBe(memory)
    expect(arena.allocate(400)).toBe(address + 448)
    arena.allocate(10 * pageBytes)
    expect(arena.f32(address, 100)[99]).toBe(99)
  })

  it('says when there is no more', () => {
    const arena = new Arena(0, false)
    expect(() => arena.allocate(2 ** 33)).toThrow(EngineError)
    expect(() => arena.allocate(2 ** 33)).toThrow("a model's memory is at most 4 GiB")
  })
})
