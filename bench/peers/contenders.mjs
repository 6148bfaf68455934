// Who takes part, in what, and how each is started. A contender is a program in contenders/ that takes one job as JSON and
// prints one line of JSON; this file knows nothing of what is in it.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'
const lanewiseVersion = JSON.parse(readFileSync(here('../../package.json'), 'utf8')).version

/** A program in JavaScript, run by the Node that runs this one; one in Python, by Debian's. */
const node = (script) => [process.execPath, here(`contenders/${script}`)]
const py = (script) => [python, here(`contenders/${script}`)]

/** The Node that the tests on other engines install: the revectorized core needs a newer one than the product does. */
const newerNode = here('../../test/engines/node_modules/node24/bin/node')

const trains = ({ batch }) => batch !== undefined
const infers = ({ batches }) => batches !== undefined
const multiplies = ({ size }) => size !== undefined
const usual = (row) => !multiplies(row)

/** `settings` go into the job. A `slow` contender trains for a few seconds only. */
const all = [
  ...[1, 2].map((threads) => ({
    family: 'lanewise',
    name: 'Lanewise',
    threads,
    command: node('lanewise.mjs'),
    settings: { numerics: 'fast', version: lanewiseVersion },
    takes: usual,
  })),
  {
    family: 'lanewise',
    name: 'Lanewise',
    command: node('lanewise_product.mjs'),
    settings: { numerics: 'fast', version: lanewiseVersion },
    takes: multiplies,
  },
  {
    family: 'lanewise',
    name: 'Lanewise revectorized, Node 24',
    command: [newerNode, here('contenders/lanewise_product.mjs')],
    needs: { file: newerNode },
    settings: { numerics: 'fast', revectorize: true, version: lanewiseVersion },
    takes: multiplies,
  },
  {
    family: 'lanewise',
    name: 'Lanewise strict',
    threads: 1,
    command: node('lanewise.mjs'),
    settings: { numerics: 'strict', version: lanewiseVersion },
    takes: usual,
  },
  ...[1, 2].map((threads) => ({
    family: 'lanewise',
    name: 'Lanewise revectorized, Node 24',
    threads,
    command: [newerNode, here('contenders/lanewise.mjs')],
    needs: { file: newerNode },
    settings: { numerics: 'fast', revectorize: true, version: lanewiseVersion },
    takes: usual,
  })),
  ...[1, 2].map((threads) => ({
    family: 'numpy',
    name: 'NumPy',
    threads,
    command: py('numpy_mlp.py'),
    needs: { python: 'numpy' },
    takes: usual,
  })),
  ...[
    ['its own choice of kernels', {}],
    ["OpenBLAS's AVX2 kernels", { OPENBLAS_CORETYPE: 'Haswell' }],
  ].map(([kernels, environment]) => ({
    family: 'numpy',
    name: `NumPy, ${kernels}`,
    command: py('numpy_product.py'),
    environment,
    needs: { python: 'numpy' },
    takes: multiplies,
  })),
  ...[1, 2].map((threads) => ({
    family: 'sklearn',
    name: 'scikit-learn',
    threads,
    command: py('sklearn_mlp.py'),
    needs: { python: 'sklearn' },
    // Its MLP has no form without a hidden layer.
    takes: (row) => trains(row) && row.layers.length > 2,
  })),
  ...[1, 2].map((threads) => ({
    family: 'torch',
    name: 'PyTorch',
    threads,
    command: py('torch_mlp.py'),
    needs: { python: 'torch' },
    takes: usual,
  })),
  {
    family: 'jax-js',
    name: 'jax-js',
    command: node('jax-js.mjs'),
    needs: { npm: '@jax-js/jax' },
    takes: trains,
    slow: true,
  },
  {
    family: 'tfjs',
    name: 'TensorFlow.js wasm',
    command: node('tfjs.mjs'),
    needs: { npm: '@tensorflow/tfjs-backend-wasm' },
    settings: { backend: 'wasm' },
    takes: usual,
    slow: true,
  },
  {
    family: 'tfjs',
    name: 'TensorFlow.js cpu',
    command: node('tfjs.mjs'),
    needs: { npm: '@tensorflow/tfjs' },
    settings: { backend: 'cpu' },
    takes: trains,
    slow: true,
  },
  {
    family: 'brain.js',
    name: 'brain.js',
    command: node('brain.mjs'),
    needs: { npm: 'brain.js' },
    takes: trains,
    slow: true,
  },
  ...['node', 'web'].map((form) => ({
    family: 'onnxruntime',
    name: `onnxruntime-${form}`,
    command: node('onnxruntime.mjs'),
    needs: { npm: `onnxruntime-${form}` },
    settings: { package: `onnxruntime-${form}` },
    takes: infers,
  })),
].map(({ threads = 1, settings = {}, takes = () => true, slow = false, ...rest }) => ({
  ...rest,
  threads,
  settings,
  slow,
  own: rest.family === 'lanewise',
  label: `${rest.name}, ${String(threads)} thread${threads === 1 ? '' : 's'}`,
  // Inference and products are compared on one thread.
  takes: (row) => takes(row) && (trains(row) || threads === 1),
}))

export const families = [...new Set(all.map(({ family }) => family))]

/**
 * Those of the families asked for that can run here.
 * @param wanted names of families; undefined for all.
 * @returns the contenders, and one line for each that is not installed, with how to get it.
 */
export function installed(wanted, cores) {
  const missing = new Map()
  const contenders = all
    .filter(({ family, threads }) => (wanted ?? families).includes(family) && threads <= cores)
    .filter(({ name, needs }) => {
      if (needs === undefined || isThere(needs)) return true
      missing.set(name, `${name} is not installed and left out: ${howToGet(needs)}`)
      return false
    })
  return { contenders, missing: [...missing.values()] }
}

const found = new Map()
function isThere({ npm, python: module, file }) {
  if (file !== undefined) return existsSync(file)
  if (npm !== undefined) return existsSync(here(`node_modules/${npm}/package.json`))
  if (!found.has(module)) found.set(module, spawnSync(python, ['-c', `import ${module}`]).status === 0)
  return found.get(module)
}

function howToGet({ npm, python: module, file }) {
  if (file !== undefined) return 'npm ci --prefix test/engines'
  return npm === undefined
    ? `apt-get install python3-${module} libopenblas0-pthread`
    : 'npm ci --prefix bench/peers'
}
