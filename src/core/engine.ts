// One model's engine: its memory, its instance of the core, its control block, and the running of plans by one or more threads.
// Thread 0 is the caller; the others join when they have started, and until then it goes on alone: the bits are the same.
import { Arena } from './arena.js'
import { ArgumentError, type WorkerError } from './errors.js'
import { stepBytes } from './operations.js'
import type { Plan } from './plan.js'
import { closePool, enlist } from './pool.js'
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
  private failure: WorkerError | undefined
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
    this.failure = undefined
    this.sessionThreads = threads
    if (threads === 1) return
    this.share()
    if (Atomics.load(this.words(), word.arrived) !== 0) this.renewControl()
    Atomics.store(this.words(), word.closed, 0)
    enlist(
      { module: this.module, memory: this.arena.memory, control: this.control },
      threads - 1,
      (error) => {
        this.failure ??= error
      },
    )
  }

  /** Sends the workers back to their event loops. */
  closeSession(): void {
    if (this.sessionThreads === 1) return
    this.sessionThreads = 1
    const words = this.words()
    Atomics.store(words, word.closed, 1)
    this.core.announce(this.control, 0)
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
    if (this.failure !== undefined) throw this.failure
    const threads = Math.min(limit, this.threads)
    if (threads === 1) {
      this.runAlone(plan, steps, count)
      return 1
    }
    this.words().set([plan.address, steps, count], word.command)
    this.core.announce(this.control, threads)
    let outcome = this.core.runPlan(this.control, plan.address, steps, count, 0, threads, 0)
    while (outcome === status.waiting) {
      await turn()
      if (this.failure !== undefined) await this.abandon(this.failure)
      outcome = this.core.runPlan(this.control, plan.address, steps, count, 0, threads, 1)
    }
    if (outcome === status.aborted) {
      while (this.failure === undefined) await turn()
      await this.abandon(this.failure)
    }
    return threads
  }

  /** Address of a table of `count` step records. */
  allocateSteps(count: number): number {
    return this.arena.allocate(count * stepBytes)
  }

  /** Ends the pool, whose other workers may be stuck at a barrier of this run, and throws. */
  private async abandon(failure: WorkerError): Promise<never> {
    await closePool()
    this.sessionThreads = 1
    this.renewControl()
    throw failure
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
