// Watches a fit for what goes wrong in it: a callback that measures between slices and at the ends of epochs, and hints at the
// end. Changes no bit of the training. Forward and backward over a few rows are some 2 % of the work of an epoch at most
// (much less for many rows); `History.inspectionSeconds` tells the time of it all.
import { DivergenceError } from '../core/errors.js'
import { paddedLength, type Parameter } from '../core/parameters.js'
import type { Rows } from '../core/tensor.js'
import type { Loss } from '../nn/losses.js'
import { baselineLoss, classShares } from './baseline.js'
import type { Callback, SliceResult } from './callbacks.js'
import { hintOfDivergence, hintsOf, type Facts } from './hints.js'
import { History, type EpochResult } from './history.js'
import { Inspection, type Diagnostics } from './inspection.js'
import type { Network } from './network.js'
import { repeatedRows, type Repeated } from './repeated-rows.js'
import type { EncodedTargets, Label } from './targets.js'
import type { TrainingRun } from './training-run.js'

export interface DiagnosisOptions {
  network: Network
  run: TrainingRun
  loss: Loss
  rows: Rows
  targets: EncodedTargets
  /** Whether rows or classes have weights. */
  weighted: boolean
  /** Rows for validation. */
  held: Rows | undefined
  epochs: number
  /** That the inputs are far from unit scale, in words. */
  unscaled: string | undefined
  /** The classes in the order of the outputs, where they have names. */
  classes: readonly Label[] | undefined
  /** Those with `onHints` are told what goes wrong so far. */
  callbacks: readonly Callback[]
}

/** Rows looked at after the first epoch and at the end, at most. */
const manyRows = 256
/** Rows trained for each row looked at, at least. */
const rowsPerLook = 50
/** Rows below which nothing is looked at. */
const fewRows = 16
/** Rows below which units are not judged: many are rarely at work. */
const fewestRows = 64
/** Weights of a matrix by which its change is measured, at most. */
const sampledWeights = 4096
/** Weight of a step in the moving average of losses. */
const smoothing = 0.1
/** Steps, and rows, of the first epoch's second half from which on its loss tells something. */
const fewestSteps = 8
const fewestFreshRows = 500

export class Diagnosis implements Callback {
  private readonly began: Float32Array
  private readonly shares: Float64Array
  private readonly baseline: number
  private readonly repeated: Repeated | undefined
  private inspection: Inspection | undefined
  private readonly inspectedRows: number
  private seconds = 0
  /** Of the first epoch that was looked at. */
  private early: Diagnostics | undefined
  private firstMove: number | undefined
  private firstLoss: number | undefined
  /** Moving average of the losses of steps, and its largest value. */
  private recent = 0
  private highest = 0
  /** Of the second half of the first epoch. */
  private fresh = { loss: 0, steps: 0 }
  /** The epochs that were seen, and the hints last told, as text. */
  private readonly soFar = new History()
  private readonly listeners: readonly Callback[]
  private told = '[]'

  constructor(private readonly options: DiagnosisOptions) {
    const began = performance.now()
    const { network, run, loss, targets, rows, held, epochs } = options
    this.listeners = options.callbacks.filter((callback) => callback.onHints !== undefined)
    this.began = network.store.weightsSnapshot()
    this.shares = classShares(targets)
    this.baseline = baselineLoss(loss, targets, this.shares)
    this.repeated = held && repeatedRows(rows, held)
    const affordable = Math.min(manyRows, run.rows, Math.floor((epochs * run.rows) / rowsPerLook))
    this.inspectedRows = affordable < fewRows ? 0 : affordable
    this.count(began)
  }

  onSlice({ epoch, step, steps }: SliceResult): void {
    const began = performance.now()
    const { run } = this.options
    const { losses } = run.results(steps)
    if (this.firstLoss === undefined) {
      this.firstLoss = losses[0]!
      this.recent = this.firstLoss
      this.firstMove = this.move() / steps
    }
    for (let i = 0; i < steps; i++) {
      const loss = losses[i]!
      this.recent += smoothing * (loss - this.recent)
      this.highest = Math.max(this.highest, this.recent)
      if (epoch !== 1 || step - steps + i < run.stepsPerEpoch / 2) continue
      this.fresh.loss += loss
      this.fresh.steps++
    }
    this.count(began)
  }

  /** Adds what is seen to the result of the epoch. */
  onEpochEnd(result: EpochResult): void {
    const began = performance.now()
    this.soFar.epochs.push(result)
    const { run } = this.options
    const rows = Math.min(run.batchSize, this.inspectedRows)
    // So seldom that it stays cheap where an epoch has few rows.
    const every = Math.ceil((rowsPerLook * rows) / run.rows)
    if (rows > 0 && (result.epoch - 1) % every === 0) {
      const seen = this.look(rows)
      this.early ??= seen
      result.gradientNorm = seen.gradientNorm
      result.layers = seen.layers
      if (this.listeners.length > 0) this.tell(rows >= fewestRows ? seen : undefined)
    }
    this.count(began)
  }

  private tell(seen: Diagnostics | undefined): void {
    const hints = hintsOf(this.facts(this.soFar, seen))
    const text = JSON.stringify(hints)
    if (text === this.told) return
    this.told = text
    for (const callback of this.listeners) callback.onHints?.(hints)
  }

  /** Writes the hints, and what they took, into the history. */
  finish(history: History): void {
    const began = performance.now()
    const final = this.inspectedRows >= fewestRows ? this.look(this.inspectedRows) : undefined
    if (final !== undefined) history.final = final
    history.hints.push(...hintsOf(this.facts(history, final)))
    this.count(began)
    history.inspectionSeconds = this.seconds
  }

  private facts(history: History, final: Diagnostics | undefined): Facts {
    const { run, unscaled } = this.options
    const first = Math.max(this.firstLoss ?? 0, this.baseline)
    return {
      history,
      steps: history.epochs.length * run.stepsPerEpoch,
      unscaled,
      targetSize: this.targetSize(),
      baseline: this.baseline,
      rise: first > 0 ? this.highest / first : 0,
      fresh: this.freshLoss(),
      firstMove: this.firstMove ?? 0,
      wholeMove: this.move(),
      symmetric: this.symmetric(),
      early: this.early,
      final,
      rarest: this.rarest(),
      repeated: this.repeated,
    }
  }

  /** Adds a hint to the error of a training that diverged. */
  explain(error: unknown): void {
    if (error instanceof DivergenceError) error.hints = [hintOfDivergence(this.options.unscaled)]
  }

  /** Gives its memory back. */
  release(): void {
    this.inspection?.release()
  }

  private look(rows: number): Diagnostics {
    const { network, run, loss, targets } = this.options
    this.inspection ??= new Inspection(network, run, loss, targets, this.inspectedRows)
    return this.inspection.look(rows)
  }

  /** Largest change of a matrix of weights since the fit began, relative to its length then; from some thousand of its weights. */
  private move(): number {
    const { store, engine } = this.options.network
    let largest = 0
    for (const parameter of store.parameters) {
      if (parameter.shape.length < 2) continue
      const length = paddedLength(parameter)
      const now = engine.arena.f32(store.addressOf(parameter), length)
      // Odd, so that it meets all columns of the panels.
      const stride = Math.ceil(length / sampledWeights) | 1
      let change = 0
      let size = 0
      for (let at = 0; at < length; at += stride) {
        const before = this.began[parameter.offset + at]!
        change += (now[at]! - before) ** 2
        size += before * before
      }
      // Weights that began at zero have changed by all that they are.
      largest = Math.max(largest, size > 0 ? Math.sqrt(change / size) : Number(change > 0))
    }
    return largest
  }

  /** Names of the layers, all but the last product's, whose units have equal weights. */
  private symmetric(): string[] {
    const { graph } = this.options.network
    const products = graph.nodes.filter((node) => node.kind === 'dense')
    return products.slice(0, -1).flatMap(({ layer, weight }) => (this.isSymmetric(weight) ? [layer] : []))
  }

  private isSymmetric(weight: Parameter): boolean {
    const { store, engine } = this.options.network
    const [rows, columns] = weight.shape as [number, number]
    const panels = engine.arena.f32(store.addressOf(weight), paddedLength(weight))
    for (let r = 0; r < rows; r++) {
      for (let c = 1; c < columns; c++) {
        if (panels[(c >> 4) * rows * 16 + r * 16 + (c & 15)] !== panels[r * 16]) return false
      }
    }
    return columns > 1
  }

  private freshLoss(): Facts['fresh'] {
    const { loss, steps } = this.fresh
    const few = steps < fewestSteps || steps * this.options.run.batchSize < fewestFreshRows
    return few ? undefined : { loss: loss / steps, steps }
  }

  private targetSize(): number | undefined {
    const { loss, targets } = this.options
    if (targets.byClass || loss.name.endsWith('crossentropy')) return undefined
    let sum = 0
    for (const value of targets.data) sum += value * value
    return Math.sqrt(sum / targets.data.length)
  }

  private rarest(): Facts['rarest'] {
    const { loss, targets, weighted, classes } = this.options
    if (weighted || !loss.name.endsWith('crossentropy')) return undefined
    const binary = targets.columns === 1
    if (loss.name === 'binary-crossentropy' && !binary) return undefined
    const shares = binary ? [1 - this.shares[0]!, this.shares[0]!] : [...this.shares]
    const share = Math.min(...shares)
    if (targets.rows < 20 * shares.length || share === 0) return undefined
    const number = shares.indexOf(share)
    return { label: String(classes?.[number] ?? number), share, classes: shares.length }
  }

  private count(began: number): void {
    this.seconds += (performance.now() - began) / 1000
  }
}
