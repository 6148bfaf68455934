// Losses with their gradients, softmax, and the gathering and listing of rows: bare kernels, one thread, millions of rows a second.
import { LossKind } from '../../dist/core/operations.js'
import { BareCore } from '../lib/core.mjs'
import { normals, pictures } from '../lib/data.mjs'
import { spread } from '../lib/table.mjs'
import { measureTasks } from './measure.mjs'

const rows = 128
const widths = [10, 100]

export function* lossTables({ choose, progress }) {
  const milliseconds = choose({ full: 80, short: 30, quick: 3 })
  progress('losses')
  yield {
    id: 'losses',
    title: `Losses with gradients, and softmax: millions of rows a second, batches of ${rows}`,
    records: measureTasks(lossTasks, milliseconds, 1e6),
    rows: [['loss', 'loss']],
    across: ({ columns, numerics }) => `${columns} columns, ${numerics}`,
    cells: [['', ({ rate }) => spread(rate)]],
  }
  yield {
    id: 'gather',
    title: 'Rows of 784 numbers into a batch, or into lists of what is not zero: millions of rows a second',
    records: measureTasks(gatherTasks, milliseconds, 1e6),
    rows: [['rows', 'type']],
    across: 'numerics',
    cells: [['', ({ rate }) => spread(rate)]],
  }
}

function lossTasks(numerics) {
  const floats = rows * 16 * Math.ceil(Math.max(...widths) / 16)
  const core = new BareCore(numerics, 4 * (4 * floats + 8 * rows))
  const { lossRows, softmaxForward } = core.kernels
  const z = core.floats(floats, normals(floats))
  const targets = core.floats(
    floats,
    normals(floats, 2).map((value) => Number(value > 0)),
  )
  const labels = core.integers(Int32Array.from({ length: rows }, (_, row) => (row * 7) % 10))
  const rowScale = core.floats(rows, new Float32Array(rows).fill(1 / rows))
  const [dz, losses, scores] = [core.floats(floats), core.floats(2 * rows), core.floats(rows)]
  const stride = rows * 64
  return widths.flatMap((columns) => {
    const task = (loss, run) => ({ labels: { loss, columns }, amount: rows, run })
    return [
      ...Object.entries(LossKind).map(([loss, kind]) => {
        const target = loss === 'crossEntropyClasses' ? labels : targets
        const parameter = loss === 'huber' ? 1 : 0
        return task(loss, () =>
          lossRows(
            kind,
            dz,
            z,
            stride,
            0,
            rows,
            columns,
            target,
            stride,
            rowScale,
            losses,
            scores,
            parameter,
          ),
        )
      }),
      task('softmax alone', () => softmaxForward(dz, z, stride, 0, rows, columns)),
    ]
  })
}

function gatherTasks(numerics) {
  const columns = 784
  const core = new BareCore(numerics, 4 * columns * (3.25 * rows + 2) + 4096)
  const { gatherU8, gatherF32, listPairsOfRows } = core.kernels
  const bytes = core.integers(new Int32Array(pictures(rows).buffer))
  const values = core.floats(rows * columns, normals(rows * columns))
  const scale = core.floats(columns, new Float32Array(columns).fill(1 / 255))
  const shift = core.floats(columns)
  const x = core.floats(rows * columns)
  const [lists, starts] = [core.floats(rows * columns), core.floats(rows + 1)]
  const task = (type, run) => ({ labels: { type }, amount: rows, run })
  const each = (kernel, data, rowBytes) => () => {
    for (let row = 0; row < rows; row++) {
      kernel(x + row * 64, rows * 64, data + row * rowBytes, columns, scale, shift)
    }
  }
  return [
    task('bytes', each(gatherU8, bytes, columns)),
    task('floats', each(gatherF32, values, columns * 4)),
    task('bytes to lists', () => listPairsOfRows(lists, starts, bytes, rows, columns)),
  ]
}
