// A fit in a worker of its own, so that the thread that asked for it stays free. The model here is a mirror: it gets the weights
// after every epoch, or more often, so that predictions go on meanwhile. Callbacks run here; what they do reaches the worker between slices.
import { ArgumentError, WorkerError } from '../core/errors.js'
import type { NamedTensor, Tensor } from '../core/tensor.js'
import { turn } from '../core/turn.js'
import { startFitWorker } from './background-host.js'
import {
  errorFrom,
  type FitJob,
  type FromWorker,
  type Outcome,
  type ToWorker,
} from './background-messages.js'
import type { Callback, FitContext } from './callbacks.js'
import { FitControl } from './fit-control.js'
import type { FitOptions, Pair } from './fit-options.js'
import { History } from './history.js'

/** A worker that serves one fit. */
export interface FitWorker {
  post(message: ToWorker, transfer?: readonly ArrayBuffer[]): void
  terminate(): void
}

/** What is told of the worker. */
export interface FitWorkerEvents {
  message(message: FromWorker): void
  /** It died. */
  failed(how: string): void
}

export interface BackgroundOptions {
  callbacks: readonly Callback[]
  signal: AbortSignal | undefined
  save: (path: string) => Promise<void>
  /** Sets the weights of the mirror. */
  mirror: (weights: readonly NamedTensor[]) => void
  /** Takes over what the fit left, also when it failed. */
  settle: (outcome: Outcome) => void
  warn: (message: string) => void
}

/** Rows and targets as a job tells them. */
export function jobPair({ rows, targets }: Pair): readonly [Tensor, Int32Array | Tensor] {
  const { data, columns } = targets
  return [
    { data: rows.data, shape: [rows.rows, ...rows.sampleShape] },
    targets.byClass ? targets.data : { data, shape: [targets.rows, columns] },
  ]
}

/** Values that are copied before other tasks of this thread have a turn: a few milliseconds' worth. */
const copiedAtOnce = 2 ** 20

/**
 * A copy to hand over, made bit by bit: the browser's own, made in one go when a message is posted, would hold up the page.
 * Shared memory is handed over as it is. @param transfer gets its buffer.
 */
async function ownCopy(samples: Tensor, transfer: ArrayBuffer[]): Promise<Tensor> {
  const data = samples.data as Uint8Array | Float32Array
  if (!(data.buffer instanceof ArrayBuffer)) return samples
  const copy = data instanceof Uint8Array ? new Uint8Array(data.length) : new Float32Array(data.length)
  for (let start = 0; start < data.length; start += copiedAtOnce) {
    if (start > 0) await turn()
    copy.set(data.subarray(start, start + copiedAtOnce), start)
  }
  transfer.push(copy.buffer)
  return { data: copy, shape: samples.shape }
}

/** @throws ArgumentError for options that need the thread that asked. */
export function requireBackground({ checkpoints, resume }: FitOptions): void {
  if (checkpoints === undefined && !resume) return
  throw new ArgumentError({
    rule: 'a fit in the background writes no checkpoints',
    received: checkpoints === undefined ? 'resume' : 'checkpoints',
    remedy: 'leave background out, or save the model in a callback',
  })
}

/** Trains in the background. @throws what the fit throws, and WorkerError where the worker ends before it. */
export async function fitInBackground(job: FitJob, options: BackgroundOptions): Promise<History> {
  return new BackgroundFit(job, options).run()
}

class BackgroundFit implements FitContext {
  stepsPerEpoch = 0
  learningRate = 0
  readonly epochs: number
  private worker!: FitWorker
  private latest: readonly NamedTensor[]
  private readonly abort = () => {
    this.worker.post({ type: 'abort' })
  }

  constructor(
    private readonly job: FitJob,
    private readonly options: BackgroundOptions,
  ) {
    this.epochs = job.epochs
    this.latest = job.state.weights
  }

  async run(): Promise<History> {
    const { signal, callbacks } = this.options
    const controls = callbacks.filter((callback) => callback instanceof FitControl)
    try {
      const history = await new Promise<History>((resolve, reject) => {
        const refuse = (error: unknown) => {
          reject(error instanceof Error ? error : new Error(String(error)))
        }
        let turn = Promise.resolve()
        this.worker = startFitWorker({
          message: (message) => {
            // One after another: a callback may take its time.
            turn = turn.then(() => this.take(message, resolve)).catch(refuse)
          },
          failed: (how) => {
            refuse(
              new WorkerError({
                rule: 'the worker of a fit in the background lives until the fit ends',
                received: how,
                remedy: 'fit again; the model holds the weights of the last epoch that was done',
              }),
            )
          },
        })
      })
      await this.call((callback) => callback.onTrainEnd?.(this))
      return history
    } finally {
      signal?.removeEventListener('abort', this.abort)
      for (const control of controls) control.onChange = undefined
      this.worker.terminate()
    }
  }

  weights(): NamedTensor[] {
    return this.latest.map(({ name, shape, data }) => ({ name, shape: [...shape], data: data.slice() }))
  }

  setWeights(weights: readonly NamedTensor[]): void {
    this.latest = weights
    this.options.mirror(weights)
    this.worker.post({ type: 'weights', weights })
  }

  save(path: string): Promise<void> {
    return this.options.save(path)
  }

  scaleLearningRate(factor: number): void {
    this.worker.post({ type: 'scale', factor })
  }

  stop(by: 'callback' | 'earlyStopping' = 'callback'): void {
    this.worker.post({ type: 'stop', by })
  }

  private async take(message: FromWorker, resolve: (history: History) => void): Promise<void> {
    const { callbacks, settle, warn, mirror } = this.options
    switch (message.type) {
      case 'ready':
        await this.begin()
        return
      case 'begin':
        this.stepsPerEpoch = message.stepsPerEpoch
        await this.call((callback) => callback.onTrainBegin?.(this))
        return
      case 'slice':
        this.learningRate = message.learningRate
        for (const callback of callbacks) {
          if (!(callback instanceof FitControl)) await callback.onSlice?.(message.result, this)
        }
        return
      case 'mirror':
        this.latest = message.weights
        mirror(message.weights)
        return
      case 'epoch':
        this.learningRate = message.learningRate
        this.latest = message.weights
        mirror(message.weights)
        for (const callback of callbacks) await callback.onEpochEnd?.(message.result, this)
        this.worker.post({ type: 'continue' })
        return
      case 'warning':
        warn(message.message)
        return
      case 'failed':
        if (message.outcome !== undefined) settle(message.outcome)
        throw errorFrom(message.error)
      case 'done': {
        const { history: plain, weights } = message.outcome
        settle(message.outcome)
        this.latest = weights
        resolve(Object.assign(new History(), plain))
      }
    }
  }

  /** The worker listens: hands over the fit. */
  private async begin(): Promise<void> {
    const { signal, callbacks } = this.options
    const transfer: ArrayBuffer[] = []
    const { x, validationData } = this.job
    const job = { ...this.job, x: await ownCopy(x, transfer) }
    if (validationData !== undefined)
      job.validationData = [await ownCopy(validationData[0], transfer), validationData[1]]
    this.worker.post({ type: 'fit', job }, transfer)
    if (signal?.aborted) this.worker.post({ type: 'abort' })
    signal?.addEventListener('abort', this.abort)
    for (const control of callbacks) {
      if (!(control instanceof FitControl)) continue
      control.onChange = () => {
        if (control.stopped) this.worker.post({ type: 'stop', by: 'callback' })
        else this.worker.post({ type: 'pause', paused: control.paused })
      }
      if (control.paused) this.worker.post({ type: 'pause', paused: true })
    }
  }

  private async call(hook: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.options.callbacks) await hook(callback)
  }
}
