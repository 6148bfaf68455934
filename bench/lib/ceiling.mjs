// The ceiling of multiply-add on this machine (assembly/ceiling.ts), of one thread and of two at once: two threads may share a
// core or its clock. Sampled in every round beside what is measured against it.
import { Worker } from 'node:worker_threads'
import { coreModule, createMemory, instantiateCore, pageBytes } from '../../dist/core/wasm.js'
import { secondsPerCall } from './stats.mjs'

/** Rounds of one call, and operations of one round. */
const rounds = 2000
const operations = 192 * rounds
/** Addresses: what each thread writes; the worker's order, reply and calls so far. */
const place = { main: 64, worker: 192, order: 1024, reply: 1088, calls: 1152 }

export class Ceiling {
  #core
  #words
  #worker

  constructor(numerics) {
    const module = coreModule(numerics, true)
    const memory = createMemory(pageBytes, true)
    this.#core = instantiateCore(module, memory)
    this.#words = new Int32Array(memory.buffer)
    const workerData = { module, memory, place, rounds }
    this.#worker = new Worker(`(${accompany.toString()})()`, { eval: true, workerData })
    this.#worker.unref()
    secondsPerCall(() => this.#core.ceiling(place.main, rounds), 20)
  }

  /** Operations a second of 1 or 2 threads together, from a sample of so many milliseconds. */
  sample(threads, milliseconds) {
    if (threads === 1)
      return operations / secondsPerCall(() => this.#core.ceiling(place.main, rounds), milliseconds)
    this.#tell(1)
    const before = Atomics.load(this.#words, place.calls / 4)
    const began = performance.now()
    let calls = 0
    while (performance.now() - began < milliseconds) {
      this.#core.ceiling(place.main, rounds)
      calls++
    }
    const seconds = (performance.now() - began) / 1000
    calls += Atomics.load(this.#words, place.calls / 4) - before
    this.#tell(0)
    return (operations * calls) / seconds
  }

  close() {
    return this.#worker.terminate()
  }

  /** 1: run along; 0: rest. Returns when the worker does. */
  #tell(order) {
    const word = place.order / 4
    Atomics.store(this.#words, word, order)
    Atomics.notify(this.#words, word)
    while (Atomics.load(this.#words, place.reply / 4) !== order);
  }
}

/** Runs in the worker; self-contained, because its text is the worker's program. */
function accompany() {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { module, memory, place, rounds } = require('node:worker_threads').workerData
  const { ceiling } = new WebAssembly.Instance(module, { env: { memory } }).exports
  const words = new Int32Array(memory.buffer)
  for (;;) {
    Atomics.wait(words, place.order / 4, 0)
    Atomics.store(words, place.reply / 4, 1)
    while (Atomics.load(words, place.order / 4) === 1) {
      ceiling(place.worker, rounds)
      Atomics.add(words, place.calls / 4, 1)
    }
    Atomics.store(words, place.reply / 4, 0)
  }
}
