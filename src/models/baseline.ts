// What a model has to beat: the loss of the best prediction that is the same for all rows.
import type { Loss } from '../nn/losses.js'
import type { EncodedTargets } from './targets.js'

/**
 * Mean loss of the best constant prediction over the targets; for Huber's loss that of the mean, which is near it.
 * @param shares the mean of each column, as classShares gives them.
 */
export function baselineLoss(loss: Loss, targets: EncodedTargets, shares = classShares(targets)): number {
  const { rows, columns } = targets
  const { labelSmoothing: smoothing } = loss
  if (loss.name === 'crossentropy') {
    return shares.reduce((sum, share) => {
      return sum + entropyTerm((1 - smoothing) * share + smoothing / columns)
    }, 0)
  }
  const data = targets.data
  const each = Array.from({ length: columns }, (_, c) => {
    const values = Float64Array.from({ length: rows }, (_, row) => data[row * columns + c]!)
    const mean = shares[c]!
    if (loss.name === 'binary-crossentropy') {
      const share = (1 - smoothing) * mean + smoothing / 2
      return entropyTerm(share) + entropyTerm(1 - share)
    }
    const center = loss.name === 'mae' ? values.slice().sort()[rows >> 1]! : mean
    return values.reduce((sum, value) => sum + distance(loss, Math.abs(value - center)), 0) / rows
  })
  return each.reduce((sum, value) => sum + value, 0) / columns
}

/** The share of each class among targets by class; the mean of each column of others. */
export function classShares(targets: EncodedTargets): Float64Array {
  const { data, rows, columns } = targets
  const sums = new Float64Array(columns)
  if (targets.byClass) for (let i = 0; i < rows; i++) sums[data[i]!]!++
  else for (let i = 0; i < data.length; i++) sums[i % columns]! += data[i]!
  return sums.map((sum) => sum / rows)
}

function distance({ name, delta }: Loss, error: number): number {
  if (name === 'mae') return error
  if (name === 'mse') return error * error
  return error <= delta ? (error * error) / 2 : delta * (error - delta / 2)
}

function entropyTerm(share: number): number {
  return share > 0 ? -share * Math.log(share) : 0
}
