// Who runs trials: an interface, so that they can run in this process, in several on this machine, or on others behind a queue.
import { given } from '../core/given.js'
import type { DataSpec, TrialJob, TrialResult } from './job.js'
import type { TrialData } from './trial-data.js'

/** What the decisions of a comparison or search never see: where and when a trial runs. */
export interface TrialRunner {
  /** Trials that it runs at the same time; `run` is not called for more. */
  readonly slots: number
  /** Runs a trial to its end. @throws the reason of `signal` when that is aborted; errors of the trial. */
  run(job: TrialJob, signal?: AbortSignal): Promise<TrialResult>
  /** Frees what it holds; it runs no more trials then. */
  close(): Promise<void>
}

/**
 * Runs trials in this process, one after the other, with all threads.
 * @param options.threads default as many as pay. @param options.data rows to use whatever the job names.
 */
export function localRunner(options: { threads?: number; data?: TrialData } = {}): TrialRunner {
  const { threads, data } = options
  const load = dataCache()
  return {
    slots: 1,
    async run(job, signal) {
      const { runTrial } = await import('./trial.js')
      const rows = data ?? (await load(job.data))
      return runTrial(job, rows, given({ threads, signal }))
    },
    close: () => Promise.resolve(),
  }
}

/** Loads the data of a job; those of the last one stay, as trials mostly share them. */
export function dataCache(): (spec: DataSpec) => Promise<TrialData> {
  let last: { key: string; data: Promise<TrialData> } | undefined
  return (spec) => {
    const key = JSON.stringify(spec)
    if (last?.key !== key) {
      const loading = import('./trial-data.js').then(({ loadTrialData }) => loadTrialData(spec))
      last = { key, data: loading }
    }
    return last.data
  }
}
