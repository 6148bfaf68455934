// Intervals of the figures over the test rows, by bootstrap: how far they may be off because the test part is a sample. All figures
// of a task come from the same draws, since drawing is what takes time.
import { bootstrap, type Label } from '../metrics/index.js'
import { quantileOf } from '../metrics/quantile.js'
import type { Interval } from './run.js'

/** Rows that are drawn in all: 400 samples of 10,000 rows. */
const mostDraws = 4_000_000

/** 95 % intervals of accuracy and of macro precision, recall and F1. */
export function classificationIntervals(
  actual: readonly Label[],
  predicted: readonly Label[],
): Readonly<Record<string, Interval>> {
  const index = new Map([...new Set([...actual, ...predicted])].map((label, i) => [label, i]))
  const size = index.size
  const trueClass = Uint16Array.from(actual, (label) => index.get(label)!)
  const answer = Uint16Array.from(predicted, (label) => index.get(label)!)
  const hits = new Uint32Array(size)
  const support = new Uint32Array(size)
  const answers = new Uint32Array(size)
  return intervalsOf(['accuracy', 'precision', 'recall', 'f1'], actual.length, (rows) => {
    hits.fill(0)
    support.fill(0)
    answers.fill(0)
    for (const row of rows) {
      const own = trueClass[row]!
      support[own]!++
      answers[answer[row]!]!++
      if (own === answer[row]) hits[own]!++
    }
    return averages(hits, support, answers, rows.length)
  })
}

function averages(hits: Uint32Array, support: Uint32Array, answers: Uint32Array, rows: number): number[] {
  const sums = { right: 0, precision: 0, recall: 0, f1: 0, classes: 0 }
  hits.forEach((count, i) => {
    // A class that was not drawn at all says nothing.
    if (support[i] === 0 && answers[i] === 0) return
    sums.classes++
    sums.right += count
    if (count === 0) return
    sums.precision += count / answers[i]!
    sums.recall += count / support[i]!
    sums.f1 += (2 * count) / (answers[i]! + support[i]!)
  })
  const { right, precision, recall, f1, classes } = sums
  return [right / rows, precision / classes, recall / classes, f1 / classes]
}

/** 95 % intervals of R², RMSE, MAE and MSE. */
export function regressionIntervals(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
): Readonly<Record<string, Interval>> {
  return intervalsOf(['r2', 'rmse', 'mae', 'mse'], actual.length, (rows) => {
    let sum = 0
    for (const row of rows) sum += actual[row]!
    const mean = sum / rows.length
    let total = 0
    let squares = 0
    let magnitudes = 0
    for (const row of rows) {
      const error = predicted[row]! - actual[row]!
      squares += error * error
      magnitudes += Math.abs(error)
      total += (actual[row]! - mean) ** 2
    }
    const mse = squares / rows.length
    return [total > 0 ? 1 - squares / total : NaN, Math.sqrt(mse), magnitudes / rows.length, mse]
  })
}

function intervalsOf(
  names: readonly string[],
  count: number,
  figuresOf: (rows: Uint32Array) => number[],
): Readonly<Record<string, Interval>> {
  if (count < 2) return {}
  const drawn: number[][] = []
  const resamples = Math.min(1000, Math.max(100, Math.floor(mostDraws / count)))
  bootstrap(
    (rows) => {
      drawn.push(figuresOf(rows))
      return 0
    },
    count,
    { resamples },
  )
  // The first is not drawn: it is the figure itself.
  const samples = drawn.slice(1)
  return Object.fromEntries(
    names.flatMap((name, k) => {
      const values = Float64Array.from(samples, (figures) => figures[k]!).filter(
        (value) => !Number.isNaN(value),
      )
      if (values.length === 0) return []
      const sorted = values.sort()
      return [[name, [quantileOf(sorted, 0.025), quantileOf(sorted, 0.975)] as const]]
    }),
  )
}
