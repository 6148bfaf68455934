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
  worker: Worker
  busy: boolean
  /** Called when this worker fails while it serves. */
  fail: (error: WorkerError) => void
}

const members: Member[] = []

/** The threads that a model uses when it is not told: those of the machine, at most 8. */
export function defaultThreads(): number {
  return Math.min(8, availableParallelism())
}

/**
 * Sends up to `count` workers to serve a model, starting them when there are too few. Those that are busy elsewhere are
 * not waited for: a model trains with the threads that have come.
 * @param onFailure called once for each worker that dies or traps.
 */
export function enlist(engagement: Engagement, count: number, onFailure: (error: WorkerError) => void): void {
  while (
    members.filter(({ busy }) => !busy).length < count &&
    members.length < Math.max(count, defaultThreads() - 1)
  ) {
    members.push(start())
  }
  for (const member of members.filter(({ busy }) => !busy).slice(0, count)) {
    member.busy = true
    member.fail = onFailure
    member.worker.postMessage(engagement)
  }
}

/** Ends all workers; the next `enlist` starts new ones. */
export async function closePool(): Promise<void> {
  const leaving = members.splice(0)
  await Promise.all(leaving.map(({ worker }) => worker.terminate()))
}

function start(): Member {
  // Inlined, so that bundled programs need no file beside them.
  const worker = new Worker(`(${serveEngagements.toString()})()`, { eval: true, name: 'lanewise' })
  const member: Member = { worker, busy: false, fail: () => undefined }
  const fail = (received: string) => {
    const index = members.indexOf(member)
    if (index >= 0) members.splice(index, 1)
    member.fail(
      new WorkerError({
        rule: 'the worker threads of a fit live until it ends',
        received,
        remedy: 'the model holds the weights of the last finished slice; fit again, or use threads: 1',
      }),
    )
    member.fail = () => undefined
  }
  worker.on('message', (message: { failed?: string }) => {
    if (message.failed !== undefined) {
      fail(`a trap in one: ${message.failed}`)
      void worker.terminate()
    }
    member.busy = false
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
    const reply: { failed?: string } = {}
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
      reply.failed = String(error)
    }
    parentPort!.postMessage(reply)
  })
}
