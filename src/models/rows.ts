// Choosing rows of samples and targets, as copies.
import { ArgumentError } from '../core/errors.js'
import { permutation, purposes } from '../core/philox.js'
import type { Rows } from '../core/tensor.js'
import type { EncodedTargets } from './targets.js'

/** Rows for training and for validation, each in ascending order. */
export function splitRows(rows: number, share: number, seed: number): [Uint32Array, Uint32Array] {
  const validation = Math.round(rows * share)
  if (!(share > 0 && share < 1) || validation === 0 || validation === rows) {
    throw new ArgumentError({
      rule: 'validationSplit is between 0 and 1 and leaves rows on both sides',
      received: `${String(share)} of ${String(rows)} rows`,
      remedy: 'use 0.1 for a tenth, or pass validationData',
    })
  }
  const order = permutation(rows, seed, purposes.split)
  return [order.slice(validation).sort(), order.slice(0, validation).sort()]
}

export function pickRows({ data, columns, sampleShape }: Rows, picked: Uint32Array): Rows {
  const size = picked.length * columns
  const out = data instanceof Uint8Array ? new Uint8Array(size) : new Float32Array(size)
  picked.forEach((row, i) => {
    out.set(data.subarray(row * columns, (row + 1) * columns), i * columns)
  })
  return { data: out, rows: picked.length, sampleShape, columns }
}

export function pickTargets(targets: EncodedTargets, picked: Uint32Array): EncodedTargets {
  const { columns } = targets
  if (targets.byClass) {
    return {
      byClass: true,
      data: Int32Array.from(picked, (row) => targets.data[row]!),
      rows: picked.length,
      columns,
    }
  }
  const data = new Float32Array(picked.length * columns)
  picked.forEach((row, i) => {
    data.set(targets.data.subarray(row * columns, (row + 1) * columns), i * columns)
  })
  return { byClass: false, data, rows: picked.length, columns }
}
