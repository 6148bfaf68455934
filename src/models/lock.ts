// One training of a model at a time.
import { StateError } from '../core/errors.js'

/** Keeps two trainings, or a training and a change of weights, from using one model at once. */
export class Lock {
  private held = false

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.require()
    this.held = true
    try {
      return await work()
    } finally {
      this.held = false
    }
  }

  /** @throws StateError while a training is going on. */
  require(): void {
    if (!this.held) return
    throw new StateError({
      rule: 'a model does one training at a time',
      received: 'a second call while fit is going on',
      remedy: 'await the first one, or stop it with an AbortSignal',
    })
  }
}
