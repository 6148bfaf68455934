import { afterAll, describe, expect, it } from 'vitest'
import { setTimeout } from 'node:timers/promises'
import { Engine } from '../../src/core/engine.js'
import { ArgumentError } from '../../src/core/errors.js'
import { Graph } from '../../src/core/graph.js'
import { stepBytes, stepWords } from '../../src/core/operations.js'
import { ParameterStore, type Parameter } from '../../src/core/parameters.js'
import { compilePlan } from '../../src/core/plan.js'
import { closePool, defaultThreads } from '../../src/core/pool.js'
import { gaussian } from '../assembly/kernels.js'
import { denseOf, expectClose, map } from '../nn/reference.js'

const rows = 9
const x = gaussian(rows * 6, 1)

/** tanh(x · w + b) over nine rows, compiled for an engine of its own. */
function setUp() {
  const engine = new Engine('strict', 1000)
  const { arena } = engine
  const penalty = { l1: 0, l2: 0 }
  const parameters = [[6, 33], [33]].map((shape, i): Parameter => ({
    name: `p${String(i)}`,
    shape,
    penalty,
    offset: 0,
  }))
  const store = new ParameterStore(arena, parameters)
  store.write(parameters[0], gaussian(6 * 33, 2))
  store.write(parameters[1], gaussian(33, 3))
  const graph = new Graph([6])
  const output = graph.activation(graph.dense(graph.input, parameters[0], parameters[1]), 'tanh')
  const data = arena.allocate(x.byteLength)
  arena.f32(data, x.length).set(x)
  const scale = arena.allocate(64)
  arena.f32(scale, 6).fill(1)
  const shift = arena.allocate(64)
  const source = { address: data, kind: 'floats' as const, order: 0, targets: 0, weights: 0, scale, shift }
  const plan = compilePlan(arena, { graph, output, store, source, capacity: rows, threads: 3, tile: 0 })
  const steps = engine.allocateSteps(1)
  arena.u32(steps, stepBytes / 4)[stepWords.rows] = rows
  const read = () => {
    const { address, stride, columns } = plan.output
    const values = arena.f32(address, (3 * stride) / 4)
    return Array.from({ length: rows * columns }, (_, i) => {
      const [r, c] = [Math.floor(i / columns), i % columns]
      return values[((c >> 4) * stride) / 4 + r * 16 + (c & 15)]
    })
  }
  return { engine, plan, steps, read, store, parameters }
}

afterAll(closePool)

describe('engine', () => {
  it('runs a plan alone', () => {
    const { engine, plan, steps, read, store, parameters } = setUp()
    engine.runAlone(plan, steps, 1)
    const [w, b] = parameters.map((parameter) => Float64Array.from(store.read(parameter)))
    const samples = Array.from({ length: rows }, (_, r) => Array.from(x.subarray(r * 6, r * 6 + 6)))
    expectClose(read(), map(denseOf(samples, w, b), Math.tanh).flat(), 1e-6)
    expect(plan.operations.map(({ operation }) => operation)).toEqual(['gather', 'dense', 'activate'])
    expect(engine.arena.shared).toBe(false)
  })

  it('runs it with several threads to the same bits, session after session', async () => {
    const { engine, plan, steps, read } = setUp()
    engine.runAlone(plan, steps, 1)
    const expected = read()
    let most = 1
    for (let session = 0; session < 100 && most < 3; session++) {
      engine.openSession(3)
      for (let run = 0; run < 20; run++) {
        engine.arena.f32(plan.output.address, rows * 16).fill(NaN)
        most = Math.max(most, await engine.run(plan, steps, 1))
        expect(read()).toEqual(expected)
      }
      engine.closeSession()
      expect(engine.threads).toBe(1)
      await setTimeout(5)
    }
    expect(most).toBe(3)
    expect(engine.arena.shared).toBe(true)
    engine.runAlone(plan, steps, 1)
    expect(read()).toEqual(expected)
  })

  it('gets the memory of a plan back', () => {
    const { engine, plan, store } = setUp()
    const { arena } = engine
    const free = () => JSON.stringify(Reflect.get(arena, 'free'))
    const before = free()
    const graph = new Graph([6])
    const options = { graph, output: graph.softmax(graph.input), store, capacity: 50, threads: 1, tile: 0 }
    const source = {
      address: 64,
      kind: 'bytes' as const,
      order: 0,
      targets: 0,
      weights: 0,
      scale: 64,
      shift: 64,
    }
    const another = compilePlan(arena, { ...options, source })
    expect(free()).not.toBe(before)
    another.release()
    expect(free()).toBe(before)
    plan.release()
  })

  it('takes 1 to 64 threads', () => {
    const { engine } = setUp()
    for (const threads of [0, 65, 1.5, NaN]) {
      expect(() => {
        engine.openSession(threads)
      }).toThrow(ArgumentError)
    }
    expect(defaultThreads()).toBeGreaterThanOrEqual(1)
    expect(defaultThreads()).toBeLessThanOrEqual(8)
  })
})
