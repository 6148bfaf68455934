// The table of precision, recall and F1 by class, printed character for character as scikit-learn's
// classification_report. The same numbers as an object: classificationScores.
import { classificationScores, type AverageScores, type LabelOptions } from './classification.js'
import { MetricError } from './error.js'
import { uniqueLabels, type Label } from './labels.js'

export interface ReportOptions extends LabelOptions {
  /** What to call the classes, in the order of `labels`; default: the labels themselves. */
  targetNames?: readonly string[]
  /** Digits behind the point, 0 to 20; default 2. */
  digits?: number
}

/**
 * Precision, recall, F1 and support of each class, then accuracy, macro and weighted averages, as text that ends with
 * a line feed. When `labels` is not exactly the set of classes that occur, a micro average stands in for accuracy.
 * @throws MetricError for arrays of unequal length, no rows, repeated labels, or another number of names than of
 *   classes.
 */
export function classificationReport(
  yTrue: ArrayLike<Label>,
  yPred: ArrayLike<Label>,
  options: ReportOptions = {},
): string {
  const { digits = 2 } = options
  if (!Number.isInteger(digits) || digits < 0 || digits > 20) {
    throw new MetricError({
      rule: 'digits is an integer from 0 to 20',
      received: String(digits),
      remedy: 'leave it out for 2 digits',
    })
  }
  const { accuracy, perClass, macro, weighted, micro } = classificationScores(yTrue, yPred, options)
  const names = options.targetNames ?? perClass.map(({ label }) => String(label))
  if (names.length !== perClass.length) {
    throw new MetricError({
      rule: 'targetNames has one name for each class',
      received: `${String(names.length)} names for ${String(perClass.length)} classes`,
      remedy: 'pass labels too when some classes do not occur',
    })
  }
  const width = Math.max('weighted avg'.length, digits, ...names.map((name) => [...name].length))
  // scikit-learn's counts become floats when rows have weights, and when not one row is right; kept, so that the texts
  // compare equal.
  const asFloats = accuracy === 0 || options.sampleWeight !== undefined
  const count = (rows: number) => (asFloats && Number.isInteger(rows) ? rows.toFixed(1) : String(rows))
  const line = (name: string, cells: string[]) =>
    `${padStart(name, width)} ${cells.map((cell) => ` ${cell.padStart(9)}`).join('')}\n`
  const scoreLine = (name: string, { precision, recall, f1, support }: AverageScores) =>
    line(name, [...[precision, recall, f1].map((score) => formatFixed(score, digits)), count(support)])

  const present = uniqueLabels(yTrue, yPred)
  const occurring = new Set(present)
  const complete = perClass.length === present.length && perClass.every(({ label }) => occurring.has(label))
  return [
    line('', ['precision', 'recall', 'f1-score', 'support']),
    '\n',
    ...perClass.map((scores, i) => scoreLine(names[i]!, scores)),
    '\n',
    complete
      ? line('accuracy', ['', '', formatFixed(micro.f1, digits), count(micro.support)])
      : scoreLine('micro avg', micro),
    scoreLine('macro avg', macro),
    scoreLine('weighted avg', weighted),
  ].join('')
}

// String.padStart counts UTF-16 units; Python counts code points.
function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - [...text].length)) + text
}

// toFixed rounds an exact half up, Python to even. A number is such a half just when it is an odd multiple of
// 2^-(digits + 1); then an odd last digit is one too many.
function formatFixed(value: number, digits: number): string {
  const text = value.toFixed(digits)
  const halves = value * 2 ** (digits + 1)
  const last = Number(text.at(-1))
  return halves % 2 === 1 && last % 2 === 1 ? text.slice(0, -1) + String(last - 1) : text
}
