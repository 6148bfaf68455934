// One file of JavaScript out of modules of the compiled library, with what browsers have in place of files for Node.
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
/** The modules that the TypeScript compiler made. */
export const compiled = join(root, 'build/js')
export const target = ['es2022']

/** Files that browsers have of their own. */
const replaced = {
  'core/threads.js': 'web/threads.js',
  'core/bytes.js': 'web/bytes.js',
  'models/background-host.js': 'web/background-host.js',
  'persist/file.js': 'web/storage.js',
  'data/places.js': 'web/places.js',
  'infer/local.js': 'web/local.js',
}

/** Files that browsers have no use for: folders, and modules. */
const nodeOnly =
  /^(explore\/(?!index)|core\/self-check|data\/(file-chunks|idx-file|npy-file|npz-file|table-sets|csv\b|csv-chunks)|persist\/(atomic|checkpoint))/

const exported = new Map()

/** The names that a module of the compiled library exports. */
export async function exportsOfModule(file) {
  if (!exported.has(file)) {
    exported.set(file, Object.keys(await import(pathToFileURL(join(compiled, file)).href)))
  }
  return exported.get(file)
}

/**
 * @param entry text of a module in build/js/.
 * @param options.lazy what becomes of a dynamic import of a file: an expression in place of it; undefined leaves it, and the module
 *   becomes part of the bundle.
 * @param options.shared the text of a module in place of a file that the bundle has from elsewhere; undefined for others.
 * @param options.format `iife`, or `esm` for code that exports.
 * @returns code that assigns what `entry` exports to `lanewise`; or, with `inspect`, not minified, with the files that are in it.
 */
export async function bundle(entry, { define, lazy, shared, inspect = false, format = 'iife' }) {
  const modules = {
    name: 'modules',
    setup(builder) {
      builder.onResolve({ filter: /^@assemblyscript\/loader$/ }, () => ({
        path: join(compiled, 'web/instantiate.js'),
      }))
      builder.onResolve({ filter: /^\.{1,2}\// }, async ({ path, resolveDir }) => {
        const file = inBrowsers(relative(compiled, join(resolveDir, path)))
        if (nodeOnly.test(file)) return { path: file, namespace: 'node-only' }
        if ((await shared?.(file)) !== undefined) return { path: file, namespace: 'shared' }
        return { path: join(compiled, file) }
      })
      builder.onLoad({ filter: /.*/, namespace: 'shared' }, async ({ path }) => ({
        contents: await shared(path),
      }))
      // Every name that is imported from such a file is a function that says that this is for Node.
      builder.onLoad({ filter: /.*/, namespace: 'node-only' }, async ({ path }) => {
        const names = (await exportsOfModule(path)).map((name) => `refuse as ${name}`)
        return { contents: `export { ${names.join()} } from './web/refuse.js'`, resolveDir: compiled }
      })
      builder.onLoad({ filter: /[\\/]build[\\/]js[\\/].*\.js$/ }, ({ path }) => ({
        contents: withoutDynamicImports(readFileSync(path, 'utf8'), path, lazy),
        resolveDir: dirname(path),
      }))
    },
  }
  const { outputFiles, metafile } = await build({
    stdin: { contents: entry, resolveDir: compiled, sourcefile: 'entry.js' },
    bundle: true,
    write: false,
    minify: !inspect,
    treeShaking: true,
    metafile: inspect,
    format,
    ...(format === 'iife' ? { globalName: 'lanewise' } : {}),
    platform: 'browser',
    target,
    define,
    plugins: [modules],
    logLevel: 'warning',
    absWorkingDir: compiled,
  })
  const code = outputFiles[0].text.trim()
  if (!inspect) return code
  const inputs = Object.entries(Object.values(metafile.outputs)[0].inputs)
  const files = inputs.filter(([file, { bytesInOutput }]) => bytesInOutput > 0 && !/:|^entry/.test(file))
  return { code, files: files.map(([file]) => file) }
}

/** The file that browsers have for it. */
function inBrowsers(file) {
  return replaced[file] ?? file
}

/** What is for Node is refused when it is used; for the rest `lazy` decides. */
function withoutDynamicImports(code, path, lazy) {
  const parts = join(compiled, 'web/parts.js')
  let imports = ''
  const body = code.replace(/\bimport\('(\.[^']+)'\)/g, (whole, specifier) => {
    const file = inBrowsers(relative(compiled, join(dirname(path), specifier)))
    const call = nodeOnly.test(file) ? '$refused()' : lazy?.(file)
    if (call === undefined) return whole
    imports = `import { lazy as $lazy, refused as $refused } from ${JSON.stringify(relativeTo(path, parts))}\n`
    return call
  })
  return imports + body
}

function relativeTo(path, file) {
  const way = relative(dirname(path), file)
  return way.startsWith('.') ? way : `./${way}`
}
