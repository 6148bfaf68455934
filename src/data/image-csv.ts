// Labelled images as CSV, one a line: the pixels row by row, and a label (the Kaggle form of MNIST, EMNIST's own CSV). Plain
// or gzipped, with or without a line of names. Node only.
import { DataError, FormatError } from '../core/errors.js'
import { openCsv, type RowBlock } from './csv-rows.js'
import type { Examples } from './dataset.js'
import { transposeSquares } from './upright.js'

export interface ImageCsvOptions {
  /** Pixels a line. */
  pixels: number
  /** Labels are 0 to classes - 1; at most 256. */
  classes: number
  /** Whether the file holds square pictures with rows and columns exchanged, as EMNIST's do: they are put right. Default false. */
  transposed?: boolean
}

/**
 * Reads a labelled image CSV. The label is the column called `label` or `class`, else the first.
 * @returns `x` of shape [rows, pixels] and `y` of length rows, both bytes.
 * @throws FormatError for lines of the wrong length and values that are no integers in range, naming the line;
 *   DataError for no rows, and for 2 GiB and more of pixels.
 */
export async function readImageCsv(path: string, options: ImageCsvOptions): Promise<Examples> {
  const { dialect, rows: blocks, close } = await openCsv(path)
  try {
    const { names, header } = dialect
    const images = new Images(path, options, Math.max(0, header ? names.findIndex(isLabel) : 0))
    images.requireColumns(names.length)
    for await (const block of blocks('u8')) images.add(block)
    return images.examples()
  } finally {
    await close()
  }
}

function isLabel(name: string): boolean {
  return /^(label|class)$/i.test(name)
}

const maxBytes = 2 ** 31

class Images {
  private readonly parts: { x: Uint8Array; y: Uint8Array }[] = []
  private rows = 0

  constructor(
    private readonly path: string,
    private readonly options: ImageCsvOptions,
    private readonly labelAt: number,
  ) {}

  requireColumns(columns: number): void {
    const { pixels } = this.options
    if (columns === pixels + 1) return
    throw new FormatError({
      file: this.path,
      rule: `every line has a label and ${String(pixels)} pixels`,
      received: `${String(columns)} values in the first`,
      remedy: 'check that it is the file that you mean; separate values by commas',
    })
  }

  add(block: RowBlock): void {
    const { pixels } = this.options
    const { labelAt } = this
    const part = { x: new Uint8Array(block.rows * pixels), y: new Uint8Array(block.rows) }
    this.rows += block.rows
    if (this.rows * pixels >= maxBytes) throw this.tooLarge()
    this.parts.push(part)
    if (block.values === undefined) {
      block.cells.forEach((cells, row) => {
        this.addRecord(part, row, cells, block.lines[row]!)
      })
      return
    }
    const { values, firstLine } = block
    for (let row = 0, from = 0; row < block.rows; row++, from += pixels + 1) {
      const label = values[from + labelAt]!
      if (label >= this.options.classes) throw this.outOfRange('label', String(label), firstLine + row)
      part.y[row] = label
      if (labelAt > 0) part.x.set(values.subarray(from, from + labelAt), row * pixels)
      part.x.set(values.subarray(from + labelAt + 1, from + pixels + 1), row * pixels + labelAt)
    }
  }

  examples(): Examples {
    const { pixels, transposed = false } = this.options
    const { parts, rows } = this
    if (rows === 0) {
      throw new DataError({
        rule: `${this.path}: a data set has at least one row`,
        received: 'no line with values',
        remedy: 'download the file again',
      })
    }
    const data = new Uint8Array(rows * pixels)
    const y = new Uint8Array(rows)
    let row = 0
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      data.set(part.x, row * pixels)
      y.set(part.y, row)
      row += part.y.length
    }
    if (transposed) transposeSquares(data, Math.sqrt(pixels))
    return { x: { data, shape: [rows, pixels] }, y }
  }

  private addRecord(
    part: { x: Uint8Array; y: Uint8Array },
    row: number,
    cells: string[],
    line: number,
  ): void {
    let at = row * this.options.pixels
    cells.forEach((cell, column) => {
      const value = cell === '' ? NaN : Number(cell)
      const isLabel = column === this.labelAt
      const max = isLabel ? this.options.classes - 1 : 255
      if (!(Number.isInteger(value) && value >= 0 && value <= max))
        throw this.outOfRange(isLabel ? 'label' : 'pixel', cell, line)
      if (isLabel) part.y[row] = value
      else part.x[at++] = value
    })
  }

  private outOfRange(what: 'label' | 'pixel', text: string, line: number): FormatError {
    const max = what === 'label' ? this.options.classes - 1 : 255
    return new FormatError({
      file: this.path,
      rule: `a ${what} is an integer from 0 to ${String(max)}`,
      received: `"${text.slice(0, 40)}" in line ${String(line)}`,
      remedy: 'check which column holds the label, and that the file is whole',
    })
  }

  private tooLarge(): DataError {
    return new DataError({
      rule: `${this.path}: pictures in memory take less than 2 GiB`,
      received: 'more',
      remedy: 'cut the file',
    })
  }
}
