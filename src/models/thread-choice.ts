// How many threads a fit uses from slice to slice. The result is the same for any number, so it is a matter of speed alone: on a
// machine that is busy with other things fewer threads can be faster, because each waits for the slowest at every barrier.
// So alternatives are tried now and then, for a few milliseconds, and the fastest is used.

/** Milliseconds that a trial may take. */
const trialMilliseconds = 2
/** Slices between two trials. */
const trialInterval = 6
/** Weight of the newest measurement in the running mean. */
const newest = 0.4

export class ThreadChoice {
  /** Milliseconds of a step by number of threads: a running mean. */
  private readonly costs = new Map<number, number>()
  private slices = 0
  private trials = 0
  private best: number

  /** @param limit the most that are used. @param fixed whether exactly so many were asked for. */
  constructor(
    limit: number,
    private readonly fixed: boolean,
  ) {
    this.best = limit
  }

  /** Threads and steps of the next slice. @param available those that have come. @param target milliseconds of a slice. */
  next(available: number, target: number): { threads: number; steps: number } {
    this.slices++
    if (this.fixed || available === 1) return { threads: available, steps: this.stepsIn(target, available) }
    const choices = [...new Set([available, Math.ceil(available / 2), 1])]
    const untried = choices.find((threads) => !this.costs.has(threads))
    if (untried !== undefined) return { threads: untried, steps: this.stepsIn(trialMilliseconds, untried) }
    this.best = choices.reduce((a, b) => (this.costs.get(b)! < this.costs.get(a)! ? b : a))
    if (this.slices % trialInterval !== 0)
      return { threads: this.best, steps: this.stepsIn(target, this.best) }
    const others = choices.filter((threads) => threads !== this.best)
    const threads = others[this.trials++ % others.length]!
    return { threads, steps: this.stepsIn(trialMilliseconds, threads) }
  }

  /** Takes note of what a slice took. */
  report(threads: number, steps: number, milliseconds: number): void {
    const cost = milliseconds / steps
    const before = this.costs.get(threads)
    this.costs.set(threads, before === undefined ? cost : before + newest * (cost - before))
  }

  /** Steps that take about so long; few as long as nothing is known. */
  private stepsIn(milliseconds: number, threads: number): number {
    const cost =
      this.costs.get(threads) ?? (this.costs.size > 0 ? Math.max(...this.costs.values()) : undefined)
    return cost === undefined ? 1 : Math.max(1, Math.floor(milliseconds / Math.max(cost, 1e-4)))
  }
}
