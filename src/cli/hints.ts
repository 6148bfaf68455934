// Hints on the terminal and in metrics.json: those of the training, and whether test rows were trained on.
import { toRows, type Samples } from '../core/tensor.js'
import { repeatedRowsHint, type Hint } from '../models/hints.js'
import { repeatedRows } from '../models/repeated-rows.js'
import type { Output } from './output.js'

/** The hints of a run, the gravest first. */
export function hintsOfRun(ofTraining: readonly Hint[], train: Samples, test: Samples): Hint[] {
  const rows = (x: Samples) => toRows(x, 'x', { missing: true })
  const leaked = repeatedRowsHint('test', repeatedRows(rows(train), rows(test)))
  return leaked === undefined ? [...ofTraining] : [...ofTraining, leaked]
}

/** A line each, as warnings. That inputs are unscaled has been said before training. */
export function warnOf(hints: readonly Pick<Hint, 'code' | 'message' | 'remedy'>[], output: Output): void {
  for (const { code, message, remedy } of hints) {
    if (code !== 'unscaled-inputs') output.warn(`${message}; ${remedy}`)
  }
}
