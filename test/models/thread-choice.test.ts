import { describe, expect, it } from 'vitest'
import { ThreadChoice } from '../../src/models/thread-choice.js'

/** Runs so many slices where a step with t threads takes cost(t) milliseconds. @returns the threads of each slice. */
function simulate(
  choice: ThreadChoice,
  slices: number,
  cost: (threads: number) => number,
  available = 4,
): number[] {
  return Array.from({ length: slices }, () => {
    const { threads, steps } = choice.next(available, 15)
    expect(threads).toBeGreaterThanOrEqual(1)
    expect(threads).toBeLessThanOrEqual(available)
    expect(steps).toBeGreaterThanOrEqual(1)
    choice.report(threads, steps, steps * cost(threads))
    return threads
  })
}

const share = (used: number[], threads: number) => used.filter((t) => t === threads).length / used.length

describe('the choice of threads', () => {
  it('keeps to the most where more are faster, but for trials', () => {
    const used = simulate(new ThreadChoice(false), 200, (threads) => 0.4 / threads)
    expect(share(used, 4)).toBeGreaterThan(0.8)
    expect(new Set(used)).toEqual(new Set([4, 2, 1]))
  })

  it('falls back to one where more are slower', () => {
    const choice = new ThreadChoice(false)
    expect(
      share(
        simulate(choice, 200, (threads) => 0.1 * threads),
        1,
      ),
    ).toBeGreaterThan(0.8)
  })

  it('follows a machine that changes', () => {
    const choice = new ThreadChoice(false)
    expect(
      share(
        simulate(choice, 60, (threads) => 0.2 / threads, 2),
        2,
      ),
    ).toBeGreaterThan(0.7)
    expect(
      share(
        simulate(choice, 60, (threads) => (threads === 1 ? 0.2 : 0.5), 2),
        1,
      ),
    ).toBeGreaterThan(0.6)
    expect(
      share(
        simulate(choice, 120, (threads) => 0.2 / threads, 2),
        2,
      ),
    ).toBeGreaterThan(0.6)
  })

  it.each([0.3, 3])('is not misled by threads that take %f ms to wake up', (waking) => {
    const choice = new ThreadChoice(false)
    let before = 0
    const used = Array.from({ length: 200 }, (_, slice) => {
      const { threads, steps } = choice.next(2, 15)
      const first = slice === 0 ? 3 : threads > before ? waking : 0
      choice.report(threads, steps, first + (steps * 0.2) / threads)
      before = threads
      return threads
    })
    expect(share(used, 2)).toBeGreaterThan(0.8)
  })

  it('uses no more than have come', () => {
    expect(new ThreadChoice(false).next(4, 15).threads).toBe(4)
    const choice = new ThreadChoice(false)
    simulate(choice, 30, (threads) => 0.4 / threads, 8)
    simulate(choice, 30, (threads) => 0.4 / threads, 3)
  })

  it('obeys a number that was asked for', () => {
    const used = simulate(new ThreadChoice(true), 50, (threads) => 0.1 * threads, 3)
    expect(new Set(used)).toEqual(new Set([3]))
  })

  it('makes slices of about the time that is asked for', () => {
    const choice = new ThreadChoice(true)
    simulate(choice, 3, () => 0.5, 1)
    expect(choice.next(1, 15).steps).toBe(30)
  })

  it('uses those that have come', () => {
    const choice = new ThreadChoice(false)
    expect(new Set(simulate(choice, 5, () => 0.1, 1))).toEqual(new Set([1]))
    expect(simulate(choice, 50, (threads) => 0.4 / threads, 4)).toContain(4)
  })
})
