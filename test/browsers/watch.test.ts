// The page of `train --watch` in Chromium: parts are put in place under its strict policy, and the finished report takes the page.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bodyOf, livePage, liveRules } from '../../src/report/live-page.js'
import { drawLive, liveParts, type LiveRun } from '../../src/report/live.js'
import { EventStream } from '../../src/web/server/events.js'
import { contentSecurityPolicy } from '../../src/web/server/headers.js'
import { serve } from '../../src/web/server/server.js'
import { launch, missing } from './launch.mjs'

interface Page {
  goto(url: string): Promise<unknown>
  setViewport(size: { width: number; height: number }): Promise<void>
  evaluate<T>(what: string): Promise<T>
  on(event: string, listener: (message: { text(): string }) => void): void
}
interface Browser {
  newPage(): Promise<Page>
  close(): Promise<void>
}

const script = readFileSync(new URL('../../dist/web/watch-page.js', import.meta.url))
const reason = missing('chromium')
const skip = reason !== undefined && !process.env['CI']

const run: LiveRun = {
  doing: 'training',
  head: {
    title: 'mlp on <i>shapes</i>',
    command: 'npx lanewise train --dataset shapes.csv',
    task: 'classification',
    data: { name: 'shapes', trainRows: 900, validationRows: 100, testRows: 200, sampleShape: [28, 28] },
    model: {
      name: 'mlp',
      parameters: 7850,
      inputShape: [784],
      layers: [{ name: 'dense_1', kind: 'dense, 10 units, softmax', outputShape: [10], parameters: 7850 }],
    },
    settings: [['optimizer', 'adam']],
    environment: [['Node', '20']],
    lossTitle: 'cross-entropy (nats)',
  },
  epochs: 4,
  stepsPerEpoch: 10,
  epoch: 2,
  step: 5,
  loss: 0.5,
  accuracy: 0.9,
  samplesPerSecond: 1000,
  secondsLeft: 12,
  done: [
    { epoch: 1, loss: 1, accuracy: 0.7, validationLoss: 0.9, validationAccuracy: 0.75, learningRate: 0.1 },
  ],
  slices: [0.5, 1, 1.5].map((at) => ({ at, loss: 1.5 - at / 2, accuracy: 0.5 + at / 4, learningRate: 0.1 })),
  hints: [{ message: 'Look <script>here</script>.', remedy: 'Do that.' }],
}

describe.skipIf(skip)(`a watched run in Chromium${skip ? ` (skipped: ${String(reason)})` : ''}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = (await launch('chromium')) as unknown as Browser
  }, 90_000)
  afterAll(() => browser?.close())

  it('updates the parts that change, keeps what is open, and ends with the report', async () => {
    const stream = new EventStream()
    const parts = new Map<string, string>(liveParts.map((name) => [name, '']))
    const served = await serve(
      {
        pages: {
          '/': () => ({ body: livePage('waiting', parts) }),
          '/report.css': () => ({ body: liveRules }),
          '/watch.js': () => ({ body: script }),
        },
        events: { '/events': stream },
      },
      { policy: contentSecurityPolicy({ scripts: true }) },
    )
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (message) => complaints.push(String(message)))
    const until = async (what: string) => {
      while (!(await page.evaluate<boolean>(what))) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const show = async (state: LiveRun) => {
      for (const [name, text] of Object.entries(await drawLive(state))) stream.send(name, text)
    }
    try {
      await page.setViewport({ width: 390, height: 800 })
      await page.goto(served.url)
      await until(`document.querySelector('#lost').hidden`)
      await show(run)
      await until(`document.querySelectorAll('svg').length >= 3`)
      expect(await page.evaluate(`document.querySelector('h1').textContent`)).toBe('mlp on <i>shapes</i>')
      expect(await page.evaluate(`document.querySelector('.hint').textContent`)).toContain('<script>here')
      expect(await page.evaluate(`document.querySelector('progress').value`)).toBeCloseTo(0.375)
      expect(await page.evaluate(`document.documentElement.scrollWidth`)).toBe(390)
      await page.evaluate(`window.kept = document.querySelector('[data-part=start] section')`)
      await show({ ...run, step: 9, loss: 0.25 })
      await until(`document.querySelector('[data-part=figures]').textContent.includes('0.2500')`)
      expect(await page.evaluate(`window.kept.isConnected`)).toBe(true)
      stream.send('report', bodyOf('<html><body><header><h1>All done</h1></header></body></html>'))
      await until(`document.title === 'All done'`)
      expect(await page.evaluate(`document.querySelectorAll('progress').length`)).toBe(0)
      expect(complaints).toEqual([])
      while (stream.size > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    } finally {
      await served.close()
    }
  }, 60_000)

  it('says so when the run cannot be reached any more', async () => {
    const stream = new EventStream()
    const parts = new Map<string, string>(liveParts.map((name) => [name, '']))
    const served = await serve({
      pages: {
        '/': () => ({ body: livePage('waiting', parts) }),
        '/watch.js': () => ({ body: script }),
      },
      events: { '/events': stream },
    })
    const page = await browser.newPage()
    const hidden = () => page.evaluate<boolean>(`document.querySelector('#lost').hidden`)
    await page.goto(served.url)
    while (stream.size === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await hidden()).toBe(true)
    await served.close()
    while (await hidden()) await new Promise((resolve) => setTimeout(resolve, 50))
  }, 60_000)
})
