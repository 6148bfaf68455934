// How many threads a fit uses from slice to slice. The result is the same for any number, so it is a matter of speed alone: on a
// machine that is busy with other things fewer threads can be faster, because each waits for the slowest at every barrier.
// So alternatives are tried now and then, for a few milliseconds, and the fastest is used. A trial has two slices: in the first
// threads wake up and fill their caches, the second is measured.

/** Milliseconds that the slices of a trial may take. */
const warmMilliseconds = 0.5
const trialMilliseconds = 2
/** Steps of the second slice, however slow the first was: that may have been the waking alone. */
const leastSteps = 2
/** Slices between two trials: fewer after a change, more while the best stays. */
const leastInterval = 6
const mostInterval = 24
/** Slices before the first trial: the first are slow, for any number. */
const slicesToWarm = 4
/** Weight of the newest measurement in the running mean. */
const newest = 0.4

interface Trial {
  threads: number
  /** Milliseconds of a step in the first slice, when that is over. */
  firstCost?: number
}

export class ThreadChoice {
  /** Milliseconds of a step by number of threads: a running mean for the best, the last trial for the others. */
  private readonly costs = new Map<number, number>()
  private slices = 0
  private trials = 0
  private interval = leastInterval
  private lastTrial = slicesToWarm - leastInterval
  private best = 0
  private trial: Trial | undefined

  /** @param fixed whether exactly as many were asked for as there are. */
  constructor(private readonly fixed: boolean) {}

  /** Threads and steps of the next slice. @param available those that have come. @param target milliseconds of a slice. */
  next(available: number, target: number): { threads: number; steps: number } {
    const choices = [...new Set([available, Math.ceil(available / 2), 1])]
    if (this.trial !== undefined && !choices.includes(this.trial.threads)) this.trial = undefined
    if (this.fixed || choices.length === 1) return this.use(available, target)
    if (this.trial !== undefined) return this.tryOn(this.trial)
    this.chooseBest(choices)
    if (this.slices - this.lastTrial < this.interval || !this.costs.has(this.best))
      return this.use(this.best, target)
    const others = choices.filter((threads) => threads !== this.best)
    const threads = others.find((other) => !this.costs.has(other)) ?? others[this.trials % others.length]!
    this.trials++
    this.trial = { threads }
    return this.tryOn(this.trial)
  }

  /** Takes note of what a slice took. */
  report(threads: number, steps: number, milliseconds: number): void {
    this.slices++
    const cost = milliseconds / steps
    const { trial } = this
    if (trial?.threads === threads) {
      if (trial.firstCost === undefined) trial.firstCost = cost
      else this.endTrial(threads, cost)
      return
    }
    const before = this.slices <= 2 ? undefined : this.costs.get(threads)
    this.costs.set(threads, before === undefined ? cost : before + newest * (cost - before))
  }

  private use(threads: number, milliseconds: number): { threads: number; steps: number } {
    return { threads, steps: stepsIn(milliseconds, this.costs.get(threads)) }
  }

  /** The next slice of a trial: as long as the best number of threads would take, not much longer if that is known. */
  private tryOn({ threads, firstCost }: Trial): { threads: number; steps: number } {
    const best = this.costs.get(this.best)
    if (firstCost === undefined) return { threads, steps: stepsIn(warmMilliseconds, best) }
    const most = Math.max(leastSteps, stepsIn(2 * trialMilliseconds, firstCost))
    return { threads, steps: Math.min(most, stepsIn(trialMilliseconds, best)) }
  }

  private chooseBest(choices: number[]): void {
    const cost = (threads: number) => this.costs.get(threads) ?? Infinity
    const best = choices.reduce((a, b) => (cost(b) < cost(a) ? b : a))
    if (best !== this.best) this.interval = leastInterval
    this.best = best
  }

  private endTrial(threads: number, cost: number): void {
    this.costs.set(threads, cost)
    this.trial = undefined
    this.lastTrial = this.slices
    this.interval = Math.min(mostInterval, 2 * this.interval)
  }
}

/** Steps that take about so long; one as long as nothing is known. */
function stepsIn(milliseconds: number, cost: number | undefined): number {
  return cost === undefined ? 1 : Math.max(1, Math.floor(milliseconds / Math.max(cost, 1e-4)))
}
