// From the answers of a model to the parts of a report: confusion, worst mistakes, residuals, distributions, first-layer pictures.
// Works on plain arrays; where they come from is the caller's.
import { confusionMatrix, regressionScores, type Label } from '../metrics/index.js'
import { probabilityResults } from './probabilities.js'
import type {
  ClassificationResults,
  Distribution,
  FirstLayer,
  Histogram,
  Mistake,
  NamedFigure,
  Picture,
  RegressionResults,
} from './run.js'

/** Mistakes, and rows of a regression, that a report shows. */
const mostShown = 40
/** Points of a scatter plot; more only make it darker. */
const mostPoints = 3000
/** Pictures of first-layer units. */
const mostUnits = 64

export interface Answers {
  /** The classes in the order of the columns of `probabilities`. */
  classes: readonly Label[]
  actual: readonly Label[]
  predicted: readonly Label[]
  /** Rows × classes. */
  probabilities: ArrayLike<number>
  /** The picture of a row, where rows are pictures. */
  pictureOf?: (row: number) => Picture
}

/** What a report tells of a classifier's answers over the test rows. */
export function classificationResults(answers: Answers): ClassificationResults {
  const { classes, actual, predicted, probabilities, pictureOf } = answers
  const occurring = new Set([...actual, ...predicted])
  const told = classes.filter((label) => occurring.has(label))
  const index = new Map(classes.map((label, i) => [label, i]))
  const mistakes: Mistake[] = []
  actual.forEach((label, row) => {
    const answer = predicted[row]!
    if (answer === label) return
    const probability = (of: Label) => probabilities[row * classes.length + index.get(of)!]!
    mistakes.push({
      row,
      actual: label,
      predicted: answer,
      confidence: probability(answer),
      actualProbability: probability(label),
    })
  })
  mistakes.sort(
    (a, b) => a.actualProbability - b.actualProbability || b.confidence - a.confidence || a.row - b.row,
  )
  const worst = mistakes.slice(0, mostShown)
  return {
    classes: told,
    confusion: confusionMatrix(actual, predicted, { labels: told }),
    mistakes: pictureOf === undefined ? worst : worst.map((one) => ({ ...one, picture: pictureOf(one.row) })),
    mistakeCount: mistakes.length,
    ...probabilityResults(answers),
  }
}

/** What a report tells of a regression's answers over the test rows. @param target what is predicted, with its unit. */
export function regressionResults(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  target: string,
): RegressionResults {
  const count = actual.length
  const rows = Array.from({ length: count }, (_, row) => row)
  const error = (row: number) => predicted[row]! - actual[row]!
  return {
    target,
    count,
    points: spread(count, mostPoints).map((row) => [compact(actual[row]!), compact(predicted[row]!)]),
    residuals: histogramOf(rows.map(error)),
    worst: rows
      .toSorted((a, b) => Math.abs(error(b)) - Math.abs(error(a)) || a - b)
      .slice(0, mostShown / 2)
      .map((row) => ({ row, actual: actual[row]!, predicted: predicted[row]! })),
    more: furtherFigures(actual, predicted),
  }
}

function furtherFigures(actual: ArrayLike<number>, predicted: ArrayLike<number>): NamedFigure[] {
  const { explainedVariance, medianAbsoluteError, maxError } = regressionScores(actual, predicted)
  return [
    { name: 'explained variance', value: explainedVariance },
    { name: 'median absolute error', value: medianAbsoluteError },
    { name: 'largest error', value: maxError },
  ]
}

/** At most `most` of `count` rows, evenly spread. */
function spread(count: number, most: number): number[] {
  const length = Math.min(count, most)
  return Array.from({ length }, (_, i) => Math.floor((i * count) / length))
}

/** Six digits are more than a plot shows, and a third of the file. */
function compact(value: number): number {
  return Number(value.toPrecision(6))
}

/** Bins of equal width over all values. @param bins default 40. */
export function histogramOf(values: ArrayLike<number>, bins = 40): Histogram {
  let low = Infinity
  let high = -Infinity
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]!)
    high = Math.max(high, values[i]!)
  }
  if (!(low < high)) [low, high] = low === high ? [low - 0.5, low + 0.5] : [0, 1]
  const counts = new Array<number>(bins).fill(0)
  const scale = bins / (high - low)
  for (let i = 0; i < values.length; i++)
    counts[Math.min(bins - 1, Math.floor((values[i]! - low) * scale))]!++
  return { low, high, counts }
}

/** The distribution of weights. */
export function distributionOf(name: string, values: ArrayLike<number>): Distribution {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  const mean = values.length === 0 ? 0 : sum / values.length
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2
  const deviation = values.length === 0 ? 0 : Math.sqrt(squares / values.length)
  return { name, histogram: histogramOf(values), mean, deviation }
}

/** The distribution of a layer's outputs over rows, and how many units were 0 in all of them. @param values rows × units. */
export function activationsOf(name: string, values: ArrayLike<number>, units: number): Distribution {
  const live = new Uint8Array(units)
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) live[i % units] = 1
  const deadUnits = live.reduce((dead, one) => dead + 1 - one, 0)
  return { ...distributionOf(name, values), deadUnits, units }
}

/**
 * Incoming weights of the units with the largest ones as pictures; undefined where samples are no pictures.
 * @param weights [inputs, units], row by row. @param sampleShape of one picture, [height, width] with or without channels.
 */
export function firstLayerOf(
  weights: ArrayLike<number>,
  units: number,
  sampleShape: readonly number[],
): FirstLayer | undefined {
  const form = pictureForm(sampleShape)
  const inputs = weights.length / units
  if (form === undefined || form.height * form.width * form.channels !== inputs) return undefined
  const largest = Float64Array.from({ length: units }, (_, unit) => {
    let most = 0
    for (let i = 0; i < inputs; i++) most = Math.max(most, Math.abs(weights[i * units + unit]!))
    return most
  })
  const chosen = Array.from({ length: units }, (_, unit) => unit)
    .sort((a, b) => largest[b]! - largest[a]! || a - b)
    .slice(0, mostUnits)
  return {
    ...form,
    units,
    pictures: chosen.map((unit) => {
      const scale = largest[unit]! > 0 ? 127 / largest[unit]! : 0
      return base64(
        Int8Array.from({ length: inputs }, (_, i) => Math.round(weights[i * units + unit]! * scale)),
      )
    }),
  }
}

/** Sides and channels of samples that are pictures of a size that can be looked at; undefined for others. */
export function pictureForm(shape: readonly number[]): Omit<Picture, 'data'> | undefined {
  const [height = 0, width = 0, channels = 1] = shape
  const sides =
    shape.length >= 2 && shape.length <= 3 && Math.min(height, width) >= 2 && Math.max(height, width) <= 512
  return sides && (channels === 1 || channels === 3) ? { height, width, channels } : undefined
}

/** Row `row` of samples as a picture: bytes as they are, other numbers from the row's least (black) to its greatest (white). */
export function pictureOf(data: ArrayLike<number>, row: number, form: Omit<Picture, 'data'>): Picture {
  const size = form.height * form.width * form.channels
  const at = row * size
  if (data instanceof Uint8Array) return { ...form, data: base64(data.subarray(at, at + size)) }
  const values = Array.from({ length: size }, (_, i) => data[at + i]!)
  const low = values.reduce((least, value) => Math.min(least, value), Infinity)
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity)
  const scale = high > low ? 255 / (high - low) : 0
  return { ...form, data: base64(Uint8Array.from(values, (value) => Math.round((value - low) * scale))) }
}

function base64(values: Uint8Array | Int8Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
}
