// What a fit on chunks reads from, and which options of a fit it cannot have.
import type { Chunk, ChunkSource } from '../core/chunks.js'
import { ArgumentError, DataError } from '../core/errors.js'
import type { FitOptions } from './fit-options.js'

/** The chunks of an iterable or a file, and the first of them. @throws ArgumentError, DataError and what opening the file throws. */
export async function openSource(
  x: ChunkSource | string,
  y: unknown,
): Promise<{ source: ChunkSource; first: Chunk }> {
  if (y !== undefined && (typeof x !== 'string' || typeof y !== 'string')) {
    throw new ArgumentError({
      rule: 'samples that come in chunks bring their targets with them; a file has them in a column or a second file',
      received: 'targets beside the chunks',
      remedy: 'yield { x, y }, or pass the name of the target column or the path of the targets',
    })
  }
  const source =
    typeof x === 'string'
      ? await (await import('../data/file-chunks.js')).openChunks(x, y as string | undefined)
      : x
  for await (const first of source) return { source, first }
  throw noRows()
}

/** @throws ArgumentError for options that need all rows at once. */
export function requireStreamable(options: FitOptions): void {
  const whole = ['validationSplit', 'sampleWeight', 'profile'] as const
  const odd = whole.find((name) => Boolean(options[name]))
  const { window = 1 } = options
  if (odd !== undefined) {
    throw new ArgumentError({
      rule: `${odd} needs all rows at once`,
      received: `${odd} for samples that come in chunks`,
      remedy: odd === 'validationSplit' ? 'pass validationData' : 'leave it out',
    })
  }
  if (Number.isInteger(window) && window >= 1) return
  throw new ArgumentError({
    rule: 'window is a positive integer',
    received: String(window),
    remedy: 'leave it out for as many rows as 64 MiB hold',
  })
}

/** @returns the error of a source that gives nothing. */
export function noRows(): DataError {
  return new DataError({
    rule: 'the chunks of a fit hold at least one row',
    received: 'none',
    remedy: 'pass an async iterable that can be gone through once an epoch, not one that is used up',
  })
}
