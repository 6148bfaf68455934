import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import golden from '../golden/onnx-import.json' with { type: 'json' }
import { lanewise, workplace } from './command.js'

const bytesOf = (base64: string) => Buffer.from(base64, 'base64')

it('makes a model of an ONNX file, whatever it is called, and sends it out again', async () => {
  const folder = workplace()
  const { file } = golden.cases.find(({ name }) => name === 'scikit-learn words, ZipMap')!
  writeFileSync(join(folder, 'network.bin'), bytesOf(file))
  const { code, stdout } = await lanewise(folder, [
    'import',
    'network.bin',
    '--json',
    '--out',
    'model.safetensors',
  ])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    task: 'classification',
    inputShape: [6],
    classes: ['a', 'b', 'c'],
    parameters: 74,
    notes: [],
  })
  const out = await lanewise(folder, ['export', 'model.safetensors', '--format', 'onnx', '--json'])
  expect(out.code).toBe(0)
  const again = ['import', 'model.onnx', '--json', '--out', 'again.safetensors']
  expect(JSON.parse((await lanewise(folder, again)).stdout)).toMatchObject({ classes: ['a', 'b', 'c'] })
})

it('refuses an ONNX file with other operators, and options that it needs not, and writes nothing', async () => {
  const folder = workplace()
  const { file } = golden.refused.find(({ name }) => name === 'Conv')!
  writeFileSync(join(folder, 'network.onnx'), bytesOf(file))
  const { code, stderr } = await lanewise(folder, ['import', 'network.onnx'])
  expect(code).toBe(2)
  expect(stderr).toContain('node "/conv1/Conv" of operator Conv (ai.onnx)')
  const layout = await lanewise(folder, ['import', 'network.onnx', '--layout', 'torch'])
  expect(layout.code).toBe(2)
  expect(layout.stderr).toContain('leave --layout out')
  expect(readdirSync(folder)).toEqual(['network.onnx'])
})
