// Rows as training would see them: the core's augmentation on a batch by itself, for looking at it or for keeping the result.
import { placeAugmentation } from '../core/augmentation.js'
import { Arena } from '../core/arena.js'
import { prepareCore } from '../core/bytes.js'
import { ArgumentError } from '../core/errors.js'
import { pairBytes } from '../core/operations.js'
import { philox4x32, purposes, seedWords } from '../core/philox.js'
import { toRows, type Samples, type Tensor } from '../core/tensor.js'
import { coreModule, instantiateCore } from '../core/wasm.js'
import { augmentationFrom, pictureShape, type AugmentationSpec } from './augmentation.js'

export { prepareCore }

export interface AugmentRowsOptions {
  /** Integer from 0 to 2^53 - 1; default 1. */
  seed?: number
  /** The training step, from 0, below 2^32; default 0. */
  step?: number
}

/** What augmentRows in augment.ts does, once the core is there. */
export function augmentRows(
  x: Samples,
  spec: AugmentationSpec,
  { seed = 1, step = 0 }: AugmentRowsOptions = {},
): Tensor<Uint8Array | Float32Array> {
  const { data, rows, columns, sampleShape } = toRows(x, 'x')
  const shape = [rows, ...sampleShape]
  const settled = augmentationFrom(spec)
  if (!Number.isInteger(step) || step < 0 || step >= 2 ** 32) {
    throw new ArgumentError({
      rule: 'a step is an integer from 0 to 2^32 - 1',
      received: String(step),
      remedy: 'count from 0',
    })
  }
  const [keyA, keyB] = philox4x32([0, 0, step, purposes.augmentation], seedWords(seed))
  if (settled === undefined) return { data: data.slice(), shape }

  const isBytes = data instanceof Uint8Array
  const { mixup } = settled.changes
  const size = data.byteLength
  const rowBytes = size / rows
  const arena = new Arena(3 * size + rows * pairBytes, false)
  const core = instantiateCore(coreModule('strict', false), arena.memory)
  const { spec: place, scratchBytes } = placeAugmentation(
    arena,
    settled.changes,
    pictureShape(settled, sampleShape),
    isBytes,
  )
  const [from, to, scratch] = [arena.allocate(size), arena.allocate(size), arena.allocate(scratchBytes)]
  const view = (at: number) => (isBytes ? arena.u8(at, data.length) : arena.f32(at, data.length))
  view(from).set(data)
  for (let row = 0; row < rows; row++) {
    const at = row * rowBytes
    core.augmentPicture(to + at, place, from + at, Number(isBytes), row, keyA, keyB, scratch)
  }
  if (mixup === undefined) return { data: view(to).slice(), shape }

  const pairs = arena.allocate(rows * pairBytes)
  core.drawPairs(pairs, rows, 1 / mixup.alpha, keyA, keyB)
  const partners = arena.i32(pairs, (rows * pairBytes) / 4)
  const shares = arena.f32(pairs, (rows * pairBytes) / 4)
  const mix = isBytes ? core.mixBytes : core.mixFloats
  for (let row = 0; row < rows; row++) {
    const word = (row * pairBytes) / 4
    mix(
      from + row * rowBytes,
      to + row * rowBytes,
      to + partners[word]! * rowBytes,
      columns,
      shares[word + 1]!,
    )
  }
  return { data: view(from).slice(), shape }
}
