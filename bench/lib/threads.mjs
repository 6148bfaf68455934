// Runs plans by a given number of threads, and waits until they have all come: a worker is free again only when the event loop
// has heard so.
import { pause } from './stats.mjs'

/** `work` within a session of `threads` threads of an engine. @throws Error when they do not come within ten seconds. */
export async function withThreads(engine, threads, work) {
  const deadline = performance.now() + 10_000
  for (;;) {
    engine.openSession(threads)
    try {
      for (let waits = 0; waits < 50 && engine.threads < threads; waits++) await pause(1)
      if (engine.threads === threads) return await work()
    } finally {
      engine.closeSession()
      await pause(0)
    }
    if (performance.now() > deadline)
      throw new Error(`${String(threads)} threads did not come within ten seconds`)
  }
}
