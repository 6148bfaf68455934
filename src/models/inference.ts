// The inference plans of a model, each compiled when it is first used and kept for the next time.
import { ShapeError } from '../core/errors.js'
import type { Preprocessing } from '../core/state.js'
import type { Rows } from '../core/tensor.js'
import type { Loss } from '../nn/losses.js'
import { InferenceRun, type Evaluation, type InferenceOptions } from './inference-run.js'
import type { Network } from './network.js'
import { isListable, isSparse } from './preprocessing.js'
import type { EncodedTargets } from './targets.js'

export class Inference {
  private readonly runs = new Map<string, InferenceRun>()
  private rowRun: { run: InferenceRun; isBytes: boolean } | undefined

  /** @param scaling what is done to raw bytes, or floats. */
  constructor(
    private readonly network: Network,
    private readonly scaling: (isBytes: boolean) => Preprocessing,
  ) {}

  /** Mean loss and score over rows. */
  evaluate(rows: Rows, targets: EncodedTargets, loss: Loss): Promise<Evaluation> {
    const { byClass } = targets
    return this.run(rows, `${loss.name}/${String(byClass)}`, { loss, byClass }).evaluate(rows, targets)
  }

  /** The outputs for rows, row-major. */
  predict(rows: Rows): Promise<Float32Array<ArrayBuffer>> {
    return this.run(rows, 'predict', {}).predict(rows)
  }

  /** The outputs for one row into `into`; makes no garbage. @throws ShapeError for arrays of another length. */
  predictRow(row: Uint8Array | Float32Array, into: Float32Array): void {
    const { network } = this
    if (row.length !== network.graph.input.columns || into.length < network.output.columns) {
      throw new ShapeError({
        rule: `predictSync takes ${String(network.graph.input.columns)} inputs and room for ${String(network.output.columns)} outputs`,
        received: `${String(row.length)} and ${String(into.length)}`,
        remedy: 'pass one sample, flat, and a Float32Array for the outputs',
      })
    }
    const isBytes = row instanceof Uint8Array
    if (this.rowRun?.isBytes !== isBytes) {
      this.rowRun?.run.release()
      const scaling = this.scaling(isBytes)
      // Lists cost little where few inputs are zero, and save much where many are.
      const listed = isListable(scaling)
      this.rowRun = { run: new InferenceRun(network, scaling, isBytes, { capacity: 1, listed }), isBytes }
    }
    this.rowRun.run.predictRow(row, into)
  }

  /** Gives the memory of all plans back. */
  release(): void {
    this.rowRun?.run.release()
    this.rowRun = undefined
    for (const run of this.runs.values()) run.release()
    this.runs.clear()
  }

  private run(rows: Rows, purpose: string, options: InferenceOptions): InferenceRun {
    const isBytes = rows.data instanceof Uint8Array
    const listed = isSparse(rows, this.scaling(isBytes))
    const key = `${purpose}/${String(isBytes)}/${String(listed)}`
    let run = this.runs.get(key)
    if (run === undefined) {
      run = new InferenceRun(this.network, this.scaling(isBytes), isBytes, { ...options, listed })
      this.runs.set(key, run)
    }
    return run
  }
}
