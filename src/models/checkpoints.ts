// When a fit writes checkpoints, and what goes into them. A checkpoint is taken between two slices, when its turn has come, and
// written while training goes on; what is taken is a copy, so no later step can get into it.
import { ArgumentError } from '../core/errors.js'
import type { JsonObject, ModelState } from '../core/state.js'
import type { Checkpoint } from '../core/training-state.js'
import { Watch, type Monitor } from './callbacks.js'
import type { EpochResult } from './history.js'

/**
 * Where and how often a fit writes checkpoints: files with all that is needed to go on with it, bit for bit as if it had never
 * been interrupted (`resume`). One is also written when the fit ends, in whatever way but by an error. Node only.
 */
export interface CheckpointOptions {
  /** Made when it is not there; or a function that tells it when it is first needed. */
  directory: string | (() => Promise<string>)
  /** After every so many steps of the fit; default, where no interval is given: every epoch. */
  everySteps?: number
  /** Minutes from one to the next; fractions are allowed. */
  everyMinutes?: number
  everyEpochs?: number
  /** How many are kept, the newest; default 3. The model of the best epoch stays beside them, as `best.safetensors`. */
  keep?: number
  /** Which figure makes an epoch the best; default `validationLoss`, or `loss` without validation. */
  monitor?: Monitor
  /** Seconds that a fit has to take for its end to be worth a first checkpoint; default 0. */
  leastSeconds?: number
  /** Plain data to keep in each checkpoint, for the program's own use. */
  note?: JsonObject
}

/** @throws ArgumentError for values out of range. */
export function requireCheckpointOptions(options: CheckpointOptions): void {
  const { directory, everySteps = 1, everyEpochs = 1, keep = 3, everyMinutes = 1, leastSeconds = 0 } = options
  const refuse = (rule: string, received: unknown, remedy: string): never => {
    throw new ArgumentError({ rule: `${rule} of checkpoints`, received: String(received), remedy })
  }
  if (typeof directory !== 'function' && (typeof directory !== 'string' || directory === ''))
    refuse('the directory', directory, 'name one, such as checkpoints/digits')
  for (const [name, value] of Object.entries({ everySteps, everyEpochs, keep })) {
    if (!(Number.isSafeInteger(value) && value >= 1))
      refuse(`${name} is a positive integer: that`, value, 'give 1 or more')
  }
  if (!(everyMinutes > 0))
    refuse('everyMinutes is above 0: that', everyMinutes, 'give 5 for every five minutes')
  if (!(leastSeconds >= 0)) refuse('leastSeconds is at least 0: that', leastSeconds, 'leave it out')
}

/** A checkpoint to go on from, and its file. */
export interface Found {
  checkpoint: Checkpoint
  file: string
}

/** The files; persist/checkpoint-directory.ts, loaded when used. */
type Files = typeof import('../persist/checkpoint-directory.js')

/** What a training loop needs of its checkpoints. */
export type CheckpointKeeper = Pick<
  Checkpoints,
  'values' | 'note' | 'stepsUntilDue' | 'afterSlice' | 'noteEpoch' | 'afterEpoch' | 'finish' | 'settle'
>

export class Checkpoints {
  private readonly watch: Watch
  private readonly keep: number
  private readonly began = performance.now()
  private writtenAt = performance.now()
  private directory: string | undefined
  /** Ends when the writing that is going on has ended. */
  private writing: Promise<void> = Promise.resolve()
  /** The last one that was taken, or gone on from: steps of the optimizer, and whether the fit had ended. */
  private last: { step: number; ended: string | undefined } | undefined
  /** The model of the best epoch, as long as it is not written. */
  private best: ModelState | undefined
  private anyWritten: boolean

  private constructor(
    private readonly options: CheckpointOptions,
    private readonly files: Files,
    private readonly warn: (message: string) => void,
    private readonly resumed: Found | undefined,
  ) {
    this.keep = options.keep ?? 3
    this.watch = new Watch(options.monitor, 0)
    this.anyWritten = resumed !== undefined
    if (resumed === undefined) return
    const { training } = resumed.checkpoint
    this.last = { step: files.stepOf(resumed.checkpoint), ended: training.ended }
    this.watch.values = { waited: 0, ...training.best }
  }

  /**
   * Opens the directory. @param resumed what the fit goes on from; undefined for a new one.
   * @throws ArgumentError for a directory that may not be written, or one with checkpoints of another training.
   */
  static async open(
    options: CheckpointOptions,
    resumed: Found | undefined,
    warn: (message: string) => void,
  ): Promise<Checkpoints> {
    requireCheckpointOptions(options)
    const files = await import('../persist/checkpoint-directory.js')
    const checkpoints = new Checkpoints(options, files, warn, resumed)
    if (typeof options.directory === 'string') await checkpoints.enter(options.directory)
    return checkpoints
  }

  /** What has to be kept of it in the checkpoints themselves. */
  get values(): JsonObject {
    return this.watch.values
  }

  get note(): JsonObject {
    return this.options.note ?? {}
  }

  /** Steps of the fit from `done` on until a checkpoint is due after a step. */
  stepsUntilDue(done: number): number {
    const { everySteps } = this.options
    return everySteps === undefined ? Infinity : everySteps - (done % everySteps)
  }

  /** Call between slices within an epoch. @param done steps of the fit. */
  async afterSlice(done: number, take: () => Checkpoint): Promise<void> {
    if (this.isDue(done)) await this.write(take())
  }

  /** Call when an epoch has ended, before callbacks change anything. */
  noteEpoch(result: EpochResult, model: () => ModelState): void {
    if (this.watch.improved(result)) this.best = model()
  }

  /** Call after an epoch and its callbacks. @param epochs of the fit that are done. */
  async afterEpoch(epochs: number, done: number, take: () => Checkpoint): Promise<void> {
    const { everySteps, everyMinutes, everyEpochs } = this.options
    const usual = everySteps === undefined && everyMinutes === undefined ? 1 : undefined
    const every = everyEpochs ?? usual
    if (this.isDue(done) || (every !== undefined && epochs % every === 0)) await this.write(take())
  }

  /**
   * Call at the end of the fit. Returns when all is written.
   * @param aborted whether it was broken off from outside. @param done steps of the fit.
   */
  async finish(aborted: boolean, done: number, take: () => Checkpoint): Promise<void> {
    const seconds = (performance.now() - this.began) / 1000
    if (done === 0) return
    if (aborted || this.anyWritten || seconds >= (this.options.leastSeconds ?? 0)) {
      const checkpoint = take()
      const { ended } = checkpoint.training
      const { last } = this
      if (last?.step !== this.files.stepOf(checkpoint) || last.ended !== ended) await this.write(checkpoint)
    }
    await this.writing
  }

  /** Waits until nothing is being written, also after an error. */
  async settle(): Promise<void> {
    await this.writing
  }

  private isDue(done: number): boolean {
    const { everySteps, everyMinutes = Infinity } = this.options
    if (everySteps !== undefined && done % everySteps === 0) return true
    return performance.now() - this.writtenAt >= everyMinutes * 60_000
  }

  /** Begins to write, when what came before is written. A failure is a warning: it must not end the training. */
  private async write(checkpoint: Checkpoint): Promise<void> {
    const { best } = this
    this.writtenAt = performance.now()
    await this.writing
    this.best = undefined
    this.last = { step: this.files.stepOf(checkpoint), ended: checkpoint.training.ended }
    this.writing = this.store(checkpoint, best).catch((error: unknown) => {
      this.best ??= best
      this.last = undefined
      const reason = error instanceof Error ? error.message : String(error)
      this.warn(`a checkpoint could not be written (${reason}); training goes on without it`)
    })
  }

  private async store(checkpoint: Checkpoint, best: ModelState | undefined): Promise<void> {
    // Weights that are not finite are those of a training that diverges: nothing to go on from.
    if (!checkpoint.model.weights.every(({ data }) => data.every(Number.isFinite))) return
    const { directory } = this.options
    if (this.directory === undefined)
      await this.enter(typeof directory === 'string' ? directory : await directory())
    const path = this.directory!
    // First the best: what a checkpoint tells of it is then there.
    if (best !== undefined) await this.files.writeBest(path, best)
    await this.files.writeCheckpoint(path, checkpoint, this.keep)
    this.anyWritten = true
  }

  private async enter(directory: string): Promise<void> {
    const { files, resumed } = this
    await files.openDirectory(directory)
    const [newest] = await files.checkpointSteps(directory)
    if (resumed !== undefined && files.isIn(resumed.file, directory)) {
      // Those of later steps belong to a future that is given up.
      await files.removeAfter(directory, files.stepOf(resumed.checkpoint))
    } else if (newest !== undefined) {
      throw new ArgumentError({
        rule: 'a training writes its checkpoints to a directory without those of another one',
        received: `${directory}, which has ${files.checkpointName(newest)}`,
        remedy: 'pass resume: true to go on from there, or choose another directory',
      })
    }
    this.directory = directory
  }
}
