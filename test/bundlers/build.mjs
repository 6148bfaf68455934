// How each bundler builds the page in app/, with nothing but what its manual says first. Each takes the folder to write to.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build as esbuild } from 'esbuild'
import { rollup } from 'rollup'
import { build as vite, createServer } from 'vite'
import webpack from 'webpack'

const app = fileURLToPath(new URL('app/', import.meta.url))
const entry = join(app, 'app.js')

/** Parts become chunks with `splitting`. */
export async function withEsbuild(outdir) {
  const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', logLevel: 'error' }
  await esbuild({ ...options, entryPoints: [entry], outdir, splitting: true })
}

/** As one file: without splitting esbuild takes the parts into it. */
export async function withEsbuildInOneFile(outdir) {
  const options = { bundle: true, minify: true, format: 'esm', target: 'es2022', logLevel: 'error' }
  await esbuild({ ...options, entryPoints: [entry], outdir })
}

export async function withRollup(dir) {
  const built = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })] })
  await built.write({ dir, format: 'es', entryFileNames: 'app.js' })
  await built.close()
}

export function withWebpack(path) {
  const output = { path, filename: 'app.js', module: true, publicPath: 'auto' }
  const compiler = webpack({
    mode: 'production',
    target: 'web',
    entry,
    output,
    experiments: { outputModule: true },
  })
  return new Promise((resolve, reject) => {
    compiler.run((error, stats) => {
      const failed = error ?? (stats.hasErrors() ? new Error(stats.toString('errors-only')) : undefined)
      compiler.close(() => {
        if (failed) reject(failed)
        else resolve()
      })
    })
  })
}

export async function withVite(outDir) {
  await vite({
    root: app,
    configFile: false,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, target: 'es2022' },
  })
}

/** Vite's server for developing. @returns `{ url, close }`. */
export async function serveWithVite(cacheDir) {
  const server = await createServer({
    root: app,
    configFile: false,
    logLevel: 'error',
    cacheDir,
    server: { port: 0, host: '127.0.0.1' },
  })
  await server.listen()
  return { url: server.resolvedUrls.local[0], close: () => server.close() }
}
