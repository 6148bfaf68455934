// The demo in real browsers, as a visitor uses it: draws a digit by pointer and by keyboard and reads the answer from the screen,
// trains, keeps a network and gets it back, all under the strict Content-Security-Policy that the command serves it with.
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NeuralNetwork } from '../../dist/index.js'
import { generateDigits } from '../../src/data/digits.js'
import { lanewise } from '../cli/command.js'
import { browserNames, launch, missing } from './launch.mjs'
import { serve } from './serve.mjs'

interface Handle {
  boundingBox(): Promise<{ x: number; y: number; width: number; height: number } | null>
  uploadFile(path: string): Promise<void>
}

interface Page {
  goto(url: string): Promise<unknown>
  reload(): Promise<unknown>
  close(): Promise<void>
  $(selector: string): Promise<Handle | null>
  click(selector: string): Promise<void>
  focus(selector: string): Promise<void>
  select(selector: string, value: string): Promise<unknown>
  setViewport(size: { width: number; height: number }): Promise<void>
  evaluate<T>(script: string): Promise<T>
  evaluateOnNewDocument(script: string): Promise<unknown>
  waitForFunction(script: string, options?: { timeout: number }): Promise<unknown>
  mouse: {
    move(x: number, y: number, options?: { steps: number }): Promise<void>
    down(): Promise<void>
    up(): Promise<void>
  }
  keyboard: { press(key: string): Promise<void> }
}

interface Browser {
  newPage(): Promise<Page>
  close(): Promise<void>
}

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'lanewise-demo-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Starts the command. @returns what it prints, and the process. */
function startDemo(): Promise<{ url: string; command: ChildProcess }> {
  const command = spawn(process.execPath, [main, 'demo', '--port', '0', '--no-open', '--json'])
  return new Promise((resolve, reject) => {
    command.once('error', reject)
    command.once('exit', (code) => {
      reject(new Error(`the demo ended with ${String(code)}`))
    })
    command.stdout.once('data', (line: Buffer) => {
      resolve({ ...(JSON.parse(line.toString()) as { url: string }), command })
    })
  })
}

const text = (page: Page, id: string) =>
  page.evaluate<string>(`document.getElementById('${id}').textContent.trim()`)
const bars = (page: Page) =>
  page.evaluate<string[]>(`[...document.querySelectorAll('.bar-value')].map((value) => value.textContent)`)
const accuracy = async (page: Page) => parseFloat(await text(page, 'test-accuracy'))
const phase = (page: Page, name: string) =>
  page.waitForFunction(`document.body.dataset.phase === '${name}'`, { timeout: 60_000 })
const trained = (page: Page) =>
  page.waitForFunction(`document.getElementById('said').textContent.startsWith('Training is ')`, {
    timeout: 90_000,
  })

async function fill(page: Page, id: string, value: string): Promise<void> {
  await page.evaluate(`document.getElementById('${id}').value = '${value}'`)
}

/** Draws lines through places of the drawing area, whose sides are 1. */
async function draw(page: Page, places: readonly (readonly [number, number])[]): Promise<void> {
  await page.evaluate(`document.getElementById('pad').scrollIntoView()`)
  const { x, y, width, height } = (await (await page.$('#pad'))!.boundingBox())!
  const [first, ...others] = places.map(([px, py]) => [x + px * width, y + py * height] as const)
  await page.mouse.move(...first!)
  await page.mouse.down()
  for (const place of others) await page.mouse.move(...place, { steps: 8 })
  await page.mouse.up()
  await page.evaluate(
    `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))`,
  )
}

const seven = [
  [0.25, 0.22],
  [0.75, 0.22],
  [0.42, 0.82],
] as const

const watch = `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  (window.violations ??= []).push(violatedDirective + ' ' + blockedURI)
})`

describe.each(browserNames)('the demo in %s', (name) => {
  const reason = missing(name)
  const skip = reason !== undefined && !process.env['CI']
  const told = skip ? ` (skipped: ${reason})` : ''
  let browser: Browser | undefined
  let demo: Awaited<ReturnType<typeof startDemo>> | undefined
  beforeAll(async () => {
    if (skip) return
    browser = (await launch(name)) as Browser
    demo = await startDemo()
  }, 90_000)
  afterAll(async () => {
    await browser?.close()
    demo?.command.removeAllListeners('exit')
    demo?.command.kill('SIGINT')
  })

  async function open(url: string): Promise<Page> {
    const page = await browser!.newPage()
    await page.evaluateOnNewDocument(watch)
    await page.goto(url)
    return page
  }

  it.skipIf(skip)(
    `trains on opening and reads a 7 that is drawn by pointer, and a 1 drawn by keyboard${told}`,
    async () => {
      const page = await open(demo!.url)
      await phase(page, 'training')
      await trained(page)
      expect(await accuracy(page)).toBeGreaterThan(90)
      expect(await text(page, 'digit')).toBe('?')
      await draw(page, seven)
      expect(await text(page, 'digit')).toBe('7')
      const shares = (await bars(page)).map(parseFloat)
      expect(shares.indexOf(Math.max(...shares))).toBe(7)
      expect(Math.abs(shares.reduce((sum, share) => sum + share, -100))).toBeLessThan(1)

      await page.focus('#pad')
      await page.keyboard.press('Delete')
      expect(await text(page, 'said')).toBe('Nothing is drawn.')
      await page.keyboard.press(' ')
      for (let i = 0; i < 14; i++) await page.keyboard.press('ArrowDown')
      await page.keyboard.press(' ')
      await page.waitForFunction(`document.getElementById('said').textContent.startsWith('Reads 1,')`)

      // The confusion matrix counts every test digit; weights and mistakes are drawn.
      const counts = await page.evaluate<number>(
        `[...document.querySelectorAll('#confusion td')].reduce((sum, { textContent }) => sum + (parseInt(textContent) || 0), 0)`,
      )
      expect(counts).toBe(2000)
      expect(await text(page, 'weights-note')).toContain('the first 40 of 128')
      expect(await page.evaluate(`document.querySelectorAll('.mistake canvas').length`)).toBeGreaterThan(0)
      expect(await page.evaluate(`crossOriginIsolated`)).toBe(true)
      await page.setViewport({ width: 390, height: 844 })
      // Nothing to scroll sideways.
      const { scrollWidth, clientWidth } = await page.evaluate<Record<string, number>>(
        `(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }))(document.documentElement)`,
      )
      expect(scrollWidth).toBe(clientWidth)
      expect(await page.evaluate(`window.violations ?? []`)).toEqual([])
      await page.close()
    },
    180_000,
  )

  it.skipIf(skip)(
    `trains what the form asks for, pauses, keeps the network and gets it back after a reload${told}`,
    async () => {
      const page = await open(demo!.url)
      await phase(page, 'training')
      await page.click('#stop')
      await phase(page, 'idle')
      await fill(page, 'hidden', '40, many')
      await page.click('#train')
      expect(await text(page, 'failure')).toContain('Hidden layers: Up to 6 numbers')
      await fill(page, 'hidden', '48, 24')
      await fill(page, 'epochs', '4')
      await fill(page, 'batch', '16')
      await page.select('#activation', 'gelu')
      await page.click('#train')
      await phase(page, 'training')
      expect(await text(page, 'model')).toContain('784–48–24–10, gelu')
      await page.click('#pause')
      await phase(page, 'paused')
      // A message or two may have been on their way.
      await new Promise((resolve) => setTimeout(resolve, 500))
      const epoch = await text(page, 'epoch')
      await new Promise((resolve) => setTimeout(resolve, 500))
      expect(await text(page, 'epoch')).toBe(epoch)
      await page.click('#pause')
      await trained(page)
      expect(await text(page, 'epoch')).toBe('4.0 / 4')
      const figure = await text(page, 'test-accuracy')
      expect(parseFloat(figure)).toBeGreaterThan(90)
      await draw(page, seven)
      const before = await bars(page)
      await fill(page, 'model-name', 'small one')
      await page.click('#keep button[type=submit]')
      await page.waitForFunction(`document.getElementById('said').textContent.startsWith('Kept')`)

      await page.reload()
      await phase(page, 'training')
      await page.click('#stop')
      await phase(page, 'idle')
      await page.click('[aria-label="Load small one"]')
      await page.waitForFunction(`document.getElementById('said').textContent.startsWith('Loaded small one')`)
      await page.waitForFunction(`document.getElementById('test-accuracy').textContent === '${figure}'`)
      await draw(page, seven)
      expect(await bars(page)).toEqual(before)
      await page.click('[aria-label="Remove small one"]')
      await page.waitForFunction(`document.querySelectorAll('#kept li').length === 0`)
      expect(await page.evaluate(`window.violations ?? []`)).toEqual([])
      await page.close()
    },
    180_000,
  )

  it.skipIf(skip)(
    `loads model files, works from a folder on any host, and says what one thread is for${told}`,
    async () => {
      const { train, test } = generateDigits({ train: 1500, test: 300 })
      const network = new NeuralNetwork({ hiddenLayers: [32], epochs: 3, threads: 1 })
      await network.fit(train.x, train.y)
      const shown = (100 * (await network.score(test.x, test.y))).toFixed(0)
      expect(Number(shown)).toBeGreaterThan(50)
      await network.save(join(folder, 'from-node.safetensors'))
      const other = new NeuralNetwork({ hiddenLayers: [], epochs: 1, threads: 1 })
      await other.fit({ data: new Float32Array(12), shape: [4, 3] }, [0, 1, 0, 1])
      await other.save(join(folder, 'other.safetensors'))
      const site = join(folder, `site-${name}`)
      expect((await lanewise(folder, ['demo', '--out', site, '--json'])).code).toBe(0)
      const server = await serve({ folders: { '/': `${site}/` } })
      const page = await open(`${server.url}/index.html`)
      try {
        await phase(page, 'training')
        expect(await page.evaluate(`document.getElementById('isolation').hidden`)).toBe(false)
        expect(await text(page, 'isolation')).toContain('Cross-Origin-Embedder-Policy: require-corp')
        await page.click('#stop')
        await phase(page, 'idle')
        await (await page.$('#model-file'))!.uploadFile(join(folder, 'other.safetensors'))
        await page.waitForFunction(
          `document.getElementById('failure').textContent.includes('takes 3 numbers')`,
        )
        await (await page.$('#model-file'))!.uploadFile(join(folder, 'from-node.safetensors'))
        await page.waitForFunction(`document.getElementById('model').textContent.includes('784–32–10')`)
        expect(await text(page, 'model')).toContain('from from-node.safetensors')
        await page.click('.sample:nth-child(1)')
        await page.waitForFunction(`document.getElementById('said').textContent.startsWith('Reads ')`)
        expect(await page.evaluate(`window.violations ?? []`)).toEqual([])
      } finally {
        await page.close()
        await server.close()
      }
    },
    180_000,
  )
})
