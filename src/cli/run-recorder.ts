// Takes down the course of a fit within its epochs, and how long the phases of a command take, for the report.
import type { JsonObject } from '../core/state.js'
import type { Callback } from '../models/callbacks.js'
import type { EpochRow, SliceRow } from '../report/run.js'
import { epochRow } from './run-record.js'

/** Slices that are told; when there are ten times as many, neighbours are joined. */
const mostSlices = 150

interface Slice extends SliceRow {
  steps: number
}

/** Means over stretches of steps, out of the means over epochs so far that callbacks are told. */
export class CourseRecorder {
  private rows: Slice[] = []
  private readonly done: EpochRow[] = []
  private stepsPerEpoch = 1
  private last = { epoch: 0, step: 0, loss: 0, accuracy: 0 }

  readonly callback: Callback = {
    name: 'course',
    state: () => ({
      values: {
        rows: this.rows.map((row) => ({ ...row })),
        last: { ...this.last },
        epochs: this.done.map((row) => ({ ...row })) as unknown as JsonObject[],
      },
    }),
    restore: ({ values: { rows, last, epochs } }) => {
      if (Array.isArray(rows)) this.rows = rows as unknown as Slice[]
      if (Array.isArray(epochs)) this.done.push(...(epochs as unknown as EpochRow[]))
      this.last = { ...this.last, ...(last as JsonObject) }
    },
    onTrainBegin: ({ stepsPerEpoch }) => {
      this.stepsPerEpoch = stepsPerEpoch
    },
    onSlice: ({ epoch, step, loss, accuracy }, { learningRate }) => {
      const start = this.last.epoch === epoch ? this.last : { step: 0, loss: 0, accuracy: 0 }
      const steps = step - start.step
      if (steps <= 0) return
      const mean = (now: number, before: number) => (now * step - before * start.step) / steps
      const row: Slice = {
        at: epoch - 1 + step / this.stepsPerEpoch,
        loss: mean(loss, start.loss),
        learningRate,
        steps,
      }
      if (accuracy !== undefined) row.accuracy = mean(accuracy, start.accuracy)
      this.rows.push(row)
      if (this.rows.length >= 10 * mostSlices) this.rows = joined(this.rows, 2)
      this.last = { epoch, step, loss, accuracy: accuracy ?? 0 }
    },
    onEpochEnd: (result) => {
      this.done.push(epochRow(result))
    },
  }

  /** The epochs that are done. */
  get epochs(): readonly EpochRow[] {
    return this.done
  }

  /** What was taken down, at most 150 rows. */
  get slices(): SliceRow[] {
    const rows = joined(this.rows, Math.max(1, Math.ceil(this.rows.length / mostSlices)))
    return rows.map(({ at, loss, accuracy, learningRate }) => ({
      at: digits(at),
      loss: digits(loss),
      ...(accuracy === undefined ? {} : { accuracy: digits(accuracy) }),
      ...(learningRate === undefined ? {} : { learningRate }),
    }))
  }
}

function digits(value: number): number {
  return Number(value.toPrecision(6))
}

/** Each `size` neighbours become one. */
function joined(rows: readonly Slice[], size: number): Slice[] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => {
    const group = rows.slice(i * size, (i + 1) * size)
    const steps = group.reduce((sum, row) => sum + row.steps, 0)
    const mean = (of: (row: Slice) => number) =>
      group.reduce((sum, row) => sum + of(row) * row.steps, 0) / steps
    const { accuracy } = group[0]!
    return {
      ...group.at(-1)!,
      steps,
      loss: mean(({ loss }) => loss),
      ...(accuracy === undefined ? {} : { accuracy: mean((row) => row.accuracy ?? 0) }),
    }
  })
}

/** How long the phases of a command take, one after the other. */
export class Stopwatch {
  private readonly phases: [string, number][] = []
  private last = performance.now()

  /** Ends a phase: what has passed since the one before is its time. */
  lap(what: string): void {
    const now = performance.now()
    this.phases.push([what, (now - this.last) / 1000])
    this.last = now
  }

  get laps(): readonly (readonly [string, number])[] {
    return this.phases
  }
}
