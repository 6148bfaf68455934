// What `lanewise datasets preview` does: pictures of each class, as they are and as training would change them, on one sheet.
import { encode } from 'fast-png'
import { ArgumentError } from '../core/errors.js'
import type { PictureShape } from '../core/augmentation.js'
import type { JsonObject } from '../core/state.js'
import { augmentRows } from '../data/augment-rows.js'
import type { AugmentationSpec } from '../data/augmentation.js'
import { contactSheet, type SheetLine } from '../data/contact-sheet.js'
import type { Dataset } from '../data/dataset.js'
import { loadDataset } from '../data/load.js'
import { writeFileAtomic } from '../persist/atomic.js'
import { augmentOf } from './augment.js'
import { given } from '../core/given.js'
import type { Output } from './output.js'
import { forUser, fromUser } from './paths.js'

export interface PreviewOptions {
  dataDir?: string
  split?: string
  augment?: string
  /** Lines for each class, and pictures in a line. */
  rows: number
  columns: number
  zoom: number
  seed: number
  out: string
}

/** Pixels that a sheet may have. */
const largestSheet = 2 ** 27

/** Writes the sheet. @throws ArgumentError for a set without pictures and a sheet too large. */
export async function preview(
  name: string,
  options: PreviewOptions,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { dataDir, split, augment, rows, columns, zoom, seed, out } = options
  const set = await loadDataset(name, { ...given({ dataDir, split }), onePart: true })
  signal.throwIfAborted()
  const shape = pictureShapeOf(set)
  const changes = augmentOf(augment, set)
  const classes = classesOf(set)
  const perClass = changes === undefined ? rows * columns : rows
  const chosen = choose(set, classes.length, perClass)
  const width = shape[1] * zoom * columns
  const height = shape[0] * zoom * rows * classes.length
  if (width * height > largestSheet) {
    throw new ArgumentError({
      rule: `a sheet has at most ${String(largestSheet)} pixels`,
      received: `${String(width)} × ${String(height)} of pictures`,
      remedy: 'ask for less of --rows, --columns or --zoom',
    })
  }
  const groups =
    changes === undefined ? originals(set, chosen, options) : changed(set, chosen, options, changes, seed)
  signal.throwIfAborted()
  const sheet = contactSheet(groups, shape, { zoom, firstApart: changes !== undefined })
  const png = encode({ width: sheet.width, height: sheet.height, data: sheet.data, channels: 3, depth: 8 })
  const path = fromUser(out)
  await writeFileAtomic(path, png)
  const result: JsonObject = {
    dataset: set.name,
    classes,
    linesPerClass: rows,
    columns,
    width: sheet.width,
    height: sheet.height,
    out: path,
  }
  if (changes !== undefined) result['augment'] = changes as JsonObject
  output.result(result, `${classLines(classes, rows)}\n${forUser(path)}`)
}

function pictureShapeOf({ name, sampleShape }: Dataset): PictureShape {
  const [height, width, channels = 1] = sampleShape
  if (height !== undefined && width !== undefined && (channels === 1 || channels === 3))
    return [height, width, channels]
  throw new ArgumentError({
    rule: 'a data set that is previewed holds pictures',
    received: `${name}, whose samples have the shape [${sampleShape.join(', ')}]`,
    remedy: 'choose another set, as "lanewise datasets list" names them',
  })
}

/** The names of all classes, or their numbers; one class for a set without. */
function classesOf({ task, classes, train }: Dataset): string[] {
  if (task === 'regression') return ['all']
  return classes ?? Array.from(new Set(train.y), String).sort((a, b) => Number(a) - Number(b))
}

/** The first rows of each class; fewer where there are not so many. */
function choose({ task, classes, train: { y } }: Dataset, count: number, perClass: number): number[][] {
  const chosen = Array.from({ length: count }, (): number[] => [])
  const numbers = classes === undefined ? [...new Set(y)].sort((a, b) => a - b) : undefined
  y.forEach((label, row) => {
    const group = chosen[task === 'regression' ? 0 : (numbers?.indexOf(label) ?? label)]
    if (group !== undefined && group.length < perClass) group.push(row)
  })
  return chosen
}

function originals(set: Dataset, chosen: number[][], { rows, columns }: PreviewOptions): SheetLine[][] {
  const picture = pictures(set)
  return chosen.map((group) =>
    Array.from({ length: rows }, (_, line) =>
      Array.from({ length: columns }, (_, column) => {
        const row = group[line * columns + column]
        return row === undefined ? undefined : picture.of(row)
      }),
    ),
  )
}

/** Each original with what the batch of all of them becomes in steps 0, 1, 2, … */
function changed(
  set: Dataset,
  chosen: number[][],
  { columns }: PreviewOptions,
  changes: AugmentationSpec,
  seed: number,
): SheetLine[][] {
  const picture = pictures(set)
  const batch = chosen.flat()
  const size = set.sampleShape.reduce((product, n) => product * n, 1)
  const { data } = set.train.x
  const rows =
    data instanceof Uint8Array ? new Uint8Array(batch.length * size) : new Float32Array(batch.length * size)
  batch.forEach((row, i) => {
    rows.set(data.subarray(row * size, (row + 1) * size), i * size)
  })
  const x = { data: rows, shape: [batch.length, ...set.sampleShape] }
  const versions = Array.from(
    { length: columns - 1 },
    (_, step) => augmentRows(x, changes, { seed, step }).data,
  )
  let at = 0
  return chosen.map((group) =>
    group.map((row) => {
      const from = at++ * size
      return [
        picture.of(row),
        ...versions.map((version) => picture.shown(version.subarray(from, from + size))),
      ]
    }),
  )
}

/** Pictures as values 0 to 255: bytes as they are, floats from the smallest to the largest value of the first thousand. */
function pictures({ sampleShape, train }: Dataset) {
  const size = sampleShape.reduce((product, n) => product * n, 1)
  const { data } = train.x
  let [low, high] = [0, 255]
  if (!(data instanceof Uint8Array)) {
    const looked = data.subarray(0, 1000 * size)
    low = looked.reduce((least, value) => Math.min(least, value), Infinity)
    high = looked.reduce((most, value) => Math.max(most, value), -Infinity)
  }
  const shown = (values: Uint8Array | Float32Array): Uint8ClampedArray =>
    Uint8ClampedArray.from(values, (value) => ((value - low) / (high - low || 1)) * 255)
  return { shown, of: (row: number) => shown(data.subarray(row * size, (row + 1) * size)) }
}

function classLines(classes: readonly string[], rows: number): string {
  return classes
    .map((name, i) => `${rows === 1 ? 'line' : 'lines'} ${lineNumbers(i * rows + 1, rows)}: ${name}`)
    .join('\n')
}

function lineNumbers(first: number, count: number): string {
  return count === 1 ? String(first) : `${String(first)}–${String(first + count - 1)}`
}
