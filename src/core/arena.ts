// Lays out one model's linear memory: hands out ranges at 64-byte boundaries, takes them back, grows the memory when none
// fits. Views are made afresh for every use, because a growth outdates them.
import { EngineError } from './errors.js'
import { createMemory, pageBytes } from './wasm.js'

const alignment = 64
/** Address 0 stays unused, so that 0 can mean "none". */
const firstAddress = 64
const maximumBytes = 65536 * pageBytes

interface Range {
  from: number
  to: number
}

export class Arena {
  /** Another one after `share`. */
  memory: WebAssembly.Memory
  /** Whether threads may see it. */
  shared: boolean
  /** Free ranges in ascending order, never touching each other. */
  private free: Range[]
  /** See `weigh`; never read. */
  protected weight: WebAssembly.Memory | undefined

  /** @param bytes what will surely be needed. @param shared whether threads will see it. */
  constructor(bytes: number, shared: boolean) {
    this.memory = createMemory(bytes + firstAddress, shared)
    this.shared = shared
    this.free = [{ from: firstAddress, to: this.memory.buffer.byteLength }]
    this.weigh()
  }

  /** Moves everything to a shared memory, at the same addresses. */
  share(): void {
    if (this.shared) return
    const memory = createMemory(this.memory.buffer.byteLength, true)
    new Uint8Array(memory.buffer).set(new Uint8Array(this.memory.buffer))
    this.memory = memory
    this.shared = true
    this.weigh()
  }

  /** Bytes of linear memory in all. */
  get byteLength(): number {
    return this.memory.buffer.byteLength
  }

  /**
   * A range of at least `bytes`, at a 64-byte boundary. @throws EngineError when the engine has no more.
   * @param zeroed false when the caller overwrites all of it at once.
   */
  allocate(bytes: number, zeroed = true): number {
    const size = Math.max(alignment, Math.ceil(bytes / alignment) * alignment)
    let index = this.free.findIndex(({ from, to }) => to - from >= size)
    if (index < 0) {
      this.grow(size)
      index = this.free.length - 1
    }
    const range = this.free[index]!
    const address = range.from
    range.from += size
    if (range.from === range.to) this.free.splice(index, 1)
    if (zeroed) new Uint8Array(this.memory.buffer, address, size).fill(0)
    return address
  }

  /** Takes back a range of `bytes` that `allocate` gave out. */
  release(address: number, bytes: number): void {
    const from = address
    const to = address + Math.max(alignment, Math.ceil(bytes / alignment) * alignment)
    const index = this.free.findIndex((range) => range.from > from)
    this.free.splice(index < 0 ? this.free.length : index, 0, { from, to })
    this.free = this.free.reduce<Range[]>((merged, range) => {
      const last = merged.at(-1)
      if (last?.to === range.from) last.to = range.to
      else merged.push(range)
      return merged
    }, [])
  }

  f32(address: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, length)
  }

  f64(address: number, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, address, length)
  }

  i32(address: number, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, length)
  }

  u32(address: number, length: number): Uint32Array {
    return new Uint32Array(this.memory.buffer, address, length)
  }

  u8(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length)
  }

  private grow(size: number): void {
    const end = this.memory.buffer.byteLength
    const last = this.free.at(-1)
    const usable = last?.to === end ? end - last.from : 0
    const pages = Math.ceil((size - usable) / pageBytes)
    try {
      this.memory.grow(pages)
    } catch (cause) {
      throw new EngineError({
        rule: `a model's memory is at most ${String(maximumBytes / 2 ** 30)} GiB, and what the machine has`,
        received: `a need of ${String(Math.round((end + pages * pageBytes) / 2 ** 20))} MiB`,
        remedy: 'use fewer rows at a time, a smaller batch or a smaller model',
        cause,
      })
    }
    this.release(end, this.memory.buffer.byteLength - end)
    this.weigh()
  }

  /**
   * V8 does not count shared memories when it decides to collect garbage, so that hundreds of dropped models would stay. One
   * that is not shared counts, and takes nothing while nobody writes to it.
   */
  private weigh(): void {
    if (this.shared) this.weight = createMemory(this.byteLength, false, this.byteLength)
  }
}
