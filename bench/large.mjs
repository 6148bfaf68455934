// Training on a file larger than memory: writes a synthetic NPY or CSV of so many gigabytes to a temporary folder, trains one epoch
// on it in a process of its own, and tells linear memory, peak resident memory and speed.
import { open, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeNpy } from '../dist/core/formats/npy.js'
import { normals } from './lib/data.mjs'
import { runChild } from './lib/child.mjs'
import { number } from './lib/table.mjs'

const columns = 784
const blockRows = 2048

export async function* tables({ choose, progress }) {
  const gigabytes = choose({ full: 5, short: 0.2, quick: 0.02 })
  const folder = await mkdtemp(join(process.env.LANEWISE_LARGE ?? tmpdir(), 'lanewise-large-'))
  const records = []
  try {
    for (const form of ['npy', 'csv']) {
      progress(`writing ${gigabytes} GB of ${form}`)
      const file = join(folder, `x.${form}`)
      const rows = await (form === 'npy' ? writeArray : writeTable)(file, gigabytes * 1e9, folder)
      progress(`training on ${gigabytes} GB of ${form}`)
      const child = await runChild('large', [file, form === 'npy' ? join(folder, 'y.npy') : 'y'])
      if (!child.ok) throw new Error('a child process failed')
      records.push({ form, gigabytes, rows, ...child.lines[0] })
      await rm(file)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  const mebibytes = (bytes) => `${number(bytes / 2 ** 20)} MiB`
  yield {
    id: 'large',
    title: `One epoch on files of ${gigabytes} GB: memory, and rows a second, reading included`,
    records,
    rows: [
      ['form', 'form'],
      ['rows', 'rows'],
    ],
    cells: [
      ['linear memory', ({ linearBytes }) => mebibytes(linearBytes)],
      ['peak resident', ({ residentBytes }) => mebibytes(residentBytes)],
      ['rows/s', ({ rowsPerSecond }) => number(rowsPerSecond)],
    ],
  }
}

/** Rows of normal numbers with labels 0 to 9 in a file beside it. */
async function writeArray(file, bytes, folder) {
  const rows = Math.ceil(bytes / (4 * columns * blockRows)) * blockRows
  const block = normals(blockRows * columns)
  const header = writeNpy({ data: block, shape: [blockRows, columns] })
  const head = Buffer.from(header.buffer, 0, header.length - block.byteLength)
  const text = head.toString('latin1').replace(/\((\d+), /, (all, count) => {
    return `(${String(rows)}, `.padEnd(all.length + String(rows).length - count.length)
  })
  // The header keeps its length: spaces before its end make up for a longer number of rows.
  const grown = text.length - head.length
  const fixed = text.replace(' '.repeat(grown) + '\n', '\n')
  if (fixed.length !== head.length) throw new Error('the header has no room')
  const out = await open(file, 'w')
  await out.write(Buffer.from(fixed, 'latin1'))
  for (let row = 0; row < rows; row += blockRows) await out.write(new Uint8Array(block.buffer))
  await out.close()
  const labels = Uint8Array.from({ length: rows }, (_, row) => row % 10)
  const y = await open(join(folder, 'y.npy'), 'w')
  await y.write(writeNpy({ data: labels, shape: [rows] }))
  await y.close()
  return rows
}

/** Nine columns of numbers; the last is a function of the others. */
async function writeTable(file, bytes) {
  const values = normals(blockRows * 8)
  const lines = Array.from({ length: blockRows }, (_, row) => {
    const x = Array.from(values.subarray(row * 8, row * 8 + 8), (value) => value.toFixed(6))
    return [...x, (Number(x[0]) - 2 * Number(x[1])).toFixed(6)].join(',')
  })
  const block = Buffer.from(`${lines.join('\n')}\n`)
  const blocks = Math.ceil(bytes / block.length)
  const out = await open(file, 'w')
  await out.write('a,b,c,d,e,f,g,h,y\n')
  for (let i = 0; i < blocks; i++) await out.write(block)
  await out.close()
  return blocks * blockRows
}
