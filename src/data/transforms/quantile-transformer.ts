// Columns by their ranks, uniform on [0, 1] or standard normal, as scikit-learn's QuantileTransformer (with all rows; it takes
// no subsample). What a model's `scaling: 'quantile'` does is simpler: points joined by lines, see fit-map.ts.
import { ArgumentError } from '../../core/errors.js'
import { normalProbability, normalQuantile } from '../../core/exact.js'
import { interpolate } from './column-map.js'
import { ColumnScaler } from './column-scaler.js'
import { quantileOf, sorted } from './statistics.js'

export interface QuantileOptions {
  /** Points that stand for the distribution of a column, at most as many as rows; default 1000. */
  nQuantiles?: number
  /** Default `uniform`. */
  outputDistribution?: 'uniform' | 'normal'
}

/** Quantiles of a column at evenly spaced ranks, and what becomes of ranks: 0, or 1 for a normal distribution. */
interface Quantiles {
  quantiles: number[]
  normal: number
}

/** scikit-learn's: nearer than this to an end of the training values counts as that end. */
const threshold = 1e-7
const farthest = normalQuantile(1 - (threshold - 2 ** -52))

/** Maps each value to its rank among the training rows, between 0 and 1, or to the normal quantile of that. */
export class QuantileTransformer extends ColumnScaler<Quantiles> {
  protected readonly type = 'quantile'
  private readonly options: Required<QuantileOptions>

  /** @throws ArgumentError for a distribution or number of quantiles that cannot be. */
  constructor({ nQuantiles = 1000, outputDistribution = 'uniform' }: QuantileOptions = {}) {
    super()
    if (!Number.isInteger(nQuantiles) || nQuantiles < 2) {
      throw new ArgumentError({
        rule: 'nQuantiles is an integer of at least 2',
        received: String(nQuantiles),
        remedy: 'leave it out for 1000',
      })
    }
    if (!['uniform', 'normal'].includes(outputDistribution)) {
      throw new ArgumentError({
        rule: 'outputDistribution is uniform or normal',
        received: String(outputDistribution),
        remedy: 'check the spelling',
      })
    }
    this.options = { nQuantiles, outputDistribution }
  }

  /** Quantiles of each column at ranks that are evenly spaced from 0 to 1. */
  get quantiles(): Float64Array[] {
    return this.maps.map(({ quantiles }) => Float64Array.from(quantiles))
  }

  /** A fitted transformer from its state. @throws FormatError for anything else. */
  static fromJSON(state: unknown): QuantileTransformer {
    return new QuantileTransformer().restore(state, { quantiles: [0], normal: 0 })
  }

  protected fitColumn(values: Float64Array): Quantiles {
    const { nQuantiles, outputDistribution } = this.options
    const ascending = sorted(values)
    const count = Math.min(nQuantiles, values.length)
    const quantiles = Array.from({ length: count }, (_, i) =>
      quantileOf(ascending, count > 1 ? i / (count - 1) : 0),
    )
    // Interpolation can break the order by a rounding.
    for (let i = 1; i < count; i++) quantiles[i] = Math.max(quantiles[i]!, quantiles[i - 1]!)
    return { quantiles, normal: Number(outputDistribution === 'normal') }
  }

  protected forward({ quantiles, normal }: Quantiles): (x: number) => number {
    const ranks = ranksOf(quantiles)
    const mirrored = quantiles.map((value) => -value).reverse()
    const mirroredRanks = ranks.map((rank) => -rank).reverse()
    const [first, last] = [quantiles[0]!, quantiles.at(-1)!]
    const margin = normal === 1 ? threshold : 0
    const rankOf = (x: number) => {
      if (x === first || x - margin < first) return 0
      if (x === last || x + margin > last) return 1
      // From both sides: equal quantiles share the middle of their ranks.
      return 0.5 * (interpolate(x, quantiles, ranks) - interpolate(-x, mirrored, mirroredRanks))
    }
    if (normal !== 1) return rankOf
    return (x) => Math.min(farthest, Math.max(-farthest, normalQuantile(rankOf(x))))
  }

  protected backward({ quantiles, normal }: Quantiles): (y: number) => number {
    const ranks = ranksOf(quantiles)
    if (normal !== 1) return (y) => interpolate(y, ranks, quantiles)
    return (y) => {
      const rank = normalProbability(y)
      if (rank - threshold < 0) return quantiles[0]!
      return rank + threshold > 1 ? quantiles.at(-1)! : interpolate(rank, ranks, quantiles)
    }
  }
}

function ranksOf({ length }: readonly number[]): number[] {
  return Array.from({ length }, (_, i) => (length > 1 ? i / (length - 1) : 0))
}
