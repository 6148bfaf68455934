// Whole lines of numbers through the core's text kernels: the memory that they work in, and one call a piece. What to do
// with lines that they do not take is the work of csv-rows.ts.
import { createMemory, pageBytes, textKernels, type KernelExports } from '../core/wasm.js'

/** `f32`: numbers as they are, NaN where empty; `u8`: whole numbers from 0 to 255. */
export type NumberForm = 'f32' | 'u8'

export interface NumberRows {
  /** Views on working memory: to be copied before the next call. */
  values: Float32Array | Uint8Array
  rows: number
  /** Of the text that was read. */
  bytes: number
}

const powersAt = 64
const textAt = 256
/** Room that kernels may read or write behind what they were told of. */
const slack = 64
const outBytes = 1 << 20
/** A larger working memory is not kept. */
const keptBytes = 8 << 20

interface Workshop {
  memory: WebAssembly.Memory
  kernels: KernelExports
}

let idle: Workshop | undefined

/** Reads rows of equal length. Holds memory until `close`. */
export class NumberReader {
  private readonly size: number
  private readonly rowsAtOnce: number
  private shop: Workshop | undefined
  private textBytes = 0
  private outAt = 0

  /** @param delimiter one ASCII character. */
  constructor(
    private readonly form: NumberForm,
    private readonly columns: number,
    private readonly delimiter: string,
  ) {
    this.size = form === 'f32' ? 4 : 1
    this.rowsAtOnce = Math.max(1, Math.floor(outBytes / (columns * this.size)))
  }

  /** Takes whole lines, to be read by `read`. They end with a line feed. */
  load(lines: Uint8Array): void {
    this.outAt = Math.ceil((textAt + lines.length + slack) / 64) * 64
    const bytes = this.outAt + this.rowsAtOnce * this.columns * this.size + slack
    const { memory } = (this.shop ??= open())
    const missing = bytes - memory.buffer.byteLength
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
    new Uint8Array(memory.buffer).set(lines, textAt)
    this.textBytes = lines.length
  }

  /** Reads rows from place `at` of the lines on, until one is not understood or there is no more room for values. */
  read(at: number): NumberRows {
    const { memory, kernels } = this.shop!
    const { outAt, columns, rowsAtOnce } = this
    const [text, end, delimiter] = [textAt + at, textAt + this.textBytes, this.delimiter.charCodeAt(0)]
    const stopped =
      this.form === 'f32'
        ? kernels.floatRows(outAt, text, end, columns, rowsAtOnce, delimiter, powersAt, 0)
        : kernels.byteRows(outAt, text, end, columns, rowsAtOnce, delimiter, 0)
    const rows = new Int32Array(memory.buffer, 0, 1)[0]!
    const values =
      this.form === 'f32'
        ? new Float32Array(memory.buffer, outAt, rows * columns)
        : new Uint8Array(memory.buffer, outAt, rows * columns)
    return { values, rows, bytes: stopped - text }
  }

  close(): void {
    if (this.shop !== undefined && this.shop.memory.buffer.byteLength <= keptBytes) idle = this.shop
    this.shop = undefined
  }
}

function open(): Workshop {
  if (idle !== undefined) {
    const shop = idle
    idle = undefined
    return shop
  }
  const memory = createMemory(1 << 21, false)
  const powers = new Float64Array(memory.buffer, powersAt, 23)
  // Each is a float64 itself: all products are exact.
  powers[0] = 1
  for (let power = 1; power < 23; power++) powers[power] = powers[power - 1]! * 10
  return { memory, kernels: textKernels(memory) }
}
