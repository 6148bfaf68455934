// The worker's side of a fit in the background: builds the model that it is told, trains it with the same loop, and tells how it goes.
import type { NamedTensor } from '../core/tensor.js'
import {
  errorData,
  type FitJob,
  type FromWorker,
  type Outcome,
  type Port,
  type ToWorker,
} from './background-messages.js'
import type { Callback, FitContext } from './callbacks.js'
import { FitControl } from './fit-control.js'
import type { History } from './history.js'
import { Sequential } from './sequential.js'

/** Serves one fit. */
export function serveFit(port: Port<FromWorker, ToWorker>): void {
  const fit = new ServedFit(port)
  port.listen((message) => {
    fit.take(message)
  })
  port.post({ type: 'ready' })
}

class ServedFit {
  private readonly control = new FitControl()
  private readonly abort = new AbortController()
  private context: FitContext | undefined
  private proceed: () => void = () => undefined
  private history: History['epochs'] = []

  constructor(private readonly port: Port<FromWorker, ToWorker>) {}

  take(message: ToWorker): void {
    switch (message.type) {
      case 'fit':
        void this.run(message.job)
        return
      case 'continue':
        this.proceed()
        return
      case 'abort':
        this.abort.abort()
        this.control.resume()
        return
      case 'pause':
        if (message.paused) this.control.pause()
        else this.control.resume()
        return
      case 'stop':
        this.context?.stop(message.by)
        this.control.resume()
        return
      case 'scale':
        this.context?.scaleLearningRate(message.factor)
        return
      case 'weights':
        this.context?.setWeights(message.weights)
    }
  }

  private async run(job: FitJob): Promise<void> {
    const { port } = this
    let model: Sequential | undefined
    try {
      model = await Sequential.fromState(job.state, job.overrides)
      model.onWarning = (message) => {
        port.post({ type: 'warning', message })
      }
      model.trainingCounters = job.training
      const { x, y, epochs, batchSize, shuffle, profile, hints, sampleWeight, validationData } = job
      const history = await model.fit(x, y, {
        epochs,
        batchSize,
        shuffle,
        profile,
        hints,
        background: false,
        signal: this.abort.signal,
        callbacks: [this.control, this.teller(job.mirrorEvery)],
        ...(sampleWeight === undefined ? {} : { sampleWeight }),
        ...(validationData === undefined ? {} : { validationData }),
      })
      port.post({ type: 'done', outcome: outcomeOf(model, { ...history }) })
    } catch (error) {
      const outcome = model && outcomeOf(model, { epochs: this.history, stoppedBy: 'epochs' })
      port.post({ type: 'failed', error: errorData(error), outcome })
    }
  }

  /** Tells the other side of every slice and epoch; after an epoch its callbacks have their turn. */
  private teller(mirrorEvery = Infinity): Callback {
    const { port } = this
    let mirrored = performance.now()
    return {
      onTrainBegin: (context) => {
        this.context = context
        port.post({ type: 'begin', stepsPerEpoch: context.stepsPerEpoch })
      },
      onSlice: (result, context) => {
        // Before the slice, so that its callbacks see its weights.
        if (performance.now() - mirrored >= mirrorEvery) {
          port.post({ type: 'mirror', weights: context.weights() })
          mirrored = performance.now()
        }
        port.post({ type: 'slice', result, learningRate: context.learningRate })
      },
      onEpochEnd: (result, context) => {
        this.history.push(result)
        const weights: NamedTensor[] = context.weights()
        mirrored = performance.now()
        const done = new Promise<void>((resolve) => (this.proceed = resolve))
        port.post({ type: 'epoch', result, learningRate: context.learningRate, weights })
        return done
      },
    }
  }
}

function outcomeOf(model: Sequential, history: Outcome['history']): Outcome {
  return { weights: model.weights(), ...model.trainingCounters, history }
}
