// The library in real browsers: the bits of Node, with and without cross-origin isolation, a page that stays alive, models that are
// kept, and a strict Content-Security-Policy. A test is a page with a program of its own, which puts what it found in the title.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserNames, launch, missing } from './launch.mjs'
import { serve } from './serve.mjs'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const folders = { '/lanewise/': path('../../dist/web/'), '/engines/': path('../engines/') }

interface Browser {
  newPage(): Promise<{
    goto(url: string): Promise<unknown>
    title(): Promise<string>
    close(): Promise<void>
  }>
  close(): Promise<void>
}

const head = '<!doctype html><meta charset="utf-8"><title>running</title>'
const program = (body: string) => `
  import * as lanewise from '/lanewise/lanewise.js'
  import { trainRecipe } from '/engines/recipe.mjs'
  const { Sequential, adam, dense, loadDataset, removeModel, savedModels, setWorker } = lanewise
  try {
    const found = await (async () => {${body}})()
    document.title = 'found ' + JSON.stringify(found)
  } catch (error) {
    document.title = 'found ' + JSON.stringify({ error: String(error) })
  }`

const train = `
  const { train, test } = await loadDataset('digits')
  const model = new Sequential([dense(64, { activation: 'relu' }), dense(10, { activation: 'softmax' })])`

const reference = execFileSync(process.execPath, [path('../engines/train.mjs'), 'strict', '1'], {
  encoding: 'utf8',
}).trim()

for (const name of browserNames) {
  const reason = missing(name)
  const skip = reason !== undefined && !process.env['CI']

  describe.skipIf(skip)(`in ${name}${skip ? ` (skipped: ${reason})` : ''}`, () => {
    let browser: Browser
    beforeAll(async () => {
      browser = (await launch(name)) as Browser
    }, 90_000)
    afterAll(() => browser?.close())

    /** Opens a page with this program and gives what it found. */
    async function run(body: string, options: Parameters<typeof serve>[1]): Promise<unknown> {
      const pages = {
        '/': `${head}<script type="module" src="/program.js"></script>`,
        '/program.js': program(body),
      }
      const server = await serve({ folders, pages }, options)
      const page = await browser.newPage()
      try {
        await page.goto(`${server.url}/`)
        for (let i = 0; i < 500; i++) {
          const title = await page.title()
          if (title.startsWith('found ')) return JSON.parse(title.slice(6)) as unknown
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
        return 'nothing within 50 s'
      } finally {
        await page.close()
        await server.close()
      }
    }

    it.each([
      [true, 1],
      [true, 2],
      [false, 1],
      [false, 2],
    ])(
      'trains to the bits of Node (isolated: %s, threads: %i)',
      async (isolated, threads) => {
        const body = `return trainRecipe(lanewise, { numerics: 'strict', threads: ${String(threads)} })`
        expect(await run(body, { isolated })).toBe(reference)
      },
      60_000,
    )

    it('keeps models, and leaves the page alive while it trains', async () => {
      const body = `${train}
        await model.compile({ optimizer: adam(), loss: 'crossentropy', metrics: ['accuracy'], threads: 1 })
        let beats = 0
        const began = performance.now()
        const timer = setInterval(() => beats++, 10)
        await model.fit(train.x, train.y, { epochs: 8 })
        clearInterval(timer)
        const share = (10 * beats) / (performance.now() - began)
        await model.save('kept')
        const names = await savedModels()
        const again = await Sequential.load('kept')
        const some = async (of) => [...(await of.predict(test.x)).data.slice(0, 50)].join()
        const same = (await some(again)) === (await some(model))
        await removeModel('kept')
        const { accuracy } = await again.evaluate(test.x, test.y)
        return { share, names, same, accuracy, left: (await savedModels()).length }`
      const found = (await run(body, { isolated: true })) as { share: number; accuracy: number }
      expect(found).toMatchObject({ names: ['kept'], same: true, left: 0 })
      expect(found.accuracy).toBeGreaterThan(0.9)
      expect(found.share).toBeGreaterThan(0.2)
    }, 60_000)

    it('works under a strict Content-Security-Policy, with workers from a file', async () => {
      const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'"
      const body = `${train}
        setWorker(() => new Worker('/lanewise/worker.js'))
        await model.compile({ optimizer: adam(), loss: 'crossentropy', threads: 2 })
        const history = await model.fit(train.x, train.y, { epochs: 2 })
        return history.loss.at(-1)`
      expect(
        await run(body, { isolated: true, headers: { 'Content-Security-Policy': policy } }),
      ).toBeLessThan(1)
    }, 60_000)
  })
}
