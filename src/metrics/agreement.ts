// One number for how well two labelings agree, made for classes of unequal size: balanced accuracy, Matthews correlation,
// Cohen's kappa. Definitions and undefined cases are scikit-learn's.
import { confusionMatrix } from './classification.js'
import type { WeightOptions } from './inputs.js'
import type { Label } from './labels.js'
import { MetricError } from './error.js'

/**
 * Mean recall of the classes that occur in yTrue, 0 to 1; every class counts the same.
 * @param options.adjusted rescales so that guessing gives 0 and perfection 1; NaN for a single class.
 * @throws MetricError for arrays of unequal length or no rows.
 */
export function balancedAccuracy(
  yTrue: ArrayLike<Label>,
  yPred: ArrayLike<Label>,
  options: WeightOptions & { adjusted?: boolean } = {},
): number {
  const recalls = confusionMatrix(yTrue, yPred, options).flatMap((row, i) => {
    const support = row.reduce((a, b) => a + b, 0)
    return support === 0 ? [] : [row[i]! / support]
  })
  const score = recalls.reduce((a, b) => a + b, 0) / recalls.length
  if (options.adjusted !== true) return score
  const chance = 1 / recalls.length
  return (score - chance) / (1 - chance)
}

/**
 * Matthews correlation, -1 to 1, for any number of classes (the R_K statistic, Gorodkin 2004): 0 for guessing, and where
 * one side holds a single class only.
 * @throws MetricError for arrays of unequal length or no rows.
 */
export function matthewsCorrelation(
  yTrue: ArrayLike<Label>,
  yPred: ArrayLike<Label>,
  options: WeightOptions = {},
): number {
  const { matrix, actual, predicted, total } = margins(yTrue, yPred, options)
  const right = matrix.reduce((sum, row, i) => sum + row[i]!, 0)
  const product = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
  const covariance = right * total - product(actual, predicted)
  const ofPredicted = total * total - product(predicted, predicted)
  const ofActual = total * total - product(actual, actual)
  const scale = ofPredicted * ofActual
  return scale === 0 ? 0 : covariance / Math.sqrt(scale)
}

/**
 * Cohen's kappa, at most 1: agreement beyond chance, 0 for guessing; NaN when both sides hold one and the same class only.
 * @param options.weights what a disagreement costs: the same for all (default), or by the distance of the classes in the
 *   order of `labels`: `linear` or `quadratic`. @param options.labels the classes in order; default: all, sorted.
 * @throws MetricError for arrays of unequal length or no rows.
 */
export function cohensKappa(
  yTrue: ArrayLike<Label>,
  yPred: ArrayLike<Label>,
  options: WeightOptions & { weights?: 'linear' | 'quadratic'; labels?: readonly Label[] } = {},
): number {
  const { weights } = options
  if (weights !== undefined && weights !== 'linear' && (weights as string) !== 'quadratic') {
    throw new MetricError({
      rule: 'weights is linear or quadratic',
      received: String(weights),
      remedy: 'leave it out for equal costs',
    })
  }
  const { matrix, actual, predicted, total } = margins(yTrue, yPred, options)
  let observed = 0
  let expected = 0
  matrix.forEach((row, i) => {
    row.forEach((count, j) => {
      const distance = weights === undefined ? Number(i !== j) : Math.abs(i - j)
      const cost = weights === 'quadratic' ? distance * distance : distance
      observed += cost * count
      expected += (cost * (actual[i]! * predicted[j]!)) / total
    })
  })
  return 1 - observed / expected
}

function margins(
  yTrue: ArrayLike<Label>,
  yPred: ArrayLike<Label>,
  options: WeightOptions & { labels?: readonly Label[] },
) {
  const matrix = confusionMatrix(yTrue, yPred, options)
  const actual = matrix.map((row) => row.reduce((a, b) => a + b, 0))
  const predicted = matrix.map((_, j) => matrix.reduce((sum, row) => sum + row[j]!, 0))
  return { matrix, actual, predicted, total: actual.reduce((a, b) => a + b, 0) }
}
