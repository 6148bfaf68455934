// Windows of a fit on chunks: rows of one chunk after another gather in the same arrays until there are enough of them.
import type { ChunkSource, Chunk } from '../core/chunks.js'
import { DataError } from '../core/errors.js'
import type { Rows } from '../core/tensor.js'
import type { Pair } from './fit-options.js'
import type { EncodedTargets } from './targets.js'

/** Bytes of a window unless told otherwise. */
const windowBytes = 64 << 20

/** Rows of a window. @param asked undefined for 64 MiB of samples. @param rows of the first chunk. */
export function windowRows(asked: number | undefined, { columns, data }: Rows, batchSize: number): number {
  return Math.max(batchSize, asked ?? Math.floor(windowBytes / (columns * data.BYTES_PER_ELEMENT)))
}

/** One pass over a source, window by window. The arrays of a window are filled anew when the next one is asked for. */
export class WindowReader {
  private readonly windows: AsyncGenerator<Pair, undefined>
  private next: Promise<IteratorResult<Pair, undefined>>

  /** @param pair a chunk in the model's form. @param size rows of a window; the last one may have fewer. */
  constructor(source: ChunkSource, pair: (chunk: Chunk) => Pair, size: number) {
    this.windows = readWindows(source, pair, size)
    this.next = this.read()
  }

  /** The window whose turn it is; undefined after the last. */
  get present(): Promise<Pair | undefined> {
    return this.next.then(({ value }) => value)
  }

  /** Begins to read the next window. */
  advance(): void {
    this.next = this.read()
  }

  /** Ends the pass, when what is being read has come, so that files are closed. */
  async close(): Promise<void> {
    await this.next.catch(() => undefined)
    await this.windows.return(undefined)
  }

  private read(): Promise<IteratorResult<Pair, undefined>> {
    const next = this.windows.next()
    // A failure shows where the window is awaited.
    next.catch(() => undefined)
    return next
  }
}

async function* readWindows(
  source: ChunkSource,
  pair: (chunk: Chunk) => Pair,
  size: number,
): AsyncGenerator<Pair, undefined> {
  let filling: Filling | undefined
  for await (const chunk of source) {
    const { rows, targets } = pair(chunk)
    filling ??= new Filling(rows, targets, size)
    for (let from = 0; from < rows.rows;) {
      from += filling.add(rows, targets, from)
      if (filling.isFull) yield filling.take()
    }
  }
  if (filling !== undefined && filling.rows > 0) yield filling.take()
}

/** A window that fills with rows. */
class Filling {
  rows = 0
  private readonly data: Rows['data']
  private readonly targets: EncodedTargets['data']
  private readonly sampleShape: number[]
  private readonly columns: number
  private readonly byClass: boolean
  private readonly targetColumns: number

  /** @param rows and @param targets of the first chunk, whose kind all chunks have. */
  constructor(
    { data, columns, sampleShape }: Rows,
    targets: EncodedTargets,
    private readonly capacity: number,
  ) {
    this.columns = columns
    this.sampleShape = sampleShape
    this.byClass = targets.byClass
    this.targetColumns = targets.columns
    this.data =
      data instanceof Uint8Array ? new Uint8Array(capacity * columns) : new Float32Array(capacity * columns)
    this.targets = targets.byClass ? new Int32Array(capacity) : new Float32Array(capacity * targets.columns)
  }

  get isFull(): boolean {
    return this.rows === this.capacity
  }

  /** Takes rows of a chunk from `from` on, as many as there is room for. @returns their number. */
  add({ data, rows, columns }: Rows, targets: EncodedTargets, from: number): number {
    if (data.constructor !== this.data.constructor || columns !== this.columns) {
      throw new DataError({
        rule: 'all chunks have the same columns, and all bytes or all floats',
        received: `${data instanceof Uint8Array ? 'bytes' : 'floats'} of ${String(columns)} columns after ${this.data instanceof Uint8Array ? 'bytes' : 'floats'} of ${String(this.columns)}`,
        remedy: 'make all chunks alike',
      })
    }
    const count = Math.min(rows - from, this.capacity - this.rows)
    this.data.set(data.subarray(from * columns, (from + count) * columns), this.rows * columns)
    const width = targets.byClass ? 1 : targets.columns
    this.targets.set(targets.data.subarray(from * width, (from + count) * width), this.rows * width)
    this.rows += count
    return count
  }

  take(): Pair {
    const { rows, columns, sampleShape, byClass, targetColumns } = this
    const width = byClass ? 1 : targetColumns
    const data = this.targets.subarray(0, rows * width)
    this.rows = 0
    return {
      rows: { data: this.data.subarray(0, rows * columns), rows, columns, sampleShape },
      targets: { byClass, data, rows, columns: targetColumns } as EncodedTargets,
    }
  }
}
