// `train --watch`: tells the thread that serves the page of the run what there is to see, twice a second at most. Never in the way
// of the training: when the thread fails, a warning says so and the run goes on.
import { Worker } from 'node:worker_threads'
import { ArgumentError } from '../core/errors.js'
import { given } from '../core/given.js'
import type { Callback } from '../models/callbacks.js'
import type { Hint } from '../models/hints.js'
import type { LiveRun } from '../report/live.js'
import { endsWithInterrupt, type Output } from './output.js'
import { describeHint, describeStart, type RunInputs } from './run-record.js'
import type { CourseRecorder } from './run-recorder.js'
import type { FromWatch, ToWatch } from './watch-thread.js'

/** Between two messages to the thread. */
const pauseMilliseconds = 500
/** Time that the thread has to end by itself. */
const graceMilliseconds = 5000

export class RunWatch {
  private run: LiveRun = {
    doing: 'loading and preparing the data',
    epochs: 0,
    stepsPerEpoch: 0,
    epoch: 1,
    step: 0,
    done: [],
    slices: [],
    hints: [],
  }
  private recorder: CourseRecorder | undefined
  private told = -Infinity
  /** Where and when training began. */
  private begun = { at: 0, steps: 0 }
  private alive = true
  private failure: string | undefined

  private constructor(
    private readonly worker: Worker,
    readonly url: string,
    private readonly output: Output,
  ) {
    worker.on('message', (message: FromWatch) => {
      if (message.type === 'failed') this.fail(message.message)
    })
    worker.on('error', (error: Error) => {
      this.fail(error.message)
    })
    worker.on('exit', () => (this.alive = false))
    this.tell()
  }

  /** Starts the thread and tells the address. @throws ArgumentError where no port is free. */
  static async open(output: Output): Promise<RunWatch> {
    const worker = new Worker(new URL('../cli/watch-thread.js', import.meta.url))
    const url = await new Promise<string>((resolve, reject) => {
      worker.once('message', (message: FromWatch) => {
        if (message.type === 'listening') resolve(message.url)
      })
      worker.once('error', ({ message }: Error) => {
        const rule = '--watch serves its page at a port of this machine'
        reject(new ArgumentError({ rule, received: message, remedy: 'leave --watch out' }))
      })
    })
    worker.removeAllListeners('error')
    // The page never keeps the process alive.
    worker.unref()
    output.tell(`watch the run at ${url}`)
    return new RunWatch(worker, url, output)
  }

  /**
   * Takes down the course of the fit.
   * @param start what is known when it begins. @param recorder must come before among the callbacks.
   */
  callback(
    start: Pick<RunInputs, 'net' | 'data' | 'modelName' | 'parts' | 'command' | 'settings'>,
    recorder: CourseRecorder,
  ): Callback {
    return {
      onTrainBegin: ({ epochs, stepsPerEpoch }) => {
        this.recorder = recorder
        this.now({ doing: 'training', head: describeStart(start), epochs, stepsPerEpoch })
      },
      onSlice: ({ epoch, step, loss, accuracy, samplesPerSecond }) => {
        if (performance.now() - this.told < pauseMilliseconds) return
        this.now({
          epoch,
          step,
          loss,
          samplesPerSecond,
          ...given({ accuracy, secondsLeft: this.secondsLeft(epoch, step) }),
        })
      },
      onEpochEnd: (result) => {
        if (performance.now() - this.told < pauseMilliseconds) return
        this.now({ epoch: result.epoch, step: this.run.stepsPerEpoch })
      },
      onHints: (hints: readonly Hint[]) => {
        this.run = { ...this.run, hints: hints.map(describeHint) }
      },
      onTrainEnd: () => {
        const last = recorder.epochs.at(-1)
        this.now({
          doing: 'measuring over all parts of the data',
          ...(last === undefined ? {} : { epoch: last.epoch, step: this.run.stepsPerEpoch }),
        })
      },
    }
  }

  /** Shows the finished report. @param file of it; without one the page says that the run is finished. */
  async finish(file: string | undefined): Promise<void> {
    this.now({ doing: 'finished' })
    if (file === undefined || !this.alive) return
    this.post({ type: 'report', file })
    await this.heard('told')
  }

  /** Serves on until Ctrl-C, which then is no failure. */
  async stay(signal: AbortSignal): Promise<void> {
    if (!this.alive || signal.aborted) return
    endsWithInterrupt(signal)
    this.output.note(`the report stays at ${this.url} until Ctrl-C`)
    this.worker.ref()
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve()
      })
      this.worker.on('exit', () => {
        resolve()
      })
    })
  }

  /** Ends the server. @param why the run ended, where it has not come to its end. */
  async close(why?: string): Promise<void> {
    if (!this.alive) return
    if (why !== undefined) this.now({ doing: `ended: ${why}` })
    const ended = new Promise<void>((resolve) => {
      this.worker.once('exit', () => {
        resolve()
      })
    })
    this.worker.ref()
    this.post({ type: 'close' })
    const timer = setTimeout(() => void this.worker.terminate(), graceMilliseconds)
    await ended
    clearTimeout(timer)
  }

  private secondsLeft(epoch: number, step: number): number | undefined {
    const { stepsPerEpoch, epochs } = this.run
    const steps = (epoch - 1) * stepsPerEpoch + step
    const now = performance.now()
    if (this.begun.at === 0) {
      this.begun = { at: now, steps }
      return undefined
    }
    const { at, steps: before } = this.begun
    return steps > before
      ? ((now - at) / 1000 / (steps - before)) * (epochs * stepsPerEpoch - steps)
      : undefined
  }

  private now(changes: Partial<LiveRun>): void {
    const { epochs: done = [], slices = [] } = this.recorder ?? {}
    this.run = { ...this.run, ...changes, done, slices }
    this.tell()
  }

  private tell(): void {
    this.told = performance.now()
    this.post({ type: 'run', run: this.run })
  }

  private post(message: ToWatch): void {
    if (this.alive) this.worker.postMessage(message)
  }

  /** Returns when the thread has said that, or has ended. */
  private async heard(type: FromWatch['type']): Promise<void> {
    this.worker.ref()
    await new Promise<void>((resolve) => {
      this.worker.on('message', (message: FromWatch) => {
        if (message.type === type || message.type === 'failed') resolve()
      })
      this.worker.once('exit', () => {
        resolve()
      })
    })
    this.worker.unref()
  }

  /** Said once: the same may happen with every drawing. */
  private fail(message: string): void {
    if (this.failure === undefined)
      this.output.warn(`the page of --watch failed, the run goes on: ${message}`)
    this.failure = message
  }
}
