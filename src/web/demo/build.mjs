// Builds the demo's page into a folder: its scripts, its style sheet, its markup. The library is not in it: the page loads it from
// `lib/` beside it, where the server, or whoever writes the folder out, puts the library's own files.
import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const source = dirname(fileURLToPath(import.meta.url))

const libraryBeside = {
  name: 'library-beside',
  setup(builder) {
    builder.onResolve({ filter: /^\.\.\/library\.js$/ }, () => ({
      path: './lib/lanewise.js',
      external: true,
    }))
  },
}

/** @param folder where the page goes. */
export async function buildDemo(folder) {
  mkdirSync(folder, { recursive: true })
  await build({
    entryPoints: { demo: join(source, 'main.ts'), examiner: join(source, 'examiner-worker.ts') },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2022'],
    plugins: [libraryBeside],
    logLevel: 'warning',
  })
  for (const name of ['index.html', 'style.css', 'icon.svg'])
    copyFileSync(join(source, name), join(folder, name))
}
