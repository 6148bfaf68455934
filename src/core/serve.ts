// What a worker thread does for a model. One function without references to anything outside: its text is a worker's program
// where that must come inlined.

/** What a worker needs to serve a model. */
export interface Engagement {
  module: WebAssembly.Module
  memory: WebAssembly.Memory
  /** Address of the control block. */
  control: number
}

/** Runs a model's plans until it is dismissed. @returns what went wrong; undefined when nothing did. */
export function serveEngagement({ module, memory, control }: Engagement): string | undefined {
  // The worker's collector does not count shared memories (see arena.ts): one as large that lives as long as this one.
  const pages = memory.buffer.byteLength / 65536
  Reflect.set(memory, 'weight', new WebAssembly.Memory({ initial: pages, maximum: pages }))
  try {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } })
    ;(exports['serve'] as (control: number) => number)(control)
    return undefined
  } catch (error) {
    // The others wait at a barrier: the abort word lets them leave.
    const words = new Int32Array(memory.buffer, control, 64)
    Atomics.store(words, 32, 1)
    Atomics.notify(words, 16)
    Atomics.notify(words, 48)
    return String(error)
  }
}
