// One model's engine: its memory, its instance of the core, its control block, and the running of plans by one or more threads.
// Thread 0 is the caller; the others join when they have started, and until then it goes on alone: the bits are the same.
import { Arena } from './arena.js'
import { ArgumentError } from './errors.js'
import { stepBytes } from './operations.js'
import type { Plan } from './plan.js'
import { Crew } from './pool.js'
import { chooseTile, chosenTile } from './tiles.js'
import { turn } from './turn.js'
import { coreModule, instantiateCore, resolveNumerics, type KernelExports, type Numerics } from './wasm.js'

/** The most threads that a command word can tell. */
export const maximumThreads = 64

const status = { done: 0, waiting: 1, aborted: 2 }
/** In words of the control block. */
const word = { command: 64, arrived: 69, closed: 70 }
const controlBytes = 512 + maximumThreads * 64

export class Engine {
  readonly arena: Arena
  /** Another one after the first session with several threads. */
  core: KernelExports
  /** The variant that runs. */
  readonly numerics: Numerics
  private module: WebAssembly.Module
  private control: number
  private crew: Crew | undefined
  /** Ends when the run of several threads that is going on has ended. */
  private running: Promise<void> | undefined
  private sessionThreads = 1

  /** @param bytes of memory that will surely be needed. */
  constructor(numerics: Numerics, bytes: number) {
    this.numerics = resolveNumerics(numerics)
    // Memory that is not shared until threads need it: the collector knows its size, and frees it with the model.
    this.module = coreModule(numerics, false)
    this.arena = new Arena(bytes + controlBytes, false)
    this.core = instantiateCore(this.module, this.arena.memory)
    this.control = this.arena.allocate(controlBytes)
  }

  /** Threads that the next run would use: those of the session that have come. */
  get threads(): number {
    return Math.min(this.sessionThreads, 1 + Atomics.load(this.words(), word.arrived))
  }

  /** Begins a session of runs with up to `threads` threads; those that have to start join later. */
  openSession(threads: number): void {
    requireThreads(threads)
    this.sessionThreads = threads
    if (threads === 1) return
    this.share()
    if (Atomics.load(this.words(), word.arrived) !== 0) this.renewControl()
    Atomics.store(this.words(), word.closed, 0)
    const engagement = { module: this.module, memory: this.arena.memory, control: this.control }
    this.crew = new Crew(engagement, threads - 1)
  }

  /** Sends the workers back to their event loops. */
  closeSession(): void {
    const { crew } = this
    this.sessionThreads = 1
    if (crew === undefined) return
    this.crew = undefined
    const words = this.words()
    Atomics.store(words, word.closed, 1)
    this.core.announce(this.control, 0)
    crew.release()
    // They leave within microseconds; one that was descheduled keeps the old control block for itself.
    const deadline = performance.now() + 20
    while (Atomics.load(words, word.arrived) !== 0) {
      if (performance.now() > deadline) return this.renewControl()
    }
  }

  /** `count` steps of a plan with the records from `steps` on, by this thread alone. */
  runAlone(plan: Plan, steps: number, count: number): void {
    this.core.runPlan(this.control, plan.address, steps, count, 0, 1, 0)
  }

  /**
   * `count` steps by the threads that have come, at most `limit` of them. @returns their number.
   * @throws WorkerError within a second when one of them dies.
   */
  async run(plan: Plan, steps: number, count: number, limit = maximumThreads): Promise<number> {
    // A run that waits for a worker gives the event loop turns, in which a prediction may be asked of the same model.
    while (this.running !== undefined) await this.running
    // From here to the first turn of the event loop nothing else runs: the session is the one that is seen now.
    const { crew } = this
    if (crew?.failure !== undefined) return this.abandon(crew)
    const threads = Math.min(limit, this.threads)
    if (crew === undefined || threads === 1) {
      this.runAlone(plan, steps, count)
      return 1
    }
    let done: () => void = () => undefined
    this.running = new Promise((resolve) => (done = resolve))
    try {
      await this.runTogether(crew, plan, steps, count, threads)
    } finally {
      this.running = undefined
      done()
    }
    return threads
  }

  private async runTogether(
    crew: Crew,
    plan: Plan,
    steps: number,
    count: number,
    threads: number,
  ): Promise<void> {
    // The session may end, and leave this control block behind, while this run waits.
    const { control } = this
    this.arena.u32(control, controlBytes / 4).set([plan.address, steps, count], word.command)
    this.core.announce(control, threads)
    let outcome = this.core.runPlan(control, plan.address, steps, count, 0, threads, 0)
    while (outcome === status.waiting) {
      await turn()
      if (crew.failure !== undefined) return this.abandon(crew)
      outcome = this.core.runPlan(control, plan.address, steps, count, 0, threads, 1)
    }
    if (outcome === status.aborted) {
      while (crew.failure === undefined) await turn()
      return this.abandon(crew)
    }
  }

  /** The fastest register tile of the products, found by timing the first time that there is much to do. */
  tile(much: boolean): number {
    return much ? chooseTile(this.core, this.arena, this.numerics) : chosenTile(this.numerics)
  }

  /** Address of a table of `count` step records. */
  allocateSteps(count: number): number {
    return this.arena.allocate(count * stepBytes)
  }

  /** Ends the session's workers and throws what happened to one of them. */
  private async abandon(crew: Crew): Promise<never> {
    await crew.terminate()
    this.crew = undefined
    this.sessionThreads = 1
    const old = this.control
    this.renewControl()
    this.arena.release(old, controlBytes)
    throw crew.failure!
  }

  /** Moves to shared memory, as a session of several threads does; better before the memory is full. */
  share(): void {
    if (this.arena.shared) return
    this.arena.share()
    this.module = coreModule(this.numerics, true)
    this.core = instantiateCore(this.module, this.arena.memory)
  }

  private words(): Int32Array {
    return this.arena.i32(this.control, controlBytes / 4)
  }

  private renewControl(): void {
    this.control = this.arena.allocate(controlBytes)
  }
}

function requireThreads(threads: number): void {
  if (Number.isInteger(threads) && threads >= 1 && threads <= maximumThreads) return
  throw new ArgumentError({
    rule: `threads is an integer from 1 to ${String(maximumThreads)}`,
    received: String(threads),
    remedy: 'leave it out to use what the machine has',
  })
}
