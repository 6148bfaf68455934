// What happens as the threshold on a score moves: ROC and precision-recall curves of one class against the rest, the areas
// under them, and these for every class of a table of scores. Definitions and undefined cases are scikit-learn's.
import { MetricError } from './error.js'
import { columnOf, columnsOf, tableOf, weightsOf, type ColumnOptions, type ScoreRows } from './inputs.js'
import type { WeightOptions } from './inputs.js'
import type { Label } from './labels.js'
import { positiveRows, type PositiveOptions } from './positive.js'
import { descending, type Cumulative } from './thresholds.js'

export interface CurveOptions extends WeightOptions, PositiveOptions {}

/** Points from the highest threshold to the lowest: a row counts as positive when its score is at least the threshold. */
export interface RocCurve {
  /** Share of the negative rows that are called positive, rising from 0 to 1; NaN where no row is negative. */
  falsePositiveRate: number[]
  /** Share of the positive rows that are called positive, rising from 0 to 1; NaN where no row is positive. */
  truePositiveRate: number[]
  /** The first one is Infinity: nothing is called positive. */
  thresholds: number[]
  /** Area under the curve: 1 is perfect, 0.5 is guessing; NaN where the curve is. */
  area: number
}

/** Points from the lowest threshold to the highest, then recall 0 with precision 1, which has no threshold. */
export interface PrecisionRecallCurve {
  precision: number[]
  /** Falling to 0; 1 throughout where no row is positive. */
  recall: number[]
  thresholds: number[]
  /** Σ (recall step) · precision: the area as a sum of steps, without interpolation. */
  averagePrecision: number
}

export interface OneVsRest {
  /** One entry a column, in their order. */
  perClass: { label: Label; value: number; support: number }[]
  /** Every class weighs the same; NaN when one of them is. */
  macro: number
  /** Every class weighs as much as it has rows. */
  weighted: number
  /** All decisions of all classes in one curve. */
  micro: number
}

/**
 * @param scores higher means positive: probabilities or anything else with that order.
 * @param options.dropIntermediate leaves out points on straight lines; default true.
 * @throws MetricError for unequal lengths, scores that are not finite, or an unclear positive class.
 */
export function rocCurve(
  yTrue: ArrayLike<Label>,
  scores: ArrayLike<number>,
  options: CurveOptions & { dropIntermediate?: boolean } = {},
): RocCurve {
  const whole = cumulative(yTrue, scores, options)
  const { positives, negatives, thresholds } = options.dropIntermediate === false ? whole : corners(whole)
  const share = (counts: number[]) => {
    const all = counts.at(-1)!
    return [0, ...counts].map((count) => (all > 0 ? count / all : NaN))
  }
  const falsePositiveRate = share(negatives)
  const truePositiveRate = share(positives)
  return {
    falsePositiveRate,
    truePositiveRate,
    thresholds: [Infinity, ...thresholds],
    area: areaUnder(falsePositiveRate, truePositiveRate),
  }
}

/** @throws MetricError as rocCurve. */
export function precisionRecallCurve(
  yTrue: ArrayLike<Label>,
  scores: ArrayLike<number>,
  options: CurveOptions = {},
): PrecisionRecallCurve {
  const { positives, negatives, thresholds } = cumulative(yTrue, scores, options)
  const all = positives.at(-1)!
  const precision = positives.map((count, i) => {
    const called = count + negatives[i]!
    return called === 0 ? 0 : count / called
  })
  const recall = positives.map((count) => (all === 0 ? 1 : count / all))
  const averagePrecision = steps(precision, recall)
  return {
    precision: [...precision.reverse(), 1],
    recall: [...recall.reverse(), 0],
    thresholds: thresholds.reverse(),
    averagePrecision,
  }
}

/** Area under the ROC curve; NaN when all rows are of one side. @throws MetricError as rocCurve. */
export function rocAuc(
  yTrue: ArrayLike<Label>,
  scores: ArrayLike<number>,
  options: CurveOptions = {},
): number {
  return rocArea(cumulative(yTrue, scores, options))
}

/** Average precision; 0 when no row is positive. @throws MetricError as rocCurve. */
export function averagePrecision(
  yTrue: ArrayLike<Label>,
  scores: ArrayLike<number>,
  options: CurveOptions = {},
): number {
  return stepArea(cumulative(yTrue, scores, options))
}

/** rocAuc of each class against the rest, and averages. @param scores rows with one score for each class. */
export function rocAucByClass(
  yTrue: ArrayLike<Label>,
  scores: ScoreRows,
  options: ColumnOptions = {},
): OneVsRest {
  return oneVsRest(yTrue, scores, options, rocArea)
}

/** averagePrecision of each class against the rest, and averages. @param scores rows with one score for each class. */
export function averagePrecisionByClass(
  yTrue: ArrayLike<Label>,
  scores: ScoreRows,
  options: ColumnOptions = {},
): OneVsRest {
  return oneVsRest(yTrue, scores, options, stepArea)
}

/**
 * Area under the points (x, y), joined by straight lines; NaN when a coordinate is.
 * @throws MetricError unless there are at least two points, and x never turns back.
 */
export function areaUnder(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let area = 0
  let up = false
  let down = false
  for (let i = 1; i < x.length; i++) {
    const step = x[i]! - x[i - 1]!
    up ||= step > 0
    down ||= step < 0
    area += (step * (y[i]! + y[i - 1]!)) / 2
  }
  if (x.length >= 2 && x.length === y.length && !(up && down)) return down ? -area : area
  throw new MetricError({
    rule: 'a curve has at least two points, each with x and y, and x rises or falls throughout',
    received: up && down ? 'an x that turns back' : `${String(x.length)} and ${String(y.length)} values`,
    remedy: 'sort the points by x',
  })
}

function cumulative(yTrue: ArrayLike<Label>, scores: ArrayLike<number>, options: CurveOptions): Cumulative {
  const isPositive = positiveRows(yTrue, scores, options)
  return descending(isPositive, scores, weightsOf(yTrue.length, options))
}

/** The points where the curve of counts bends, and both ends. */
function corners({ positives, negatives, thresholds }: Cumulative): Cumulative {
  const bends = (counts: number[], i: number) => counts[i + 1]! - counts[i]! !== counts[i]! - counts[i - 1]!
  const last = thresholds.length - 1
  const kept = thresholds.map((_, i) => {
    return i === 0 || i === last || bends(positives, i) || bends(negatives, i)
  })
  const keep = (values: number[]) => values.filter((_, i) => kept[i])
  return { positives: keep(positives), negatives: keep(negatives), thresholds: keep(thresholds) }
}

function rocArea({ positives, negatives }: Cumulative): number {
  const [right, wrong] = [positives.at(-1)!, negatives.at(-1)!]
  return right > 0 && wrong > 0 ? areaUnder([0, ...negatives], [0, ...positives]) / right / wrong : NaN
}

function stepArea({ positives, negatives }: Cumulative): number {
  const all = positives.at(-1)!
  if (all === 0) return 0
  const precision = positives.map((count, i) => count / (count + negatives[i]! || 1))
  return steps(
    precision,
    positives.map((count) => count / all),
  )
}

function steps(precision: readonly number[], recall: readonly number[]): number {
  return precision.reduce((sum, value, i) => sum + value * (recall[i]! - (recall[i - 1] ?? 0)), 0)
}

function oneVsRest(
  yTrue: ArrayLike<Label>,
  scores: ScoreRows,
  options: ColumnOptions,
  measure: (curve: Cumulative) => number,
): OneVsRest {
  const table = tableOf(scores)
  const { labels, of } = columnsOf(yTrue, table, options.labels)
  const weights = weightsOf(yTrue.length, options)
  const { rows, columns } = table
  const perClass = labels.map((label, column) => {
    const isPositive = Uint8Array.from(of, (own) => Number(own === column))
    const curve = descending(isPositive, columnOf(table, column), weights)
    return { label, value: measure(curve), support: curve.positives.at(-1)! }
  })
  const flat = new Uint8Array(rows * columns)
  of.forEach((column, row) => (flat[row * columns + column] = 1))
  const repeated =
    weights && Float64Array.from({ length: flat.length }, (_, i) => weights[Math.floor(i / columns)]!)
  const total = perClass.reduce((sum, { support }) => sum + support, 0)
  return {
    perClass,
    macro: perClass.reduce((sum, { value }) => sum + value, 0) / perClass.length,
    weighted: perClass.reduce((sum, { value, support }) => sum + value * support, 0) / total,
    micro: measure(descending(flat, table.data, repeated)),
  }
}
