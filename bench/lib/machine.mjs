// What a result is worth nothing without: machine, engine, date, which variants of the core run.
import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { resolveNumerics } from '../../dist/core/wasm.js'

/** The variants of the core that this engine runs. */
export function variants() {
  return resolveNumerics('fast') === 'fast' ? ['strict', 'fast'] : ['strict']
}

/** Thread counts that are compared: 1, and 2 where there are two processors. */
export function threadCounts() {
  return availableParallelism() > 1 ? [1, 2] : [1]
}

export function describeMachine() {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return {
    lanewise: version,
    date: new Date().toISOString(),
    node: process.versions.node,
    v8: process.versions.v8,
    system: `${platform()} ${release()} ${arch()}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    processors: availableParallelism(),
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
    loadAverage: Number(loadavg()[0].toFixed(2)),
    variants: variants(),
  }
}

/** The same as lines for people. */
export function formatMachine(machine) {
  const busy = machine.loadAverage > 0.5 ? ' (busy: take these numbers with care)' : ''
  const fast = machine.variants.includes('fast')
    ? 'strict, fast (relaxed SIMD fuses)'
    : 'strict (no relaxed SIMD here)'
  return [
    `Lanewise ${machine.lanewise} on ${machine.cpu}, ${machine.processors} processors, ${machine.memoryGiB} GiB`,
    `Node ${machine.node} (V8 ${machine.v8}), ${machine.system}; load ${machine.loadAverage}${busy}`,
    `variants: ${fast}; ${machine.date}`,
    'median (p25–p75) throughout',
  ].join('\n')
}
