// Builds dist/ from what the TypeScript compiler made in build/js: what Node loads (node-bundle.mjs), what browsers load (web/build.mjs), and
// the declarations that these need. All of it anew beside the old one, which it replaces when it is whole. Prints the sizes of the
// browsers' files, but for --quiet.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { bundleForNode } from './node-bundle.mjs'
import { buildWeb } from './web/build.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const compiled = join(root, 'build/js')
const dist = join(root, 'dist')
const made = join(root, 'build/dist')
const old = join(root, 'build/dist.old')
const { dependencies, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

for (const folder of [made, old]) rmSync(folder, { recursive: true, force: true })
await bundleForNode(compiled, made, Object.keys(dependencies))
chmodSync(join(made, 'cli/main.js'), 0o755)
const sizes = await buildWeb(join(made, 'web'))
copyDeclarations()
requireFilesBeside()
if (existsSync(dist)) renameSync(dist, old)
renameSync(made, dist)
rmSync(old, { recursive: true, force: true })
if (!process.argv.includes('--quiet')) console.log(sizes.join('\n'))

/** Those that package.json names, and what they import: from the compiler, but for the few that the browsers' build writes. */
function copyDeclarations() {
  const queue = [...JSON.stringify(exports).matchAll(/"\.\/dist\/([^"]+\.d\.ts)"/g)].map(([, name]) => name)
  const done = new Set()
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (done.has(name)) continue
    done.add(name)
    const target = join(made, name)
    if (!existsSync(target)) {
      mkdirSync(dirname(target), { recursive: true })
      copyFileSync(join(compiled, name), target)
    }
    for (const { fileName } of ts.preProcessFile(readFileSync(target, 'utf8')).importedFiles) {
      if (fileName.startsWith('.')) {
        queue.push(relative(made, join(dirname(target), fileName.replace(/\.js$/, '.d.ts'))))
      }
    }
  }
}

/** Workers' programs, pages and data that code for Node looks for from where it is: all are there. */
function requireFilesBeside() {
  for (const name of readdirSync(made, { recursive: true }).filter((name) =>
    /^(?!web\/).*\.js$/.test(name),
  )) {
    const code = readFileSync(join(made, name), 'utf8')
    for (const [, path] of code.matchAll(/new URL\(["'`]([^"'`$]+)[^"'`]*["'`],\s*import\.meta\.url\)/g)) {
      const file = join(dist, dirname(name), path)
      const inside = relative(dist, file)
      if (!existsSync(inside.startsWith('..') ? file : join(made, inside))) {
        throw new Error(`dist/${name} looks for ${path}, which is not there`)
      }
    }
  }
}
