import { join } from 'node:path'
import { readFileSync, readdirSync } from 'node:fs'
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
  const { file, cost } = JSON.parse(stdout) as { file: string; cost: Record<string, unknown> }
  expect(file).toBe(join(folder, 'model.mjs'))
  expect(cost).toMatchObject({ dataset: 'mnist', rows: 60, metric: 'accuracy' })
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

it('refuses what belongs to modules with other formats', async () => {
  const { code, stderr } = await lanewise(workplace(), [
    'export',
    'model.safetensors',
    ...['--format', 'npz', '--dtype', 'int8'],
  ])
  expect(code).toBe(2)
  expect(stderr).toContain('--dtype does not go with --format npz')
})
