// The files that Node loads, out of the modules that the compiler made: few and larger ones, for a program waits for every file that it
// loads. What several entries need is in one file each, so that every class and every switch is there once in a process.
import { join } from 'node:path'
import { rolldown } from 'rolldown'

/** What package.json exports. */
const entries = ['index', 'report/index', 'persist/exchange/index', 'infer/index']

/** What runs as a process or a thread of its own. */
const programs = ['cli/main', 'cli/watch-thread', 'explore/trial-process', 'models/background-entry']

/** Modules that bench/ and test/ take from the built library beside its public face. */
const inner = [
  'core/arena',
  'core/augmentation',
  'core/engine',
  'core/formats/npy',
  'core/graph',
  'core/operations',
  'core/parameters',
  'core/philox',
  'core/plan',
  'core/wasm',
  'data/augmentation',
  'data/catalog',
  'data/csv',
  'data/csv-rows',
  'data/image-csv',
  'explore/runner',
  'models/preprocessing',
  'persist/checkpoint',
  'persist/file',
  'web/server/server',
]

/**
 * The chunks, by what reaches a module through static imports. A module that is no program belongs to the first that wants it; whatever it
 * imports is in its own chunk or in one before. The rest, loaded when it is used, is cut as the bundler does it.
 */
const chunks = [
  { name: 'base', of: ['index'], and: ['infer/index', 'persist/exchange/index', 'cli/main'] },
  { name: 'metrics', of: ['index'], and: ['report/index'] },
  { name: 'library', of: ['index'] },
  { name: 'engine', of: ['models/machinery'] },
  { name: 'training', of: ['models/fit', 'models/training-run'] },
  { name: 'files', of: ['infer/index'], and: ['persist/exchange/index'] },
  { name: 'exchange', of: ['persist/exchange/index'] },
  { name: 'report', of: ['report/index'] },
  { name: 'command', of: ['cli/main'] },
]

/** Where chunks are: as deep as the folders of the rooms, so that a file is as far from a chunk as from its module. */
const folder = 'chunks'

/** @param compiled the folder of the modules. @param out the folder to write to. @param dependencies names of packages. */
export async function bundleForNode(compiled, out, dependencies) {
  const file = (name) => join(compiled, `${name}.js`)
  const names = [...entries, ...programs, ...inner]
  const bundle = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, file(name)])),
    platform: 'node',
    external: (id) =>
      /^node:/.test(id) || dependencies.some((name) => id === name || id.startsWith(`${name}/`)),
    // What is loaded when it is used from one place may be loaded at once with another.
    checks: { ineffectiveDynamicImport: false, bundlerTimings: false },
    onLog: (_, { message }) => {
      throw new Error(message)
    },
  })
  const reached = reachable(file)
  const wants = (id, graph, { of, and }) => {
    if (programs.some((name) => id === file(name))) return false
    const isReached = (roots) => roots.some((root) => reached(root, graph).has(id))
    return isReached(of) && (and === undefined || isReached(and))
  }
  const { output } = await bundle.write({
    dir: out,
    format: 'esm',
    // The declarations have them.
    comments: { jsdoc: false },
    entryFileNames: '[name].js',
    chunkFileNames: `${folder}/[name]-[hash].js`,
    codeSplitting: {
      groups: chunks.map((chunk, i) => ({
        debugName: chunk.name,
        name: (id, graph) => (wants(id, graph, chunk) ? chunk.name : null),
        priority: chunks.length - i,
      })),
    },
  })
  await bundle.close()
  for (const { fileName, code } of output) requireFaithful(fileName, code)
}

/** Which modules a module reaches through static imports, itself among them. */
function reachable(file) {
  const known = new Map()
  return (root, graph) => {
    const found = known.get(root) ?? new Set()
    if (found.size > 0) return found
    const queue = [file(root)]
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      if (found.has(id)) continue
      found.add(id)
      queue.push(...(graph.getModuleInfo(id)?.importedIds ?? []))
    }
    known.set(root, found)
    return found
  }
}

/** What would be wrong without a word: names that users see, and files that are looked for from another folder than the module's. */
function requireFaithful(fileName, code) {
  const renamed = /\bclass (\w+\$\d+)/.exec(code)?.[1]
  if (renamed !== undefined)
    throw new Error(`${fileName}: two classes of one name, one of them now ${renamed}`)
  if (code.includes('import.meta.url') && fileName.split('/').length !== 2) {
    throw new Error(`${fileName} looks for files from where it is, and is not one folder deep`)
  }
}
