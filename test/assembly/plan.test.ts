// Operations and plans, written by hand. Every operation is run for T threads one after another in several orders and must
// leave the bits of one thread; each is compared with a reference besides. Then a small network as a plan: one thread,
// real threads, waiting, resuming, aborting.
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import {
  ActivationKind,
  LossKind,
  normChunk,
  Operation,
  scratchBytes,
  stepBytes,
  stepDoubles,
  stepWords,
} from '../../src/core/operations.js'
import type { Argument, OperationName } from '../../src/core/operations.js'
import { coreModule } from '../../src/core/wasm.js'
import { fromPanels, gaussian, toPanels, variants } from './kernels.js'
import type { Bench } from './kernels.js'
import { bits } from './reference.js'

const { fround } = Math
const untouched = 77
const adam = { kind: 5, scalars: [0.01, 1e-3, 0.9, 0.99, 0.999] }
const status = { done: 0, waiting: 1, aborted: 2 }

function putInts(bench: Bench, values: ArrayLike<number>): number {
  const at = bench.alloc(values.length * 4)
  bench.i32(at, values.length).set(values)
  return at
}

/** The records of a plan, one after another. @returns the address of the first. */
function putRecords(bench: Bench, ...records: [OperationName, Argument[]][]): number {
  const at = bench.alloc(records.reduce((sum, [, args]) => sum + 8 + args.length * 4, 0))
  let word = 0
  for (const [operation, args] of records) {
    const bytes = 8 + args.length * 4
    bench.i32(at + word * 4, 2).set([Operation[operation], bytes])
    args.forEach((arg, i) => {
      const place = at + word * 4 + 8 + i * 4
      if (typeof arg === 'number') bench.i32(place, 1)[0] = arg
      else bench.f32(place, 1)[0] = arg.float
    })
    word += bytes / 4
  }
  return at
}

interface Step {
  rows: number
  first?: number
  scalars?: number[]
  gradientScale?: number
}

function putSteps(bench: Bench, steps: Step[]): number {
  const table = bench.alloc(steps.length * stepBytes)
  steps.forEach(({ rows, first = 0, scalars = [], gradientScale = 1 }, i) => {
    const at = table + i * stepBytes
    const [words, floats] = [bench.i32(at, stepBytes / 4), bench.f32(at, stepBytes / 4)]
    words[stepWords.rows] = rows
    words[stepWords.first] = first
    floats[stepWords.inverseRows] = 1 / rows
    words.set([0x1234567, 0x89abcde], stepWords.keyA)
    floats[stepWords.gradientScale] = gradientScale
    floats.set(scalars, stepWords.scalars)
    floats[stepWords.scalars + 7] = 1e-30
  })
  return table
}

/** Compares each value with the float64 expected one; tolerance is relative to 1 + |expected|, 0 means equal. */
function expectAll(values: ArrayLike<number>, expected: (i: number) => number, tolerance = 2e-6): void {
  const wrong: string[] = []
  for (let i = 0; i < values.length; i++) {
    const error = Math.abs(values[i] - expected(i))
    if (!(error <= tolerance * (1 + Math.abs(expected(i))))) {
      wrong.push(`${String(values[i])} at ${String(i)}, not ${String(expected(i))}`)
    }
  }
  expect(wrong.slice(0, 5)).toEqual([])
}

// One operation at a time: `columns` fill three panels, the last one partly; batches are shorter than `capacity`.
const capacity = 13
const columns = 37
const inputs = 300
const stride = capacity * 64
const first = 3
const order = [7, 2, 19, 0, 11, 5, 16, 9, 14, 3, 18, 1, 12, 6, 10, 17, 4, 13, 8, 15]

interface Setup {
  args: Argument[]
  step?: Partial<Step>
  /** Compares what one thread has left with a reference. */
  check(step: number): void
}

interface Case {
  name: string
  operation: OperationName
  setup(bench: Bench, rows: number, scratch: number): Setup
}

/** A panel matrix of random values, and the values. */
function given(bench: Bench, seed: number, width = columns): { at: number; value: (r: number, c: number) => number } {
  const values = gaussian(capacity * width, seed)
  return { at: bench.put(toPanels(values, capacity, width)), value: (r, c) => values[r * width + c] }
}

/** A panel matrix to be written, and the comparison of its rows; those past the batch must be left alone. */
function wanted(bench: Bench, width = columns) {
  const floats = Math.ceil(width / 16) * 16 * capacity
  const at = bench.put(new Float32Array(floats).fill(untouched))
  const check = (rows: number, expected: (r: number, c: number) => number, tolerance?: number) => {
    const values = fromPanels(bench.f32(at, floats), capacity, width)
    const [batch, rest] = [values.subarray(0, rows * width), values.subarray(rows * width)]
    expectAll(batch, (i) => expected(Math.floor(i / width), i % width), tolerance)
    expectAll(rest, () => untouched, 0)
  }
  return { at, check }
}

const sumOver = (n: number, term: (i: number) => number) => {
  let sum = 0
  for (let i = 0; i < n; i++) sum += term(i)
  return sum
}

const softmaxOf = (z: (r: number, c: number) => number) => (r: number, c: number) =>
  Math.exp(z(r, c)) / sumOver(columns, (other) => Math.exp(z(r, other)))

function gatherCase(isBytes: boolean, ordered: boolean): Case['setup'] {
  return (bench, rows) => {
    const values = gaussian(20 * columns, 1).map((value) => (isBytes ? Math.floor(Math.abs(value) * 60) : value))
    const data = bench.alloc(values.length * 4)
    if (isBytes) bench.u8(data, values.length).set(values)
    else bench.f32(data, values.length).set(values)
    const [scale, shift] = [gaussian(48, 2), gaussian(48, 3)]
    const out = wanted(bench)
    const orderAt = ordered ? putInts(bench, order) : 0
    const rowBytes = columns * (isBytes ? 1 : 4)
    return {
      args: [out.at, stride, data, +isBytes, rowBytes, columns, orderAt, bench.put(scale), bench.put(shift)],
      check() {
        const row = (b: number) => (ordered ? order[first + b] : first + b)
        out.check(rows, (b, c) => fround(fround(values[row(b) * columns + c] * scale[c]) + shift[c]), 0)
      },
    }
  }
}

/** Weights and biases with their state and gradients in buffers laid out alike. */
function parameters(bench: Bench) {
  const floats = 3 * inputs * 16
  const block = (seed: number) => bench.put([...toPanels(gaussian(inputs * columns, seed), inputs, columns), ...gaussian(48, seed)])
  const [w, g, s1, s2] = [block(1), block(2), block(3), block(4)]
  for (const at of [s1, s2]) bench.f32(at, floats + 48).forEach((value, i, all) => (all[i] = Math.abs(value)))
  return { w, g, s1, s2, floats, bias: w + floats * 4, biasG: g + floats * 4, all: floats + 48 }
}

/** `gradient` or `update`; the latter must have the bits of the first and the optimizer over the whole. */
function gradientCase(apply: boolean, adjust: boolean, withBias = true): Case['setup'] {
  const [l1, l2, clip, decay] = [0.1, 0.05, 0.75, 0.02]
  return (bench, rows, scratch) => {
    const p = parameters(bench)
    const x = given(bench, 5, inputs)
    const dz = given(bench, 6)
    const before = [p.w, p.s1, p.s2].map((at) => bench.f32(at, p.all).slice())
    const argsWith = (adjusted: boolean): Argument[] => [
      ...[p.w, withBias ? p.bias : 0, p.g, p.biasG, x.at, stride, dz.at, stride, inputs, columns],
      ...[adam.kind, p.s1 - p.w, p.s2 - p.w, scratch, +adjusted],
      ...[l1, l2, clip, decay].map((float) => ({ float })),
    ]
    const checkGradient = () => {
      const [g, w] = [p.g, p.w].map((at) => fromPanels(bench.f32(at, p.floats), inputs, columns))
      expectAll(g, (i) => {
        const [k, n] = [Math.floor(i / columns), i % columns]
        const penalty = adjust ? l1 * Math.sign(w[i]) + 2 * l2 * w[i] : 0
        return sumOver(rows, (b) => x.value(b, k) * dz.value(b, n)) + penalty
      })
      const unused = gaussian(48, 2)
      expectAll(bench.f32(p.biasG, columns), (n) => (withBias ? sumOver(rows, (b) => dz.value(b, n)) : unused[n]))
    }
    const checkUpdate = (step: number) => {
      const after = [p.w, p.s1, p.s2].map((at) => bits(bench.f32(at, p.all)))
      ;[p.w, p.s1, p.s2].forEach((at, i) => bench.f32(at, p.all).set(before[i]))
      bench.core.runOperation(putRecords(bench, ['gradient', argsWith(false)]), step, 0, 1)
      if (adjust) {
        bench.core.adjustGradient(p.g, p.w, p.floats, l1, l2, clip, 1, decay)
        bench.core.adjustGradient(p.biasG, p.bias, 48, 0, 0, clip, 1, decay)
      }
      const scalars = step + stepWords.scalars * 4
      bench.core.optimizerStep(adam.kind, p.w, p.g, p.s1, p.s2, withBias ? p.all : p.floats, scalars)
      expect([p.w, p.s1, p.s2].map((at) => bits(bench.f32(at, p.all)))).toEqual(after)
    }
    return { args: argsWith(adjust), step: { scalars: adam.scalars }, check: apply ? checkUpdate : checkGradient }
  }
}

function dropoutCase(kernel: 'dropoutForward' | 'dropoutBackward', byRows: number): Case['setup'] {
  return (bench, rows) => {
    const [x, out, salt] = [given(bench, 1), wanted(bench), 0x5bd1e995]
    const threshold = 0.7 * 2 ** 32
    return {
      args: [out.at, stride, x.at, x.at, columns, byRows, threshold, { float: 1 / 0.7 }, salt],
      check() {
        const row = bench.alloc(64)
        out.check(
          rows,
          (r, c) => {
            // An element's number is its panel · 2²⁰ + row · 16 + lane: it does not depend on the batch's capacity.
            const panel = c >> 4
            const from = x.at + panel * stride + r * 64
            const number = panel * 2 ** 20 + r * 16
            bench.core[kernel](row, from, 16, number, threshold, 1 / 0.7, 0x1234567 ^ salt, 0x89abcde)
            return bench.f32(row, 16)[c & 15]
          },
          0,
        )
      },
    }
  }
}

const cases: Case[] = [
  { name: 'gather of bytes in an order', operation: 'gather', setup: gatherCase(true, true) },
  { name: 'gather of floats in an order', operation: 'gather', setup: gatherCase(false, true) },
  { name: 'gather of floats as they stand', operation: 'gather', setup: gatherCase(false, false) },
  {
    name: 'gatherLabels',
    operation: 'gatherLabels',
    setup(bench, rows) {
      const labels = order.map((_, i) => 100 + i)
      const out = putInts(bench, new Int32Array(capacity).fill(-1))
      return {
        args: [out, putInts(bench, labels), putInts(bench, order)],
        check() {
          const expected = [...Array(capacity).keys()].map((b) => (b < rows ? labels[order[first + b]] : -1))
          expect([...bench.i32(out, capacity)]).toEqual(expected)
        },
      }
    },
  },
  ...[true, false].map((weighted): Case => ({
    name: weighted ? 'scaleRows by weights' : 'scaleRows without weights',
    operation: 'scaleRows',
    setup(bench, rows) {
      const weights = gaussian(20, 1).map(Math.abs)
      const out = bench.put(new Float32Array(capacity).fill(untouched))
      return {
        args: [out, weighted ? bench.put(weights) : 0, putInts(bench, order), 0],
        check() {
          const weight = (b: number) => (weighted ? weights[order[first + b]] : 1)
          const total = sumOver(rows, weight)
          const expected = (b: number) => (b < rows ? fround(weight(b) / total) : untouched)
          expectAll(bench.f32(out, capacity), expected, 0)
        },
      }
    },
  })),
  {
    name: 'scaleRows by weights that are all zero',
    operation: 'scaleRows',
    setup(bench, rows) {
      const out = bench.put(new Float32Array(capacity).fill(untouched))
      return {
        args: [out, bench.put(new Float32Array(20)), 0, 0],
        check() {
          expect([...bench.f32(out, rows)]).toEqual(Array(rows).fill(0))
        },
      }
    },
  },
  ...[
    [-Infinity, 0],
    [0, 0],
    [0, 1],
  ].map(([floor, byRows]): Case => ({
    name: `dense with floor ${String(floor)}, shared by ${byRows ? 'rows' : 'panels and rows'}`,
    operation: 'dense',
    setup(bench, rows) {
      const [x, out, w, bias] = [given(bench, 1, 50), wanted(bench), gaussian(50 * columns, 2), gaussian(columns, 3)]
      const [wAt, biasAt] = [bench.put(toPanels(w, 50, columns)), bench.put(toPanels(bias, 1, columns))]
      return {
        args: [out.at, stride, x.at, stride, wAt, 50 * 64, biasAt, 50, columns, { float: floor }, 1, byRows],
        check() {
          out.check(
            rows,
            (r, c) => Math.max(floor, bias[c] + sumOver(50, (k) => x.value(r, k) * w[k * columns + c])),
            5e-6,
          )
        },
      }
    },
  })),
  ...[0, 1].flatMap((byRows): Case[] => {
    const suffix = byRows ? ', shared by rows' : ''
    return [
  {
    name: `activate${suffix}`,
    operation: 'activate',
    setup(bench, rows) {
      const [x, out] = [given(bench, 1), wanted(bench)]
      return {
        args: [out.at, stride, x.at, x.at, columns, byRows, ActivationKind.leakyRelu, { float: 0.25 }],
        check: () => out.check(rows, (r, c) => x.value(r, c) * (x.value(r, c) > 0 ? 1 : 0.25), 0),
      }
    },
  },
  {
    name: `activateBackward${suffix}`,
    operation: 'activateBackward',
    setup(bench, rows) {
      const [dy, y, out] = [given(bench, 1), given(bench, 2), wanted(bench)]
      return {
        args: [out.at, stride, dy.at, y.at, columns, byRows, ActivationKind.tanh, { float: 0 }],
        check: () => out.check(rows, (r, c) => dy.value(r, c) * (1 - y.value(r, c) ** 2)),
      }
    },
  },
  { name: `dropout${suffix}`, operation: 'dropout', setup: dropoutCase('dropoutForward', byRows) },
  { name: `dropoutBackward${suffix}`, operation: 'dropoutBackward', setup: dropoutCase('dropoutBackward', byRows) },
  {
    name: `add${suffix}`,
    operation: 'add',
    setup(bench, rows) {
      const [a, b, out] = [given(bench, 1), given(bench, 2), wanted(bench)]
      return {
        args: [out.at, stride, a.at, b.at, columns, byRows],
        check: () => out.check(rows, (r, c) => fround(a.value(r, c) + b.value(r, c)), 0),
      }
    },
  },
    ]
  }),
  {
    name: 'softmax',
    operation: 'softmax',
    setup(bench, rows) {
      const [z, out] = [given(bench, 1), wanted(bench)]
      return {
        args: [out.at, stride, z.at, 0, columns],
        check: () => out.check(rows, softmaxOf(z.value)),
      }
    },
  },
  {
    name: 'softmaxBackward',
    operation: 'softmaxBackward',
    setup(bench, rows) {
      const [y, dy, out] = [given(bench, 1), given(bench, 2), wanted(bench)]
      const dot = (r: number) => sumOver(columns, (c) => y.value(r, c) * dy.value(r, c))
      return {
        args: [out.at, stride, y.at, dy.at, columns],
        check: () => out.check(rows, (r, c) => y.value(r, c) * (dy.value(r, c) - dot(r)), 2e-5),
      }
    },
  },
  ...(['crossEntropyClasses', 'meanSquaredError'] as const).map((kind): Case => ({
    name: `loss, ${kind}`,
    operation: 'loss',
    setup(bench, rows) {
      const [z, t, dz] = [given(bench, 1), given(bench, 2), wanted(bench)]
      const scale = gaussian(capacity, 3).map(Math.abs)
      const [losses, scores] = [bench.alloc(capacity * 8), bench.alloc(capacity * 4)]
      const classes = kind === 'crossEntropyClasses'
      const labels = putInts(bench, order.slice(0, capacity))
      const [target, targetStride] = classes ? [labels, 0] : [t.at, stride]
      const p = softmaxOf(z.value)
      return {
        args: [
          ...[LossKind[kind], dz.at, z.at, stride, columns, target, targetStride, bench.put(scale), losses, scores],
          { float: 0 },
        ],
        check() {
          const squares = (r: number) => sumOver(columns, (c) => (z.value(r, c) - t.value(r, c)) ** 2) / columns
          const loss = (r: number) => (classes ? -Math.log(p(r, order[r])) : squares(r))
          expectAll(bench.f64(losses, capacity), (r) => (r < rows ? loss(r) : 0))
          dz.check(rows, (r, c) => {
            if (classes) return scale[r] * (p(r, c) - Number(c === order[r]))
            return (scale[r] * 2 * (z.value(r, c) - t.value(r, c))) / columns
          })
        },
      }
    },
  })),
  {
    name: 'sumLoss',
    operation: 'sumLoss',
    setup(bench, rows) {
      const [scale, values, hits] = [gaussian(capacity, 1), gaussian(capacity, 2), gaussian(capacity, 3)]
      const losses = bench.alloc(capacity * 8)
      bench.f64(losses, capacity).set(values)
      return {
        args: [bench.put(scale), losses, bench.put(hits)],
        check(step) {
          const factors: [keyof typeof stepDoubles, (r: number) => number][] = [
            ['loss', (r) => values[r]],
            ['weight', () => 1],
            ['score', (r) => hits[r]],
          ]
          for (const [name, value] of factors) {
            const sum = bench.f64(step, stepBytes / 8)[stepDoubles[name]]
            expect(sum).toBeCloseTo(
              sumOver(rows, (r) => scale[r] * value(r)),
              14,
            )
          }
        },
      }
    },
  },
  {
    name: 'transpose',
    operation: 'transpose',
    setup(bench) {
      const w = gaussian(inputs * columns, 1)
      const wt = bench.alloc(Math.ceil(inputs / 16) * columns * 64)
      return {
        args: [wt, columns * 64, bench.put(toPanels(w, inputs, columns)), inputs * 64, inputs, columns],
        check() {
          const values = fromPanels(bench.f32(wt, Math.ceil(inputs / 16) * columns * 16), columns, inputs)
          expectAll(values, (i) => w[(i % inputs) * columns + Math.floor(i / inputs)], 0)
        },
      }
    },
  },
  { name: 'gradient', operation: 'gradient', setup: gradientCase(false, false) },
  { name: 'gradient with penalties', operation: 'gradient', setup: gradientCase(false, true) },
  { name: 'gradient without bias', operation: 'gradient', setup: gradientCase(false, false, false) },
  { name: 'update', operation: 'update', setup: gradientCase(true, false) },
  { name: 'update with penalties, clip and decay', operation: 'update', setup: gradientCase(true, true) },
  { name: 'update without bias', operation: 'update', setup: gradientCase(true, true, false) },
  ...[16, normChunk, 3 * normChunk + 48].map((n): Case => ({
    name: `norm of ${String(n)} floats`,
    operation: 'norm',
    setup(bench) {
      const g = gaussian(n, 1)
      const chunks = Math.ceil(n / normChunk)
      const partials = bench.alloc(chunks * 8)
      return {
        args: [bench.put(g), n, partials],
        check() {
          const squares = (chunk: Float32Array) => sumOver(chunk.length, (j) => chunk[j] ** 2)
          const expected = (i: number) => squares(g.subarray(i * normChunk, (i + 1) * normChunk))
          expectAll(bench.f64(partials, chunks), expected, 1e-13)
        },
      }
    },
  })),
  ...[2, 1e6].map((limit): Case => ({
    name: `clipNorm to ${String(limit)}`,
    operation: 'clipNorm',
    setup(bench) {
      const partials = bench.alloc(5 * 8)
      bench.f64(partials, 5).set([1, 20, 300, 0, 79])
      return {
        args: [partials, 4 * normChunk + 16, { float: limit }],
        check(step) {
          const floats = bench.f32(step, stepBytes / 4)
          expect(floats[stepWords.gradientNorm]).toBe(20)
          expect(floats[stepWords.gradientScale]).toBe(limit === 2 ? fround(2 / 20.000001) : 1)
        },
      }
    },
  })),
  {
    name: 'optimize',
    operation: 'optimize',
    setup(bench) {
      const p = parameters(bench)
      const addresses = [p.w, p.g, p.s1, p.s2]
      const before = addresses.map((at) => bench.f32(at, p.all).slice())
      return {
        args: [p.w, p.g, p.all, adam.kind, p.s1 - p.w, p.s2 - p.w, { float: 0.75 }, { float: 0.02 }],
        step: { scalars: adam.scalars, gradientScale: 0.5 },
        check(step) {
          const after = addresses.map((at) => bits(bench.f32(at, p.all)))
          addresses.forEach((at, i) => bench.f32(at, p.all).set(before[i]))
          bench.core.adjustGradient(p.g, p.w, p.all, 0, 0, 0.75, 0.5, 0.02)
          bench.core.optimizerStep(adam.kind, ...(addresses as [number, number, number, number]), p.all, step + 64)
          expect(addresses.map((at) => bits(bench.f32(at, p.all)))).toEqual(after)
        },
      }
    },
  },
]

describe.each(variants())('runOperation, $variant', (bench: Bench) => {
  const { core } = bench

  describe.each(cases)('$name', ({ operation, setup }) => {
    it.each([1, 2, 7, 12, 13])('gives %d rows their values, the same for any threads in any order', (rows) => {
      bench.reset()
      // What is left in the scratch of the threads is nobody's result.
      const scratch = bench.alloc(8 * scratchBytes)
      const from = bench.alloc(0)
      const { args, step, check } = setup(bench, rows, scratch)
      const record = putRecords(bench, [operation, args])
      const stepAt = putSteps(bench, [{ rows, first, ...step }])
      const memory = bench.u8(from, bench.alloc(0) - from)
      const before = memory.slice()
      const run = (order: number[]) => {
        memory.set(before)
        for (const t of order) core.runOperation(record, stepAt, t, order.length)
        bench.checkCanaries()
        return memory.slice()
      }
      const alone = run([0])
      expect(Buffer.compare(alone, before)).not.toBe(0)
      check(stepAt)
      for (const threads of [2, 3, 5, 8]) {
        const ascending = [...Array(threads).keys()]
        const turned = [...ascending.slice(threads >> 1), ...ascending.slice(0, threads >> 1)]
        for (const order of [ascending, [...ascending].reverse(), turned]) {
          expect(Buffer.compare(run(order), alone), `in the order ${String(order)}`).toBe(0)
        }
      }
    })
  })
})

// A network of 37 inputs, 40 hidden units and 10 classes, trained by plain gradient descent on 50 rows of bytes.
const hidden = 40
const classes = 10
const rowsOfData = 50
const rate = 0.5

interface Network {
  control: number
  plan: number
  steps: number
  /** Weights and biases of both layers, in panels. */
  w1: number
  b1: number
  w2: number
  b2: number
  data: Uint8Array
  labels: number[]
  /** All that a run may change, scratch excepted. */
  memory(): string
  lossOf(step: number): number
}

/** Batches of 13, 13, 13 and 11 rows in turn. */
const batches = (count: number): Step[] =>
  [...Array(count).keys()].map((i) => {
    const at = (i % 4) * capacity
    return { rows: Math.min(capacity, rowsOfData - at), first: at, scalars: [rate] }
  })

function network(bench: Bench, count: number): Network {
  bench.reset()
  const scratch = bench.alloc(8 * scratchBytes)
  // What threads note there while they wait is nobody's result either.
  const control = bench.alloc(512 + 8 * 64)
  const from = bench.alloc(0)
  const zeroed = (panels: number) => bench.alloc(panels * stride)
  const data = Uint8Array.from(gaussian(rowsOfData * columns, 1), (value) => Math.min(255, Math.abs(value) * 90))
  const labels = [...Array(rowsOfData).keys()].map((i) => (i * i + 3 * i) % classes)
  const dataAt = bench.alloc(data.length)
  bench.u8(dataAt, data.length).set(data)
  const perColumn = (value: number) => bench.put(Float32Array.from({ length: 48 }, (_, c) => (c < columns ? value : 0)))
  const [scale, shift] = [perColumn(1 / 255), perColumn(0)]
  const [x, h, dh, z, dz] = [3, 3, 3, 1, 1].map(zeroed)
  const w1 = bench.put(toPanels(gaussian(columns * hidden, 2, 0.2), columns, hidden))
  const w2 = bench.put(toPanels(gaussian(hidden * classes, 3, 0.2), hidden, classes))
  const [b1, b2, noBias] = [bench.put(gaussian(48, 4, 0.1).fill(0, hidden)), bench.alloc(64), bench.alloc(3 * 64)]
  const wt = bench.alloc(3 * classes * 64)
  const [rowScale, drawn, losses, scores] = [4, 4, 8, 4].map((bytes) => bench.alloc(capacity * bytes))
  const [none, free] = [{ float: 0 }, { float: -Infinity }]
  const update = (w: number, bias: number, input: number, gradient: number, ins: number, outs: number): Argument[] => [
    ...[w, bias, 0, 0, input, stride, gradient, stride, ins, outs, 0, 0, 0, scratch, 0],
    ...[none, none, none, none],
  ]
  const plan = putRecords(
    bench,
    ['gather', [x, stride, dataAt, 1, columns, columns, 0, scale, shift]],
    ['gatherLabels', [drawn, putInts(bench, labels), 0]],
    ['scaleRows', [rowScale, 0, 0, 0]],
    ['transpose', [wt, classes * 64, w2, hidden * 64, hidden, classes]],
    ['barrier', []],
    ['dense', [h, stride, x, stride, w1, columns * 64, b1, columns, hidden, none, 0, 0]],
    ['barrier', []],
    ['dense', [z, stride, h, stride, w2, hidden * 64, b2, hidden, classes, free, 1, 1]],
    ['loss', [LossKind.crossEntropyClasses, dz, z, stride, classes, drawn, 0, rowScale, losses, scores, none]],
    ['barrier', []],
    ['sumLoss', [rowScale, losses, scores]],
    ['dense', [dh, stride, dz, stride, wt, classes * 64, noBias, classes, hidden, free, 2, 1]],
    ['activateBackward', [dh, stride, dh, h, hidden, 1, ActivationKind.relu, none]],
    ['update', update(w2, b2, h, dz, hidden, classes)],
    ['barrier', []],
    ['update', update(w1, b1, x, dh, columns, hidden)],
    ['barrier', []],
    ['end', []],
  )
  const steps = putSteps(bench, batches(count))
  const to = bench.alloc(0)
  return {
    ...{ control, plan, steps, w1, b1, w2, b2, data, labels },
    memory: () => Buffer.from(bench.u8(from, to - from)).toString('base64'),
    lossOf: (step) => bench.f64(steps + step * stepBytes, stepBytes / 8)[stepDoubles.loss],
  }
}

const workers: Worker[] = []

/** Runs `program` in a worker, with the core's `exports`, `control` and `parentPort` in scope. @returns its message. */
function inWorker(bench: Bench, control: number, program: string): Promise<unknown> {
  const head = `
    const { parentPort, workerData: { module, memory, control } } = require('node:worker_threads')
    const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  `
  const module = coreModule(bench.variant, true)
  const worker = new Worker(head + program, { eval: true, workerData: { module, memory: bench.memory, control } })
  workers.push(worker)
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 1))

describe.each(variants())('runPlan, $variant', (bench: Bench) => {
  const { core } = bench
  afterEach(async () => {
    // None is left but where a test failed.
    await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
  })
  const serve = 'parentPort.postMessage(exports.serve(control))'
  const word = { arrivals: 0, command: 64, arrived: 69, closed: 70 }
  const wordsOf = (control: number) => bench.i32(control, 128)

  /** The bits of `count` steps by one thread in one call. */
  function alone(count: number): string {
    const { control, plan, steps, memory } = network(bench, count)
    expect(core.runPlan(control, plan, steps, count, 0, 1, 0)).toBe(status.done)
    bench.checkCanaries()
    return memory()
  }

  /** A slice as the host runs it: command, announcement, its own share, and again while it must wait. */
  async function slice({ control, plan }: Network, steps: number, count: number, threads: number): Promise<number> {
    wordsOf(control).set([plan, steps, count], word.command)
    core.announce(control, threads)
    let outcome = core.runPlan(control, plan, steps, count, 0, threads, 0)
    while (outcome === status.waiting) {
      await turn()
      outcome = core.runPlan(control, plan, steps, count, 0, threads, 1)
    }
    return outcome
  }

  async function until(control: number, at: number, value: number): Promise<void> {
    while (Atomics.load(wordsOf(control), at) !== value) await turn()
  }

  it('makes the step that the formulas make', () => {
    const net = network(bench, 1)
    const [w1, w2] = [
      fromPanels(bench.f32(net.w1, 3 * columns * 16), columns, hidden),
      fromPanels(bench.f32(net.w2, hidden * 16), hidden, classes),
    ]
    const b1 = bench.f32(net.b1, hidden).slice()
    expect(core.runPlan(net.control, net.plan, net.steps, 1, 0, 1, 0)).toBe(status.done)

    const of = (n: number, value: (i: number) => number) => Array.from({ length: n }, (_, i) => value(i))
    const rows = [...Array(capacity).keys()]
    const x = rows.map((r) => of(columns, (k) => net.data[r * columns + k] / 255))
    const h = x.map((row) =>
      of(hidden, (n) => Math.max(0, b1[n] + sumOver(columns, (k) => row[k] * w1[k * hidden + n]))),
    )
    const z = h.map((row) => of(classes, (n) => sumOver(hidden, (k) => row[k] * w2[k * classes + n])))
    const p = z.map((row) => row.map((value) => Math.exp(value) / sumOver(classes, (c) => Math.exp(row[c]))))
    const dz = p.map((row, r) => row.map((value, c) => (value - Number(c === net.labels[r])) / capacity))
    const dh = dz.map((row, r) =>
      of(hidden, (k) => (h[r][k] > 0 ? sumOver(classes, (c) => row[c] * w2[k * classes + c]) : 0)),
    )
    const loss = sumOver(capacity, (r) => -Math.log(p[r][net.labels[r]])) / capacity
    expect(net.lossOf(0)).toBeCloseTo(loss, 6)
    expectAll(fromPanels(bench.f32(net.w1, 3 * columns * 16), columns, hidden), (i) => {
      const [k, n] = [Math.floor(i / hidden), i % hidden]
      return w1[i] - rate * sumOver(capacity, (r) => x[r][k] * dh[r][n])
    })
    expectAll(fromPanels(bench.f32(net.w2, hidden * 16), hidden, classes), (i) => {
      const [k, n] = [Math.floor(i / classes), i % classes]
      return w2[i] - rate * sumOver(capacity, (r) => h[r][k] * dz[r][n])
    })
    expectAll(bench.f32(net.b1, hidden), (n) => b1[n] - rate * sumOver(capacity, (r) => dh[r][n]))
    expectAll(bench.f32(net.b2, classes), (n) => -rate * sumOver(capacity, (r) => dz[r][n]))
    bench.checkCanaries()
  })

  it('learns, with the same bits in one slice or many', () => {
    const whole = alone(200)
    const net = network(bench, 200)
    for (let from = 0; from < 200; from += 40) {
      core.runPlan(net.control, net.plan, net.steps + from * stepBytes, 40, 0, 1, 0)
    }
    expect(net.memory()).toBe(whole)
    const losses = [0, 1, 2, 3].map(net.lossOf)
    const learnt = [196, 197, 198, 199].map(net.lossOf)
    learnt.forEach((loss, i) => expect(loss).toBeLessThan(losses[i] / 2))
  })

  it.each([2, 3])('has the same bits with %d real threads over 200 steps', async (threads) => {
    const expected = alone(200)
    const net = network(bench, 200)
    const ends = [...Array(threads - 1)].map(() => inWorker(bench, net.control, serve))
    await until(net.control, word.arrived, threads - 1)
    // The second slice leaves out those that it does not need.
    let from = 0
    for (const [count, used] of [[1, threads], [49, 2], [150, threads]] as const) {
      expect(await slice(net, net.steps + from * stepBytes, count, used)).toBe(status.done)
      from += count
    }
    expect(net.memory()).toBe(expected)
    bench.checkCanaries()
    core.announce(net.control, 0)
    expect(await Promise.all(ends)).toEqual(ends.map(() => status.done))
    expect(wordsOf(net.control)[word.arrived]).toBe(0)
  })

  it('returns WAITING when the other thread does not come, and goes on where it stood once it has', () => {
    const [x, w] = [gaussian(capacity * 50, 1), gaussian(50 * columns, 2)]
    /** Per step: z = gathered rows · W over a barrier, then sum += z, which tells a step done twice or never. */
    const build = () => {
      bench.reset()
      const control = bench.alloc(1024)
      const [from, out, z, sum] = [bench.put(x), ...[1, 2, 3].map(() => bench.alloc(4 * stride))]
      const [bias, shift] = [bench.alloc(256), bench.alloc(256)]
      const plan = putRecords(
        bench,
        ['gather', [out, stride, from, 0, 200, 50, 0, bench.put(new Float32Array(64).fill(1)), shift]],
        ['barrier', []],
        ['dense', [z, stride, out, stride, bench.put(toPanels(w, 50, columns)), 3200, bias, 50, columns, { float: 0 }, 0, 0]],
        ['add', [sum, stride, sum, z, columns, 0]],
        ['end', []],
      )
      const steps = putSteps(bench, [{ rows: 7 }, { rows: 5, first: 6 }])
      return { control, plan, steps, sums: () => bits(bench.f32(sum, (3 * stride) / 4)) }
    }
    const one = build()
    expect(core.runPlan(one.control, one.plan, one.steps, 2, 0, 1, 0)).toBe(status.done)
    const expected = one.sums()

    const { control, plan, steps, sums } = build()
    const host = (resume: number) => core.runPlan(control, plan, steps, 2, 0, 2, resume)
    const other = (step: number) => core.runPlan(control, plan, steps + step * stepBytes, 1, 1, 2, 0)
    expect(host(0)).toBe(status.waiting)
    expect(host(1)).toBe(status.waiting)
    expect(other(0)).toBe(status.done)
    expect(host(1)).toBe(status.waiting)
    expect(other(1)).toBe(status.done)
    expect(host(1)).toBe(status.done)
    expect(sums()).toBe(expected)
    bench.checkCanaries()
  })

  it('returns ABORTED to thread 0 once another thread has failed', async () => {
    const net = network(bench, 1)
    const run = (resume: number) => core.runPlan(net.control, net.plan, net.steps, 1, 0, 2, resume)
    expect(run(0)).toBe(status.waiting)
    expect(run(1)).toBe(status.waiting)
    const failed = inWorker(bench, net.control, 'exports.abort(control, 1); parentPort.postMessage(0)')
    let outcome = run(1)
    while (outcome === status.waiting) {
      await turn()
      outcome = run(1)
    }
    expect(outcome).toBe(status.aborted)
    await failed
    expect(wordsOf(net.control)[32]).toBe(2)
  })

  it('lets workers leave with ABORTED, from a barrier and from the wait for a command', async () => {
    for (const atBarrier of [true, false]) {
      const net = network(bench, 1)
      const end = inWorker(bench, net.control, serve)
      await until(net.control, word.arrived, 1)
      if (atBarrier) {
        wordsOf(net.control).set([net.plan, net.steps, 1], word.command)
        core.announce(net.control, 2)
        await until(net.control, word.arrivals, 1)
      }
      core.abort(net.control, 0)
      expect(await end).toBe(status.aborted)
      expect(wordsOf(net.control)[word.arrived]).toBe(0)
    }
  })

  it('lets a worker that comes after the session was closed leave at once', () => {
    const net = network(bench, 1)
    wordsOf(net.control)[word.closed] = 1
    expect(core.serve(net.control)).toBe(status.done)
    expect(wordsOf(net.control)[word.arrived]).toBe(0)
  })
})
