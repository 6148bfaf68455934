// Builds what browsers load, from the compiled library: dist/web/lanewise.js (what a page needs at once), the parts beside it that it
// loads when they are first needed, dist/web/infer.js (models that predict, and no more), dist/web/worker.js (for pages that may not make
// workers from inlined text), the core as .wasm files, the script of watched runs' page, and the demo (demo/build.mjs).
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { transform } from 'esbuild'
import { bundle, compiled, root, target } from './bundle.mjs'
import { buildDemo } from './demo/build.mjs'
import { packCore } from './pack.mjs'
import { libraryInParts } from './split.mjs'

const head = '// Lanewise for browsers; built from src/web/.\n'
const corePlace = '%PACKED_CORE%'

/** In the order of their numbers. What a module is the first to need goes into its part, unless `needs` brings it. */
const parts = [
  { name: 'engine', roots: ['models/machinery.js'] },
  {
    name: 'training',
    roots: [
      'models/fit.js',
      'models/training-run.js',
      'models/batch-training.js',
      'models/background.js',
      'models/diagnosis.js',
      'data/augment-rows.js',
      'web/serve-worker.js',
    ],
    needs: ['engine'],
  },
  { name: 'files', roots: ['web/storage.js', 'persist/model.js'] },
  { name: 'data', roots: ['data/load-by-name.js', 'data/digits.js', 'web/places.js'] },
  { name: 'arrays', roots: ['core/formats/npy.js', 'core/formats/npz.js'] },
  { name: 'tables', roots: ['data/transforms/fit-table.js', 'models/direct-fit.js'], needs: ['engine'] },
  {
    name: 'streams',
    roots: ['models/stream-fit.js', 'models/stream-source.js', 'models/windows.js', 'models/resume.js'],
    needs: ['training'],
  },
]

/** @param folder where the files go. @returns the size of each, as a line of text. */
export async function buildWeb(folder) {
  mkdirSync(folder, { recursive: true })
  const define = { PACKED_CORE: JSON.stringify(corePlace) }
  const split = await libraryInParts(`export * from './web/library.js'`, parts, define)
  const worker = await bundle(`export { serveWorker } from './web/serve-worker.js'`, { define })

  const [strict, fast] = ['strict', 'fast'].map((variant) =>
    readFileSync(join(root, `build/${variant}.wasm`)),
  )
  const all = [split.main, ...split.parts, worker].join('\n')
  const packed = packCore(fast, (name) => new RegExp(`\\.${name}\\b`).test(all))
  const withCore = (code) => code.replace(corePlace, packed.text)

  const hidden = ['connectParts', 'serveWorker', 'setLibraryText', 'shared']
  const names = exportsOf(split.main).filter((name) => !hidden.includes(name))
  const loaders = parts.map(({ name }) => `() => import('./lanewise-${name}.js').then(part)`)
  const page = [
    `function library(parts){${split.main}lanewise.connectParts(parts,lanewise.shared);return lanewise}`,
    'const part = ({ part }) => part',
    `const all = library([${loaders.join(', ')}])`,
    'all.setLibraryText(() => library.toString())',
    `export const { ${names.sort().join(', ')} } = all\n`,
  ].join('\n')
  const sizes = []
  const write = (name, text) => {
    writeFileSync(join(folder, name), text)
    sizes.push(`dist/web/${name}: ${(gzipSync(text, { level: 9 }).length / 1024).toFixed(1)} KB gzip`)
  }
  write('lanewise.js', head + page)
  parts.forEach(({ name }, p) => {
    const code = `export function part(S){${withCore(split.parts[p])}return lanewise.modules}\n`
    write(`lanewise-${name}.js`, head + code)
  })
  const infer = await bundle(`export * from './infer/index.js'`, { format: 'esm' })
  write('infer.js', `${head}${infer}\n`)
  writeFileSync(join(folder, 'infer.d.ts'), `export * from '../infer/index.js'\n`)
  writeFileSync(join(folder, 'lanewise.d.ts'), `export * from './library.js'\n`)
  const workerCode = `(function(){${withCore(worker)}lanewise.serveWorker(self.location.href)})()`
  write('worker.js', head + (await transform(workerCode, { minify: true, target })).code)
  writeFileSync(join(folder, 'kernels.wasm'), fast)
  writeFileSync(join(folder, 'kernels-strict.wasm'), strict)
  copyFileSync(join(compiled, 'web/watch-page.js'), join(folder, 'watch-page.js'))
  await buildDemo(join(folder, 'demo'))
  return sizes
}

/** The names that a bundle exports, found by running it. */
function exportsOf(code) {
  const run = new Function(`${code};return Object.keys(lanewise)`)
  return run()
}
