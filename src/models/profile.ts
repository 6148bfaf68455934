// Where the time of a training step goes: each operation of the plan timed by itself, on one thread, over many steps.
import { isRevectorized } from '../core/wasm.js'
import type { Network } from './network.js'
import type { TrainingRun } from './training-run.js'

/** One operation of a step. */
export interface ProfileEntry {
  /** The layer it belongs to, or `input`, `loss`, `optimizer`. */
  layer: string
  /** What it does: `dense`, `update`, … */
  operation: string
  /** Part of the step: `data`, `forward`, `loss`, `backward` or `update`. */
  phase: string
  /** Of one step, in microseconds. */
  microseconds: number
  /** Of the whole step, from 0 to 1. */
  share: number
  /**
   * Multiplications and additions per second, in 10⁹, as if no zero were skipped; undefined where there are none to speak of.
   * An update counts its product only, and takes the time of the optimizer too.
   */
  gflops?: number
  /**
   * `gflops` as a share of what the machine's 128-bit multiply-adds reach without loads, measured beside it; left out with
   * revectorization, which does not know that limit.
   */
  ofCeiling?: number
}

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

/** The profile as a table for people. */
export function describeProfile(entries: readonly ProfileEntry[]): string {
  const head = ['layer', 'operation', 'phase', 'µs', 'share', 'GFLOP/s', 'of ceiling']
  const percent = (share: number | undefined) => (share === undefined ? '' : `${(100 * share).toFixed(0)} %`)
  const rows = entries.map(({ layer, operation, phase, microseconds, share, gflops, ofCeiling }) => [
    layer,
    operation,
    phase,
    microseconds.toFixed(1),
    percent(share),
    gflops?.toFixed(1) ?? '',
    percent(ofCeiling),
  ])
  const widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => row[c]!.length)))
  const line = (cells: string[]) =>
    cells.map((cell, c) => (c < 3 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  ')
  const total = entries.reduce((sum, { microseconds }) => sum + microseconds, 0)
  return [...[head, ...rows].map(line), `one step on one thread: ${total.toFixed(1)} µs`].join('\n')
}
