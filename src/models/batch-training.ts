// Single steps on batches that the user brings (`trainOnBatch`): the plan of the last batch is used again where the next one
// has its form.
import type { Evaluation } from './inference-run.js'
import type { Network } from './network.js'
import { TrainingRun, type TrainingOptions } from './training-run.js'

export class BatchTraining {
  private run: TrainingRun | undefined

  constructor(private readonly network: Network) {}

  /** One step on all rows, in the order given. @param steps of the optimizer before it. @returns loss and score. */
  async step(options: TrainingOptions, steps: number): Promise<Evaluation> {
    const run = this.open(options)
    const { learningRate } = options.optimizer
    const context = { totalSteps: Math.max(1, steps), stepsPerEpoch: 1 }
    const rate = typeof learningRate === 'number' ? learningRate : learningRate.at(steps, context)
    run.prepare(0, 1, steps, () => rate)
    this.network.engine.openSession(options.threads)
    try {
      await run.run(1)
      const { losses, scores } = run.results(1)
      return { loss: losses[0]!, score: scores[0]! }
    } finally {
      this.network.engine.closeSession()
    }
  }

  /** Gives the memory of its plan back. */
  release(): void {
    this.run?.release()
    this.run = undefined
  }

  private open(options: TrainingOptions): TrainingRun {
    if (this.run?.fits(options)) {
      this.run.refill(options.rows, options.targets)
    } else {
      this.release()
      this.run = new TrainingRun(this.network, options)
    }
    return this.run!
  }
}
