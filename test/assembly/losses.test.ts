import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fromPanels, gaussian, random, toPanels, variants } from './kernels.js'
import { bits, sigmoid, softplus } from './reference.js'

interface Problem {
  kind: number
  rows: number
  columns: number
  z: ArrayLike<number>
  /** One class number per row for kind 0, rows × columns values for the others. */
  target: ArrayLike<number>
  rowScale: ArrayLike<number>
  parameter: number
}

const capacity = 9
const kinds = [
  { kind: 0, name: 'cross-entropy from classes', parameters: [0, 0.1] },
  { kind: 1, name: 'cross-entropy from rows', parameters: [0, 0.1] },
  { kind: 2, name: 'binary cross-entropy', parameters: [0, 0.1] },
  { kind: 3, name: 'mean squared error', parameters: [0] },
  { kind: 4, name: 'mean absolute error', parameters: [0] },
  { kind: 5, name: 'Huber', parameters: [1, 0.3] },
]

/** The loss of one row in float64. target: the class (kind 0) or the row's targets. */
function rowLoss(kind: number, z: number[], target: number | number[], parameter: number): number {
  const mean = (f: (z: number, t: number) => number) =>
    z.reduce((sum, v, c) => sum + f(v, (target as number[])[c]!), 0) / z.length
  if (kind <= 1) {
    const maximum = Math.max(...z)
    const logSum = maximum + Math.log(z.reduce((sum, v) => sum + Math.exp(v - maximum), 0))
    const at = (c: number) => (typeof target === 'number' ? Number(c === target) : target[c]!)
    return z.reduce((sum, v, c) => sum + ((1 - parameter) * at(c) + parameter / z.length) * (logSum - v), 0)
  }
  if (kind === 2) return mean((v, t) => softplus(v) - v * (t * (1 - parameter) + parameter / 2))
  if (kind === 3) return mean((v, t) => (v - t) ** 2)
  if (kind === 4) return mean((v, t) => Math.abs(v - t))
  return mean((v, t) => {
    const d = Math.abs(v - t)
    return d <= parameter ? (d * d) / 2 : parameter * (d - parameter / 2)
  })
}

/** d(row loss) / dz in float64, by formula. */
function rowGradient(kind: number, z: number[], target: number | number[], parameter: number): number[] {
  if (kind <= 1) {
    const maximum = Math.max(...z)
    const total = z.reduce((sum, v) => sum + Math.exp(v - maximum), 0)
    const q = z.map((_, c) => {
      const t = typeof target === 'number' ? Number(c === target) : target[c]!
      return (1 - parameter) * t + parameter / z.length
    })
    const weight = q.reduce((sum, v) => sum + v, 0)
    return z.map((v, c) => (weight * Math.exp(v - maximum)) / total - q[c]!)
  }
  return z.map((v, c) => {
    const t = (target as number[])[c]!
    const d = v - t
    if (kind === 2) return (sigmoid(v) - (t * (1 - parameter) + parameter / 2)) / z.length
    if (kind === 3) return (2 * d) / z.length
    if (kind === 4) return Math.sign(d) / z.length
    return Math.min(Math.max(d, -parameter), parameter) / z.length
  })
}

function rowScore(kind: number, z: number[], target: number | number[]): number {
  const argmax = (values: number[]) => values.indexOf(Math.max(...values))
  if (kind === 0) return Number(argmax(z) === target)
  if (kind === 1) return Number(argmax(z) === argmax(target as number[]))
  if (kind === 2) return z.filter((v, c) => v > 0 === (target as number[])[c]! > 0.5).length / z.length
  return 0
}

/** Row r of a problem as plain numbers. */
function rowOf({ kind, columns, z, target }: Problem, r: number): { z: number[]; target: number | number[] } {
  const slice = (values: ArrayLike<number>) => Array.from({ length: columns }, (_, c) => values[r * columns + c]!)
  return { z: slice(z), target: kind === 0 ? target[r]! : slice(target) }
}

function problem(kind: number, columns: number, parameter: number, seed = 1): Problem {
  const rows = 7
  const z = gaussian(rows * columns, seed, 2)
  const next = random(seed + 100)
  const float = (f: () => number) => Float32Array.from({ length: rows * columns }, f)
  const targets = [
    () => Int32Array.from({ length: rows }, () => Math.floor(next() * columns)),
    () => float(() => (next() < 0.2 ? 0 : (2 * next()) / columns)),
    () => float(() => (next() < 0.7 ? Math.round(next()) : next())),
    () => gaussian(rows * columns, seed + 1, 2),
  ]
  const target = targets[Math.min(kind, 3)]!()
  const rowScale = Float32Array.from({ length: rows }, () => 0.01 + next())
  return { kind, rows, columns, z, target, rowScale, parameter }
}

interface How {
  splits?: number[]
  inPlace?: boolean
  offset?: number
  gradient?: boolean
}

const golden = JSON.parse(readFileSync(new URL('../golden/losses.json', import.meta.url), 'utf8')) as {
  losses: (Omit<Problem, 'rowScale'> & { loss: number[]; dz: number[] })[]
}

describe.each(variants())('losses, $variant', (bench) => {
  const { core } = bench

  function run(problem: Problem, how: How = {}) {
    const { kind, rows, columns, parameter } = problem
    const { splits = [0, rows], inPlace = false, offset = 0, gradient = true } = how
    bench.reset()
    const zPanels = toPanels(problem.z, rows, columns, capacity)
    // A capacity of its own, so that the two strides cannot be mixed up.
    const targetCapacity = capacity + 2
    const z = bench.put(zPanels, offset)
    const target = kind === 0 ? bench.alloc(4 * rows) : bench.put(toPanels(problem.target, rows, columns, targetCapacity), offset)
    if (kind === 0) bench.i32(target, rows).set(Int32Array.from(problem.target))
    const rowScale = bench.put(problem.rowScale)
    const loss = bench.alloc(8 * rows)
    const score = bench.alloc(4 * rows)
    const dz = !gradient ? 0 : inPlace ? z : bench.alloc(zPanels.byteLength, offset)
    for (let i = 1; i < splits.length; i++) {
      core.lossRows(
        kind, dz, z, capacity * 64, splits[i - 1]!, splits[i]!, columns, target, targetCapacity * 64,
        rowScale, loss, score, parameter,
      ) // prettier-ignore
    }
    bench.checkCanaries()
    if (!inPlace) expect(bits(bench.f32(z, zPanels.length))).toBe(bits(zPanels))
    return {
      loss: bench.f64(loss, rows).slice(),
      score: bench.f32(score, rows).slice(),
      dz: gradient ? bench.f32(dz, zPanels.length).slice() : new Float32Array(0),
    }
  }

  describe.each(kinds)('$name', ({ kind, parameters }) => {
    describe.each(parameters)('parameter %d', (parameter) => {
      it.each([1, 2, 3, 8, 10, 16, 17, 32, 47, 200])('is right for %i columns', (columns) => {
        const given = problem(kind, columns, parameter)
        const { loss, score, dz } = run(given)
        const gradient = fromPanels(dz, given.rows, columns, capacity)
        expect(bits(toPanels(gradient, given.rows, columns, capacity)), 'padding is zero').toBe(bits(dz))
        for (let r = 0; r < given.rows; r++) {
          const row = rowOf(given, r)
          const expected = rowLoss(kind, row.z, row.target, parameter)
          expect(Math.abs(loss[r]! - expected), `loss ${String(r)}`).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)))
          expect(score[r]).toBe(Math.fround(rowScore(kind, row.z, row.target)))
          rowGradient(kind, row.z, row.target, parameter).forEach((slope, c) => {
            const error = Math.abs(gradient[r * columns + c]! - slope * given.rowScale[r]!)
            expect(error, `dz of ${String(r)}, ${String(c)}`).toBeLessThan(5e-7)
          })
        }
      })

      it.each([1, 2, 10, 16, 17, 47])('has the gradient of finite differences for %i columns', (columns) => {
        const given = problem(kind, columns, parameter, 5)
        const gradient = fromPanels(run(given).dz, given.rows, columns, capacity)
        const step = 1e-6
        for (let r = 0; r < given.rows; r++) {
          const { z, target } = rowOf(given, r)
          const shifted = (c: number, by: number) => rowLoss(kind, z.with(c, z[c]! + by), target, parameter)
          for (let c = 0; c < columns; c++) {
            const slope = (shifted(c, step) - shifted(c, -step)) / (2 * step)
            expect(gradient[r * columns + c]).toBeCloseTo(slope * given.rowScale[r]!, 6)
          }
        }
      })

      it.each([1, 10, 17, 47])('has the same bits for any split, offset, in place, without gradient: %i columns', (columns) => {
        const given = problem(kind, columns, parameter, 9)
        const whole = run(given)
        for (const splits of [[0, 1, 7], [0, 3, 4, 5, 7], [0, 1, 2, 3, 4, 5, 6, 7]]) {
          for (const offset of [0, 16, 32, 48]) {
            for (const inPlace of [false, true]) {
              const part = run(given, { splits, offset, inPlace })
              expect(bits(part.loss)).toBe(bits(whole.loss))
              expect(bits(part.score)).toBe(bits(whole.score))
              expect(bits(part.dz)).toBe(bits(whole.dz))
            }
          }
        }
        const blind = run(given, { gradient: false })
        expect(bits(blind.loss)).toBe(bits(whole.loss))
        expect(bits(blind.score)).toBe(bits(whole.score))
      })
    })

    it('touches only the rows asked for', () => {
      const given = problem(kind, 10, parameters[0]!)
      const { loss, score, dz } = run(given, { splits: [2, 5] })
      const whole = run(given)
      const inside = (r: number) => r >= 2 && r < 5
      expect([...loss]).toEqual([...whole.loss].map((v, r) => (inside(r) ? v : 0)))
      expect([...score]).toEqual([...whole.score].map((v, r) => (inside(r) ? v : 0)))
      expect([...dz]).toEqual([...whole.dz].map((v, i) => (inside(Math.floor(i / 16)) ? v : 0)))
    })

    it.each([1, 10, 17])('makes loss NaN and score 0 in the row of a NaN only, padding stays zero: %i columns', (columns) => {
      const given = problem(kind, columns, parameters[0]!)
      const z = Float32Array.from(given.z)
      const at = 3 * columns + columns - 1
      z[at] = NaN
      const whole = run(given)
      const { loss, score, dz } = run({ ...given, z })
      expect([...loss]).toEqual([...whole.loss].map((v, r) => (r === 3 ? NaN : v)))
      expect([...score]).toEqual([...whole.score].map((v, r) => (r === 3 ? 0 : v)))
      const gradient = fromPanels(dz, given.rows, columns, capacity)
      expect(gradient[at]).toBeNaN()
      expect(bits(toPanels(gradient, given.rows, columns, capacity))).toBe(bits(dz))
    })

    it('stays finite for large logits', () => {
      const given = problem(kind, 4, parameters[0]!)
      const z = Float32Array.from(given.z, (v) => v * 1e4)
      const { loss, dz } = run({ ...given, z })
      for (let r = 0; r < given.rows; r++) {
        const row = rowOf({ ...given, z }, r)
        const expected = rowLoss(kind, row.z, row.target, given.parameter)
        expect(Math.abs(loss[r]! - expected)).toBeLessThan(1e-6 * Math.max(1, expected))
      }
      expect(dz.every(Number.isFinite)).toBe(true)
    })
  })

  const three = { rows: 3, columns: 3, rowScale: [1, 1, 1], parameter: 0 }

  it('scores the first of equal logits, and the first of equal targets', () => {
    const z = [2, 2, 1, 1, 2, 2, 0, 0, 0]
    expect([...run({ ...three, kind: 0, z, target: [1, 1, 0] }).score]).toEqual([0, 1, 1])
    expect([...run({ ...three, kind: 0, z, target: [0, 2, 2] }).score]).toEqual([1, 0, 0])
    const target = [0.5, 0.5, 0, 0, 0.5, 0.5, 0, 0.5, 0.5]
    expect([...run({ ...three, kind: 1, z, target }).score]).toEqual([1, 1, 0])
  })

  it('never takes a padded column for the largest logit', () => {
    const z = [-3, -1, -2, -5, -6, -4, -1, -2, -3]
    expect([...run({ ...three, kind: 0, z, target: [1, 2, 0] }).score]).toEqual([1, 1, 1])
  })

  it.each([0, 1])('allows logits of -infinity where the target is 0, kind %i', (kind) => {
    const z = [1, -Infinity, 1, 0, 0, -Infinity, 4, -Infinity, -Infinity]
    const target = kind === 0 ? [0, 1, 0] : [1, 0, 0, 0, 1, 0, 1, 0, 0]
    const { loss, dz } = run({ ...three, kind, z, target })
    const expected = [Math.LN2, Math.LN2, 0]
    loss.forEach((v, r) => expect(v).toBeCloseTo(expected[r]!, 7))
    expect([...fromPanels(dz, 3, 3, capacity)].map((v) => v + 0)).toEqual([-0.5, 0, 0.5, 0.5, -0.5, 0, 0, 0, 0])
    const impossible = run({ ...three, kind, z, target: kind === 0 ? [1, 2, 1] : [0, 1, 0, 0, 0, 1, 0, 1, 0] })
    expect([...impossible.loss]).toEqual([Infinity, Infinity, Infinity])
  })

  it('resolves losses far below the last place of 1', () => {
    const z = Float32Array.from({ length: 30 }, (_, i) => (i % 10 === 0 ? 12 + 4 * Math.floor(i / 10) : 0))
    const { loss } = run({ ...three, columns: 10, kind: 0, z, target: [0, 0, 0] })
    loss.forEach((v, r) => {
      const expected = Math.log1p(9 * Math.exp(-12 - 4 * r))
      expect(Math.abs(v / expected - 1)).toBeLessThan(1e-6)
    })
  })

  it('has gradient 0 where a mean absolute error is 0', () => {
    const { loss, dz } = run({ ...three, kind: 4, z: [1, 2, 3, 0, -0, 1, 5, 5, 5], target: [1, 0, 4, 0, 0, 1, 5, 6, 4] })
    expect([...loss]).toEqual([1, 0, 2 / 3])
    const third = Math.fround(1 / 3)
    expect([...fromPanels(dz, 3, 3, capacity)].map((v) => v + 0)).toEqual([0, third, -third, 0, 0, 0, 0, -third, third])
  })

  it('writes no denormal gradients for far tails', () => {
    const z = Float32Array.from({ length: 7 * 47 }, (_, i) => -2 * (i % 47))
    for (const kind of [0, 1, 2]) {
      const given = problem(kind, 47, 0)
      const target = kind === 0 ? new Int32Array(7) : new Float32Array(7 * 47)
      if (kind === 1) for (let r = 0; r < 7; r++) target[47 * r] = 1
      const { dz } = run({ ...given, z, target, rowScale: new Float32Array(7).fill(1e-4) })
      expect(dz.find((v) => v !== 0 && Math.abs(v) < 2 ** -126)).toBeUndefined()
    }
  })

  it('refuses an unknown kind', () => {
    expect(() => run({ ...three, kind: 6, z: new Float32Array(9), target: new Float32Array(9) })).toThrow(
      WebAssembly.RuntimeError,
    )
  })

  it.each(golden.losses)('agrees with PyTorch: kind $kind, parameter $parameter, $columns columns', (golden) => {
    const rowScale = new Float32Array(golden.rows).fill(1 / golden.rows)
    const { loss, dz } = run({ ...golden, z: Float32Array.from(golden.z), rowScale })
    loss.forEach((v, r) => {
      expect(Math.abs(v - golden.loss[r]!)).toBeLessThan(1e-6 * Math.max(1, golden.loss[r]!))
    })
    fromPanels(dz, golden.rows, golden.columns, capacity).forEach((v, i) => {
      expect(Math.abs(v - golden.dz[i]!)).toBeLessThan(2e-7 * Math.max(1, Math.abs(golden.dz[i]!)))
    })
  })
})
