// Writes the records of a plan and decides where its threads must meet: an operation waits when what it reads or
// overwrites was touched by other threads' shares since the last barrier. Says nothing about what the operations mean.
import type { Arena } from './arena.js'
import { Operation, type Argument, type OperationName } from './operations.js'

/** A range of linear memory that operations read and write. */
export interface Buffer {
  readonly address: number
  readonly bytes: number
}

/**
 * How an operation's work is shared. Two operations with the same text touch the same parts of a buffer with the same
 * thread; `all`: each thread touches any part.
 */
export type Sharing = string

/** Shared by rows and panels of so many columns' panels. */
export function byGrid(panels: number): Sharing {
  return `grid:${String(panels)}`
}

/** Shared by rows alone: as a grid of one panel. */
export const byRows = byGrid(1)

/** Not shared: each thread has a part of its own. */
export const byThread = 'thread'

export interface Access {
  buffer: Buffer
  by: Sharing
}

/** What is kept of an emitted operation for messages, the profile and the checking of a failed step. */
export interface Emitted {
  operation: OperationName
  /** The layer it belongs to, and whether it is part of `forward`, `loss`, `backward`, `update` or `data`. */
  layer: string
  phase: string
  /** Where its record stands. */
  address: number
  /** The buffers that it writes. */
  writes: Buffer[]
  /** Multiplications and additions of one row of a batch, and those of the whole step. */
  work: { perRow: number; perStep: number }
}

interface Touched {
  read: Set<Sharing>
  written: Set<Sharing>
}

export class RecordWriter {
  readonly emitted: Emitted[] = []
  private readonly words: number[] = []
  private readonly touched = new Map<number, Touched>()
  private readonly starts: number[] = []

  /** One operation with its arguments; a barrier goes before it where one is needed. */
  emit(
    operation: OperationName,
    args: Argument[],
    about: {
      layer: string
      phase: string
      reads?: Access[]
      writes?: Access[]
      work?: { perRow?: number; perStep?: number }
    },
  ): void {
    const { reads = [], writes = [] } = about
    if (this.conflicts(reads, writes)) this.barrier()
    for (const access of reads) this.touch(access).read.add(access.by)
    for (const access of writes) this.touch(access).written.add(access.by)
    this.starts.push(this.words.length)
    this.record(Operation[operation], args)
    this.emitted.push({
      operation,
      layer: about.layer,
      phase: about.phase,
      address: 0,
      writes: writes.map(({ buffer }) => buffer),
      work: { perRow: about.work?.perRow ?? 0, perStep: about.work?.perStep ?? 0 },
    })
  }

  barrier(): void {
    this.record(Operation.barrier, [])
    this.touched.clear()
  }

  /** Closes the plan with a barrier (every thread is done with a step before the next begins) and places it. */
  finish(arena: Arena): Buffer {
    this.barrier()
    this.record(Operation.end, [])
    const bytes = this.words.length * 4
    const address = arena.allocate(bytes)
    arena.u32(address, this.words.length).set(this.words)
    this.emitted.forEach((entry, i) => (entry.address = address + this.starts[i]! * 4))
    return { address, bytes }
  }

  private record(operation: number, args: Argument[]): void {
    this.words.push(operation, 8 + args.length * 4)
    for (const arg of args) this.words.push(typeof arg === 'number' ? arg >>> 0 : floatBits(arg.float))
  }

  private touch({ buffer }: Access): Touched {
    let touched = this.touched.get(buffer.address)
    if (touched === undefined) {
      touched = { read: new Set(), written: new Set() }
      this.touched.set(buffer.address, touched)
    }
    return touched
  }

  private conflicts(reads: Access[], writes: Access[]): boolean {
    const differs = (set: Set<Sharing>, by: Sharing) =>
      set.size > 0 && (by === 'all' || set.has('all') || set.size > 1 || !set.has(by))
    return (
      reads.some(({ buffer, by }) => differs(this.touched.get(buffer.address)?.written ?? new Set(), by)) ||
      writes.some(({ buffer, by }) => {
        const touched = this.touched.get(buffer.address)
        return touched !== undefined && (differs(touched.written, by) || differs(touched.read, by))
      })
    )
  }
}

const scratch = new DataView(new ArrayBuffer(4))

function floatBits(value: number): number {
  scratch.setFloat32(0, value)
  return scratch.getUint32(0)
}
