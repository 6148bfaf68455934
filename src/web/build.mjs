// Builds what browsers load, from the compiled library: dist/web/lanewise.js (all of it, the core inlined), dist/web/worker.js (for
// pages that may not make workers from inlined text), the core as .wasm files, and the demo (demo/build.mjs). Prints the sizes, but for --quiet.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'
import { buildDemo } from './demo/build.mjs'
import { packCore } from './pack.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const dist = join(root, 'dist')
const target = ['es2022']

/** Files that browsers have of their own, and those that they have no use for. */
const replaced = {
  'core/threads.js': 'web/threads.js',
  'core/bytes.js': 'web/bytes.js',
  'models/background-host.js': 'web/background-host.js',
  'persist/file.js': 'web/storage.js',
  'data/places.js': 'web/places.js',
}
const nodeOnly = [
  'core/self-check.js',
  'data/file-chunks.js',
  'data/idx-file.js',
  'data/npy-file.js',
  'data/npz-file.js',
  'data/table-sets.js',
  'data/tables.js',
  'models/resume.js',
  'persist/atomic.js',
  'persist/checkpoint-directory.js',
  'persist/checkpoint.js',
]

const forBrowsers = {
  name: 'for-browsers',
  setup(builder) {
    builder.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) => {
      const file = relative(dist, join(resolveDir, path))
      if (file.startsWith('explore/') || nodeOnly.includes(file))
        return { path: file, namespace: 'node-only' }
      const other = replaced[file]
      return other === undefined ? undefined : { path: join(dist, other) }
    })
    // Every name that is imported from such a file is a function that says that this is for Node.
    builder.onLoad({ filter: /.*/, namespace: 'node-only' }, () => ({
      contents: `const { refuse } = require(${JSON.stringify(join(dist, 'web/refuse.js'))})
        module.exports = new Proxy({}, { get: (_, name) => (name === '__esModule' ? true : refuse) })`,
      resolveDir: dist,
    }))
  },
}

const [strict, fast] = ['strict', 'fast'].map((variant) => readFileSync(join(root, `build/${variant}.wasm`)))

/** One file of JavaScript that assigns what `entry` exports to `lanewise`. */
async function bundle(entry) {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: dist, sourcefile: 'entry.js' },
    bundle: true,
    write: false,
    minify: true,
    keepNames: true,
    format: 'iife',
    globalName: 'lanewise',
    platform: 'browser',
    target,
    define: { PACKED_CORE: JSON.stringify(packCore(strict, fast)) },
    plugins: [forBrowsers],
    logLevel: 'warning',
  })
  return outputFiles[0].text.trim()
}

/** The same as a function that gives what the entry exports. */
const wrapped = (code) => `function library(){${code}return lanewise}`

async function minified(code) {
  return (await transform(code, { minify: true, target, format: 'esm' })).code
}

mkdirSync(join(dist, 'web'), { recursive: true })
const library = await bundle(`export * from './web/library.js'`)
const hidden = ['setLibraryText', 'serveWorker']
const exported = await exportsOf(library)
const names = exported.filter((name) => !hidden.includes(name)).sort()
const head = '// Lanewise for browsers; built from src/web/library.ts.\n'
const page = `${wrapped(library)}
const all = library()
all.setLibraryText(() => library.toString())
export const { ${names.join(', ')} } = all
`
write('lanewise.js', head + page)
write('lanewise.d.ts', `export * from './library.js'\n`)
write(
  'worker.js',
  `${head}${await minified(`(${wrapped(await bundle(`export { serveWorker } from './web/serve-worker.js'`))})().serveWorker(self.location.href)`)}`,
)
writeFileSync(join(dist, 'web/kernels.wasm'), fast)
writeFileSync(join(dist, 'web/kernels-strict.wasm'), strict)

await buildDemo(join(dist, 'web/demo'))

function write(name, text) {
  writeFileSync(join(dist, 'web', name), text)
  if (!name.endsWith('.js') || process.argv.includes('--quiet')) return
  console.log(`dist/web/${name}: ${(gzipSync(text, { level: 9 }).length / 1024).toFixed(1)} KB gzip`)
}

/** The names that a bundle exports, found by running it. */
async function exportsOf(code) {
  const run = new Function(`${code};return Object.keys(lanewise)`)
  return run()
}
