// Going on with a fit from a checkpoint: finding it, holding it against the fit that is asked for, and putting its state into
// the network. What would change the result is refused, by name; what can change the last bits is a warning.
import { ArgumentError, FormatError, LanewiseError } from '../core/errors.js'
import { given } from '../core/given.js'
import type { Json, JsonObject, ModelState } from '../core/state.js'
import type { DataIdentity, TrainingState } from '../core/training-state.js'
import { coreBinary } from '../core/wasm.js'
import { nameOf, type Callback } from './callbacks.js'
import { Checkpoints, type CheckpointOptions, type Found } from './checkpoints.js'
import type { FitData, FitOptions, Pair } from './fit-options.js'
import type { Kept } from './fit.js'
import type { Network } from './network.js'
import type { EncodedTargets } from './targets.js'

/**
 * The checkpoint that a fit shall go on from.
 * @param resume a file, a directory for the newest in it, or true for that of `checkpoints`, if there is one.
 * @throws NotFoundError, FormatError, ArgumentError
 */
export async function findCheckpoint(
  resume: string | boolean | undefined,
  checkpoints: CheckpointOptions | undefined,
  warn: (message: string) => void,
): Promise<Found | undefined> {
  if (resume === undefined || resume === false) return undefined
  const { checkpointSteps, readCheckpoint } = await import('../persist/checkpoint-directory.js')
  if (resume !== true) return readCheckpoint(resume, warn)
  const directory = checkpoints?.directory
  if (typeof directory !== 'string') {
    throw new ArgumentError({
      rule: 'resume: true goes on from the directory of checkpoints',
      received: 'a fit that has none',
      remedy: 'pass checkpoints: { directory }, or the path of a checkpoint as resume',
    })
  }
  return (await checkpointSteps(directory)).length === 0 ? undefined : readCheckpoint(directory, warn)
}

/** Identifies the data of a fit, and the engine. */
async function identityOf({ rows, targets, weights, held }: FitData, { engine }: Network): Promise<Identity> {
  const { fingerprint } = await import('../persist/checkpoint.js')
  const core = fingerprint('core', coreBinary(engine.numerics))
  const data: DataIdentity = {
    rows: rows.rows,
    columns: rows.columns,
    samples: fingerprint(rows.data instanceof Uint8Array ? 'u8' : 'f32', rows.data),
    targets: ofTargets(fingerprint, targets),
    ...(weights === undefined ? {} : { weights: fingerprint('weights', weights) }),
    ...(held === undefined ? {} : { validation: ofPair(fingerprint, held) }),
  }
  return { data, engine: { numerics: engine.numerics, core } }
}

/** Samples that come in chunks, as far as they are known before they are read. */
export interface ChunkData {
  /** Rows of all chunks, where that is known, and of a window. */
  rows: number | undefined
  window: number
  /** The first chunk. */
  first: Pair
  classWeight: FitOptions['classWeight']
  held: Pair | undefined
}

/** Identifies the kind of data that come in chunks: what is in them shows when they are read. */
async function identityOfChunks(
  { rows, first, classWeight, held }: ChunkData,
  { engine }: Network,
): Promise<Identity> {
  const { fingerprint } = await import('../persist/checkpoint.js')
  const { targets } = first
  const data: DataIdentity = {
    rows: rows ?? 0,
    columns: first.rows.columns,
    samples: `chunks of ${first.rows.data instanceof Uint8Array ? 'u8' : 'f32'}`,
    targets: `chunks of ${targets.byClass ? 'classes' : 'rows'} ${String(targets.columns)}`,
    ...(classWeight === undefined
      ? {}
      : { weights: fingerprint('class weights', new TextEncoder().encode(textOf(classWeight))) }),
    ...(held === undefined ? {} : { validation: ofPair(fingerprint, held) }),
  }
  return {
    data,
    engine: { numerics: engine.numerics, core: fingerprint('core', coreBinary(engine.numerics)) },
  }
}

/** SHA-256 of the rows of a window and of what was read before it. */
export async function readOn(before: string, { rows, targets }: Pair): Promise<string> {
  const { fingerprintInTurns } = await import('../persist/checkpoint.js')
  return fingerprintInTurns(`${before} ${String(rows.rows)}`, [rows.data, targets.data])
}

type Identity = Pick<TrainingState, 'data' | 'engine'>
type Fingerprint = typeof import('../persist/checkpoint.js').fingerprint

function ofTargets(fingerprint: Fingerprint, { byClass, columns, data }: EncodedTargets): string {
  return fingerprint(`${byClass ? 'classes' : 'rows'} ${String(columns)}`, data)
}

function ofPair(fingerprint: Fingerprint, { rows, targets }: Pair): string {
  return fingerprint(`${String(rows.columns)} ${ofTargets(fingerprint, targets)}`, rows.data)
}

/** What a fit has settled when its checkpoints are opened. */
interface Settled {
  network: Network
  /** The model as it would be saved. */
  state: () => ModelState
  callbacks: readonly Callback[]
  /** The model's counters; those of the checkpoint when it returns. */
  trained: { steps: number; epochs: number }
  found: Found | undefined
  options: CheckpointOptions | undefined
  epochs: number
  batchSize: number
  shuffle: boolean
  warn: (message: string) => void
}

/**
 * Opens the checkpoints of a fit, and puts the state of the one that it goes on from into the network.
 * @throws ArgumentError for what would make it another training; FormatError for a state that does not fit the network.
 */
export async function openCheckpoints(settled: Settled & { data: FitData }): Promise<Kept> {
  const { network, found, data } = settled
  const { rows } = data.rows
  const batchSize = Math.min(settled.batchSize, rows)
  const identity = await identityOf(data, network)
  if (found !== undefined)
    requireFit(found, { ...settled, ...identity, batchSize, stepsPerEpoch: Math.ceil(rows / batchSize) })
  return begin(settled, identity)
}

/** What a fit on chunks goes on from, held against it, and what puts it into the network. */
export interface StreamKept {
  resumed: TrainingState | undefined
  /** Names the checkpoint that the fit goes on from. */
  file: string
  /** Call once the chunks are found to be those of the checkpoint. */
  begin: () => Promise<Kept>
}

/** The checkpoints of a fit on chunks. @throws as `openCheckpoints`; so does `begin` for a state that does not fit the network. */
export async function openStreamCheckpoints(settled: Settled & { data: ChunkData }): Promise<StreamKept> {
  const { network, found, data, batchSize } = settled
  const identity = await identityOfChunks(data, network)
  if (found !== undefined) {
    const stepsPerEpoch = stepsOfChunks(data.rows, batchSize)
    requireFit(found, { ...settled, ...identity, stepsPerEpoch, window: data.window })
  }
  return {
    resumed: found?.checkpoint.training,
    file: found?.file ?? '',
    begin: () => begin(settled, identity),
  }
}

/** An estimate, as checkpoints tell it. */
export function stepsOfChunks(rows: number | undefined, batchSize: number): number {
  return Math.max(1, Math.ceil((rows ?? 0) / batchSize))
}

function requireFit(
  found: Found,
  settled: Settled & Identity & Pick<Asked, 'stepsPerEpoch' | 'window'>,
): void {
  const { epochs, batchSize, shuffle, stepsPerEpoch, window, data, engine, state, callbacks, warn } = settled
  const remembering = callbacks.filter(({ state }) => state !== undefined)
  const asked: Asked = {
    ...{ epochs, batchSize, shuffle, stepsPerEpoch, data, engine },
    ...given({ window }),
    model: state(),
    callbacks: remembering.map(nameOf),
  }
  requireSame(found, asked, warn)
}

async function begin({ network, found, options, trained, warn }: Settled, identity: Identity): Promise<Kept> {
  if (found !== undefined) restore(network, found)
  const checkpoints = options && (await Checkpoints.open(options, found, warn))
  const resumed = found?.checkpoint.training
  if (resumed !== undefined) {
    const { first, next, stepsPerEpoch, stream } = resumed
    const steps = stream?.steps ?? (next.epoch - first.epoch) * stepsPerEpoch + next.step
    trained.epochs = next.epoch
    trained.steps = first.step + steps
  }
  return { checkpoints, identity, resumed }
}

/** What has to be the same in the fit that goes on. */
interface Asked {
  model: ModelState
  epochs: number
  batchSize: number
  shuffle: boolean
  stepsPerEpoch: number
  /** Rows of a window, of chunks. */
  window?: number
  data: DataIdentity
  callbacks: readonly string[]
  engine: TrainingState['engine']
}

/**
 * Holds a checkpoint against the fit that is asked for.
 * @throws ArgumentError naming what would make it another training; FormatError for counters that cannot be.
 */
function requireSame({ checkpoint, file }: Found, asked: Asked, warn: (message: string) => void): void {
  const { model, training } = checkpoint
  const same = (what: string, before: unknown, now: unknown) => {
    if (textOf(before) === textOf(now)) return
    refuse(file, `has the same ${what}`, `${short(now)} where the checkpoint has ${short(before)}`)
  }
  for (const name of ['seed', 'optimizer', 'loss', 'augment'] as const) {
    same(name, model.settings[name], asked.model.settings[name])
  }
  same('layers', model.architecture, asked.model.architecture)
  same('batch size', training.batchSize, asked.batchSize)
  same('shuffle', training.shuffle, asked.shuffle)
  same('preprocessing', model.preprocessing, asked.model.preprocessing)
  same(
    'callbacks that remember something',
    training.callbacks.map(({ name }) => name),
    asked.callbacks,
  )
  const form = (window: number | undefined) => (window === undefined ? 'rows at once' : 'chunks')
  same('form of training data', form(training.stream?.window), form(asked.window))
  same('window', training.stream?.window, asked.window)
  const { validation: validationBefore, ...before } = training.data
  const { validation: validationNow, ...now } = asked.data
  for (const part of ['rows', 'columns', 'samples', 'targets', 'weights'] as const) {
    if (before[part] !== now[part]) refuse(file, 'is on the same training data', `other ${part}`)
  }
  if (validationBefore !== validationNow) {
    warn('the validation data are not those of the checkpoint: what follows from them may differ')
  }
  if (training.stepsPerEpoch !== asked.stepsPerEpoch)
    refuse(file, 'has the same steps an epoch', String(asked.stepsPerEpoch))
  requireEpochs(training, asked.epochs, file)
  if (asked.epochs !== training.epochs && isScheduled(model)) {
    warn(
      `the schedule of the learning rate spans ${String(asked.epochs)} epochs from here on; it was made for ${String(training.epochs)}`,
    )
  }
  requireEngine(training.engine, asked, warn)
}

/** @throws ArgumentError that a fit cannot go on from a checkpoint. */
export function refuse(file: string, rule: string, received: string): never {
  throw new ArgumentError({
    rule: `a fit that goes on from ${file} ${rule}`,
    received,
    remedy:
      'use the settings of the first fit; for another training load the checkpoint as a model and fit that without resume',
  })
}

function requireEpochs(
  { first, next, epochs: planned, stream }: TrainingState,
  epochs: number,
  file: string,
): void {
  const begun = next.epoch - first.epoch + Number(next.step > 0 || (stream?.done ?? 0) > 0)
  if (epochs >= begun) return
  refuse(
    file,
    `has at least the ${String(begun)} epochs that were begun (of ${String(planned)})`,
    String(epochs),
  )
}

/** Whether the learning rate hangs on the step. */
function isScheduled({ settings }: ModelState): boolean {
  const { optimizer } = settings
  const rate = isPlain(optimizer) ? optimizer['learningRate'] : undefined
  return isPlain(rate) && rate['type'] !== 'constant'
}

function isPlain(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function requireEngine(
  { numerics, core }: TrainingState['engine'],
  { engine, model }: Asked,
  warn: (message: string) => void,
): void {
  const wanted = model.settings['numerics']
  if (numerics !== engine.numerics) {
    const remedy =
      numerics === 'strict' && wanted === 'fast' ? "; compile with numerics: 'strict' for the same bits" : ''
    warn(
      `the training began with ${numerics} numerics and goes on with ${engine.numerics}: its last bits will differ from those ` +
        `of a training that was not interrupted${remedy}`,
    )
  } else if (core !== engine.core) {
    warn('the checkpoint was written by another build of the numerical core: last bits may differ')
  }
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (Object.is(inner, -0) ? '-0' : inner))
}

function short(value: unknown): string {
  const text = textOf(value) as string | undefined
  if (text === undefined) return 'none'
  return text.length > 160 ? `${text.slice(0, 157)}...` : text
}

/**
 * Puts weights and optimizer state into the network.
 * @throws FormatError where they do not fit it.
 */
function restore(network: Network, { checkpoint, file }: Found): void {
  const { model, slots } = checkpoint
  const { store } = network
  const fail = (received: string, cause?: unknown): never => {
    throw new FormatError({
      file,
      rule: 'the state in a checkpoint fits its layers and optimizer',
      received,
      remedy: 'use an earlier checkpoint of the run',
      cause,
    })
  }
  if (slots.length !== store.slotCount) fail(`${String(slots.length)} states a weight`)
  model.weights.forEach(({ name }, i) => {
    if (store.parameters[i]?.name !== name) fail(`a weight named ${JSON.stringify(name)}`)
  })
  try {
    network.setWeights(model.weights)
    slots.forEach((slot, s) => {
      store.parameters.forEach((parameter, i) => {
        store.write(parameter, slot[i]!.data, s)
      })
    })
  } catch (error) {
    if (error instanceof LanewiseError) fail(error.received ?? error.message, error)
    throw error
  }
}
