// The package as it is published: what package.json says is there, and tools that check packages find nothing.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const tools = join(root, 'test/bundlers/node_modules')
type Target = string | { [condition: string]: Target }
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, Target>
  dependencies: Record<string, string>
  sideEffects: boolean
}

const files = (target: Target): string[] =>
  typeof target === 'string' ? [target] : Object.values(target).flatMap(files)

describe('package.json', () => {
  it('names files that are there, types before code', () => {
    for (const target of Object.values(manifest.exports)) {
      for (const file of files(target)) expect(existsSync(join(root, file)), file).toBe(true)
      const groups = [target, ...(typeof target === 'string' ? [] : Object.values(target))]
      for (const group of groups) {
        if (typeof group === 'string') continue
        const keys = Object.keys(group)
        if (keys.includes('types')) expect(keys.indexOf('types')).toBeLessThan(keys.indexOf('default'))
        expect(keys.at(-1)).toBe('default')
      }
    }
  })

  it.each(['index.js', 'infer/index.js'])(
    'has no await at the top of any module of dist/%s',
    async (entry) => {
      // A script has no top-level await: building one fails where a module has.
      const options = {
        bundle: true,
        write: false,
        format: 'iife',
        platform: 'node',
        logLevel: 'silent',
      } as const
      const external = ['node:*', ...Object.keys(manifest.dependencies)]
      const built = await build({ ...options, entryPoints: [join(root, 'dist', entry)], external })
      expect(built.errors).toEqual([])
    },
  )

  it('loads few files to start with', () => {
    expect(filesOf('dist/index.js').length).toBeLessThanOrEqual(6)
    expect(filesOf('dist/infer/index.js').length).toBeLessThanOrEqual(5)
    expect(filesOf('dist/report/index.js').length).toBeLessThanOrEqual(6)
    expect(filesOf('dist/cli/main.js').length).toBeLessThanOrEqual(12)
  })

  it('has every class and every engine once, whichever entry is the first', () => {
    const entries = ['', '/infer', '/report', '/exchange'].map((name) => `lanewise${name}`)
    const program = `
      let compiled = 0
      WebAssembly.Module = new Proxy(WebAssembly.Module, {
        construct(...of) {
          compiled++
          return Reflect.construct(...of)
        },
      })
      const rooms = []
      for (const name of process.argv.slice(1)) rooms.push(await import(name))
      const { LanewiseError, Sequential, dense } = rooms.find((room) => 'Sequential' in room)
      const readers = rooms.flatMap(({ load, importModel }) => load ?? importModel ?? [])
      const unread = []
      for (const read of readers) {
        unread.push(await read(new Uint8Array(9)).catch((error) => error instanceof LanewiseError && error.name))
      }
      await new Sequential([dense(1)]).compile({ loss: 'mse', inputShape: [1], numerics: 'strict', threads: 1 })
      const byModel = compiled
      const { coreModule } = await import('./dist/core/wasm.js')
      coreModule('strict', false)
      console.log(JSON.stringify({ unread, byModel, more: compiled - byModel }))`
    for (const order of [entries, entries.toReversed()]) {
      const flags = ['--input-type=module', '--eval', program, ...order]
      const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: root, encoding: 'utf8' })
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toEqual({ unread: ['FormatError', 'FormatError'], byModel: 1, more: 0 })
    }
  })

  it('tells the truth about side effects: an import for nothing leaves nothing', async () => {
    expect(manifest.sideEffects).toBe(false)
    const contents = `import './dist/index.js'; import './dist/infer/index.js'; console.log(1)`
    const options = { bundle: true, write: false, platform: 'node', format: 'esm', minify: true } as const
    const built = await build({
      ...options,
      stdin: { contents, resolveDir: root },
      packages: 'external',
      logLevel: 'silent',
    })
    expect(built.outputFiles[0]!.text.trim()).toBe('console.log(1);')
  })
})

const skip = !existsSync(join(tools, 'publint')) && !process.env['CI']
describe.skipIf(skip)(
  `the packed package${skip ? ' (skipped: run `npm ci --prefix test/bundlers` to install what checks it)' : ''}`,
  () => {
    let folder: string
    let tarball: string
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'lanewise-'))
      const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
      tarball = join(folder, execFileSync('npm', pack, { cwd: root, encoding: 'utf8' }).trim())
    }, 120_000)
    afterAll(() => {
      rmSync(folder, { recursive: true })
    })

    it('passes publint', () => {
      const { stdout, stderr, status } = run('publint/src/cli.js', [tarball, '--strict'])
      expect({ status, output: stdout + stderr }).toMatchObject({ status: 0 })
    })

    it('passes Are The Types Wrong', () => {
      const flags = ['--profile', 'esm-only', '--no-emoji', '--no-color']
      const binary = ['--exclude-entrypoints', 'kernels.wasm', 'kernels-strict.wasm', 'worker']
      const { stdout, stderr, status } = run('@arethetypeswrong/cli/dist/index.js', [
        tarball,
        ...flags,
        ...binary,
      ])
      expect({ status, output: stdout + stderr }).toMatchObject({ status: 0 })
    })
  },
)

/** What Node loads of the package for a file, itself among it. */
function filesOf(entry: string): string[] {
  const files = new Set([join(root, entry)])
  for (const file of files) {
    for (const [, path] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)\b[^;'"]*["'](\.[^'"]+)["'];$/gm,
    )) {
      files.add(join(file, '..', path!))
    }
  }
  return [...files]
}

function run(program: string, given: readonly string[]) {
  return spawnSync(process.execPath, [join(tools, program), ...given], { encoding: 'utf8' })
}
