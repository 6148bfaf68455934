// The worker threads of this process, shared by all models. A worker sleeps in its event loop until a model enlists it for a
// fit, then serves that model's plans from a futex until it is dismissed. Workers never keep the process alive.
import { WorkerError } from './errors.js'
import type { Engagement } from './serve.js'
import { availableThreads, startThread, type Thread } from './threads.js'

interface Member {
  readonly thread: Thread
  /** The crew that it serves; undefined when it is free. */
  crew: Crew | undefined
}

const members: Member[] = []

/** The threads that a model uses when it is not told: those of the machine, at most 8. */
export function defaultThreads(): number {
  return Math.min(8, availableThreads())
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
      member.thread.engage(engagement)
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
    await Promise.all(own.map(({ thread }) => thread.terminate()))
  }
}

/** Ends all workers; the next session starts new ones. */
export async function closePool(): Promise<void> {
  await Promise.all(members.splice(0).map(({ thread }) => thread.terminate()))
}

function start(): Member {
  const member: Member = { thread: startThread(fail), crew: undefined }
  return member

  function fail(received: string): void {
    const index = members.indexOf(member)
    if (index >= 0) members.splice(index, 1)
    if (member.crew === undefined) return
    member.crew.failure ??= new WorkerError({
      rule: 'the worker threads of a fit live until it ends',
      received,
      remedy: 'fit again, or use threads: 1; the model holds the last weights that were known to be good',
    })
  }
}
