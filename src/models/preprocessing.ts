// What is done to raw samples on the way into a batch: x · scale + shift, one factor for all columns or one each. Bytes are
// pictures: they are scaled by 1/255. Floats are taken as they are.
import type { Arena } from '../core/arena.js'
import { panelsOf } from '../core/operations.js'
import type { Preprocessing } from '../core/state.js'
import type { Rows } from '../core/tensor.js'

/** The preprocessing of a model that is first trained on these rows. */
export function preprocessingFor({ data }: Rows): Preprocessing {
  return usualPreprocessing(data instanceof Uint8Array)
}

/** What is done to bytes, or floats, unless told otherwise. */
export function usualPreprocessing(isBytes: boolean): Preprocessing {
  return { scale: [isBytes ? Math.fround(1 / 255) : 1], shift: [0] }
}

/** Writes factors and summands for `columns` into linear memory, padded with zeros. */
export function placePreprocessing(arena: Arena, preprocessing: Preprocessing, columns: number): Placed {
  const padded = panelsOf(columns) * 16
  const place = (values: readonly number[]) => {
    const address = arena.allocate(padded * 4)
    const row = arena.f32(address, columns)
    if (values.length === 1) row.fill(values[0]!)
    else row.set(values)
    return address
  }
  const scale = place(preprocessing.scale)
  const shift = place(preprocessing.shift)
  const release = () => {
    arena.release(scale, padded * 4)
    arena.release(shift, padded * 4)
  }
  return { scale, shift, release }
}

/** Writes what each of the 256 bytes stands for: the table of listed inputs. */
export function placeTable(arena: Arena, { scale }: Preprocessing): Placed {
  const bytes = 256 * 4
  const address = arena.allocate(bytes)
  const factor = Math.fround(scale[0]!)
  arena.f32(address, 256).forEach((_, byte, table) => (table[byte] = byte * factor))
  return {
    scale: address,
    shift: 0,
    release: () => {
      arena.release(address, bytes)
    },
  }
}

/** Where factors (or the table) and summands stand. */
interface Placed {
  scale: number
  shift: number
  release: () => void
}

/** Share of non-zero bytes up to which listing them is faster than multiplying all. */
const sparseShare = 0.5

/** Whether bytes with this preprocessing may be listed: a zero must stay zero, and a byte mean the same in all columns. */
export function isListable({ scale, shift }: Preprocessing): boolean {
  return scale.length === 1 && shift.every((value) => value === 0)
}

/**
 * Whether most inputs, as the first layer sees them, are exactly zero. Looks at some 32 rows.
 * @param growth how many times as many there will be.
 */
export function isSparse({ data, rows, columns }: Rows, preprocessing: Preprocessing, growth = 1): boolean {
  if (!(data instanceof Uint8Array) || !isListable(preprocessing)) return false
  const stride = Math.max(1, Math.floor(rows / 32))
  let nonZero = 0
  let count = 0
  for (let row = 0; row < rows; row += stride) {
    for (let at = row * columns; at < (row + 1) * columns; at++) nonZero += Number(data[at] !== 0)
    count += columns
  }
  return nonZero * growth <= sparseShare * count
}

/**
 * That the inputs, as the first layer sees them, are far from unit scale, in words; undefined when they are not. Looks at
 * up to 1,000 rows.
 */
export function farFromUnitScale(
  { data, rows, columns }: Rows,
  { scale, shift }: Preprocessing,
): string | undefined {
  const stride = Math.max(1, Math.floor(rows / 1000))
  let count = 0
  let squares = 0
  let largest = 0
  for (let row = 0; row < rows; row += stride) {
    for (let c = 0; c < columns; c++) {
      const value = data[row * columns + c]! * (scale[c] ?? scale[0]!) + (shift[c] ?? shift[0]!)
      squares += value * value
      largest = Math.max(largest, Math.abs(value))
      count++
    }
  }
  const size = Math.sqrt(squares / count)
  if (size <= 10 && largest <= 1000 && (size >= 1e-3 || largest === 0)) return undefined
  return (
    `the inputs are far from unit scale (root mean square ${size.toPrecision(3)}, largest magnitude ` +
    `${largest.toPrecision(3)})`
  )
}
