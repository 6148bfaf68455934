// The worker threads of this process, shared by all models. A worker sleeps in its event loop until a model enlists it for a
// fit, then serves that model's plans from a futex until it is dismissed. Workers never keep the process alive.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { WorkerError } from './errors.js'

/** What a worker needs to serve a model. */
export interface Engagement {
  module: WebAssembly.Module
  memory: WebAssembly.Memory
  /** Address of the control block. */
  control: number
}

interface Member {
  readonly worker: Worker
  /** The crew that it serves; undefined when it is free. */
  crew: Crew | undefined
}

const members: Member[] = []

/** The threads that a model uses when it is not told: those of the machine, at most 8. */
export function defaultThreads(): number {
  return Math.min(8, availableParallelism())
}

/** Starts workers until there are `count`, so that they are there when a session begins. */
export function startWorkers(count: number): void {
  while (members.length < count) members.push(start())
}

/** The workers that serve one model for one session. */
export class Crew {
  /** What happened to a worker of it that died or trapped. */
  failure: WorkerError | undefined

  /**
   * Sends up to `count` workers to serve a model, starting them when there are too few. Those that are busy elsewhere are
   * not waited for: a model trains with the threads that have come.
   */
  constructor(engagement: Engagement, count: number) {
    const isFree = ({ crew }: Member) => crew === undefined
    while (members.filter(isFree).length < count && members.length < Math.max(count, defaultThreads() - 1)) {
      members.push(start())
    }
    for (const member of members.filter(isFree).slice(0, count)) {
      member.crew = this
      member.worker.postMessage(engagement)
    }
  }

  /** Lets its workers serve others. Call when they have left, or been told to. */
  release(): void {
    for (const member of members) if (member.crew === this) member.crew = undefined
  }

  /** Ends its workers, which may be stuck at a barrier that one of them will never reach. */
  async terminate(): Promise<void> {
    const own = members.filter(({ crew }) => crew === this)
    for (const member of own) members.splice(members.indexOf(member), 1)
    await Promise.all(own.map(({ worker }) => worker.terminate()))
  }
}

/** Ends all workers; the next session starts new ones. */
export async function closePool(): Promise<void> {
  await Promise.all(members.splice(0).map(({ worker }) => worker.terminate()))
}

function start(): Member {
  // Inlined, so that bundled programs need no file beside them.
  const worker = new Worker(`(${serveEngagements.toString()})()`, { eval: true, name: 'lanewise' })
  const member: Member = { worker, crew: undefined }
  const fail = (received: string) => {
    const index = members.indexOf(member)
    if (index >= 0) members.splice(index, 1)
    if (member.crew === undefined) return
    member.crew.failure ??= new WorkerError({
      rule: 'the worker threads of a fit live until it ends',
      received,
      remedy: 'fit again, or use threads: 1; the model holds the last weights that were known to be good',
    })
  }
  worker.on('message', ({ failed }: { failed: string }) => {
    fail(`a trap in one: ${failed}`)
    void worker.terminate()
  })
  worker.on('error', (error) => {
    fail(`an error in one: ${String(error)}`)
  })
  worker.on('exit', (code) => {
    fail(`the end of one with code ${String(code)}`)
  })
  worker.unref()
  return member
}

/** Runs in the worker; self-contained, because its text is the worker's program. */
function serveEngagements(): void {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { parentPort } = require('node:worker_threads') as typeof import('node:worker_threads')
  parentPort!.on('message', ({ module, memory, control }: Engagement) => {
    // The worker's collector does not count shared memories (see arena.ts): one as large that lives as long as this one.
    const pages = memory.buffer.byteLength / 65536
    Reflect.set(memory, 'weight', new WebAssembly.Memory({ initial: pages, maximum: pages }))
    try {
      const { exports } = new WebAssembly.Instance(module, { env: { memory } })
      ;(exports['serve'] as (control: number) => number)(control)
    } catch (error) {
      // The others wait at a barrier: the abort word lets them leave.
      const words = new Int32Array(memory.buffer, control, 64)
      Atomics.store(words, 32, 1)
      Atomics.notify(words, 16)
      Atomics.notify(words, 48)
      parentPort!.postMessage({ failed: String(error) })
    }
  })
}
