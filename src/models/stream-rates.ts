// The learning rate of a fit on chunks: each window is trained on like a set of its own, at the rates of its place in the fit.
import type { Optimizer } from '../nn/optimizers.js'
import { Schedule } from '../nn/schedules.js'

/** The rates of a window's steps. */
class Windowed extends Schedule {
  readonly type = 'windowed'

  constructor(private readonly rateAt: (step: number) => number) {
    super('windowed', 0, {}, [])
  }

  at(step: number): number {
    return this.rateAt(step)
  }
}

/** Where a window lies in its fit. */
export interface Pace {
  /** Steps of the fit before the window. */
  offset: number
  epochs: number
  /** 0 where it is not known; then the rate is a constant. */
  stepsPerEpoch: number
  /** What callbacks have made of the rate by now. */
  factor: () => number
}

/** The optimizer, its rate as that of the whole fit. Windows that end in shorter batches have more steps than a schedule spans. */
export function paced(optimizer: Optimizer, { offset, epochs, stepsPerEpoch, factor }: Pace): Optimizer {
  const { learningRate } = optimizer
  const context = { totalSteps: epochs * stepsPerEpoch, stepsPerEpoch }
  const last = context.totalSteps - 1
  const rateAt = (step: number) =>
    typeof learningRate === 'number'
      ? learningRate
      : learningRate.at(last < 0 ? step : Math.min(step, last), context)
  const rate = new Windowed((step) => rateAt(offset + step) * factor())
  return Object.create(optimizer, { learningRate: { value: rate } }) as Optimizer
}
