// The forward pass over rows that stay outside: they go through a staging buffer in chunks of several batches. For
// predictions, and with targets for evaluation. Touches no training counter.
import { entryBytes, stepBytes, stepDoubles, stepWords } from '../core/operations.js'
import { compilePlan, takesLists, type Plan } from '../core/plan.js'
import type { Preprocessing } from '../core/state.js'
import type { Rows } from '../core/tensor.js'
import { turn } from '../core/turn.js'
import { lossSpec, type Loss } from '../nn/losses.js'
import { lossInput } from './heads.js'
import type { Network } from './network.js'
import { placePreprocessing, placeTable } from './preprocessing.js'
import type { EncodedTargets } from './targets.js'

/** Rows of a batch, and batches that are staged at once. */
const batchRows = 128
const stagedBatches = 8

/** Means over the rows. */
export interface Evaluation {
  loss: number
  score: number
}

export interface InferenceOptions {
  /** Rows of a batch; default 128. */
  capacity?: number
  /** To evaluate with; `byClass` says what its targets are. */
  loss?: Loss
  byClass?: boolean
  /** Whether to list the inputs that are not zero, where the network can take lists. */
  listed?: boolean
}

export class InferenceRun {
  private readonly plan: Plan
  private readonly capacity: number
  private readonly stagedRows: number
  private readonly staging: number
  private readonly listed: boolean
  private readonly lists: number
  private readonly starts: number
  private readonly steps: number
  private readonly targets: number
  private readonly cleanups: (() => void)[] = []
  private readonly network: Network
  private readonly columns: number

  constructor(
    network: Network,
    preprocessing: Preprocessing,
    private readonly isBytes: boolean,
    { capacity = batchRows, loss, byClass = false, listed = false }: InferenceOptions = {},
  ) {
    const { arena } = network.engine
    this.network = network
    this.columns = network.graph.input.columns
    this.capacity = capacity
    this.stagedRows = capacity === 1 ? 1 : capacity * stagedBatches
    const output = loss === undefined ? network.output : lossInput(network.output, loss)
    this.staging = this.own(this.stagedRows * this.columns * (isBytes ? 1 : 4))
    this.steps = this.own(stagedBatches * stepBytes)
    this.targets = loss === undefined ? 0 : this.own(this.stagedRows * 4 * (byClass ? 1 : output.columns))
    this.listed = listed && isBytes && takesLists(network.graph)
    this.lists = this.listed ? this.own(this.stagedRows * (this.columns / 2) * entryBytes) : 0
    this.starts = this.listed ? this.own((this.stagedRows + 1) * 4) : 0
    const placed = this.listed
      ? placeTable(arena, preprocessing)
      : placePreprocessing(arena, preprocessing, this.columns)
    this.cleanups.push(placed.release)
    this.plan = compilePlan(arena, {
      graph: network.graph,
      output,
      store: network.store,
      source: {
        address: this.listed ? this.starts : this.staging,
        kind: this.listed ? 'lists' : isBytes ? 'bytes' : 'floats',
        order: 0,
        targets: this.targets,
        weights: 0,
        scale: placed.scale,
        shift: placed.shift,
      },
      capacity,
      ...(loss === undefined ? {} : { loss: lossSpec(loss, byClass) }),
      threads: 1,
      tile: network.engine.tile(false),
    })
  }

  private last: Promise<unknown> | undefined
  /** Calls share the staging buffer and the plan's buffers, so each waits for the one before. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last === undefined ? work() : this.last.then(work)
    const settled = result.then(
      () => undefined,
      () => undefined,
    )
    const last = settled.then(() => {
      if (this.last === last) this.last = undefined
    })
    this.last = last
    return result
  }

  /** The network's outputs, row-major. */
  predict(rows: Rows): Promise<Float32Array<ArrayBuffer>> {
    return this.inTurn(() => this.predictRows(rows))
  }

  private async predictRows({ data, rows }: Rows): Promise<Float32Array<ArrayBuffer>> {
    const { columns } = this.plan.output
    const out = new Float32Array(rows * columns)
    // A batch's outputs are overwritten by the next one's, so each batch is read before the next is run.
    for (let first = 0; first < rows; first += this.capacity) {
      const count = Math.min(this.capacity, rows - first)
      this.stage(data, first, count)
      this.prepare(0, 0, count)
      await this.network.engine.run(this.plan, this.steps, 1)
      this.read(out, first * columns, count)
      if ((first / this.capacity) % stagedBatches === stagedBatches - 1) await turn()
    }
    return out
  }

  /** One row, at once, into the caller's array; makes no garbage. */
  predictRow(row: ArrayLike<number>, into: Float32Array): void {
    this.staged().set(row)
    this.listStaged(1)
    this.prepare(0, 0, 1)
    this.network.engine.runAlone(this.plan, this.steps, 1)
    this.read(into, 0, 1)
  }

  /** Mean loss and score over rows with targets. */
  evaluate(rows: Rows, targets: EncodedTargets): Promise<Evaluation> {
    return this.inTurn(() => this.evaluateRows(rows, targets))
  }

  private async evaluateRows({ data, rows }: Rows, targets: EncodedTargets): Promise<Evaluation> {
    const { arena } = this.network.engine
    let loss = 0
    let score = 0
    for (let first = 0; first < rows; first += this.stagedRows) {
      const count = Math.min(this.stagedRows, rows - first)
      this.stage(data, first, count)
      const width = targets.byClass ? 1 : targets.columns
      const chunk = targets.data.subarray(first * width, (first + count) * width)
      if (targets.byClass) arena.i32(this.targets, chunk.length).set(chunk)
      else arena.f32(this.targets, chunk.length).set(chunk)
      const batches = Math.ceil(count / this.capacity)
      for (let i = 0; i < batches; i++)
        this.prepare(i, i * this.capacity, Math.min(this.capacity, count - i * this.capacity))
      await this.network.engine.run(this.plan, this.steps, batches)
      for (let i = 0; i < batches; i++) {
        const sums = arena.f64(this.steps + i * stepBytes, stepBytes / 8)
        loss += sums[stepDoubles.loss]!
        score += sums[stepDoubles.score]!
      }
      await turn()
    }
    return { loss: loss / rows, score: score / rows }
  }

  /** Gives its memory back, after the calls that are going on. */
  release(): void {
    if (this.last !== undefined) {
      void this.last.then(() => {
        this.release()
      })
      return
    }
    this.plan.release()
    for (const cleanup of this.cleanups) cleanup()
  }

  private stage(data: Uint8Array | Float32Array, first: number, count: number): void {
    this.staged().set(data.subarray(first * this.columns, (first + count) * this.columns))
    this.listStaged(count)
  }

  private listStaged(count: number): void {
    if (this.listed)
      this.network.engine.core.listPairsOfRows(this.lists, this.starts, this.staging, count, this.columns)
  }

  private stagedView: Uint8Array | Float32Array | undefined
  /** The staging buffer; made again when the memory has grown. */
  private staged(): Uint8Array | Float32Array {
    const { arena } = this.network.engine
    if (this.stagedView?.buffer !== arena.memory.buffer) {
      const length = this.stagedRows * this.columns
      this.stagedView = this.isBytes ? arena.u8(this.staging, length) : arena.f32(this.staging, length)
    }
    return this.stagedView
  }

  private prepare(i: number, first: number, rows: number): void {
    const { arena } = this.network.engine
    if (this.stepView?.buffer !== arena.memory.buffer) {
      this.stepView = arena.u32(this.steps, (stagedBatches * stepBytes) / 4)
      this.stepFloats = arena.f32(this.steps, (stagedBatches * stepBytes) / 4)
    }
    const at = (i * stepBytes) / 4
    this.stepView[at + stepWords.rows] = rows
    this.stepView[at + stepWords.first] = first
    // The weight of a row in the sums: whole numbers stay whole, and a share of right answers is exact.
    this.stepFloats![at + stepWords.inverseRows] = 1
  }
  private stepView: Uint32Array | undefined
  private stepFloats: Float32Array | undefined

  private outputView: Float32Array | undefined
  private read(out: Float32Array, at: number, rows: number): void {
    const { arena } = this.network.engine
    const { address, stride, columns } = this.plan.output
    const panels = Math.ceil(columns / 16)
    if (this.outputView?.buffer !== arena.memory.buffer)
      this.outputView = arena.f32(address, (panels * stride) / 4)
    const view = this.outputView
    for (let p = 0; p < panels; p++) {
      const width = Math.min(16, columns - p * 16)
      for (let r = 0; r < rows; r++) {
        const from = (p * stride) / 4 + r * 16
        const to = at + r * columns + p * 16
        for (let c = 0; c < width; c++) out[to + c] = view[from + c]!
      }
    }
  }

  private own(bytes: number): number {
    const { arena } = this.network.engine
    const address = arena.allocate(bytes)
    this.cleanups.push(() => {
      arena.release(address, bytes)
    })
    return address
  }
}
