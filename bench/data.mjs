// How fast files become numbers: pictures and a table as CSV, through the core's kernels and through csv-parse alone, which serves
// what the kernels leave; and a whole set of pictures in each form that people have. From files in the system's temporary directory, which the operating system holds in memory.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { openCsv } from '../dist/data/csv-rows.js'
import { readTable } from '../dist/data/csv.js'
import { readImageCsv } from '../dist/data/image-csv.js'
import { head, loadImages, normals } from './lib/data.mjs'
import { bytesInTraining, pictureLines, secondsToLoad, writeForms } from './lib/forms.mjs'
import { interleave, summary } from './lib/stats.mjs'
import { number, spread } from './lib/table.mjs'

export async function* tables({ choose, progress }) {
  const { rounds, images, tests, rows } = choose({
    full: { rounds: 5, images: 60_000, tests: 10_000, rows: 500_000 },
    short: { rounds: 3, images: 10_000, tests: 2_000, rows: 100_000 },
    quick: { rounds: 2, images: 500, tests: 100, rows: 5_000 },
  })
  const folder = mkdtempSync(join(tmpdir(), 'lanewise-bench-'))
  try {
    progress('writing CSV files')
    const { name, train, test } = await loadImages()
    const part = head(train, images)
    const pictures = join(folder, 'pictures.csv')
    const packed = join(folder, 'pictures.csv.gz')
    const floats = join(folder, 'floats.csv')
    const bytes = new Map()
    for (const [path, text] of [
      [pictures, pictureLines(part)],
      [packed, pictureLines(head(part, images / 10))],
      [floats, floatLines(rows)],
    ]) {
      writeFileSync(path, path === packed ? gzipSync(text) : text)
      bytes.set(path, text.length)
    }
    const shape = { pixels: 784, classes: 10 }
    const tasks = [
      { what: `${name} as bytes`, by: 'kernels', path: pictures, read: (path) => readImageCsv(path, shape) },
      { what: `${name} as bytes`, by: 'csv-parse', path: pictures, read: records, once: true },
      {
        what: `${name} as bytes, gzipped`,
        by: 'kernels',
        path: packed,
        read: (path) => readImageCsv(path, shape),
      },
      { what: '9 columns of floats', by: 'kernels', path: floats, read: (path) => readTable(path) },
      { what: '9 columns of floats', by: 'csv-parse', path: floats, read: records, once: true },
    ]
    progress('reading CSV files')
    const measured = await interleave(
      rounds,
      tasks.map((task) => {
        let first
        const rate = () => rateOf(task, bytes.get(task.path))
        return () => (task.once ? (first ??= rate()) : rate())
      }),
    )
    yield {
      id: 'csv',
      title: 'Reading CSV files, MB of text a second',
      note: 'csv-parse reads records of text, without turning them to numbers, once',
      records: tasks.map(({ what, by, path }, i) => ({
        what,
        by,
        bytes: bytes.get(path),
        rate: summary(measured[i]),
      })),
      rows: [
        ['file', 'what'],
        ['MB', ({ bytes }) => number(bytes / 1e6)],
      ],
      across: 'by',
      cells: [['MB/s', ({ rate }) => spread(rate)]],
    }
    progress('loading a set in each of its forms')
    const forms = await writeForms(folder, { train: part, test: head(test, tests) })
    const seconds = await interleave(
      rounds,
      forms.map(
        ([, place]) =>
          () =>
            secondsToLoad(place),
      ),
    )
    const memory = await bytesInTraining(part)
    const count = part.y.length
    yield {
      id: 'forms',
      title: `Loading ${name}, ${number(count + Math.min(tests, test.y.length))} pictures in two parts: seconds`,
      note: `trained on by 784-128-10, ${number(count)} of them take ${number(memory / 1e6)} MB of linear memory, the model's included`,
      records: forms.map(([form], i) => ({ form, seconds: summary(seconds[i]), memoryBytes: memory })),
      rows: [['form', 'form']],
      cells: [['seconds', ({ seconds }) => spread(seconds)]],
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** MB of text a second. */
async function rateOf({ path, read }, bytes) {
  const began = performance.now()
  await read(path)
  return bytes / 1000 / (performance.now() - began)
}

async function records(path) {
  const { rows, close } = await openCsv(path)
  let count = 0
  for await (const block of rows('records')) count += block.rows
  await close()
  return count
}

function floatLines(rows) {
  const values = normals(rows * 9, 7)
  return Array.from(
    { length: rows },
    (_, row) => `${Array.from(values.subarray(row * 9, row * 9 + 9), (value) => value.toFixed(6)).join()}\n`,
  ).join('')
}
