// Checks that the JSON of a checkpoint has the form of a `TrainingState`, field by field, and writes numbers that JSON lacks:
// NaN and infinities as the texts `#NaN`, `#Infinity` and `#-Infinity`; a text that begins with # gets another one.
import { FormatError } from '../core/errors.js'
import type { Json, JsonObject } from '../core/state.js'
import type { DataIdentity, EpochSums, StreamPlace, TrainingState } from '../core/training-state.js'
import { requireObject } from './fields.js'
import { describe, isPlainObject, requireTame } from './json.js'

/** What the JSON holds: weights of callbacks and the optimizer's state are tensors beside it. */
export type TrainingFields = Omit<TrainingState, 'callbacks'> & {
  slots: number
  callbacks: { name: string; values: JsonObject; weights: number }[]
}

/** A copy in which numbers that are not finite are texts. */
export function spellNumbers(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return `#${String(value)}`
  if (typeof value === 'string' && value.startsWith('#')) return `#${value}`
  if (Array.isArray(value)) return value.map(spellNumbers)
  if (!isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spellNumbers(inner)]))
}

function readNumbers(value: Json): Json {
  if (typeof value === 'string' && value.startsWith('#')) {
    return value.startsWith('##') ? value.slice(1) : Number(value.slice(1))
  }
  if (Array.isArray(value)) return value.map(readNumbers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readNumbers(inner)]))
}

/** @throws FormatError naming the first field that is missing or of another form. */
export function requireTraining(parsed: unknown, file: string): TrainingFields {
  const fields = requireObject(readNumbers(requireTame(parsed, file, 'checkpoint')), file, 'checkpoint')
  if (fields['version'] !== 1) {
    throw new FormatError({
      file,
      rule: "the version of the checkpoint's format is 1",
      received: describe(fields['version']),
      remedy: 'install a newer release of lanewise if the file was written by one',
    })
  }
  const read = new Reader(file, 'checkpoint', fields)
  const { ended, stream } = fields
  const state: TrainingFields = {
    slots: read.count('slots', 0, 2),
    epochs: read.count('epochs', 1),
    batchSize: read.count('batchSize', 1),
    shuffle: read.flag('shuffle'),
    stepsPerEpoch: read.count('stepsPerEpoch', 1),
    first: counters(read.object('first')),
    next: counters(read.object('next')),
    rate: { factor: read.object('rate').number('factor'), last: read.object('rate').number('last') },
    sums: sumsOf(read.object('sums')),
    ...(stream === undefined ? {} : { stream: streamOf(read.object('stream')) }),
    watch: watchOf(read.object('watch')),
    history: read.list('history', (entry) => historyOf(entry)),
    ...(ended === undefined ? {} : { ended: read.oneOf('ended', ['epochs', 'earlyStopping', 'callback']) }),
    callbacks: read.list('callbacks', (entry) => ({
      name: entry.text('name'),
      values: entry.object('values').value,
      weights: entry.count('weights', 0),
    })),
    best: read.object('best').value,
    data: dataOf(read.object('data')),
    engine: {
      numerics: read.object('engine').oneOf('numerics', ['strict', 'fast']),
      core: read.object('engine').text('core'),
    },
    note: read.object('note').value,
  }
  requirePlace(state, file)
  return state
}

/** Counters tell one place: within the fit, and with a history of as many epochs as are done. */
function requirePlace(
  { first, next, stepsPerEpoch, history, epochs, stream }: TrainingFields,
  file: string,
): void {
  const done = next.epoch - first.epoch
  const ended = done === epochs && next.step === 0 && (stream?.done ?? 0) === 0
  // Of chunks the steps of an epoch are an estimate: counters are held against each other instead.
  const inEpoch =
    stream === undefined
      ? next.step < stepsPerEpoch
      : stream.done <= stream.windows && stream.sums.steps + next.step <= stream.steps
  const within = done < epochs ? inEpoch : ended
  if (done >= 0 && within && history.length === done) return
  throw new FormatError({
    file,
    rule: 'the counters of a checkpoint fit each other',
    received: `epoch ${String(done)}, step ${String(next.step)} with ${String(history.length)} epochs of history`,
    remedy: 'use an earlier checkpoint of the run',
  })
}

function counters(read: Reader): { epoch: number; step: number } {
  return { epoch: read.count('epoch', 0), step: read.count('step', 0) }
}

function sumsOf(read: Reader): EpochSums {
  const threads = read.value['threads']
  const valid =
    Array.isArray(threads) &&
    threads.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(Number.isSafeInteger))
  if (!valid) read.fail('threads', 'a list of pairs of integers')
  return {
    loss: read.number('loss'),
    score: read.number('score'),
    weight: read.number('weight'),
    rows: read.count('rows', 0),
    seconds: read.number('seconds'),
    threads: threads as [number, number][],
  }
}

function streamOf(read: Reader): StreamPlace {
  const sums = read.object('sums')
  return {
    window: read.count('window', 1),
    windows: read.count('windows', 0),
    done: read.count('done', 0),
    steps: read.count('steps', 0),
    sums: {
      rows: sums.count('rows', 0),
      steps: sums.count('steps', 0),
      loss: sums.number('loss'),
      accuracy: sums.number('accuracy'),
      seconds: sums.number('seconds'),
      ...(sums.value['last'] === undefined ? {} : { last: historyOf(sums.object('last')) }),
    },
    read: read.text('read'),
    first: read.text('first'),
  }
}

function watchOf(read: Reader): TrainingState['watch'] {
  const reference = read.value['reference'] === undefined ? {} : { reference: read.number('reference') }
  return { ...reference, streak: read.count('streak', 0) }
}

function historyOf(read: Reader): JsonObject {
  read.count('epoch', 1)
  for (const name of ['loss', 'learningRate', 'seconds', 'samplesPerSecond', 'threads']) read.number(name)
  for (const name of ['accuracy', 'validationLoss', 'validationAccuracy', 'gradientNorm']) {
    if (read.value[name] !== undefined) read.number(name)
  }
  return read.value
}

function dataOf(read: Reader): DataIdentity {
  const optional = (name: 'weights' | 'validation') =>
    read.value[name] === undefined ? {} : { [name]: read.text(name) }
  return {
    rows: read.count('rows', 0),
    columns: read.count('columns', 1),
    samples: read.text('samples'),
    targets: read.text('targets'),
    ...optional('weights'),
    ...optional('validation'),
  }
}

/** Reads the fields of one object, and says which is wrong. */
class Reader {
  constructor(
    private readonly file: string,
    private readonly where: string,
    readonly value: JsonObject,
  ) {}

  count(name: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.own(name)
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most)
      return value as number
    return this.fail(name, `an integer of at least ${String(least)}`)
  }

  number(name: string): number {
    const value = this.own(name)
    return typeof value === 'number' ? value : this.fail(name, 'a number')
  }

  flag(name: string): boolean {
    const value = this.own(name)
    return typeof value === 'boolean' ? value : this.fail(name, 'true or false')
  }

  text(name: string): string {
    const value = this.own(name)
    return typeof value === 'string' ? value : this.fail(name, 'text')
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const found = allowed.find((word) => word === this.own(name))
    return found ?? this.fail(name, `one of ${allowed.join(', ')}`)
  }

  object(name: string): Reader {
    const value = this.own(name)
    if (isPlainObject(value)) return new Reader(this.file, `${this.where}.${name}`, value)
    return this.fail(name, 'an object')
  }

  list<T>(name: string, read: (entry: Reader) => T): T[] {
    const value = this.own(name)
    if (!Array.isArray(value)) return this.fail(name, 'a list')
    const where = `${this.where}.${name}`
    return value.map((entry) => {
      return isPlainObject(entry)
        ? read(new Reader(this.file, where, entry))
        : this.fail(name, 'a list of objects')
    })
  }

  /** @throws FormatError */
  fail(name: string, rule: string): never {
    throw new FormatError({
      file: this.file,
      rule: `${this.where}.${name} is ${rule}`,
      received: describe(this.own(name)),
      remedy: 'use an earlier checkpoint of the run',
    })
  }

  private own(name: string): Json | undefined {
    return Object.hasOwn(this.value, name) ? this.value[name] : undefined
  }
}
