// Kernels over plain ranges of floats: activations and their gradients, dropout, optimizers, random fills. Bare kernels,
// one thread: gigabytes read and written a second, weights or numbers a second.
import { ActivationKind } from '../../dist/core/operations.js'
import { optimizerFrom } from '../../dist/index.js'
import { BareCore } from '../lib/core.mjs'
import { normals } from '../lib/data.mjs'
import { spread } from '../lib/table.mjs'
import { measureTasks } from './measure.mjs'

/** Floats of an array: all arrays in the nearest cache, in the next one, beyond both. */
const lengths = { '8 KiB': 2048, '256 KiB': 65536, '16 MiB': 4 << 20 }
/** Weights of 784-128. */
const weights = 784 * 128
const optimizers = [
  'sgd',
  'momentum',
  'nesterov',
  'rmsprop',
  'rmsprop:momentum=0.9',
  'adagrad',
  'adam',
  'adamw',
  'nadam',
]

export function* elementwiseTables({ choose, progress }) {
  const milliseconds = choose({ full: 80, short: 30, quick: 3 })
  progress('activations')
  yield {
    id: 'elementwise',
    title: 'Elementwise kernels: GB/s read and written, by the size of each array',
    records: measureTasks(elementwiseTasks, milliseconds, 1e9),
    rows: [
      ['kernel', 'kernel'],
      ['variant', 'numerics'],
    ],
    across: 'size',
    cells: [['', ({ rate }) => spread(rate)]],
  }
  progress('optimizers')
  yield {
    id: 'optimizers',
    title: `Optimizers: millions of weights a second, ${weights.toLocaleString('en-US')} weights`,
    records: measureTasks(optimizerTasks, milliseconds, 1e6),
    rows: [['optimizer', 'optimizer']],
    across: 'numerics',
    cells: [['', ({ rate }) => spread(rate)]],
  }
  progress('random numbers')
  yield {
    id: 'random',
    title: 'Random numbers: millions a second',
    records: measureTasks(randomTasks, milliseconds, 1e6),
    rows: [['fill', 'fill']],
    across: 'numerics',
    cells: [['', ({ rate }) => spread(rate)]],
  }
}

function elementwiseTasks(numerics) {
  const longest = Math.max(...Object.values(lengths))
  const core = new BareCore(numerics, 3 * 4 * longest)
  const { activationForward, activationBackward, dropoutForward } = core.kernels
  const x = core.floats(longest, normals(longest))
  const y = core.floats(longest, normals(longest, 2))
  const out = core.floats(longest)
  return Object.entries(lengths).flatMap(([size, n]) => {
    const task = (kernel, arrays, run) => ({
      labels: { kernel, size },
      amount: arrays * 4 * n,
      run,
    })
    const kinds = Object.entries(ActivationKind).filter(([name]) => name !== 'linear')
    return [
      ...kinds.flatMap(([name, kind]) => [
        task(name, 2, () => activationForward(kind, out, x, n, 0.1)),
        task(`${name} gradient`, 3, () => activationBackward(kind, out, x, y, n, 0.1)),
      ]),
      task('dropout', 2, () => dropoutForward(out, x, n, 0, 0x80000000, 2, 12345, 67890)),
    ]
  })
}

function optimizerTasks(numerics) {
  const core = new BareCore(numerics, 4 * (4 * weights + 16))
  const w = core.floats(weights, normals(weights))
  const g = core.floats(weights, normals(weights, 2))
  const state = [core.floats(weights), core.floats(weights)]
  return optimizers.map((name) => {
    const optimizer = optimizerFrom(name)
    const scalars = new Float32Array(8)
    optimizer.scalars(1000, 1e-6, scalars)
    const at = core.floats(16, scalars)
    return {
      labels: { optimizer: name },
      amount: weights,
      run: () => core.kernels.optimizerStep(optimizer.kernel, w, g, ...state, weights, at),
    }
  })
}

function randomTasks(numerics) {
  const count = 60_000
  const core = new BareCore(numerics, 4 * count)
  const { fillUniform, fillNormal, shuffle } = core.kernels
  const out = core.floats(count)
  const task = (fill, run) => ({ labels: { fill }, amount: count, run })
  return [
    task('uniform', () => fillUniform(out, count, -1, 1, 7, 0, 1)),
    task('normal', () => fillNormal(out, count, 0, 1, 7, 0, 1)),
    task('shuffle', () => shuffle(out, count, 7, 0, 1, 0)),
  ]
}
