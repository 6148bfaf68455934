// Where the time of a training step goes, for people. Measuring it is in profile.ts.

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
