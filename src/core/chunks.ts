// Samples that come in pieces, for sets larger than memory.
import type { NumericArray, Samples, Tensor } from './tensor.js'

/** Some rows with their targets. */
export interface Chunk {
  x: Samples
  y: readonly (string | number)[] | NumericArray | Tensor | readonly (readonly number[])[]
}

/** Chunks that can be gone through again and again, once an epoch. All have the same columns and the same kind of targets. */
export interface ChunkSource extends AsyncIterable<Chunk> {
  /** Rows of all chunks together, where that is known; schedules need it. */
  readonly rows?: number
  /** The classes in the order of class numbers, where targets are those; undefined for regression or where not known. */
  readonly classes?: readonly (string | number)[]
}

/** Whether samples come in chunks. */
export function isChunkSource(value: unknown): value is ChunkSource {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
