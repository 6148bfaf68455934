// Exported modules in real browsers: the bits of Node, in a page and in a worker, under a strict Content-Security-Policy, with the
// core inlined and as a file.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Sequential } from '../../src/models/sequential.js'
import { dense } from '../../src/nn/dense.js'
import { moduleFiles } from '../../src/persist/module.js'
import { browserNames, launch, missing } from './launch.mjs'
import { serve } from './serve.mjs'

const policy =
  "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"
const sample = [0.5, -1, 0, 2]

const page = `
  import * as inline from '/model/inline.js'
  import * as separate from '/model/separate.js'
  import * as integers from '/model/integers.mjs'
  const sample = ${JSON.stringify(sample)}
  try {
    await inline.init()
    await integers.init()
    await separate.init(fetch('/model/separate.wasm'))
    const worker = new Worker('/worker.js', { type: 'module' })
    const far = await new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)))
    document.title = 'found ' + JSON.stringify([[...inline.outputs(sample)], [...separate.outputs(sample)], far, [...integers.outputs(sample)]])
  } catch (error) {
    document.title = 'found ' + JSON.stringify(String(error))
  }`
const worker = `
  import { init, outputs } from '/model/inline.js'
  await init()
  postMessage([...outputs(${JSON.stringify(sample)})])`

interface Browser {
  newPage(): Promise<{ goto(url: string): Promise<unknown>; title(): Promise<string> }>
  close(): Promise<void>
}

describe.each(browserNames)('an exported module in %s', (name) => {
  const reason = missing(name)
  const skip = reason !== undefined && !process.env['CI']
  const folder = mkdtempSync(join(tmpdir(), 'lanewise-module-'))
  let browser: Browser | undefined
  beforeAll(async () => {
    if (!skip) browser = (await launch(name)) as Browser
  }, 90_000)
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await browser?.close()
  })

  it.skipIf(skip)(
    `gives the bits of Node${skip ? ` (skipped: ${reason})` : ''}`,
    async () => {
      const model = new Sequential([dense(20, { activation: 'gelu' }), dense(3, { activation: 'softmax' })])
      await model.compile({
        optimizer: 'adam',
        loss: 'crossentropy',
        numerics: 'strict',
        inputShape: [4],
        threads: 1,
      })
      const { text, wasm } = moduleFiles(model.state(), { wasm: 'separate' })
      writeFileSync(join(folder, 'separate.js'), text)
      writeFileSync(join(folder, 'separate.wasm'), wasm!)
      writeFileSync(join(folder, 'inline.js'), moduleFiles(model.state()).text)
      const integers = moduleFiles(model.state(), { dtype: 'int8', peaks: [2, 5] })
      writeFileSync(join(folder, 'integers.mjs'), integers.text)
      const inNode = (await import(/* @vite-ignore */ pathToFileURL(join(folder, 'integers.mjs')).href)) as {
        init: () => Promise<void>
        outputs: (sample: number[]) => Float32Array
      }
      await inNode.init()
      const pages = {
        '/': '<!doctype html><meta charset="utf-8"><title>running</title><script type="module" src="/page.js"></script>',
        '/page.js': page,
        '/worker.js': worker,
      }
      const options = { headers: { 'Content-Security-Policy': policy } }
      const server = await serve({ folders: { '/model/': `${folder}/` }, pages }, options)
      const opened = await browser!.newPage()
      await opened.goto(`${server.url}/`)
      let title = ''
      for (let i = 0; i < 300 && !title.startsWith('found '); i++) {
        title = await opened.title()
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      await server.close()
      const expected = [...model.predictSync(Float32Array.from(sample), new Float32Array(3))]
      expect(JSON.parse(title.slice(6))).toEqual([expected, expected, expected, [...inNode.outputs(sample)]])
    },
    90_000,
  )
})
