import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { dense, Sequential, WorkerError, type Callback } from '../../src/index.js'
import { closePool } from '../../src/core/pool.js'
import { gaussian } from '../assembly/kernels.js'
import { randomLabels } from '../nn/reference.js'

const x = { data: gaussian(256 * 64, 1), shape: [256, 64] }
const y = randomLabels(256, 10)

/** Fingerprints of the weights after every slice. */
const weightsSeen = new Set<string>()
const fingerprint = (made: Sequential) => {
  const hash = createHash('sha1')
  for (const { data } of made.weights()) hash.update(data)
  return hash.digest('hex')
}

/** Workers that got a message since the test began. */
let seen: Set<Worker>

beforeEach(async () => {
  await closePool()
  seen = new Set()
  const post = Worker.prototype.postMessage
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, message: unknown) {
    seen.add(this)
    post.call(this, message)
  })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await closePool()
})

async function model(threads: number): Promise<Sequential> {
  const made = new Sequential([dense(128, { activation: 'relu' }), dense(10, { activation: 'softmax' })])
  await made.compile({ loss: 'crossentropy', threads, inputShape: [64] })
  return made
}

/** Fits until a worker has joined, then calls `harm` once. @returns what the fit threw, and milliseconds from harm to it. */
async function fitAndHarm(made: Sequential, harm: () => void): Promise<{ error: unknown; waited: number }> {
  let harmed = 0
  const began = performance.now()
  for (let attempt = 0; attempt < 100; attempt++) {
    let threads = 1
    const callback: Callback = {
      onTrainBegin() {
        weightsSeen.add(fingerprint(made))
      },
      onSlice() {
        weightsSeen.add(fingerprint(made))
      },
      onEpochEnd(result, context) {
        threads = Math.max(threads, result.threads)
        if (harmed === 0 && threads > 1) {
          harmed = performance.now()
          harm()
        }
        if (harmed === 0 && performance.now() - began > 500) context.stop()
      },
    }
    try {
      await made.fit(x, y, { epochs: 1e6, callbacks: [callback] })
    } catch (error) {
      return { error, waited: performance.now() - harmed }
    }
  }
  throw new Error('no worker joined')
}

describe.each([2, 3])('with %i threads, a worker', (threads) => {
  const harms: [string, () => void][] = [
    ['that is terminated', () => void [...seen][0].terminate()],
    ['all of them terminated', () => [...seen].forEach((worker) => void worker.terminate())],
  ]
  it.each(harms)('%s gives a WorkerError and no hang; the model trains again', async (_, harm) => {
    const made = await model(threads)
    const { error, waited } = await fitAndHarm(made, harm)
    expect(error).toBeInstanceOf(WorkerError)
    expect((error as WorkerError).code).toBe('ERR_WORKER')
    expect((error as WorkerError).remedy).toContain('threads: 1')
    // A second is promised; the rest is for a busy machine. A hang would be the test's time limit.
    expect(waited).toBeLessThan(5000)
    // Those between two slices, not of a step that some threads have taken and others not.
    expect(weightsSeen.has(fingerprint(made))).toBe(true)
    const history = await made.fit(x, y, { epochs: 3 })
    expect(history.loss).toHaveLength(3)
    expect(history.loss[2]).toBeLessThan(history.loss[0])
  })
})

it('a worker that traps gives a WorkerError that says so', async () => {
  const made = await model(2)
  vi.mocked(Worker.prototype.postMessage).mockRestore()
  const post = Worker.prototype.postMessage
  // A control block outside the memory: the worker's first load from it traps.
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, message: object) {
    post.call(this, { ...message, control: 0xffff0000 })
  })
  const fit = made.fit(x, y, { epochs: 1e6 })
  await expect(fit).rejects.toThrow(WorkerError)
  await expect(fit).rejects.toThrow(/RangeError|bounds|offset/)
  vi.restoreAllMocks()
  await made.fit(x, y)
})

it('two models train at the same time with one pool', async () => {
  const alone = await model(1)
  await alone.fit(x, y, { epochs: 20 })
  const both = [await model(2), await model(2), await model(3)]
  await Promise.all(both.map((made) => made.fit(x, y, { epochs: 20 })))
  await setTimeout(5)
  for (const made of both) expect(made.weights()).toEqual(alone.weights())
})
