// Where the time of a training step goes: each operation of the plan timed by itself, on one thread, over many steps.
import { isRevectorized } from '../core/wasm.js'
import type { Network } from './network.js'
import type { ProfileEntry } from './profile-table.js'
import type { TrainingRun } from './training-run.js'

/** Steps that are timed, after as many to warm up. */
const timedSteps = 100

/** Times the operations of a run; the weights are as before when it returns. */
export function profile(network: Network, run: TrainingRun): ProfileEntry[] {
  const before = network.store.snapshot()
  const steps = Math.min(timedSteps, run.stepsPerEpoch)
  run.prepare(0, steps, 0, () => 1e-6)
  const spent = run.plan.operations.map(() => 0)
  for (const counts of [false, true]) {
    for (let i = 0; i < Math.max(steps, timedSteps); i++) {
      run.plan.operations.forEach(({ address }, at) => {
        const began = performance.now()
        run.runOperation(address, i % steps)
        if (counts) spent[at]! += performance.now() - began
      })
    }
  }
  network.store.restore(before)
  const ceiling = isRevectorized() ? undefined : ceilingOf(network)
  const overhead = clockOverhead()
  const each = spent.map((milliseconds) =>
    Math.max(0, (1000 * milliseconds) / Math.max(steps, timedSteps) - overhead),
  )
  const total = each.reduce((sum, microseconds) => sum + microseconds, 0)
  return run.plan.operations.map(({ layer, operation, phase, work }, at) => {
    const microseconds = each[at]!
    const entry = { layer, operation, phase, microseconds, share: microseconds / total }
    const gflops = (work.perRow * run.batchSize) / microseconds / 1000
    if (work.perRow === 0) return entry
    return { ...entry, gflops, ...(ceiling === undefined ? {} : { ofCeiling: gflops / ceiling }) }
  })
}

/** 10⁹ multiplications and additions per second that registers alone reach: the best of several short runs. */
function ceilingOf({ engine }: Network): number {
  const { arena, core } = engine
  const out = arena.allocate(1024)
  let best = Infinity
  for (let i = 0; i < 30; i++) {
    const began = performance.now()
    core.ceiling(out, ceilingLoops)
    best = Math.min(best, performance.now() - began)
  }
  arena.release(out, 1024)
  return (ceilingLoops * operationsPerLoop) / best / 1e6
}

const ceilingLoops = 2000
/** As `assembly/ceiling.ts` counts them. */
const operationsPerLoop = 192

/** Microseconds that reading the clock adds to what is timed. */
function clockOverhead(): number {
  const began = performance.now()
  for (let i = 0; i < 1000; i++) performance.now()
  return performance.now() - began
}
