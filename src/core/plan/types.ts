// What a plan is compiled from, and what comes of it.
import type { Graph, Value } from '../graph.js'
import type { LossKind } from '../operations.js'
import type { ParameterStore } from '../parameters.js'
import type { Buffer, Emitted } from '../records.js'

/** Where the rows of a plan's batches come from. */
export interface DataSource {
  /**
   * Row-major samples, bytes or float32; or, when they are listed, addresses of each row's pair list (assembly/sparse.ts).
   */
  address: number
  kind: 'bytes' | 'floats' | 'lists'
  /** Order of rows (u32 each), or 0 for as they stand. */
  order: number
  /** Class numbers (i32) or target rows (f32), or 0. */
  targets: number
  /** A weight for each row (f32), or 0 for one each. */
  weights: number
  /** Factor and summand of each column, f32, padded to a multiple of 16; for lists, `scale` is what each byte stands for. */
  scale: number
  shift: number
  /** How the rows are changed on the way in; only bytes and floats. */
  augment?: AugmentSource
}

/** Random changes of the rows of a batch. */
export interface AugmentSource {
  /** Address of the specification, and what a thread needs to work with (core/augmentation.ts). */
  spec: number
  scratchBytes: number
  /** Whether the changed bytes are listed for the first layer. */
  listed: boolean
  /** alpha of the mixtures of two rows; undefined for none. */
  mixup: number | undefined
  /** Whether the targets are class numbers, which mixtures turn to rows. */
  byClass: boolean
}

/** Whether a network can take its inputs as lists: they go to one dense product and nowhere else, and come in pairs. */
export function takesLists({ input, nodes }: Graph): boolean {
  const users = nodes.filter(({ inputs }) => inputs.includes(input))
  return (
    users.length === 1 && users[0]!.kind === 'dense' && input.columns < 2 ** 16 && input.columns % 2 === 0
  )
}

export interface LossSpec {
  kind: keyof typeof LossKind
  /** Label smoothing, or Huber's delta. */
  parameter: number
}

export interface UpdateSpec {
  /** Kernel number of the optimizer. */
  kernel: number
  weightDecay: number
  clipValue: number
  /** Limit of the global norm of the gradient; infinite for none. */
  clipNorm: number
  /** Names of parameters that stay as they are. */
  frozen: ReadonlySet<string>
  /** Writes the gradients of the weights to a buffer of their own and updates nothing; default false. */
  inspect?: boolean
}

export interface PlanOptions {
  graph: Graph
  /** The value that the loss compares with the targets, or that a prediction is read from. */
  output: Value
  store: ParameterStore
  source: DataSource
  /** Rows of the largest batch. */
  capacity: number
  loss?: LossSpec
  /** Present in a training plan. */
  update?: UpdateSpec
  /** Threads that may run it. */
  threads: number
  /** Register tile of the products, as `assembly/gemm.ts` numbers them. */
  tile: number
}

/** The column lists of a batch (assembly/sparse.ts), once for each thread: lengths at its start, lists at `columns`. */
export interface ColumnLists extends Buffer {
  /** Bytes of one thread's. */
  threadBytes: number
  /** Address of the first thread's first list. */
  columns: number
  /** Bytes from one list to the next. */
  stride: number
}

export interface Plan {
  /** Address of the first record. */
  readonly address: number
  readonly capacity: number
  /** The output: its first panel, the bytes between panels, its columns. */
  readonly output: { address: number; stride: number; columns: number }
  readonly operations: readonly Emitted[]
  /** Where the values of the graph stand, and the gradients of the loss by them; by the id of the value. */
  readonly values: ReadonlyMap<number, Buffer>
  readonly gradients: ReadonlyMap<number, Buffer>
  /** The gradients of the weights, laid out as the weights are, in a plan that inspects. */
  readonly weightGradients: Buffer | undefined
  /** Gives its memory back. */
  release(): void
}
