// Medians and spreads, and the two ways of timing: interleaved rounds, for what is compared on a machine whose speed drifts, and
// tinybench, for many small kernels one after another. Prints nothing.
import { Bench } from 'tinybench'

/** The quantile `q` of ascending numbers, linear between neighbours. */
export function quantile(sorted, q) {
  const at = (sorted.length - 1) * q
  const low = Math.floor(at)
  const high = Math.ceil(at)
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low)
}

/** `{ median, p25, p75, samples }` of numbers in any order. */
export function summary(values) {
  const sorted = Float64Array.from(values).sort()
  return {
    median: quantile(sorted, 0.5),
    p25: quantile(sorted, 0.25),
    p75: quantile(sorted, 0.75),
    samples: sorted.length,
  }
}

/** The summary of a rate, from one of times: rate = amount / time, so its quartiles change places. */
export function rateOf(amount, { median, p25, p75, samples }) {
  return { median: amount / median, p25: amount / p75, p75: amount / p25, samples }
}

/**
 * Takes one sample of each candidate a round, so that a slow spell of the machine falls on all of them. Each round begins with
 * another candidate. @param candidates functions that give a number, or a promise of one. @returns the samples of each.
 */
export async function interleave(rounds, candidates) {
  const samples = candidates.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < candidates.length; i++) {
      const which = (round + i) % candidates.length
      samples[which].push(await candidates[which]())
    }
  }
  return samples
}

/** Seconds of one call, from as many as fill `milliseconds`. Synchronous. */
export function secondsPerCall(call, milliseconds) {
  const began = performance.now()
  let calls = 0
  let batch = 1
  let spent = 0
  while (spent < milliseconds) {
    for (let i = 0; i < batch; i++) call()
    calls += batch
    spent = performance.now() - began
    batch = Math.max(1, Math.min(calls, Math.floor((calls * (milliseconds - spent)) / Math.max(spent, 1e-3))))
  }
  return spent / 1000 / calls
}

/**
 * Times synchronous functions with tinybench. A function that takes less than 20 µs is called several times a sample.
 * @param tasks `[{ name, run, single }]`, names different; `single`: never several times, so that the quantiles are those of calls. @param milliseconds for each, and a third of that to warm up.
 * @returns for each the summary of seconds a call, with `p99`.
 */
export function timeTasks(tasks, milliseconds) {
  const bench = new Bench({
    time: milliseconds,
    iterations: 8,
    warmupTime: milliseconds / 3,
    warmupIterations: 8,
    retainSamples: true,
    throws: true,
  })
  const calls = tasks.map(({ run, single }) => (single ? 1 : callsFor(2e-5, run, milliseconds / 10)))
  tasks.forEach(({ name, run }, i) => {
    const count = calls[i]
    const many = () => {
      for (let c = 0; c < count; c++) run()
    }
    bench.add(name, count === 1 ? run : many, { async: false })
  })
  bench.runSync()
  return tasks.map(({ name }, i) => {
    const { latency } = bench.getTask(name).result
    const seconds = 1e-3 / calls[i]
    const { samples } = latency
    return {
      median: latency.p50 * seconds,
      p25: quantile(samples, 0.25) * seconds,
      p75: latency.p75 * seconds,
      p99: latency.p99 * seconds,
      samples: latency.samplesCount,
    }
  })
}

/** How many calls of `run` take so many seconds. */
function callsFor(seconds, run, milliseconds) {
  return Math.max(1, Math.ceil(seconds / secondsPerCall(run, milliseconds)))
}

/** Lets timers, messages of workers and the collector's tasks have their turn. */
export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
