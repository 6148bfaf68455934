import { join } from 'node:path'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { NeuralNetwork } from '../../src/models/neural-network.js'
import { lanewise, side, tinyPart, workplace, writeTinySet } from './command.js'

it('exports a model as a module, with its types, and tells what smaller weights cost', async () => {
  const folder = workplace()
  writeTinySet(join(folder, 'mnist'))
  const { pixels, labels } = tinyPart(120, 3, 1)
  const x = { data: pixels, shape: [120, side * side] }
  const net = new NeuralNetwork({ hiddenLayers: [8], epochs: 20, numerics: 'strict' })
  await net.fit(x, labels)
  await net.save(join(folder, 'model.safetensors'))

  const args = ['export', 'model.safetensors', '--format', 'module', '--json']
  const { code, stdout } = await lanewise(folder, [
    ...args,
    ...['--dtype', 'int8', '--dataset', 'mnist', '--data-dir', '.'],
  ])
  expect(code).toBe(0)
  const { file, activations, cost } = JSON.parse(stdout) as {
    file: string
    activations: string
    cost: Record<string, unknown>
  }
  expect(file).toBe(join(folder, 'model.mjs'))
  expect(cost).toMatchObject({ dataset: 'mnist', rows: 60, metric: 'accuracy' })
  expect(activations).toBe('int16')
  expect(Math.abs(Number(cost['exact']) - Number(cost['exported']))).toBeLessThan(0.05)
  expect(readFileSync(join(folder, 'model.d.mts'), 'utf8')).toContain('readonly [0, 1, 2]')

  expect((await lanewise(folder, args)).code).toBe(2)
  const separate = await lanewise(folder, [...args, '--wasm', 'separate', '--out', 'exact.mjs'])
  expect(separate.code).toBe(0)
  expect(readdirSync(folder)).toEqual(expect.arrayContaining(['exact.mjs', 'exact.d.mts', 'exact.wasm']))
  const module = (await import(/* @vite-ignore */ pathToFileURL(join(folder, 'exact.mjs')).href)) as {
    init: (wasm: Uint8Array) => Promise<void>
    predict: (sample: Uint8Array) => { probabilities: Float32Array }
  }
  await module.init(readFileSync(join(folder, 'exact.wasm')))
  const row = pixels.subarray(0, side * side)
  const expected = net.predictSync(row, new Float32Array(3))
  expect([...module.predict(row).probabilities]).toEqual([...expected])
})

it('scores the module of a table by the names of its columns, with the error of a regression', async () => {
  const folder = workplace()
  const rows = Array.from({ length: 120 }, (_, i) => {
    const [size, place] = [(i * 7) % 30, i % 3]
    return `${String(size)},${['north', 'south', 'east'][place]!},${i % 11 === 0 ? '' : String(i % 5)},${String(size * 2 + place)}`
  })
  writeFileSync(join(folder, 'houses.csv'), ['size,place,rooms,price', ...rows].join('\n'))
  const data = ['--dataset', 'houses.csv', '--target', 'price']
  const train = ['train', ...data, '--impute', 'mean', '--epochs', '3', '--out', 'run', '--quiet']
  expect((await lanewise(folder, train)).code).toBe(0)
  const { code, stdout } = await lanewise(folder, [
    ...['export', 'run/model.safetensors', '--format', 'module', '--dtype', 'int8', ...data, '--json'],
  ])
  expect(code).toBe(0)
  const { activations, cost } = JSON.parse(stdout) as { activations: string; cost: Record<string, number> }
  expect([activations, cost['metric']]).toEqual(['int16', 'rmse'])
  expect(Math.abs(cost['exported']! / cost['exact']! - 1)).toBeLessThan(0.02)
})

it('calibrates only where it can', async () => {
  const folder = workplace()
  const net = new NeuralNetwork({ hiddenLayers: [3], epochs: 1 })
  await net.fit({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }, ['a', 'b'])
  await net.save(join(folder, 'model.safetensors'))
  const args = ['export', 'model.safetensors', '--format', 'module', '--activations', 'int16']
  const alone = await lanewise(folder, [...args, '--dtype', 'int8'])
  expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('without --dataset')])
  const exact = await lanewise(folder, args)
  expect([exact.code, exact.stderr]).toEqual([2, expect.stringContaining('--activations does not go with')])
  expect(readdirSync(folder)).toEqual(['model.safetensors'])
})

it('refuses what belongs to modules with other formats', async () => {
  const { code, stderr } = await lanewise(workplace(), [
    'export',
    'model.safetensors',
    ...['--format', 'npz', '--dtype', 'int8'],
  ])
  expect(code).toBe(2)
  expect(stderr).toContain('--dtype does not go with --format npz')
})
