// Runners for tests, and results without what depends on the machine's speed.
import { localRunner } from '../../src/explore/runner.js'
import type { TrialJob, TrialRunner } from '../../src/index.js'

/** A runner that ends its trials in an order of its own, several at a time. @param fail called before each with their count. */
export function shuffled(
  slots: number,
  fail: (job: TrialJob, count: number) => void = () => undefined,
): TrialRunner {
  const local = localRunner({ threads: 1 })
  let queue: Promise<unknown> = Promise.resolve()
  let count = 0
  return {
    slots,
    async run(job, signal) {
      fail(job, ++count)
      const result = queue.then(() => local.run(job, signal))
      queue = result.catch(() => undefined)
      const done = await result
      await new Promise((resolve) => setTimeout(resolve, (count * 7) % 20))
      return done
    },
    close: () => local.close(),
  }
}

const timing = ['timing', 'trainSeconds', 'samplesPerSecond', 'seconds', 'model']

export function timeless(result: object): unknown {
  return JSON.parse(
    JSON.stringify(result, (key, value: unknown) => (timing.includes(key) ? undefined : value)),
  )
}
