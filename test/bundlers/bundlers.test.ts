// The packed library in pages that Vite, esbuild, webpack and Rollup build, and in a page without any of them, opened in browsers.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, missing } from '../browsers/launch.mjs'
import { serve } from '../browsers/serve.mjs'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const installed = existsSync(path('node_modules/webpack/package.json'))
const reason = installed
  ? (missing('chromium') ?? missing('firefox'))
  : 'run `npm ci --prefix test/bundlers` to install the bundlers'
const skip = reason !== undefined && !process.env['CI']

interface Browser {
  newPage(): Promise<{
    goto(url: string): Promise<unknown>
    title(): Promise<string>
    close(): Promise<void>
  }>
  close(): Promise<void>
}

describe.skipIf(skip)(`in pages${skip ? ` (skipped: ${reason})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'lanewise-'))
  const packed = path('node_modules/lanewise')
  const browsers = new Map<string, Browser>()
  let build: typeof import('./build.mjs')

  beforeAll(async () => {
    // What a user gets: the packed files, and no others.
    const out = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
      cwd: path('../..'),
      encoding: 'utf8',
    })
    rmSync(packed, { recursive: true, force: true })
    mkdirSync(packed, { recursive: true })
    execFileSync('tar', ['-xzf', join(folder, out.trim()), '-C', packed, '--strip-components=1'])
    build = await import('./build.mjs')
    for (const name of ['chromium', 'firefox']) browsers.set(name, (await launch(name)) as Browser)
  }, 180_000)
  afterAll(async () => {
    for (const browser of browsers.values()) await browser.close()
    rmSync(folder, { recursive: true })
  })

  async function expectWorking(url: string, names = ['chromium']): Promise<void> {
    for (const name of names) {
      const page = await browsers.get(name)!.newPage()
      await page.goto(url)
      let title = ''
      for (let i = 0; i < 900 && !title.startsWith('found '); i++) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        title = await page.title()
      }
      await page.close()
      const found = JSON.parse(title.replace(/^found /, '')) as { accuracy: number }
      expect(found).toMatchObject({ same: true, npy: 128 + 20 * 4 })
      expect(found.accuracy).toBeGreaterThan(0.85)
    }
  }

  async function expectBuilt(
    run: (folder: string) => Promise<void>,
    options: { names?: string[]; files?: number } = {},
  ): Promise<void> {
    const { names, files = 6 } = options
    const out = mkdtempSync(join(folder, 'built-'))
    await run(out)
    if (!existsSync(join(out, 'index.html'))) copyFileSync(path('app/index.html'), join(out, 'index.html'))
    const scripts = readdirSync(out, { recursive: true }).filter((file) => String(file).endsWith('.js'))
    expect(scripts.length).toBeGreaterThanOrEqual(files)
    const server = await serve({ folders: { '/': `${out}/` } })
    try {
      await expectWorking(`${server.url}/index.html`, names)
    } finally {
      await server.close()
    }
  }

  it(
    'works from Vite',
    () => expectBuilt((out) => build.withVite(out), { names: ['chromium', 'firefox'] }),
    240_000,
  )
  it('works from esbuild', () => expectBuilt((out) => build.withEsbuild(out)), 120_000)
  it('works from esbuild in one file', () => {
    return expectBuilt((out) => build.withEsbuildInOneFile(out), { files: 1 })
  }, 120_000)
  it('works from Rollup', () => expectBuilt((out) => build.withRollup(out)), 120_000)
  it('works from webpack', () => expectBuilt((out) => build.withWebpack(out)), 120_000)

  it("works from Vite's server", async () => {
    const server = await build.serveWithVite(join(folder, 'vite'))
    try {
      await expectWorking(server.url)
    } finally {
      await server.close()
    }
  }, 120_000)

  it('works from the built files as they are', async () => {
    const folders = { '/lanewise/': `${packed}/dist/web/`, '/app/': path('app/'), '/': path('./') }
    const server = await serve({ folders })
    try {
      await expectWorking(`${server.url}/plain.html`, ['chromium', 'firefox'])
    } finally {
      await server.close()
    }
  }, 240_000)
})
