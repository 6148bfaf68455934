// Watches the losses of a fit for divergence, keeps good weights to go back to, and finds out afterwards which layer left
// the range first, by running the same steps again with a look at every buffer.
import { DivergenceError } from '../core/errors.js'
import type { TrainingState } from '../core/training-state.js'
import type { Network } from './network.js'
import type { TrainingRun } from './training-run.js'
import type { EncodedTargets } from './targets.js'
import type { Loss } from '../nn/losses.js'

/** Steps in a row with a loss of more than `factor` times the reference that count as divergence. */
const streakLimit = 200
const factor = 3
/** Milliseconds of training between two snapshots of good weights. */
const snapshotInterval = 250
/** A magnitude this many times that of the first replayed step has left the range. */
const outOfRange = 1e3

/** A place in a fit. */
export interface Place {
  epoch: number
  step: number
  globalStep: number
}

export class DivergenceWatch {
  private reference: number | undefined
  private streak = 0
  private snapshot: Float32Array
  private snapshotPlace: Place = { epoch: 0, step: 0, globalStep: 0 }
  private snapshotTime = performance.now()
  /** A copy that no later step has confirmed yet. */
  private candidate: { copy: Float32Array; place: Place } | undefined
  /** Room for the next copy. */
  private spare: Float32Array | undefined

  /** @param baseline the loss of the best constant prediction: no loss below three times that counts as diverged.
   * @param firstEpoch the model's epochs before the fit. */
  constructor(
    private readonly network: Network,
    private readonly baseline: number,
    start: Place,
    private readonly firstEpoch: number,
  ) {
    this.snapshot = network.store.snapshot()
    this.snapshotPlace = start
  }

  /** What it knows of the losses so far, for a checkpoint. */
  get state(): TrainingState['watch'] {
    return { ...(this.reference === undefined ? {} : { reference: this.reference }), streak: this.streak }
  }

  set state({ reference, streak }: TrainingState['watch']) {
    this.reference = reference
    this.streak = streak
  }

  /** Looks at a step's loss. @returns why training cannot go on, if so. */
  look(loss: number): 'non-finite' | 'risen' | undefined {
    if (!Number.isFinite(loss)) return 'non-finite'
    this.reference ??= Math.max(loss, this.baseline)
    this.streak = loss > factor * this.reference ? this.streak + 1 : 0
    return this.streak >= streakLimit ? 'risen' : undefined
  }

  /**
   * Keeps the weights from time to time. Called between slices. Whether an update was good shows in the losses that follow, so
   * a copy is only gone back to once steps after it have gone well.
   * @param changed whether a callback changed weights or rate: a replay has to begin after that, so the copy counts at once.
   */
  keep(place: Place, changed = false): void {
    const { store } = this.network
    if (this.streak > 0) {
      this.candidate = undefined
      return
    }
    if (this.candidate !== undefined && this.candidate.place.globalStep < place.globalStep)
      this.promote(this.candidate)
    const now = performance.now()
    if (!changed && now - this.snapshotTime < snapshotInterval) return
    this.candidate = { copy: store.snapshot(this.spare), place }
    this.spare = undefined
    this.snapshotTime = now
    if (changed) this.promote(this.candidate)
  }

  private promote({ copy, place }: { copy: Float32Array; place: Place }): void {
    this.spare = this.snapshot
    this.snapshot = copy
    this.snapshotPlace = place
    this.candidate = undefined
  }

  /** Goes back to the weights that were kept last. @returns the step that comes next. */
  restore(): Place {
    this.network.store.restore(this.snapshot)
    return this.snapshotPlace
  }

  /**
   * The error to throw: replays from the last good weights to find the layer. Call `restore` after it.
   * @param failed where the loss was seen. @param prepare prepares one step of the run, order of rows included.
   */
  explain(
    run: TrainingRun,
    failed: Place & { loss: number },
    prepare: (place: Place) => void,
  ): DivergenceError {
    const found = this.replay(run, failed, prepare)
    const where = found ?? { ...failed, layer: 'loss', what: 'the loss' }
    const epoch = where.epoch - this.firstEpoch + 1
    const received = Number.isFinite(failed.loss)
      ? `a loss of more than ${String(factor)} times its first value over ${String(streakLimit)} steps (now ${failed.loss.toPrecision(3)})`
      : `a loss of ${String(failed.loss)}`
    return new DivergenceError({
      rule: `training diverged in epoch ${String(epoch)}, step ${String(where.step + 1)}: ${where.what} of layer ${where.layer} left the range first`,
      received,
      remedy:
        'the likely cause is a learning rate that is too high or inputs far from unit scale: lower the rate (by 10), ' +
        'scale the inputs, or clip gradients; the model keeps its last good weights',
      epoch,
      step: where.step + 1,
      layer: where.layer,
    })
  }

  private replay(run: TrainingRun, failed: Place, prepare: (place: Place) => void) {
    const { engine } = this.network
    const usual = new Map<number, number>()
    const place = { ...this.restore() }
    for (; place.globalStep <= failed.globalStep; advance(place, run.stepsPerEpoch)) {
      prepare(place)
      let found: { layer: string; what: string } | undefined
      run.runChecked((operation) => {
        if (operation.operation === 'sumLoss' || operation.phase === 'data') return true
        for (const buffer of operation.writes.slice(0, 1)) {
          const size = engine.core.maxAbs(buffer.address, Math.floor(buffer.bytes / 4))
          const before = usual.get(operation.address)
          if (before === undefined && Number.isFinite(size)) usual.set(operation.address, Math.max(1, size))
          if (Number.isFinite(size) && (before === undefined || size <= outOfRange * before)) continue
          found = { layer: operation.layer, what: phases[operation.phase] ?? 'the values' }
        }
        return found === undefined
      })
      if (found !== undefined) return { ...place, ...found }
    }
    return undefined
  }
}

const phases: Record<string, string> = {
  forward: 'the output',
  loss: 'the gradient at the output',
  backward: 'the gradient',
  update: 'the weights',
}

function advance(place: Place, stepsPerEpoch: number): void {
  place.globalStep++
  place.step++
  if (place.step < stepsPerEpoch) return
  place.step = 0
  place.epoch++
}

/** The loss of the best constant prediction, roughly: what a model that has learnt nothing has. */
export function constantLoss(loss: Loss, targets: EncodedTargets): number {
  if (loss.name === 'crossentropy') return Math.log(targets.columns)
  if (loss.name === 'binary-crossentropy') return Math.LN2
  const { data, rows, columns } = targets
  const mean = new Float64Array(columns)
  for (let i = 0; i < data.length; i++) mean[i % columns]! += data[i]! / rows
  let squares = 0
  let magnitudes = 0
  for (let i = 0; i < data.length; i++) {
    const distance = Math.abs(data[i]! - mean[i % columns]!)
    squares += distance * distance
    magnitudes += distance
  }
  return loss.name === 'mse' ? squares / data.length : magnitudes / data.length
}
