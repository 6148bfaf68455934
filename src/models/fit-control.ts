// Pausing and stopping a fit from outside: a callback that the program keeps a hand on.
import type { Callback, FitContext, SliceResult } from './callbacks.js'

/**
 * Pauses, resumes and stops a fit, between two slices of steps. Pass it among `callbacks`.
 * @example const control = new FitControl(); model.fit(x, y, { callbacks: [control] }); button.onclick = () => control.pause()
 */
export class FitControl implements Callback {
  private resumed: Promise<void> | undefined
  private resolve: () => void = () => undefined
  private isStopped = false
  /** Called after each change; for those who pass it on. */
  onChange: (() => void) | undefined

  get paused(): boolean {
    return this.resumed !== undefined
  }

  get stopped(): boolean {
    return this.isStopped
  }

  pause(): void {
    if (this.paused) return
    this.resumed = new Promise((resolve) => (this.resolve = resolve))
    this.onChange?.()
  }

  resume(): void {
    this.resumed = undefined
    this.resolve()
    this.onChange?.()
  }

  /** Ends the fit; the model keeps the weights it has then. */
  stop(): void {
    this.isStopped = true
    this.resume()
  }

  onTrainBegin(): void {
    this.isStopped = false
  }

  async onSlice(_result: SliceResult, context: FitContext): Promise<void> {
    await this.resumed
    if (this.isStopped) context.stop()
  }
}
