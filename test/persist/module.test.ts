import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { ArgumentError, DataError } from '../../src/core/errors.js'
import type { ModelState, TableTransform } from '../../src/core/state.js'
import { activationPeaks } from '../../src/models/calibration.js'
import { NeuralNetwork } from '../../src/models/neural-network.js'
import { Sequential } from '../../src/models/sequential.js'
import { moduleFiles, roundedState, type ModuleOptions } from '../../src/persist/module.js'
import { activation } from '../../src/nn/activation.js'
import { activationNames } from '../../src/nn/activations.js'
import { dense } from '../../src/nn/dense.js'
import { dropout } from '../../src/nn/dropout.js'
import { flatten } from '../../src/nn/flatten.js'
import { workplace } from '../cli/command.js'
import { seeded } from './states.js'

interface Exported {
  init: (wasm?: unknown) => Promise<void>
  predict: (sample: unknown) => { label?: unknown; probabilities?: Float32Array; value?: number }
  predictBatch: (samples: unknown) => { label?: unknown; probabilities?: Float32Array; value?: number }[]
  outputs: (sample: unknown, into?: Float32Array) => Float32Array
  labels: unknown[]
}

/** The module of a model, imported from its file. */
async function imported(state: ModelState, options: ModuleOptions = {}): Promise<Exported> {
  const file = join(workplace(), 'model.mjs')
  const { text, wasm } = moduleFiles(state, options)
  writeFileSync(file, text)
  const module = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Exported
  await module.init(wasm)
  return module
}

async function network(layers: Sequential['layers'], inputShape: number[], regression = false) {
  const model = new Sequential([...layers])
  const loss = regression ? 'mse' : 'crossentropy'
  await model.compile({ optimizer: 'adam', loss, numerics: 'strict', inputShape, seed: 5, threads: 1 })
  const next = seeded(4)
  const weights = model.weights()
  for (const { shape, data } of weights)
    if (shape.length === 1) data.forEach((_, i) => (data[i] = next() / 2 ** 32 - 0.5))
  model.setWeights(weights)
  return model
}

/** Rows of floats in [−2, 2), a third of them zero. */
function samples(rows: number, columns: number): Float32Array[] {
  const next = seeded(9)
  return Array.from({ length: rows }, () =>
    Float32Array.from({ length: columns }, () => (next() % 3 === 0 ? 0 : next() / 2 ** 30 - 2)),
  )
}

async function expectSameBits(model: Sequential, module: Exported, rows: Float32Array[]): Promise<void> {
  const predicted = await model.predict({
    data: Float32Array.from(rows.flatMap((row) => [...row])),
    shape: [rows.length, rows[0]!.length],
  })
  rows.forEach((row, r) => {
    expect([...module.outputs(row)]).toEqual([...predicted[r]!])
  })
}

describe('an exported module', () => {
  it.each(activationNames)('computes %s with the bits of strict numerics', async (name) => {
    const layers = [dense(37, { activation: name }), dropout(0.5), dense(70), activation(name), dense(3)]
    const model = await network(layers, [13], true)
    await expectSameBits(model, await imported(model.state()), samples(9, 13))
  })

  it('takes activations with their parameters, layers without bias and shaped samples', async () => {
    const layers = [
      flatten(),
      dense(16, { activation: { name: 'leaky-relu', slope: 0.2 }, useBias: false }),
      dense(33, { activation: { name: 'elu', alpha: 0.7 } }),
      dense(5, { activation: 'softmax' }),
    ]
    const model = await network(layers, [4, 5])
    const module = await imported(model.state())
    const [row] = samples(1, 20)
    const expected = await model.predict({ data: row!, shape: [1, 4, 5] })
    const { label, probabilities } = module.predict(row)
    expect([...probabilities!]).toEqual([...expected[0]!])
    expect(label).toBe(expected[0]!.indexOf(Math.max(...expected[0]!)))
  })

  it('scales bytes as the model does', async () => {
    const model = await network([dense(8, { activation: 'relu' }), dense(2, { activation: 'softmax' })], [30])
    model.setPreprocessing({ scale: [Math.fround(1 / 255)], shift: [-0.5] })
    const module = await imported(model.state())
    const row = Uint8Array.from({ length: 30 }, (_, i) => (i * 37) % 256)
    const expected = model.predictSync(row, new Float32Array(2))
    expect([...module.outputs(row)]).toEqual([...expected])
    expect([...module.outputs([...row])]).toEqual([...expected])
  })

  it.each(['f16', 'int8'] as const)('with %s weights computes what the rounded model does', async (dtype) => {
    const layers = [dense(40, { activation: 'relu' }), dense(3, { activation: 'softmax' })]
    const model = await network(layers, [25])
    const rounded = await Sequential.fromState(roundedState(model.state(), dtype))
    await expectSameBits(rounded, await imported(model.state(), { dtype }), samples(5, 25))
    const differences = rounded.weights().map(({ data }, i) => {
      const exact = model.weights()[i]!.data
      return Math.max(...data.map((value, j) => Math.abs(value - exact[j]!)))
    })
    expect(Math.max(...differences)).toBeLessThan(dtype === 'f16' ? 3e-4 : 3e-3)
  })

  it('with calibrated activations computes in integers: 16-bit inputs, 8-bit weights, exact sums', async () => {
    for (const [inputs, outputs, useBias] of [
      [784, 33, true],
      [7, 16, false],
      [33, 49, true],
    ] as const) {
      const model = await network([dense(outputs, { useBias })], [inputs], true)
      const [weight, bias] = model.weights()
      const peak = 2
      const module = await imported(model.state(), { dtype: 'int8', peaks: [peak] })
      const columns = Array.from({ length: outputs }, (_, c) =>
        Float32Array.from({ length: inputs }, (_, r) => weight!.data[r * outputs + c]!),
      )
      const scales = columns.map((column) => Math.fround(Math.max(...column.map(Math.abs)) / 127))
      const codes = columns.map((column, c) => Array.from(column, (value) => Math.round(value / scales[c]!)))
      const most = Math.max(...codes.map((column) => column.reduce((sum, code) => sum + Math.abs(code), 0)))
      const top = Math.min(32767, Math.floor((2 ** 31 - 1) / most))
      const step = Math.fround((2 * peak) / top)
      const inverse = Math.fround(1 / step)
      const even = (value: number) =>
        Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value)
      for (const row of samples(4, inputs)) {
        const rounded = Array.from(row, (value) => even(Math.fround(value * inverse)))
        const expected = codes.map((column, c) => {
          const sum = column.reduce((total, code, r) => total + code * rounded[r]!, 0)
          const scaled = Math.fround(Math.fround(sum) * Math.fround(scales[c]! * step))
          return Math.fround(scaled + (bias?.data[c] ?? 0))
        })
        expect([...module.outputs(row)]).toEqual(expected)
      }
    }
  })

  it('cuts what is beyond its calibration, and never overflows', async () => {
    const model = await network([dense(2)], [4096], true)
    const weights = model.weights()
    weights[0]!.data.forEach((_, i, data) => (data[i] = i % 2 === 0 ? 1 : -1))
    weights[1]!.data.fill(0)
    model.setWeights(weights)
    const module = await imported(model.state(), { dtype: 'int8', peaks: [1] })
    for (const [x, y] of [
      [1.5, 1.5 * 4096],
      [1e30, 2 * 4096],
      [-1e30, -2 * 4096],
    ] as const) {
      const [first, second] = module.outputs(new Float32Array(4096).fill(x))
      expect(Math.abs(first! / y - 1)).toBeLessThan(1e-3)
      expect(second).toBe(-first!)
    }
  })

  it.each(activationNames)('with calibrated activations is near the model with %s', async (name) => {
    const layers = [dense(40, { activation: name }), dropout(0.3), dense(30), activation(name), dense(5)]
    const model = await network(layers, [20], true)
    model.setPreprocessing({ scale: [0.7], shift: [0.1] })
    const rows = samples(200, 20)
    const x = { data: Float32Array.from(rows.flatMap((row) => [...row])), shape: [200, 20] }
    const peaks = await activationPeaks(model.state(), x)
    expect(peaks).toHaveLength(3)
    expect(peaks[0]).toBeCloseTo(Math.max(...x.data.map((value) => Math.abs(value * 0.7 + 0.1))), 5)
    const rounded = await Sequential.fromState(roundedState(model.state(), 'int8'))
    const module = await imported(model.state(), { dtype: 'int8', peaks })
    const expected = await rounded.predict(x)
    const gaps = rows.flatMap((row, r) =>
      [...module.outputs(row)].map((value, c) => Math.abs(value - expected[r]![c]!)),
    )
    expect(Math.max(...gaps)).toBeLessThan(1e-3)
  })

  it('refuses peaks that are not those of its layers', async () => {
    const model = await network([dense(4), dense(2)], [3], true)
    const state = model.state()
    expect(() => moduleFiles(state, { dtype: 'int8', peaks: [1] })).toThrow('one for each of 2 dense layers')
    expect(() => moduleFiles(state, { dtype: 'f16', peaks: [1, 1] })).toThrow(ArgumentError)
    expect(() => moduleFiles(state, { dtype: 'int8', peaks: [1, NaN] })).toThrow(ArgumentError)
  })

  it('predicts several samples at once, in a list or one after another', async () => {
    const model = await network([dense(4, { activation: 'softmax' })], [3])
    const module = await imported(model.state())
    const rows = samples(5, 3)
    const expected = rows.map((row) => module.predict(row))
    const flat = Float32Array.from(rows.flatMap((row) => [...row]))
    expect(module.predictBatch(rows)).toEqual(expected)
    expect(module.predictBatch(flat)).toEqual(expected)
    expect(module.predictBatch([...flat])).toEqual(expected)
    expect(module.predictBatch([])).toEqual([])
    expect(() => module.predictBatch(flat.subarray(1))).toThrow('3 numbers a sample; received 14')
    expect(() => module.predictBatch([[1, 2]])).toThrow('predict takes 3 numbers; received 2')
  })

  it('gives labels back as they were, whatever characters they have', async () => {
    const classes = ['</script>', `'\\ "\n\u2028`, '__proto__', '\ud800 ${x} `', 7]
    const model = await network([dense(5, { activation: 'softmax' })], [3])
    const state = { ...model.state(), outputs: { task: 'classification' as const, classes } }
    const { text } = moduleFiles(state)
    const module = await imported(state)
    expect(module.labels).toEqual(classes)
    expect(text).not.toContain('</script>')
    expect(classes).toContain(module.predict([1, 0, 0]).label)
  })

  it('tells yes or no by one output, and yes or no of several', async () => {
    const x = samples(40, 3)
    const data = { data: Float32Array.from(x.flatMap((row) => [...row])), shape: [40, 3] }
    const { LogisticRegression } = await import('../../src/models/logistic-regression.js')
    const binary = new LogisticRegression({ epochs: 3, numerics: 'strict' })
    await binary.fit(
      data,
      x.map(([first]) => (first! > 0 ? 'yes' : 'no')),
    )
    const one = await imported(binary.state())
    const labels = await binary.predict(data)
    const both = await binary.predictProba(data)
    x.forEach((row, r) => {
      const { label, probabilities } = one.predict(row)
      expect(label).toBe(labels[r])
      expect([...probabilities!]).toEqual([...both[r]!])
    })
    const several = new NeuralNetwork({ hiddenLayers: [4], epochs: 1, numerics: 'strict' })
    await several.fit(
      data,
      x.map(([a, b]) => [Number(a! > 0), Number(b! > 0)]),
    )
    const columns = await imported(several.state())
    const yes = (await several.predict(data)) as number[][]
    x.forEach((row, r) => {
      expect(columns.predict(row).label).toEqual([0, 1].filter((c) => yes[r]![c] === 1))
    })
  })

  it('takes rows of tables, with words and missing values, and gives targets in their own units', async () => {
    const table: TableTransform = {
      named: true,
      columns: [
        {
          name: 'rooms',
          kind: 'number',
          impute: 4.5,
          indicator: true,
          map: { type: 'linear', center: 3, scale: 1.7 },
        },
        { name: '__proto__', kind: 'number', map: { type: 'log', center: 0.1, scale: 3 } },
        { name: 'age', kind: 'number', map: { type: 'piecewise', from: [0, 2, 9], to: [-1, 0.3, 1] } },
        {
          name: 'sea',
          kind: 'category',
          categories: ['near', '</far>'],
          encode: 'one-hot',
          unseen: 'ignore',
        },
        {
          name: 'size',
          kind: 'category',
          categories: ['s', 'm', 'l'],
          encode: 'ordinal',
          map: { type: 'linear', center: 1, scale: 0.5 },
          unseen: 'error',
          impute: 1,
        },
      ],
    }
    const model = await network([dense(6, { activation: 'tanh' }), dense(1)], [7], true)
    model.setPreprocessing({ scale: [1], shift: [0], table })
    model.setMeaning({ task: 'regression', target: { center: [2.1], scale: [0.7] } })
    const module = await imported(model.state())
    const next = seeded(3)
    for (let i = 0; i < 50; i++) {
      const real = (size: number) => (next() / 2 ** 32 - 0.3) * size
      const row = Float32Array.of(
        i % 5 === 0 ? NaN : real(9),
        real(10 ** (i % 7)),
        real(12),
        i % 3,
        i % 4 ? i % 3 : NaN,
      )
      const expected = model.predictSync(row, new Float32Array(1))[0]
      expect(module.predict(row).value).toBe(expected)
      const words = {
        rooms: row[0],
        age: row[2],
        sea: ['near', '</far>', 'inland'][i % 3],
        size: 'sml'[row[4]!] ?? null,
      }
      const named = Object.defineProperty(words, '__proto__', { value: row[1] })
      expect(module.predict(named).value).toBe(expected)
      expect(module.predictBatch([row, named]).map(({ value }) => value)).toEqual([expected, expected])
    }
    expect(() => module.predict([1, 2, 3, 'near', 'xl'])).toThrow('column "size" takes one of s, m, l')
    expect(() => module.predict([1, null, 3, 'near', 's'])).toThrow('column "__proto__" has no value')
    expect(() => module.predict({ rooms: 1 })).toThrow('predict takes a value of column "__proto__"')
  })

  it('refuses samples that cannot be', async () => {
    const model = await network([dense(2, { activation: 'sigmoid' })], [3])
    const state = model.state()
    const file = join(workplace(), 'cold.mjs')
    writeFileSync(file, moduleFiles(state).text)
    const cold = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Exported
    expect(() => cold.predict([1, 2, 3])).toThrow('await init()')
    await cold.init()
    expect(() => cold.predict([1, 2])).toThrow('predict takes 3 numbers; received 2')
    expect(() => cold.predict([1, NaN, 3])).toThrow('not a finite number')
    expect(() => cold.predict([1, 1e39, 3])).toThrow('not a finite number')
    expect(cold.predict([1, 2, 3]).probabilities).toHaveLength(2)
  })

  it('takes its core from a file of its own, as bytes, a module or a response', async () => {
    const model = await network([dense(4, { activation: 'gelu' }), dense(2)], [3], true)
    const { text, wasm, types } = moduleFiles(model.state(), { wasm: 'separate' })
    expect(types).toContain('init(wasm: object')
    const sources = [wasm!, new WebAssembly.Module(wasm!), Promise.resolve(new Response(wasm))]
    for (const source of sources) {
      const file = join(workplace(), 'model.mjs')
      writeFileSync(file, text)
      const module = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Exported
      await expect(module.init()).rejects.toThrow('init takes the .wasm')
      await module.init(source)
      await expectSameBits(model, module, samples(2, 3))
    }
  })

  it('has no more than 15 KB of code, and int8 weights of 784-128-10 fit in 120 KB', async () => {
    const layers = [dense(128, { activation: 'relu' }), dense(10, { activation: 'softmax' })]
    const model = await network(layers, [784])
    const { text } = moduleFiles(model.state(), { dtype: 'int8' })
    expect(gzipSync(text).length).toBeLessThan(120_000)
    const integers = moduleFiles(model.state(), { dtype: 'int8', peaks: [1, 10] }).text
    expect(gzipSync(integers).length).toBeLessThan(120_000)
    expect(gzipSync(integers.replace(/const weightText =\s+'[^']*'/, '')).length).toBeLessThan(6_000)
    expect(gzipSync(text.replace(/const weightText =\s+'[^']*'/, '')).length).toBeLessThan(6_000)
    const everything = activationNames.map((name) => dense(3, { activation: name }))
    const widest = await network(everything, [3])
    expect(gzipSync(moduleFiles(widest.state()).text).length).toBeLessThan(9_000)
  })

  it('is refused for layers that modules have not and weights that float16 has not', async () => {
    const model = await network([dense(2)], [2], true)
    const state = model.state()
    const custom = { ...state.architecture, layers: [{ type: 'mine' }] }
    expect(() => moduleFiles({ ...state, architecture: custom })).toThrow(ArgumentError)
    const [weight, bias] = state.weights
    const large = { ...state, weights: [{ ...weight!, data: Float32Array.of(1, 2, 3, 70000) }, bias!] }
    expect(() => moduleFiles(large, { dtype: 'f16' })).toThrow(DataError)
    expect(() => moduleFiles(state, { dtype: 'f8' as 'f16' })).toThrow('f32, f16 or int8')
  })

  const engines = fileURLToPath(new URL('../engines/node_modules', import.meta.url))
  const others: [string, string, string[]][] = [
    ['Node 22', 'node22/bin/node', []],
    ['Node 24', 'node24/bin/node', []],
    ['Node 26', 'node26/bin/node', []],
    ['Bun', '@oven/bun-linux-x64/bin/bun', []],
    ['Deno', '@deno/linux-x64-glibc/deno', ['run']],
  ]
  for (const [name, path, args] of others) {
    const program = join(engines, path)
    const skip = !existsSync(program) && env['CI'] !== 'true'
    const reason = skip ? ' (skipped: run `npm ci --prefix test/engines` to install it)' : ''
    it.skipIf(skip)(`gives the same bits on ${name}${reason}`, async () => {
      const model = await network(
        [dense(40, { activation: 'gelu' }), dense(3, { activation: 'softmax' })],
        [5],
      )
      const folder = workplace()
      writeFileSync(join(folder, 'model.mjs'), moduleFiles(model.state()).text)
      const integers = moduleFiles(model.state(), { dtype: 'int8', peaks: [2, 5] })
      writeFileSync(join(folder, 'integers.mjs'), integers.text)
      const rows = samples(3, 5).map((row) => [...row])
      writeFileSync(
        join(folder, 'main.mjs'),
        `import * as model from './model.mjs'
import * as integers from './integers.mjs'
await Promise.all([model.init(), integers.init()])
console.log(JSON.stringify(${JSON.stringify(rows)}.map((row) => [...model.outputs(row), ...integers.outputs(row)])))`,
      )
      const print = (command: string, before: string[]) => {
        const { stdout, stderr } = spawnSync(command, [...before, join(folder, 'main.mjs')], {
          encoding: 'utf8',
        })
        return stdout === '' ? stderr : stdout
      }
      expect(print(program, args)).toBe(print(execPath, []))
    })
  }
})
