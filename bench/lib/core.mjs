// The bare core on a memory of its own, for kernels that are called one by one.
import { coreModule, createMemory, instantiateCore, pageBytes } from '../../dist/core/wasm.js'

export class BareCore {
  #memory
  #top = 64

  constructor(numerics, bytes) {
    this.#memory = createMemory(bytes + pageBytes, true)
    this.kernels = instantiateCore(coreModule(numerics, true), this.#memory)
  }

  /** Room for `length` floats at a 64-byte boundary, zero or filled with `values`. @returns its address. */
  floats(length, values) {
    const address = this.#top
    this.#top = Math.ceil((address + length * 4) / 64) * 64
    if (values !== undefined)
      new Float32Array(this.#memory.buffer, address, length).set(values.subarray(0, length))
    return address
  }

  /** The same for whole numbers. */
  integers(values) {
    const address = this.floats(values.length)
    new Int32Array(this.#memory.buffer, address, values.length).set(values)
    return address
  }
}
