// Whether a value that was read from a file is the record of a run: its form only, named by the path of what is wrong.
import { ReportError } from './error.js'
import { plain } from './text.js'
import type { RunRecord } from './run.js'

type Check = (value: unknown, path: string) => void

const number = checked('a finite number', (value) => typeof value === 'number' && Number.isFinite(value))
const text = checked('text', (value) => typeof value === 'string')
const whole = checked(
  'an integer of at least 0',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
)
const label = checked('a number or text', (value) => typeof value === 'string' || Number.isFinite(value))
/** A figure over data may be undefined mathematically, which JSON writes as null. */
const score = checked('a number', (value) => typeof value === 'number' || value === null)
const date = checked(
  'a date of ISO 8601',
  (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
)
const task = checked(
  'classification or regression',
  (value) => value === 'classification' || value === 'regression',
)

const pair = listOf(number, 2)
const names = listOf(listOf(text, 2))
const namedFigures = listOf(shape({ name: text, value: score }))
const histogram = shape({ low: number, high: number, counts: listOf(whole) })
const distribution = shape(
  { name: text, histogram, mean: number, deviation: number },
  { deadUnits: whole, units: whole },
)
const picture = shape({ height: whole, width: whole, channels: whole, data: text })
const curves = listOf(shape({ name: text, area: number, points: listOf(pair) }))
const classFigures = listOf(shape({ label, precision: score, recall: score, f1: score, support: whole }))
const figures = shape(
  { loss: score },
  {
    accuracy: score,
    precision: score,
    recall: score,
    f1: score,
    mse: score,
    rmse: score,
    mae: score,
    r2: score,
    perClass: classFigures,
  },
)
const optionalNumbers = { accuracy: number, validationLoss: number, validationAccuracy: number }
const epoch = shape(
  { epoch: whole, loss: number },
  {
    ...optionalNumbers,
    learningRate: number,
    gradientNorm: number,
    layers: listOf(shape({ layer: text, gradientNorm: number })),
    seconds: number,
    samplesPerSecond: number,
  },
)
const mistake = shape(
  { row: whole, actual: label, predicted: label, confidence: number, actualProbability: number },
  { picture },
)

const run = shape(
  {
    title: text,
    created: date,
    command: text,
    task,
    data: shape(
      { name: text, trainRows: whole, validationRows: whole, testRows: whole, sampleShape: listOf(whole) },
      { source: text, classCounts: listOf(shape({ label, rows: whole })) },
    ),
    model: shape({
      name: text,
      parameters: whole,
      inputShape: listOf(whole),
      layers: listOf(shape({ name: text, kind: text, outputShape: listOf(whole), parameters: whole })),
    }),
    settings: names,
    history: shape(
      { epochs: listOf(epoch), stoppedBy: text, lossTitle: text },
      { slices: listOf(shape({ at: number, loss: number }, { accuracy: number, learningRate: number })) },
    ),
    figures: shape({ train: figures, test: figures }, { validation: figures }),
    weights: listOf(distribution),
    activations: listOf(distribution),
    hints: listOf(shape({ message: text }, { remedy: text })),
    timing: listOf((value, path) => {
      const [what, seconds] = requireList(value, path)
      text(what, `${path}[0]`)
      number(seconds, `${path}[1]`)
    }),
    samplesPerSecond: number,
    environment: names,
  },
  {
    intervals: (value, path) => {
      for (const [name, interval] of Object.entries(requireObject(value, path)))
        pair(interval, `${path}.${name}`)
    },
    classification: shape(
      {
        classes: listOf(label),
        confusion: listOf(listOf(whole)),
        mistakes: listOf(mistake),
        mistakeCount: whole,
      },
      {
        roc: curves,
        precisionRecall: curves,
        calibration: shape({
          bins: listOf(shape({ predicted: number, observed: number, rows: whole })),
          expectedError: number,
        }),
        curveRows: whole,
        more: namedFigures,
      },
    ),
    regression: shape(
      {
        target: text,
        points: listOf(pair),
        count: whole,
        residuals: histogram,
        worst: listOf(shape({ row: whole, actual: number, predicted: number })),
      },
      { more: namedFigures },
    ),
    firstLayer: shape({ height: whole, width: whole, channels: whole, units: whole, pictures: listOf(text) }),
  },
)

/** @throws ReportError unless `value` has the form of a run's record; the message names the first part that has not. */
export function requireRun(value: unknown): asserts value is RunRecord {
  run(value, 'the record')
}

function checked(rule: string, holds: (value: unknown) => boolean): Check {
  return (value, path) => {
    if (!holds(value)) fail(`${path} is ${rule}`, value)
  }
}

function listOf(item: Check, length?: number): Check {
  return (value, path) => {
    const list = requireList(value, path)
    if (length !== undefined && list.length !== length) fail(`${path} has ${String(length)} entries`, value)
    list.forEach((one, i) => {
      item(one, `${path}[${String(i)}]`)
    })
  }
}

function shape(needed: Record<string, Check>, optional: Record<string, Check> = {}): Check {
  return (value, path) => {
    const object = requireObject(value, path)
    for (const [key, check] of Object.entries(needed)) check(object[key], `${path}.${key}`)
    for (const [key, check] of Object.entries(optional)) {
      if (object[key] !== undefined) check(object[key], `${path}.${key}`)
    }
  }
}

function requireList(value: unknown, path: string): unknown[] {
  return Array.isArray(value) ? value : fail(`${path} is a list`, value)
}

function requireObject(value: unknown, path: string): Record<string, unknown> {
  const holds = typeof value === 'object' && value !== null && !Array.isArray(value)
  return holds ? (value as Record<string, unknown>) : fail(`${path} is an object`, value)
}

function fail(rule: string, value: unknown): never {
  const given =
    value === undefined ? 'nothing' : plain((JSON.stringify(value) as string | undefined) ?? typeof value)
  throw new ReportError({
    rule,
    received: given.length > 60 ? `${given.slice(0, 57)}...` : given,
    remedy: 'train again, or restore the file as it was written',
  })
}
