// A checkpoint as bytes and back: a model file (safetensors, loadable as a model) with the optimizer's state and the weights
// that callbacks keep as further tensors, the rest of the training's state as JSON in the metadata, and a checksum over
// all of it, so that no bit can be wrong unseen. Node only; files and directories are in checkpoint-directory.ts.
import { createHash } from 'node:crypto'
import { FormatError } from '../core/errors.js'
import type { NamedTensor } from '../core/tensor.js'
import type { CallbackMemory, Checkpoint, TrainingState } from '../core/training-state.js'
import { turn } from '../core/turn.js'
import { formatJson, parseJson } from './json.js'
import { checkpointPrefix, modelMetadata, modelOf } from './model.js'
import { decodeSafeTensors, encodeSafeTensors } from './safetensors.js'
import { requireTraining, spellNumbers } from './training-fields.js'

/** Version of what stands under `checkpoint` in the metadata; later releases read all earlier ones. */
export const checkpointVersion = 1

const blank = '0'.repeat(64)
const checksumKey = '"checksum":"'

/** @throws DataError for what JSON cannot hold in notes and callbacks' values; ShapeError for weights that do not fit. */
export function encodeCheckpoint({ model, slots, training }: Checkpoint): Uint8Array<ArrayBuffer> {
  const { callbacks, ...rest } = training
  const metadata = modelMetadata(model)
  const plain = {
    version: checkpointVersion,
    slots: slots.length,
    ...rest,
    callbacks: callbacks.map(({ name, values, weights }) => ({ name, values, weights: weights.length })),
  }
  metadata.set('checkpoint', formatJson(spellNumbers(plain), 'checkpoint'))
  metadata.set('checksum', blank)
  const tensors = [
    ...model.weights,
    ...slots.flatMap((slot, i) => prefixed(slot, slotPrefix(i))),
    ...callbacks.flatMap(({ weights }, i) => prefixed(weights, callbackPrefix(i))),
  ]
  const bytes = encodeSafeTensors({ tensors, metadata })
  const at = checksumPlace(bytes)
  bytes.set(new TextEncoder().encode(createHash('sha256').update(bytes).digest('hex')), at)
  return bytes
}

const slotPrefix = (i: number) => `${checkpointPrefix}slot_${String(i + 1)}:`
const callbackPrefix = (i: number) => `${checkpointPrefix}callback_${String(i + 1)}:`

function prefixed(tensors: readonly NamedTensor[], prefix: string): NamedTensor[] {
  return tensors.map((tensor) => ({ ...tensor, name: prefix + tensor.name }))
}

/**
 * The checkpoint in the bytes of a file.
 * @param file how messages name the file.
 * @throws FormatError for anything but a complete, unchanged checkpoint of a known version.
 */
export function decodeCheckpoint(bytes: Uint8Array, file: string): Checkpoint {
  const container = decodeSafeTensors(bytes, file)
  const { tensors, metadata } = container
  const text = metadata.get('checkpoint')
  if (text === undefined) {
    throw new FormatError({
      file,
      rule: 'a checkpoint holds the state of a training beside the model',
      received: 'a model, or a file of another program',
      remedy: 'pass a step-….safetensors of a checkpoint directory',
    })
  }
  requireChecksum(bytes, metadata.get('checksum'), file)
  const model = modelOf(container, file)
  const { slots: count, callbacks, ...rest } = requireTraining(parseJson(text, file, 'the checkpoint'), file)
  const withPrefix = (prefix: string) =>
    tensors
      .filter(({ name }) => name.startsWith(prefix))
      .map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length) }))
  const slots = Array.from({ length: count }, (_, i) => withPrefix(slotPrefix(i)))
  for (const slot of slots) requireLike(slot, model.weights, file)
  const memories = callbacks.map(({ name, values, weights: count }, i): CallbackMemory => {
    const weights = withPrefix(callbackPrefix(i))
    if (weights.length === count) return { name, values, weights }
    throw new FormatError({
      file,
      rule: `the callback ${name} has ${String(count)} tensors in the checkpoint`,
      received: String(weights.length),
      remedy: 'use an earlier checkpoint of the run',
    })
  })
  return { model, slots, training: { ...rest, callbacks: memories } satisfies TrainingState }
}

/** Where the digits of the checksum stand. In nested texts quotes are escaped, so the key is found nowhere else. */
function checksumPlace(bytes: Uint8Array): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(checksumKey)
  return at < 0 ? at : at + checksumKey.length
}

function requireChecksum(bytes: Uint8Array, checksum: string | undefined, file: string): void {
  const at = checksumPlace(bytes)
  if (at >= 0 && checksum?.length === blank.length) {
    const hash = createHash('sha256')
    hash.update(bytes.subarray(0, at)).update(blank)
    hash.update(bytes.subarray(at + blank.length))
    if (hash.digest('hex') === checksum) return
  }
  throw new FormatError({
    file,
    rule: 'a checkpoint is as it was written, by its checksum',
    received: checksum === undefined ? 'none' : 'another one',
    remedy: 'use an earlier checkpoint of the run',
  })
}

/** The optimizer's state has the names and shapes of the weights. */
function requireLike(slot: readonly NamedTensor[], weights: readonly NamedTensor[], file: string): void {
  const wrong = weights.find(({ name, shape }, i) => {
    const tensor = slot[i]
    return tensor?.name !== name || tensor.shape.join() !== shape.join()
  })
  if (wrong === undefined && slot.length === weights.length) return
  throw new FormatError({
    file,
    rule: "the optimizer's state has the names and shapes of the weights",
    received: wrong === undefined ? `${String(slot.length)} tensors` : `something else for ${wrong.name}`,
    remedy: 'use an earlier checkpoint of the run',
  })
}

/** SHA-256 of values and of a word that says how they are read. */
export function fingerprint(kind: string, { buffer, byteOffset, byteLength }: ArrayBufferView): string {
  const hash = createHash('sha256').update(`${kind}\n`)
  return hash.update(new Uint8Array(buffer, byteOffset, byteLength)).digest('hex')
}

/** Bytes that are hashed in one go, a few milliseconds. */
const hashedBytes = 8 << 20

/** SHA-256 of values and of a word before them, with turns of the event loop in between. */
export async function fingerprintInTurns(word: string, values: readonly ArrayBufferView[]): Promise<string> {
  const hash = createHash('sha256').update(`${word}\n`)
  for (const { buffer, byteOffset, byteLength } of values) {
    for (let at = 0; at < byteLength; at += hashedBytes) {
      hash.update(new Uint8Array(buffer, byteOffset + at, Math.min(hashedBytes, byteLength - at)))
      await turn()
    }
  }
  return hash.digest('hex')
}
