import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LanewiseError } from '../../src/core/errors.js'
import type { Json } from '../../src/core/state.js'
import type { Checkpoint } from '../../src/core/training-state.js'
import { dense, dropout, earlyStopping, Sequential } from '../../src/index.js'
import { decodeCheckpoint, encodeCheckpoint } from '../../src/persist/checkpoint.js'
import { readCheckpoint } from '../../src/persist/checkpoint-directory.js'
import { decodeModel } from '../../src/persist/model.js'
import { decodeSafeTensors, encodeSafeTensors } from '../../src/persist/safetensors.js'
import { bitsOf, expectSame, randomState, seeded } from './states.js'

const x = { data: Float32Array.from({ length: 40 * 6 }, (_, i) => Math.sin(i * i)), shape: [40, 6] }
const y = Array.from({ length: 40 }, (_, i) => i % 3)

let folder = ''
/** A checkpoint in the middle of an epoch, of a fit with early stopping; and the weights at its end. */
let checkpoint: Checkpoint
let bytes: Uint8Array
let finished: number[][]

async function make(): Promise<Sequential> {
  const model = new Sequential([
    dense(5, { activation: 'tanh' }),
    dropout(0.2),
    dense(3, { activation: 'softmax' }),
  ])
  await model.compile({ loss: 'crossentropy', seed: 3, threads: 1, numerics: 'strict' })
  model.onWarning = () => undefined
  return model
}
const weightsOf = (model: Sequential) => model.weights().map(({ data }) => bitsOf(data))
const resume = async (file: string) => {
  const model = await make()
  await model.fit(x, y, { resume: file, callbacks: [earlyStopping()] })
  return weightsOf(model)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lanewise-checkpoint-'))
  const model = await make()
  await model.fit(x, y, {
    epochs: 4,
    batchSize: 7,
    callbacks: [earlyStopping()],
    checkpoints: { directory: folder, everySteps: 1, keep: 99, note: { __proto__: null, mine: ['#NaN', 1] } },
  })
  finished = weightsOf(model)
  ;({ checkpoint } = await readCheckpoint(join(folder, 'step-0000000010.safetensors'), () => undefined))
  bytes = encodeCheckpoint(checkpoint)
})
afterAll(() => rm(folder, { recursive: true }))

describe('a checkpoint', () => {
  it('comes back with every bit, numbers that JSON lacks too', () => {
    const { model, slots, training } = checkpoint
    const odd: Checkpoint = {
      model: randomState(7),
      slots: [0, 1].map(() => randomState(7).weights.map((w) => ({ ...w, data: w.data.map(() => NaN) }))),
      training: {
        ...training,
        rate: { factor: 0.1, last: -0 },
        sums: { ...training.sums, loss: Infinity, score: NaN },
        note: { text: '#Infinity', nested: [{ '##': '##' }], low: -Infinity },
      },
    }
    const again = decodeCheckpoint(encodeCheckpoint(odd), 'odd')
    expectSame(again.model, odd.model)
    expect(again.slots).toEqual(odd.slots)
    expect(again.training).toEqual(odd.training)
    expect(Object.is(again.training.rate.last, -0)).toBe(true)
    expect(decodeCheckpoint(bytes, 'file')).toEqual({ model, slots, training })
  })

  it('is a model file', () => {
    expectSame(decodeModel(bytes, 'file'), checkpoint.model)
  })

  it('goes on to the end of the run', async () => {
    expect(await resume(join(folder, 'step-0000000010.safetensors'))).toEqual(finished)
  })

  it('is told from a model', () => {
    const { tensors, metadata } = decodeSafeTensors(bytes, 'file')
    metadata.delete('checkpoint')
    const model = encodeSafeTensors({ tensors, metadata })
    expect(() => decodeCheckpoint(model, 'f')).toThrow(
      /the state of a training beside the model; received a model/,
    )
  })
})

/** Runs `attempt`; an error must be one of ours. @returns its result, or undefined. */
function orTyped<T>(attempt: () => T): T | undefined {
  try {
    return attempt()
  } catch (error) {
    if (!(error instanceof LanewiseError)) throw error
    return undefined
  }
}

describe('a damaged checkpoint', () => {
  it('is refused, or the same: 1,000 changes of bytes', () => {
    const next = seeded(1)
    const below = (n: number) => next() % n
    let refused = 0
    for (let i = 0; i < 1000; i++) {
      let damaged = Uint8Array.from(bytes)
      const at = below(4) === 0 ? below(bytes.length) : below(5000)
      const kind = below(5)
      if (kind === 0) damaged[at] = below(256)
      if (kind === 1) damaged[at]! ^= 1 << below(8)
      if (kind === 2) damaged = damaged.subarray(0, at)
      if (kind === 3) damaged = Uint8Array.of(...damaged.subarray(0, at), below(256), ...damaged.subarray(at))
      if (kind === 4) damaged.copyWithin(at, below(bytes.length), below(bytes.length))
      const read = orTyped(() => decodeCheckpoint(damaged, 'damaged'))
      if (read === undefined) refused++
      else expect(read).toEqual(checkpoint)
    }
    expect(refused).toBeGreaterThan(800)
  })

  /** The checkpoint with its JSON and tensors changed, under a right checksum: as by someone who means harm. */
  function forge(change: (training: Record<string, Json>, tensors: { name: string }[]) => void): Uint8Array {
    const { tensors, metadata } = decodeSafeTensors(bytes, 'file')
    const training = JSON.parse(metadata.get('checkpoint')!) as Record<string, Json>
    change(training, tensors)
    return seal(tensors, metadata.set('checkpoint', JSON.stringify(training)))
  }

  function seal(tensors: ReturnType<typeof decodeSafeTensors>['tensors'], metadata: Map<string, string>) {
    const { createHash } = process.getBuiltinModule('node:crypto')
    const blank = '0'.repeat(64)
    const file = encodeSafeTensors({ tensors, metadata: metadata.set('checksum', blank) })
    const at = Buffer.from(file).indexOf('"checksum":"') + 12
    file.set(Buffer.from(createHash('sha256').update(file).digest('hex')), at)
    return file
  }

  const hostile: Json[] = [
    null,
    true,
    -1,
    0,
    1,
    0.5,
    2 ** 53,
    1e308,
    '',
    'text',
    '#NaN',
    '#Infinity',
    '##',
    '__proto__',
    [],
    [1],
    [[1, 2]],
    {},
    { __proto__: 1 },
    JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}') as Json,
    Array(10).fill({}) as Json[],
  ]

  /** Puts a hostile value somewhere into `value`, or takes something out. */
  function spoil(value: Json, next: () => number): Json {
    const inner = typeof value === 'object' && value !== null && next() % 4 !== 0
    if (!inner) return structuredClone(hostile[next() % hostile.length]!)
    const keys = Object.keys(value)
    if (keys.length === 0) return structuredClone(hostile[next() % hostile.length]!)
    const key = keys[next() % keys.length]!
    const object = value as Record<string, Json>
    if (next() % 6 === 0) Reflect.deleteProperty(object, key)
    else object[key] = spoil(object[key]!, next)
    return value
  }

  it('with a right checksum is refused by a typed error, or trains to an end: 1,000 forgeries', async () => {
    const next = seeded(2)
    const file = join(folder, 'forged.safetensors')
    let read = 0
    let trained = 0
    for (let i = 0; i < 1000; i++) {
      const forged = forge((training, tensors) => {
        const kind = next() % 8
        if (kind === 0) tensors.splice(next() % tensors.length, 1)
        else if (kind === 1) tensors.splice(0, 0, ...tensors.splice(next() % tensors.length, 1))
        else spoil(training, next)
      })
      if (orTyped(() => decodeCheckpoint(forged, file)) === undefined) continue
      read++
      await writeFile(file, forged)
      await resume(file).then(
        () => trained++,
        (error: unknown) => {
          expect(error).toBeInstanceOf(LanewiseError)
        },
      )
    }
    expect(read).toBeGreaterThan(50)
    expect(trained).toBeGreaterThan(20)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it.each<[string, (training: Record<string, Json>, tensors: { name: string }[]) => void, RegExp]>([
    ['another version', (t) => (t['version'] = 2), /version of the checkpoint's format is 1; received 2/],
    ['a field less', (t) => delete t['sums'], /checkpoint.sums is an object; received nothing/],
    [
      'a place beyond the run',
      (t) => (t['next'] = { epoch: 9, step: 0 }),
      /counters of a checkpoint fit each other/,
    ],
    [
      'a negative step',
      (t) => (t['next'] = { epoch: 1, step: -1 }),
      /checkpoint.next.step is an integer of at least 0/,
    ],
    ['a step beyond the epoch', (t) => (t['next'] = { epoch: 1, step: 6 }), /epoch 1, step 6 with 1 epochs/],
    ['a history that is none', (t) => (t['history'] = [1]), /checkpoint.history is a list of objects/],
    [
      'figures that are texts',
      (t) => ((t['history'] as { loss: Json }[])[0]!.loss = 'x'),
      /history.loss is a number/,
    ],
    ['three slots', (t) => (t['slots'] = 3), /checkpoint.slots is an integer/],
    ['a slot less', (t) => (t['slots'] = 1), /2 states|1 states a weight|fits its layers/],
    [
      'a tensor less',
      (_, tensors) => tensors.splice(-3, 1),
      /earlyStopping has 4 tensors in the checkpoint; received 3/,
    ],
  ])('is refused for %s', async (_, change, message) => {
    const file = join(folder, 'one.safetensors')
    await writeFile(
      file,
      forge((training, tensors) => void change(training, tensors)),
    )
    const refused = resume(file)
    await expect(refused).rejects.toThrow(LanewiseError)
    await expect(refused).rejects.toThrow(message)
  })
})
