// Augmentation of pictures on their way into a batch: bare kernels, one thread, thousands of pictures a second.
import { placeAugmentation } from '../../dist/core/augmentation.js'
import { Arena } from '../../dist/core/arena.js'
import { coreModule, instantiateCore } from '../../dist/core/wasm.js'
import { augmentationFrom } from '../../dist/data/augmentation.js'
import { pictures } from '../lib/data.mjs'
import { spread } from '../lib/table.mjs'
import { measureTasks } from './measure.mjs'

const rows = 128
const side = 28
const affine = 'rotate;scale;shear;shift'
const changes = ['elastic', affine, `elastic;${affine}`, 'flip', 'erase', 'noise', `elastic;${affine};noise`]

export function* augmentationTables({ choose, progress }) {
  progress('augmentation')
  yield {
    id: 'augmentation',
    title: `Augmentation of ${side} × ${side} bytes: thousands of pictures a second`,
    records: measureTasks(tasks, choose({ full: 80, short: 30, quick: 3 }), 1e3),
    rows: [['changes', 'changes']],
    across: 'numerics',
    cells: [['', ({ rate }) => spread(rate)]],
  }
}

function tasks(numerics) {
  const size = side * side
  const arena = new Arena(2 * rows * size + (1 << 20), false)
  const { augmentPicture } = instantiateCore(coreModule(numerics, false), arena.memory)
  const [data, out] = [arena.allocate(rows * size), arena.allocate(rows * size)]
  arena.u8(data, rows * size).set(pictures(rows).subarray(0, rows * size))
  return changes.map((text) => {
    const { spec, scratchBytes } = placeAugmentation(
      arena,
      augmentationFrom(text).changes,
      [side, side, 1],
      true,
    )
    const scratch = arena.allocate(scratchBytes)
    let step = 0
    const run = () => {
      step++
      for (let row = 0; row < rows; row++)
        augmentPicture(out + row * size, spec, data + row * size, 1, row, step, 7, scratch)
    }
    return { labels: { changes: text }, amount: rows, run }
  })
}
